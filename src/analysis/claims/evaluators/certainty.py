"""Claims that everyone improves: within hours, and ever."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims import decision_rule
from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import (
    Finding,
    blocked,
    gates_of_claim,
    reason,
    tried_on_others,
    unread,
)
from analysis.claims.ledger import SUPPORTED, Reason
from analysis.estimates.proportions import exact_share, share_bounds, share_difference
from analysis.estimates.responders.shares import share_who_benefit
from analysis.estimates.table import row
from analysis.quantity import Known, Quantity, events, numbers, said

FELL = "share with any fall"
NO_WORSE = "share with any fall, or a rise within the error of measurement"
# A reliable change is that many standard errors of a change (Jacobson & Truax 1991).
_RELIABLE = 1.96


@tried_on_others
def certainty_within_hours(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine whose mean score within hours is below baseline."""
    reasons = gates_of_claim(case, claim)
    if blocked(reasons):
        return unread(reasons)
    label = case.windows["hours"].label
    return _share_improved(case, claim_id, reasons, _rescue_is_no_fall(case), label)


def _rescue_is_no_fall(case: Case) -> pd.DataFrame:
    """People within hours; who needed rescue by a score there did not improve (composite).

    A score before the rescue may be low, and the mean of the phase with it; the person's answer
    is that the hours were not got through without a sedative.
    """
    forms = case.primary_changes
    rescued = forms["rescued"] & (forms["phase"] == "hours") & (forms["latest_infusion"] == 1)
    people = case.people("hours")
    who = people["subject"].isin(forms.loc[rescued, "subject"])
    change = people["change"].mask(who, people["change"].clip(lower=0.0))
    return people.assign(change=change, rescued=who)


@tried_on_others
def certainty_ever(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share on ketamine with any fall at any assessed time: the kindest reading of the claim."""
    reasons = gates_of_claim(case, claim)
    if blocked(reasons):
        return unread(reasons)
    people = case.primary_changes.groupby("subject", as_index=False).agg(
        change=("change", "min"), arm=("arm", "first")
    )
    found = _share_improved(case, claim_id, reasons, people, "any assessed time")
    found.cap = " at one or more of the times when they were assessed"
    return found


def _share_improved(
    case: Case, claim_id: str, reasons: dict[str, Reason], people: pd.DataFrame, window: str
) -> Finding:
    """Any fall is primary; the control's share, bounds and reliable change stand beside it."""
    arm = str(case.design.active_arm)
    own = people[people["arm"] == arm]
    treated = own["change"]
    if not len(treated):
        text = f"Not evaluated: nobody given {arm} has a baseline and a later score."
        return Finding(reasons | reason("estimate", None, text))
    words: dict[str, Any] = {
        "claim": claim_id,
        "instrument": case.scale.name,
        "window": window,
    }
    fell, n = int((treated < 0).sum()), len(treated)
    main = exact_share(fell, n, estimand=FELL, contrast=arm, **words)
    certain = case.definitions.rule("certain_share")
    error, source = change_error(case)
    # A rescue is no error of measurement: who needed one is kindly read as not improved, too.
    kind = (treated < error) & ~own.get("rescued", pd.Series(False, index=own.index))
    kindest = exact_share(int(kind.sum()), n, estimand=NO_WORSE, contrast=arm, **words)
    points_to = decision_rule.decide_by_share(main, certain, kindest)
    needs: dict[str, Any] = {"arm": arm, "window": window, "certain": Known(certain)}
    told = said(
        "{events} of {n} participants on {arm} scored lower at {window} ({estimate:.0%}, exact "
        "95 % interval {ci_low:.1%} to {ci_high:.1%}); support needs the lower limit at "
        "{certain:.0%} or above. Contradiction needs the upper limit below that even if a rise of "
        "less than {error:.1f} points, the standard error of measurement of a change ({source}), "
        "does not count as a rise: {kind} of {n} ({kind_estimate:.0%}, {kind_ci_low:.1%} to "
        "{kind_ci_high:.1%}).",
        brief=said(
            "How many participants on {arm} scored lower at {window} is withheld; support needs "
            "the lower limit of their share at {certain:.0%} or above, contradiction the upper "
            "limit below that even if a rise within the error of measurement does not count.",
            **needs,
        ),
        events=events(main),
        error=_error_as_told(case, error),
        source=source,
        kind=events(kindest),
        **needs,
        **numbers(main, "estimate", "ci_low", "ci_high", "n"),
        **numbers(kindest, "estimate", "ci_low", "ci_high", prefix="kind_"),
    )  # fmt: skip
    beside = [
        *_unscored(case, arm, fell, n, words),
        *_against_control(case, people, fell, n, words),
        kindest,
        *_reliable(case, treated, arm, words),
    ]
    return Finding(
        reasons | reason("estimate", points_to == SUPPORTED, told), main, points_to, beside
    )


def change_error(case: Case) -> tuple[float, str]:
    """Standard error of measurement of a change on the primary form, points, and its source."""
    known = case.scale.change_error
    if known is not None:
        return known.value, known.source
    if (reliable := case.scale.reliable_change) is not None:
        return reliable.value / _RELIABLE, f"reliable change / 1.96, {reliable.source}"
    rule = case.definitions.rules["change_error_sd"]
    return rule.number * case.baseline_sd, rule.source


def _error_as_told(case: Case, error: float) -> Quantity | Known:
    """A published error is nobody's; a share of the SD is of the people with a baseline."""
    published = case.scale.change_error or case.scale.reliable_change
    return Known(error) if published else case.from_baselines(error)


def _unscored(
    case: Case, arm: str, fell: int, n: int, words: dict[str, Any]
) -> list[dict[str, Any]]:
    """How far people without a score could move the share."""
    given = int((case.arms == arm).sum())
    if n == given:
        return []
    unseen = f"{FELL}, if none or all of the unscored fell"
    return [share_bounds(fell, n, given, estimand=unseen, contrast=arm, **words)]


def _against_control(
    case: Case, people: pd.DataFrame, fell: int, n: int, words: dict[str, Any]
) -> list[dict[str, Any]]:
    """The control's share, the difference, and bounds on the share who benefit."""
    control = case.design.comparator_arm
    others = people.loc[people["arm"] == control, "change"]
    if control is None or not len(others):
        return []
    also, m = int((others < 0).sum()), len(others)
    both = {"contrast": case.contrast, **words}
    return [
        exact_share(also, m, estimand=FELL, contrast=control, **words),
        share_difference((fell, also), (n, m), estimand=f"difference in {FELL}", **both),
        *share_who_benefit((fell, also), (n, m), **both),
    ]


def _reliable(
    case: Case, change: pd.Series, arm: str, words: dict[str, Any]
) -> list[dict[str, Any]]:
    """Improved and worse beyond measurement error, where a reliable change is published."""
    error, n = change_error(case)[0], len(change)
    name = "share worse beyond the error of measurement"
    worse = exact_share(int((change >= error).sum()), n, estimand=name, contrast=arm, **words)
    threshold = case.scale.reliable_change
    if threshold is None:
        absent = f"no reliable change is published for {case.scale.name}"
        none = row(estimand="share reliably improved", contrast=arm, method=absent, **words)
        return [worse, none]
    points = threshold.value
    return [worse] + [
        exact_share(int(met.sum()), n, estimand=name, contrast=arm, **words)
        for name, met in (
            (f"share improved by {points:g} points or more", change <= -points),
            (f"share worse by {points:g} points or more", change >= points),
        )
    ]
