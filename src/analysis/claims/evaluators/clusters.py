"""The claim that fear, arousal and avoidance are what the infusion interrupts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.special import stdtrit

from analysis.claims.case import Case
from analysis.claims.decision_rule import Bars, at_level
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.cluster_cases import DRAWS, cluster_cases, cluster_contrast
from analysis.claims.evaluators.common import Finding, blocked, reason, unread
from analysis.claims.gates import data_gates
from analysis.claims.gates.flagged_groups import not_evaluated, retry_on_other_cases
from analysis.claims.gates.later_window import later_windows
from analysis.claims.gates.robustness_of_scores import doubt_missing_scores, survives_missing
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.claims.primary_analysis import Scores, primary_analysis
from analysis.claims.readable_windows import first_readable, unreadable
from analysis.claims.verdict import combine_parts
from analysis.errors import ReliefError
from analysis.quantity import Cell, Known, Private, Sentence, joined, numbers, said

__all__ = ["clusters"]

# What the page calls fear, avoidance and arousal, as the scales name their clusters.
NAMED = {"intrusion": "fear", "avoidance": "avoidance", "arousal": "arousal",
         "hyperarousal": "arousal"}  # fmt: skip
# Other people are tried with fewer draws of the critical value; it moves by 0.01 of itself.
FEWER_DRAWS = DRAWS // 5


@dataclass(frozen=True)
class Cluster:
    """One named cluster: its row, what it is held against, and the word that gives."""

    name: str
    row: dict[str, Any]
    bars: Bars

    @property
    def word(self) -> str:
        """By gate 5, on limits that hold together over all clusters of the form."""
        low, high, estimate = (self.row[key] for key in ("ci_low", "ci_high", "estimate"))
        return self.bars.decide(low, high, estimate)

    def told(self) -> Sentence:
        """The row, what it is held against, and the word."""
        cell: Cell = self.row["cell"]
        words = {"name": self.name, "word": self.word}
        return said(
            "{name} {estimate:.2f} points ({ci_low:.2f} to {ci_high:.2f}; B {bias:.2f}, "
            "M {smallest:.2f}): {word}",
            brief=said("{name}: {word}", **words),
            bias=cell.quantity(self.bars.bias),
            smallest=cell.quantity(self.bars.smallest),
            **words,
            **numbers(self.row, "estimate", "ci_low", "ci_high"),
        )


def clusters(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Differences in the named clusters at the first window from about 24 h on that can be read.

    Each named cluster is a part of the claim and held against M and B in SDs of its own
    baseline. The claim is supported if every part is and contradicted if any part is, as VERDICT
    has it for a claim made of parts; one arousal that stays as it was is enough to make "it
    interrupts fear, arousal and avoidance" false, and the sentence says which part it was.
    Windows after the deciding one stand beside it.
    """
    reasons = {"construct": data_gates.construct(case), "comparator": data_gates.comparator(case)}
    if blocked(reasons):
        found = unread(reasons)
        return _without_robustness(found.reasons, found.reasons["estimate"].said)
    version = case.primary_form[0] if case.primary_form else ""
    try:
        cases = cluster_cases(case, case.scale.name, version)
    except ReliefError as refusal:
        return _without_clusters(reasons, refusal.message)
    if set(NAMED.values()) - {NAMED.get(name) for name in cases}:
        few = f"{case.scale.name} has no clusters of intrusion, avoidance and arousal."
        return _without_clusters(reasons, few)
    windows, parameters = later_windows(case), 2 * len(cases) + 2
    window, passed_over = first_readable(_any(cases), windows, more_than=parameters)
    if window is None:
        why = said("Not evaluated: {passed_over}.", passed_over=passed_over)
        return _without_robustness(reasons, why)
    bars = {name: _bars(cases[name]) for name in cases if name in NAMED}
    try:
        rows = cluster_contrast(cases, window, claim=claim_id)
    except ValueError as refusal:
        return _without_robustness(reasons, not_evaluated(refusal))
    return _judged(case, cases, window, reasons, rows, bars, passed_over)


def _judged(
    case: Case,
    cases: Mapping[str, Case],
    window: str,
    reasons: dict[str, Reason],
    rows: list[dict[str, Any]],
    bars: dict[str, Bars],
    passed_over: Sentence,
) -> Finding:
    """The word of all named clusters together, its robustness, and what stands beside it."""
    parts = _parts(rows, bars)
    word = combine_parts(part.word for part in parts)
    reasons = (
        reasons
        | reason("estimate", word == SUPPORTED, _weighed(case, cases, parts, passed_over))
        | {"robustness": _robustness(case, cases, window, parts, word)}
    )
    least = max(parts, key=lambda part: part.row["estimate"] / part.bars.smallest)
    beside = [line for line in rows if line is not least.row]
    beside += _later(cases, window, claim=rows[0]["claim"])
    return Finding(reasons, least.row | {"unit": "points"}, word, beside, after=_which(parts))


def _any(cases: Mapping[str, Case]) -> Case:
    return next(iter(cases.values()))


def _without_robustness(reasons: dict[str, Reason], why: Sentence | str) -> Finding:
    """No estimate, and so nothing whose robustness could be tried."""
    return Finding(
        reasons
        | reason("estimate", None, why)
        | reason("robustness", None, "Not evaluated: there is no estimate.")
    )


def _without_clusters(reasons: dict[str, Reason], why: str) -> Finding:
    none = reason("construct", False, f"There are no cluster scores: {why}")
    return _without_robustness(reasons | none, "Not evaluated: the gate construct did not pass.")


def _bars(there: Case) -> Bars:
    """M and B in SDs of the cluster's own baseline: nobody publishes M for a cluster."""
    rules = there.definitions
    sd = there.baseline_sd
    return Bars(rules.rule("smallest_difference_sd") * sd, rules.rule("bias_bound_sd") * sd, sd)


def _parts(rows: list[dict[str, Any]], bars: Mapping[str, Bars]) -> list[Cluster]:
    by_name = {line["estimand"].removeprefix("adjusted difference in "): line for line in rows}
    return [Cluster(name, by_name[name], own) for name, own in bars.items()]


def _weighed(
    case: Case, cases: Mapping[str, Case], parts: list[Cluster], passed_over: Sentence
) -> Sentence:
    """The estimates and what they are held against, in words."""
    rules, first = case.definitions, parts[0].row
    return said(
        "Differences {window} after, the first later window with enough scores, n = {n}, "
        "simultaneous {confidence:.10g} % limits over {clusters} clusters: {found}. Fear is taken "
        "to be the cluster intrusion. Support needs, for each cluster, an upper limit below -B "
        "(bound on the sum of all biases, {bias:g} SD, assumption) and an estimate at or below -M "
        "(minimal important difference, {smallest:g} SD, assumption; SD of the cluster's own "
        "baseline within arms); a cluster whose lower limit is above -M + B/2 contradicts the "
        "claim.{over}",
        window=first["window"],
        n=first["cell"].quantity(first["n"], "count"),
        confidence=Known(100 * case.confidence),
        clusters=Known(len(cases)),
        found=joined((part.told() for part in parts), "; "),
        bias=Known(rules.rule("bias_bound_sd")),
        smallest=Known(rules.rule("smallest_difference_sd")),
        over=said(" Passed over: {why}.", why=passed_over) if passed_over else "",
    )


def _which(parts: list[Cluster]) -> str:
    """Of which clusters a contradiction speaks, where it is not all of them."""
    names = [part.name for part in parts if part.word == CONTRADICTED]
    others = [f"{part.name} {part.word}" for part in parts if part.word != CONTRADICTED]
    if not names or not others:
        return ""
    return f" This is said of {' and '.join(names)} alone ({', '.join(others)})."


def _later(cases: Mapping[str, Case], window: str, **words: Any) -> list[dict[str, Any]]:
    """The same contrast at later windows that can be read; it decides nothing."""
    rows: list[dict[str, Any]] = []
    every = _any(cases).later_windows
    for later in every[every.index(window) + 1 :]:
        if not unreadable(_any(cases), later, more_than=2 * len(cases) + 2):
            try:
                rows += cluster_contrast(cases, later, **words)
            except ValueError:
                continue
    return rows


def _robustness(
    case: Case, cases: Mapping[str, Case], window: str, parts: list[Cluster], word: str
) -> Reason:
    """Gate 6 for each named cluster, and the word without each flagged group or with it back."""
    seen = _people(case, window)
    bars = {part.name: part.bars for part in parts}
    evaluate = partial(_word_on, window=window, seen=seen, bars=bars)
    retried = retry_on_other_cases(case, word, evaluate)
    try:
        lost = [_if_missing(cases[part.name], window, part) for part in parts]
    except ValueError as refusal:
        return Reason("robustness", None, not_evaluated(refusal))
    found = joined(
        (
            said("{name}: {told}", name=part.name, told=told)
            for part, (_, told) in zip(parts, lost, strict=True)
        ),
        "; ",
    )
    # What one contradicted cluster says is enough, and only it must stand.
    needed = [ok for part, (ok, _) in zip(parts, lost, strict=True)
              if word == SUPPORTED or part.word == word]  # fmt: skip
    passed = word in (SUPPORTED, CONTRADICTED) and all(needed) and not retried.flips
    return Reason(
        "robustness",
        # A group that cannot be tried leaves the question open; it is never a pass.
        None if passed and retried.untried else passed,
        said(
            "Jump to reference, and the shift of missing scores in both arms that would change the "
            "verdict (at least one SD of the baseline is asked for): {found}. {others}",
            found=found, others=retried.told(),
        ),
    )  # fmt: skip


def _people(case: Case, window: str) -> list[tuple[Any, ...]]:
    """Totals after and before of everyone compared in the window, in an order of their own.

    Who has no arm is in no contrast, whatever put them back.
    """
    people = case.people(window)[["arm", "baseline", "score"]].dropna(subset="arm")
    return sorted(people.itertuples(index=False, name=None))


def _word_on(
    other: Case, *, window: str, seen: list[tuple[Any, ...]], bars: Mapping[str, Bars]
) -> str | None:
    """The word on other people; M and B stay those of the whole study."""
    # The same totals are those of the same forms, and so are their clusters.
    if _people(other, window) == seen:
        return None
    version = other.primary_form[0] if other.primary_form else ""
    cases = cluster_cases(other, other.scale.name, version)
    if why := unreadable(_any(cases), window):
        raise ValueError(f"{why}.")
    rows = cluster_contrast(cases, window, draws=FEWER_DRAWS)
    return combine_parts(part.word for part in _parts(rows, bars))


def _if_missing(there: Case, window: str, part: Cluster) -> tuple[bool, Sentence]:
    """Whether missing scores of a cluster leave its support, and the numbers.

    Everyone with a baseline counts; the model has this cluster's baseline alone, its interval
    is as wide as the simultaneous one.
    """
    own = there.on_primary_form(there.baselines).set_index("subject")["baseline"]
    arms = there.arms.reindex(own.index)
    design = there.design
    own = own[arms.isin([design.active_arm, design.comparator_arm])]
    after = there.people(window).set_index("subject")["score"].reindex(own.index)
    treated = (there.arms.reindex(own.index) == design.active_arm).to_numpy()
    label = there.windows[window].label
    scores = Scores(after.to_numpy(float)[:, None], own.to_numpy(float), treated, (label,))
    primary = at_level(primary_analysis(scores), there.level)
    simultaneous = (part.row["ci_high"] - part.row["estimate"]) / part.row["se"]
    wider = simultaneous / stdtrit(part.row["df"], 0.975)

    def holds(estimate: float, low: float, high: float) -> bool:
        reach = wider * (high - low) / 2
        return part.bars.decide(estimate - reach, estimate + reach, estimate) == wanted

    wanted, direction = (CONTRADICTED, -1) if part.word == CONTRADICTED else (SUPPORTED, 1)
    found = doubt_missing_scores(scores, primary, holds, direction=direction)
    members = {str(design.active_arm): treated, str(design.comparator_arm): ~treated}
    cell = part.row["cell"].moving(
        {arm: int((who & ~scores.seen).sum()) for arm, who in members.items()}
    )
    shift: Sentence | str = said(
        "{shift:.2f} points",
        brief="the shift is withheld",
        shift=cell.quantity(found.tipping_shift),
    )
    if part.word == NOT_DECIDED:
        shift = "no verdict to change"
    elif np.isinf(found.tipping_shift):
        # None does where no score is missing, which others are not told.
        shift = Sentence((Private("no shift changes it", "the shift is withheld"),))
    jump = cell.quantity(found.jump_to_reference)
    told = said("{jump:.2f} points, {shift}", brief=said("tried, {shift}", shift=shift),
                jump=jump, shift=shift)  # fmt: skip
    return survives_missing(found, primary, part.bars, part.word), told
