"""Claims about the difference from the comparator."""

from __future__ import annotations

from typing import Any

from analysis.claims import gates
from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.certainty import certainty_within_hours
from analysis.claims.evaluators.common import Finding, blocked, contrast, data_gates, reason, unread
from analysis.claims.ledger import NOT_DECIDED, Reason
from analysis.estimates.controlled import ancova
from analysis.estimates.paired import paired_change

_NO_MIXED_MODEL = (
    "Not evaluated: the primary analysis (mixed model for repeated measures, Kenward-Roger) does "
    "not decide in this version."
)


def difference(case: Case, claim_id: str, claim: Claim) -> Finding:
    """The difference from the comparator within hours: onset, attribution, magnitude."""
    reasons = data_gates(case, claim)
    back = gates.recall(case)
    if blocked(reasons):
        found = unread(reasons)
        if case.design.comparator == "none" and back.passed:
            found.beside = _within(case, claim_id)
            found.after = _changed(found.beside)
        return found
    if back.passed is False:
        # A claim that does not name hours still may not read hours off such a form.
        return Finding(reasons | reason("estimate", None, f"Not evaluated: {back.text}"))
    try:
        rows = _adjusted(case, claim_id)
    except ValueError as refusal:
        return Finding(reasons | reason("estimate", None, f"Not evaluated: {refusal}"))
    text = f"{_NO_MIXED_MODEL} {_beside_bounds(case, rows[0])}"
    beside = [*rows[1:], *_with_blanks_filled(case, claim_id), *_within(case, claim_id)]
    points = rows[0] | {"unit": "points"}
    return Finding(reasons | reason("estimate", None, text), points, NOT_DECIDED, beside)


def _adjusted(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """Rows of the baseline-adjusted difference within hours."""
    return ancova(
        case.people("hours"),
        treated=str(case.design.active_arm),
        control=str(case.design.comparator_arm),
        claim=claim_id,
        contrast=contrast(case),
        instrument=case.scale.name,
        window=case.definitions.windows["hours"].label,
    )


def _with_blanks_filled(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """The same difference with few blank items filled, where the study declares it."""
    if case.checked.sensitivity is None:
        return []
    try:
        row = _adjusted(Case(case.checked.sensitivity, case.definitions), claim_id)[0]
    except ValueError:
        return []
    added = "; few blank items filled by the person's mean (declared sensitivity analysis)"
    return [row | {"method": row["method"] + added}]


def _beside_bounds(case: Case, main: dict[str, Any]) -> str:
    """The provisional difference with the numbers it would have to be held against."""
    smallest = case.smallest_difference
    first = ", first period alone" if case.design.design == "crossover" else ""
    against = (
        "no smallest difference that matters is known for this form"
        if smallest is None
        else f"smallest difference that matters {smallest[0]:.1f} points ({smallest[1]})"
    )
    return (
        f"By ANCOVA on baseline with HC3 the difference {main['window']} after is "
        f"{main['estimate']:.1f} points ({main['ci_low']:.1f} to {main['ci_high']:.1f}, "
        f"n = {main['n']}{first}), which decides nothing; {against}; bias bound "
        f"{case.bias_bound:.1f} points ({case.definitions.rule('bias_bound_sd'):g} SD, assumption; "
        f"SD of the baseline as used, {case.baseline_sd:.1f} points)."
    )


def _changed(within: list[dict[str, Any]]) -> str:
    """The one sentence that a study without a comparator permits."""
    if not within:
        return ""
    row = within[0]
    return (
        f" Scores changed by {row['estimate']:.1f} points on average ({row['ci_low']:.1f} to "
        f"{row['ci_high']:.1f}), which says nothing of why."
    )


def _within(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """Change within each arm, which decides nothing."""
    rows = []
    for arm, people in case.people("hours").groupby("arm", sort=True):
        if len(people) >= 3 and people["change"].std() > 0:
            rows.append(
                paired_change(
                    people["baseline"].to_numpy(float),
                    people["score"].to_numpy(float),
                    claim=claim_id,
                    contrast=f"after - before, {arm}",
                    instrument=case.scale.name,
                    window=case.definitions.windows["hours"].label,
                )[0]
            )
    return rows


def headline(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Onset and certainty within hours together; the judge combines their verdicts."""
    onset = difference(case, "onset", claim)
    certainty = case.definitions.claims["certainty_within_hours"]
    share = certainty_within_hours(case, "certainty_within_hours", certainty)
    both = [onset.reasons["estimate"], share.reasons["estimate"]]
    found = [part.passed for part in both]
    passed = None if None in found else all(found)
    text = both[0].text if both[0].text == both[1].text else _two(*both)
    reasons = onset.reasons | reason("estimate", passed, text)
    beside = [share.estimate, *onset.beside] if share.estimate["estimand"] else onset.beside
    return Finding(reasons, onset.estimate, NOT_DECIDED, beside, after=onset.after)


def _two(onset: Reason, share: Reason) -> str:
    return f"Onset: {onset.text} Everyone: {share.text}"


def clusters(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Cluster contrasts with simultaneous intervals; the evaluator is not part of this version."""
    reasons = data_gates(case, claim)
    if blocked(reasons):
        return unread(reasons)
    return Finding(
        reasons
        | reason(
            "estimate",
            None,
            "Not evaluated: cluster contrasts with simultaneous intervals are not part of this "
            "version.",
        )
    )
