"""The difference from the comparator in one window: within hours, or a later one."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.claims.case import Case
from analysis.claims.decision_rule import contradiction_bar, decide_by_interval
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.beside_difference import beside_rows, within_rows, words_of
from analysis.claims.evaluators.certainty import certainty_within_hours
from analysis.claims.evaluators.common import (
    Finding,
    blocked,
    gates_of_claim,
    reason,
    unread,
)
from analysis.claims.gates import data_gates
from analysis.claims.gates.blinding import unblinded
from analysis.claims.gates.flagged_groups import not_evaluated
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.estimates.proportions import share_difference
from analysis.estimates.table import row
from analysis.quantity import Known, Quantity, Sentence, joined, numbers, said


def difference(case: Case, claim_id: str, claim: Claim) -> Finding:
    """The difference from the comparator within hours."""
    reasons = gates_of_claim(case, claim)
    if blocked(reasons):
        found = unread(reasons)
        if case.design.comparator == "none" and data_gates.recall(case).passed:
            found.beside = within_rows(case, claim_id)
            found.after = _changed(found.beside)
        return found
    return estimated(case, claim_id, reasons)


def estimated(case: Case, claim_id: str, reasons: dict[str, Reason]) -> Finding:
    """The primary estimate in the case's window, and what gate 5 says of it."""
    if case.bars is None and not case.validated:
        alike = "All baseline scores are equal, so that no threshold can be derived from their SD."
        return Finding(reasons | reason("estimate", None, f"Not evaluated: {alike}"))
    try:
        primary = case.primary
    except ValueError as refusal:
        return Finding(reasons | reason("estimate", None, not_evaluated(refusal)))
    words = words_of(case, claim_id)
    cell = case.primary_cell
    numbers_of = primary.row(**words, estimand="adjusted difference")
    main = row(**(numbers_of | {"method": primary.method + case.at_this_level}), cell=cell)
    if case.bars is None:
        told = joined(["Not evaluated:", _without_bars(case), _estimated(case, main)])
        beside = [*beside_rows(case, claim_id), *within_rows(case, claim_id)]
        return Finding(
            reasons | reason("estimate", None, told), main | {"unit": "points"}, beside=beside
        )
    word = case.bars.word(primary)
    told = joined([_estimated(case, main), _weighed(case, main)])
    beside = [*beside_rows(case, claim_id), *within_rows(case, claim_id)]
    passed: bool | None = word == SUPPORTED
    if claim_id == "magnitude":
        word, passed, told = _profound(case, main)
    if any(issue.rule == "arm.few-people" for issue in case.checked.issues):
        # Whatever their numbers say, they say it of these few alone.
        word, passed = NOT_DECIDED, None
        few = "Not evaluated: an arm has too few participants; its numbers only describe them."
        told = joined([few, told])
    if case.scale.own and case.scale.reference_sd is None:
        # Nothing tells whether a narrow entry has lowered what its own spread asks for.
        word, passed = NOT_DECIDED, None
        told = joined([_without_reference(case), told])
    reasons = reasons | reason("estimate", passed, told)
    return Finding(reasons, main | {"unit": "points"}, word, beside)


def _without_reference(case: Case) -> str:
    return (
        f"Not evaluated: {case.scale.name} is the study's own scale, and no SD in a reference "
        "population is published; declare reference_sd and its source. Without it the verdict is "
        "not decided."
    )


def _without_bars(case: Case) -> Sentence:
    return said(
        "No minimal important difference is known for {name}, so that no verdict can be given "
        "(bound on the sum of all biases {bias:.1f} points).",
        brief=f"No minimal important difference is known for {case.scale.name}, so that no "
        "verdict can be given.",
        name=case.scale.name,
        bias=case.from_baselines(case.bias_bound),
    )


def _estimated(case: Case, main: dict[str, Any]) -> Sentence:
    """The primary estimate in words."""
    visits = len(case.scores.visits)
    over = f", averaged over its {visits} visits," if visits > 1 else ""
    words = {"window": main["window"], "over": over}
    return said(
        "The difference {window} after{over} is {estimate:.1f} points ({ci_low:.1f} to "
        "{ci_high:.1f}; {method}; n = {n}{first}).",
        brief=f"The difference {main['window']} after{over} is withheld.",
        method=main["method"],
        first=", first period alone" if case.design.design == "crossover" else "",
        **words,
        **numbers(main, "estimate", "ci_low", "ci_high", "n"),
    )


def _smallest(case: Case) -> tuple[Quantity | Known, str]:
    """M, the minimal important difference, as a number of a sentence, and its source."""
    if case.smallest_difference is None:
        raise TypeError("nothing to weigh without a smallest difference")
    value, source = case.smallest_difference
    # A published M is nobody's; that of an ad hoc form is a share of the baseline SD.
    return (Known(value) if case.validated else case.from_baselines(value)), source


def _weighed(case: Case, main: dict[str, Any]) -> Sentence:
    """What gate 5 holds the estimate against, in words."""
    if case.bars is None:
        raise TypeError("nothing to weigh without a smallest difference")
    smallest, source = _smallest(case)
    rule = Known(case.definitions.rules["bias_bound_sd"].number)
    needs = said(
        "Support needs the upper limit below -{bias:.1f} (bound on the sum of all biases {rule:g} "
        "SD, assumption; SD of the baseline as used {sd:.1f} points{floor}) and the estimate at or "
        "below -{smallest:.1f} (minimal important difference, {source}); contradiction needs "
        "the lower limit above -{bar:.1f}, since biases against ketamine may hide half the bound.",
        brief=said(
            "Support needs the upper limit below the bound on the sum of all biases (-{rule:g} "
            "SD, assumption) and the estimate at or below the minimal important difference "
            "({source}); contradiction needs the lower limit above that by half of the bound.",
            rule=rule, source=source,
        ),
        bar=case.from_baselines(-contradiction_bar(case.bars.smallest, case.bars.bias)),
        bias=case.from_baselines(case.bars.bias),
        sd=case.from_baselines(case.baseline_sd),
        floor=_floor(case),
        rule=rule, smallest=smallest, source=source,
    )  # fmt: skip
    return joined([needs, _otherwise(case, main, smallest.value)])


def _floor(case: Case) -> Sentence | str:
    """That the reference SD counts, where the baseline's is less."""
    if case.bar_sd <= case.baseline_sd:
        return ""
    reference = Known(case.reference_sd)
    return said(", for which the reference SD of {reference:g} counts", reference=reference)


def _otherwise(case: Case, main: dict[str, Any], smallest: float) -> Sentence:
    """What the estimate would say by other assumed bounds, and the estimate in their unit."""
    sd = case.baseline_sd
    low, high, estimate = (main[key] for key in ("ci_low", "ci_high", "estimate"))
    bounds: dict[str, list[str]] = {}
    for bound in np.atleast_1d(case.definitions.rules["bias_bound_shown_sd"].value):
        bias = bound * case.bar_sd
        word = decide_by_interval(low, high, estimate, smallest=smallest, bias=bias)
        bounds.setdefault(word, []).append(f"{bound:.2f}")
    told = "; with bounds of ".join(
        f"{', '.join(own)} SD this gate would say {word}" for word, own in bounds.items()
    )
    cell = case.primary_cell
    numbers_in_sd = {
        "estimate": cell.quantity(estimate / sd),
        "low": cell.quantity(low / sd),
        "high": cell.quantity(high / sd),
    }
    # By which bounds the word turns tells where the limit is.
    bounds_told = said("With bounds of {told}.", brief="", needs=numbers_in_sd.values(), told=told)
    in_sd = said(
        "In SD the difference is {estimate:.2f} ({low:.2f} to {high:.2f}).",
        brief="",
        **numbers_in_sd,
    )
    return joined([bounds_told, in_sd, _if_unblinded(case, main, smallest)])


def _if_unblinded(case: Case, main: dict[str, Any], smallest: float) -> Sentence | str:
    """The word by a wider bound, where most people could tell what they were given."""
    if unblinded(case) is None:
        return ""
    low, high, estimate = (main[key] for key in ("ci_low", "ci_high", "estimate"))
    bound = case.definitions.rule("bias_bound_unblinded_sd")
    bias = bound * case.bar_sd
    word = decide_by_interval(low, high, estimate, smallest=smallest, bias=bias)
    return said(
        "In both arms most participants guessed their treatment; with a bound of {bound:.2f} SD on "
        "the sum of all biases this gate would say {word}.",
        brief="In both arms most participants guessed their treatment.",
        needs=[case.primary_cell.quantity(value) for value in (low, high, estimate)],
        bound=Known(bound),
        word=word,
    )


def _bar(case: Case, smallest: float) -> float:
    """What the lower limit must lie above to contradict, in points."""
    return contradiction_bar(smallest, case.bias_bound)


def _profound(case: Case, main: dict[str, Any]) -> tuple[str, bool | None, Sentence]:
    """Magnitude: the whole interval beyond M, and more people in remission than on control."""
    smallest, source = _smallest(case)
    needs = said(
        "To be large, the whole interval must lie below -{smallest:.1f} (minimal important "
        "difference, {source}), and remission must be more frequent; contradiction needs the lower "
        "limit above -{bar:.1f}, since biases against ketamine may hide half the bound.",
        brief=said(
            "To be large, the whole interval must lie beyond the minimal important difference "
            "({source}), and remission must be more frequent; contradiction needs the lower limit "
            "above it by half of the bound on bias.", source=source,
        ),
        bar=case.from_baselines(-_bar(case, smallest.value)),
        smallest=smallest, source=source,
    )  # fmt: skip
    told = joined([_estimated(case, main), needs])
    if main["ci_low"] > _bar(case, smallest.value):
        small = "The difference is smaller than the minimal important difference."
        return CONTRADICTED, False, joined([told, small])
    if main["ci_high"] >= -smallest.value:
        return NOT_DECIDED, False, told
    limit = case.scale.remission if case.validated else None
    if limit is None:
        none = (
            f"Remission is not defined for {case.scale.name} as given here, so whether the relief "
            "is large is not decided."
        )
        return NOT_DECIDED, None, joined([told, none])
    people = case.people(case.window)
    arms = [case.design.active_arm, case.design.comparator_arm]
    groups = [people.loc[people["arm"] == arm, "score"] <= limit.value for arm in arms]
    share = share_difference(
        (int(groups[0].sum()), int(groups[1].sum())),
        (len(groups[0]), len(groups[1])),
        contrast=case.contrast,
    )
    remission = said(
        "In remission ({limit:g} points or fewer): difference {estimate:.0%} ({ci_low:.0%} to "
        "{ci_high:.0%}).",
        brief=said("The shares in remission are withheld."),
        limit=Known(limit.value),
        **numbers(share, "estimate", "ci_low", "ci_high"),
    )
    told = joined([told, remission])
    return (SUPPORTED, True, told) if share["ci_low"] > 0 else (NOT_DECIDED, False, told)


def _changed(within: list[dict[str, Any]]) -> Sentence | str:
    """The one sentence that a study without a comparator permits."""
    if not within:
        return ""
    return said(
        " Scores changed by {estimate:.1f} points on average ({ci_low:.1f} to {ci_high:.1f}); "
        "without a comparator this does not show why.",
        brief=" By how much scores changed is withheld; without a comparator it does not show why.",
        **numbers(within[0], "estimate", "ci_low", "ci_high"),
    )


def headline(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Onset and certainty within hours together; the judge combines their verdicts."""
    onset = difference(case, "onset", claim)
    certainty = case.definitions.claims["certainty_within_hours"]
    share = certainty_within_hours(case, "certainty_within_hours", certainty)
    both = [onset.reasons["estimate"], share.reasons["estimate"]]
    found = [part.passed for part in both]
    passed = None if None in found else all(found)
    told = both[0].said if both[0].text == both[1].text else _two(*both)
    reasons = onset.reasons | reason("estimate", passed, told)
    beside = [share.estimate, *onset.beside] if share.estimate["estimand"] else onset.beside
    return Finding(reasons, onset.estimate, onset.points_to, beside, after=onset.after)


def _two(onset: Reason, share: Reason) -> Sentence:
    return joined(["Onset:", onset.said, "Everyone:", share.said])
