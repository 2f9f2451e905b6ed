"""One pass over all that leaves of a study: ledger, sentences, flags and participant flow.

Sentences are written from released numbers, so that no table and no sentence say different
things. Synthetic data and published results are for all and do not pass here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from analysis.checks.participant_flow import ANALYSED, READ, SCORED
from analysis.claims.ledger import SHARED, ClaimResult, Ledger, Reason, Withheld
from analysis.disclosure.policy import Policy
from analysis.errors import Issue
from analysis.quantity import Quantity, Sentence

__all__ = ["exact_arms", "released_flow", "released_issues", "released_ledger"]


def released_ledger(ledger: Ledger, policy: Policy) -> Ledger:
    """The ledger of real people as others may read it; its verdicts are unchanged.

    Parameters
    ----------
    ledger : Ledger
        With every number, as :func:`analysis.claims.judge` gives it.
    policy : Policy
    """
    release = _Pass(policy)
    claims = tuple(release.claim(result) for result in ledger.claims)
    return replace(
        ledger,
        claims=claims,
        flags=tuple(_flag(flag, policy) for flag in ledger.flags),
        view=SHARED,
        withheld=release.list(),
        policy={"minimum": policy.minimum, "step": policy.step, "reason": policy.reason},
    )


@dataclass
class _Pass:
    """The numbers of one ledger on their way out, and what was withheld on it."""

    policy: Policy
    found: Counter[tuple[str, str]] = field(default_factory=Counter)

    def claim(self, result: ClaimResult) -> ClaimResult:
        """A claim with its rows and sentences as they leave."""
        estimate = self._row(result.estimate, result.title)
        beside = tuple(
            self._row(row, result.title) for row in result.beside if not self._tells(row)
        )
        reasons = tuple(self._reason(reason, result.title) for reason in result.reasons)
        told = result.wording if result.said is None else self._text(result.said, result.title)
        return replace(result, estimate=estimate, beside=beside, reasons=reasons, wording=told,
                       said=None)  # fmt: skip

    def list(self) -> tuple[Withheld, ...]:
        """What was withheld: rule by rule, claim by claim."""
        return tuple(
            Withheld(rule, self.policy.words(rule), where, count)
            for (rule, where), count in sorted(self.found.items())
        )

    def _tells(self, row: dict[str, Any]) -> bool:
        """Whether a row that stands only where somebody has no score would tell so, emptied."""
        cell = row.get("cell")
        bounds = cell is not None and cell.made_of == "share bounds"
        return bounds and self.policy.why_not(cell) is not None

    def _row(self, row: dict[str, Any], where: str) -> dict[str, Any]:
        released, rule = self.policy.row(row)
        if rule:
            self.found[rule, where] += 1
        return released

    def _reason(self, reason: Reason, where: str) -> Reason:
        if isinstance(reason.said, str):
            return reason
        return replace(reason, said=self._text(reason.said, f"{where}, gate {reason.gate}"))

    def _text(self, sentence: Sentence, where: str) -> str:
        rules: dict[str, None] = {}

        def release(quantity: Quantity) -> float | str | None:
            value, rule = self.policy.number(quantity)
            if rule:
                rules[rule] = None
            elif isinstance(value, float) and math.isnan(value):
                return None
            return value

        # Where a sentence is left out, the blanks on both sides of it are left.
        text = " ".join(sentence.shown(release).split())
        for rule in rules:
            self.found[rule, where] += 1
        why = "; ".join(self.policy.words(rule) for rule in rules)
        return f"{text} (Withheld: {why}.)" if why else text


@dataclass(frozen=True)
class _Flag(Issue):
    """A flag whose count is rounded or withheld: words stand in its place."""

    count: Any = None


def _flag(issue: Issue, policy: Policy) -> Issue:
    # Flags of the question count nobody.
    counts = not issue.rule.startswith("question.")
    count = policy.count(issue.count) if counts else issue.count
    own = vars(issue) | {"count": count, "message": issue.others, "remedy": "", "file": None}
    return _Flag(**(own | {"row": None, "column": None}))


def released_issues(issues: Iterable[Issue], policy: Policy) -> list[Issue]:
    """Findings without file, row, column and remedy, which are the owner's, counts rounded."""
    return [_flag(issue, policy) for issue in issues]


# --- participant flow -----------------------------------------------------------------------


def exact_arms(flow: pd.DataFrame, policy: Policy) -> frozenset[str]:
    """Arms whose people allocated, scored within hours and lost each hold the minimum.

    Other numbers stand beside them rounded, of groups within theirs or around them: an exact one
    at the edge of what is rounded to the same would say that nobody is between the two.
    """
    n = flow.groupby(["arm", "stage"])["n"].sum()
    arms = []
    for arm in flow["arm"].unique():
        read, scored = (int(n.get((arm, stage), 0)) for stage in (READ, SCORED["hours"]))
        hold = min(read, scored, read - scored) >= policy.minimum
        near = {policy.rounded(n) for n in (scored - 1, scored, scored + 1)}
        inside = len(near) == 1 and policy.rounded(read) == policy.rounded(read - 1)
        if hold and inside:
            arms.append(str(arm))
    return frozenset(arms)


def released_flow(flow: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Participant flow as others may read it: counts rounded, small ones ``<10``.

    Allocated and scored within hours are exact in the arms of ``policy.exact_arms``; how many of
    theirs are analysed is withheld then, since with the exact number it would give those set
    aside away.
    """

    def shown(stage: str, arm: str, n: int) -> int | str:
        if arm not in policy.exact_arms:
            return policy.count(n)
        if stage == ANALYSED:
            return "withheld"
        return int(n) if stage in (READ, SCORED["hours"]) else policy.count(n)

    told = [shown(*row) for row in zip(flow["stage"], flow["arm"], flow["n"], strict=True)]
    return flow.assign(n=pd.Series(told, index=flow.index, dtype=object))
