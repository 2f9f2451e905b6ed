"""Claims about the difference from the comparator."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.claims.case import Case
from analysis.claims.decision_rule import decide_by_interval
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.certainty import certainty_within_hours
from analysis.claims.evaluators.common import (
    Finding,
    blocked,
    gates_of_claim,
    reason,
    unread,
    within_hours,
)
from analysis.claims.gates import data_gates
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.estimates.change.paired import paired_change
from analysis.estimates.change.regression_to_the_mean import (
    largest_change_from_selection,
    retest_correlations,
)
from analysis.estimates.control.ancova import ancova
from analysis.estimates.proportions import share_difference
from analysis.estimates.table import row


def difference(case: Case, claim_id: str, claim: Claim) -> Finding:
    """The difference from the comparator within hours: onset, attribution, magnitude."""
    reasons = gates_of_claim(case, claim)
    if blocked(reasons):
        found = unread(reasons)
        if case.design.comparator == "none" and data_gates.recall(case).passed:
            found.beside = _within(case, claim_id)
            found.after = _changed(found.beside)
        return found
    # A claim that does not name hours still may not read hours off such times or such a form.
    unfit = [gate.text for gate in within_hours(case) if gate.passed is False]
    if unfit:
        return Finding(reasons | reason("estimate", None, f"Not evaluated: {' '.join(unfit)}"))
    if case.bars is None:
        return Finding(reasons | reason("estimate", None, f"Not evaluated: {_no_bars(case)}"))
    try:
        primary = case.primary
    except ValueError as refusal:
        return Finding(reasons | reason("estimate", None, f"Not evaluated: {refusal}"))
    words = _words(case, claim_id)
    main = row(**primary.row(**words, estimand="adjusted difference"))
    word = case.bars.word(primary)
    text = f"{_estimated(case, main)} {_weighed(case, main)}"
    beside = [*_beside(case, claim_id), *_within(case, claim_id)]
    passed: bool | None = word == SUPPORTED
    if claim_id == "magnitude":
        word, passed, text = _profound(case, main)
    if any(issue.rule == "arm.few-people" for issue in case.checked.issues):
        # Whatever their numbers say, they say it of these few alone.
        word, passed = NOT_DECIDED, None
        text = f"Not evaluated: an arm has too few people, whom numbers only describe. {text}"
    reasons = reasons | reason("estimate", passed, text)
    return Finding(reasons, main | {"unit": "points"}, word, beside)


def _no_bars(case: Case) -> str:
    if case.validated:
        return f"No smallest difference that matters is known for {case.scale.name}."
    return "Everyone has the same score before, so that a share of its SD is no bar."


def _words(case: Case, claim_id: str) -> dict[str, Any]:
    return {
        "claim": claim_id,
        "contrast": case.contrast,
        "instrument": case.scale.name,
        "window": case.definitions.windows[case.definitions.primary.phase].label,
    }


def _estimated(case: Case, main: dict[str, Any]) -> str:
    """The primary estimate in words."""
    first = ", first period alone" if case.design.design == "crossover" else ""
    visits = len(case.scores.visits)
    over = f", averaged over its {visits} visits" if visits > 1 else ""
    return (
        f"The difference {main['window']} after{over}, is {main['estimate']:.1f} points "
        f"({main['ci_low']:.1f} to {main['ci_high']:.1f}; {main['method']}; "
        f"n = {main['n']}{first})."
    )


def _weighed(case: Case, main: dict[str, Any]) -> str:
    """What gate 5 holds the estimate against, in words."""
    if case.bars is None or case.smallest_difference is None:
        raise TypeError("nothing to weigh without a smallest difference")
    smallest, source = case.smallest_difference
    rule = case.definitions.rules["bias_bound_sd"]
    return (
        f"Support needs the upper limit below -{case.bars.bias:.1f} "
        f"(bias bound {rule.number:g} SD, assumption; SD of the baseline as used "
        f"{case.baseline_sd:.1f} points) and the estimate at or below -{smallest:.1f} (smallest "
        f"difference that matters, {source}); contradiction needs the lower limit above that. "
        f"{_otherwise(case, main, smallest)}"
    )


def _otherwise(case: Case, main: dict[str, Any], smallest: float) -> str:
    """What the estimate would say by other assumed bounds, and the estimate in their unit."""
    sd = case.baseline_sd
    low, high, estimate = (main[key] for key in ("ci_low", "ci_high", "estimate"))
    bounds: dict[str, list[str]] = {}
    for bound in np.atleast_1d(case.definitions.rules["bias_bound_shown_sd"].value):
        word = decide_by_interval(low, high, estimate, smallest=smallest, bias=bound * sd)
        bounds.setdefault(word, []).append(f"{bound:.2f}")
    said = "; with bounds of ".join(
        f"{', '.join(own)} SD it would say {word}" for word, own in bounds.items()
    )
    return (
        f"With bounds of {said}. In SD the difference is {estimate / sd:.2f} ({low / sd:.2f} to "
        f"{high / sd:.2f})."
    )


def _profound(case: Case, main: dict[str, Any]) -> tuple[str, bool | None, str]:
    """Magnitude: the whole interval beyond M, and more people in remission than on control."""
    if case.smallest_difference is None:
        raise TypeError("nothing to weigh without a smallest difference")
    smallest, source = case.smallest_difference
    text = (
        f"{_estimated(case, main)} To be large, the whole interval must lie below -{smallest:.1f} "
        f"(smallest difference that matters, {source}), and remission must be more frequent; "
        f"contradiction needs the lower limit above -{smallest:.1f}."
    )
    if main["ci_low"] > -smallest:
        return CONTRADICTED, False, f"{text} The difference is smaller than what matters."
    if main["ci_high"] >= -smallest:
        return NOT_DECIDED, False, text
    limit = case.scale.remission if case.validated else None
    if limit is None:
        none = f"Remission is not defined on {case.scale.name} as given, so large is not decided."
        return NOT_DECIDED, None, f"{text} {none}"
    people = case.people(case.definitions.primary.phase)
    arms = [case.design.active_arm, case.design.comparator_arm]
    groups = [people.loc[people["arm"] == arm, "score"] <= limit.value for arm in arms]
    share = share_difference(
        (int(groups[0].sum()), int(groups[1].sum())), (len(groups[0]), len(groups[1]))
    )
    text += (
        f" In remission ({limit.value:g} points or fewer): difference {share['estimate']:.0%} "
        f"({share['ci_low']:.0%} to {share['ci_high']:.0%})."
    )
    return (SUPPORTED, True, text) if share["ci_low"] > 0 else (NOT_DECIDED, False, text)


def _beside(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """The same difference by ANCOVA of the phase's mean, and with blank items filled."""
    try:
        rows = _adjusted(case, claim_id)
    except ValueError:
        return []
    return [*rows, *_with_blanks_filled(case, claim_id)]


def _adjusted(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """Rows of the baseline-adjusted difference within hours."""
    return ancova(
        case.people("hours"),
        treated=str(case.design.active_arm),
        control=str(case.design.comparator_arm),
        claim=claim_id,
        contrast=case.contrast,
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
    """Change within each arm, which decides nothing, and what selection alone may bring of it."""
    rows: list[dict[str, Any]] = []
    ceilings: list[dict[str, Any]] = []
    lowest = case.scale.total_range(case.primary_form[0])[0] if case.primary_form else 0.0
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
            ceilings += largest_change_from_selection(
                float(people["baseline"].mean()),
                correlations=retest_correlations(case.scale.name),
                lowest=lowest,
                n=len(people),
                claim=claim_id,
                contrast=f"after - before, {arm}",
                instrument=case.scale.name,
                window=case.definitions.windows["hours"].label,
            )
    return rows + ceilings


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
    return Finding(reasons, onset.estimate, onset.points_to, beside, after=onset.after)


def _two(onset: Reason, share: Reason) -> str:
    return f"Onset: {onset.text} Everyone: {share.text}"
