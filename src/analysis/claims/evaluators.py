"""One evaluator a claim: its own estimand on a study's scores, and what the estimate points to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims import gates
from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.estimates.controlled import ancova
from analysis.estimates.proportions import exact_share, median_interval, share_difference
from analysis.estimates.table import row
from analysis.estimates.within_person import paired_change

__all__ = ["EVALUATORS", "Finding"]


@dataclass
class Finding:
    """What an evaluator found.

    Reasons by gate, the estimate and what it points to, rows to show beside it, and
    words that the permitted sentence must add.
    """

    reasons: dict[str, Reason]
    estimate: dict[str, Any] = field(default_factory=row)
    points_to: str = NOT_DECIDED
    beside: list[dict[str, Any]] = field(default_factory=list)
    cap: str = ""


def _reason(gate: str, passed: bool | None, text: str) -> dict[str, Reason]:
    return {gate: Reason(gate, passed, text)}


def _data_gates(case: Case, claim: Claim) -> dict[str, Reason]:
    make = {"construct": gates.construct, "time": gates.time, "recall": gates.recall,
            "comparator": gates.comparator, "robustness": gates.robustness, "calibration": gates.calibration}  # fmt: skip
    return {gate: make[gate](case) for gate in claim.gates if gate in make}


def _blocked(reasons: dict[str, Reason]) -> bool:
    """Whether a gate about the data failed, so that no estimate may be read."""
    return any(
        reasons[g].passed is False
        for g in ("construct", "time", "recall", "comparator")
        if g in reasons
    )


def _unread(reasons: dict[str, Reason]) -> Finding:
    failed = ", ".join(g for g in reasons if reasons[g].passed is False)
    return Finding(
        reasons | _reason("estimate", None, f"Not evaluated: the gate {failed} did not pass.")
    )


def difference(case: Case, claim_id: str, claim: Claim) -> Finding:
    """onset, attribution, magnitude: the difference from the comparator within hours."""
    reasons = _data_gates(case, claim)
    if _blocked(reasons):
        return _unread(reasons)
    people = case.people("hours")
    words = {"claim": claim_id, "contrast": _contrast(case), "instrument": case.scale.name,
             "window": case.definitions.windows["hours"].label}  # fmt: skip
    least = int(case.definitions.rule("minimum_people_per_arm"))
    if (
        people["arm"]
        .value_counts()
        .reindex([case.design.active_arm, case.design.comparator_arm], fill_value=0)
        .min()
        < least
    ):
        return Finding(
            reasons
            | _reason(
                "estimate",
                None,
                "Not evaluated: too few people in an arm have a score within hours.",
            )
        )
    rows = ancova(
        people, treated=case.design.active_arm, control=case.design.comparator_arm, **words
    )
    main = rows[0]
    smallest = case.smallest_difference
    against = "no smallest difference that matters is published for this form" if smallest is None else (
        f"smallest difference that matters {smallest[0]:.1f} points ({smallest[1]})")  # fmt: skip
    text = (
        "Not evaluated: the primary analysis (mixed model for repeated measures, Kenward-Roger) is not part of this version. "
        f"By ANCOVA on baseline with HC3 the difference {words['window']} after is {main['estimate']:.1f} points "
        f"({main['ci_low']:.1f} to {main['ci_high']:.1f}, n = {main['n']}), which decides nothing; {against}; "
        f"bias bound {case.bias_bound:.1f} points ({case.definitions.rule('bias_bound_sd'):g} SD, assumption)."
    )
    return Finding(
        reasons | _reason("estimate", None, text),
        main,
        NOT_DECIDED,
        rows[1:] + _within(case, claim_id),
    )


def _contrast(case: Case) -> str:
    return f"{case.design.active_arm} - {case.design.comparator_arm}"


def _within(case: Case, claim_id: str) -> list[dict[str, Any]]:
    """Change within each arm, which decides nothing."""
    rows = []
    for arm, people in case.people("hours").groupby("arm", sort=True):
        if len(people) >= 3 and people["change"].std() > 0:
            rows.append(paired_change(
                people["baseline"], people["score"], claim=claim_id, contrast=f"after - before, {arm}",
                instrument=case.scale.name, window=case.definitions.windows["hours"].label)[0])  # fmt: skip
    return rows


def certainty_within_hours(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine whose mean score within hours is below baseline."""
    reasons = _data_gates(case, claim)
    if _blocked(reasons):
        return _unread(reasons)
    return _share_improved(
        case, claim_id, reasons, case.people("hours"), case.definitions.windows["hours"].label
    )


def certainty_ever(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine with any fall at any assessed time: the reading kindest to the claim."""
    reasons = _data_gates(case, claim)
    if _blocked(reasons):
        return _unread(reasons)
    changes = case.primary_changes
    lowest = changes.loc[
        changes.groupby("subject")["change"].idxmin(), ["subject", "arm", "baseline", "change"]
    ]
    return _share_improved(case, claim_id, reasons, lowest, "any assessed time")


def _share_improved(
    case: Case, claim_id: str, reasons: dict[str, Reason], people: pd.DataFrame, window: str
) -> Finding:
    arm, control = case.design.active_arm, case.design.comparator_arm
    treated, others = (people.loc[people["arm"] == name, "change"] for name in (arm, control))
    if not len(treated):
        return Finding(
            reasons
            | _reason(
                "estimate",
                None,
                f"Not evaluated: nobody given {arm} has a baseline and a later score.",
            )
        )
    words = {"claim": claim_id, "instrument": case.scale.name, "window": window}
    fell = int((treated < 0).sum())
    main = exact_share(
        fell, len(treated), estimand="share with any fall", contrast=str(arm), **words
    )
    beside = []
    given = int((case.arms == arm).sum())
    if len(treated) < given:
        beside.append(row(estimand="share with any fall if the unscored fell or did not", contrast=str(arm), n=given,
                          estimate=np.nan, ci_low=fell / given, ci_high=(fell + given - len(treated)) / given,
                          method=f"bounds: {given - len(treated)} of {given} people have no score", **words))  # fmt: skip
    if len(others):
        also = int((others < 0).sum())
        beside.append(
            exact_share(
                also, len(others), estimand="share with any fall", contrast=str(control), **words
            )
        )
        beside.append(share_difference((fell, also), (len(treated), len(others)),
                                       estimand="difference in shares with any fall", contrast=_contrast(case), **words))  # fmt: skip
        p1, p0 = fell / len(treated), also / len(others)
        beside.append(row(estimand="share who benefit, bounds", contrast=_contrast(case), n=len(treated) + len(others),
                          ci_low=max(0.0, p1 - p0), ci_high=min(p1, 1 - p0),
                          method="bounds from the two shares, sampling error aside", **words))  # fmt: skip
    beside += _reliable(case, treated, str(arm), words)
    points_to = gates.weigh_share(main, case.definitions.rule("certain_share"))
    cap = "" if window == case.definitions.windows["hours"].label else f" at {window}"
    text = (
        f"{fell} of {len(treated)} people on {arm} scored lower at {window} ({main['estimate']:.0%}, exact 95 % interval "
        f"{main['ci_low']:.1%} to {main['ci_high']:.1%}; the claim needs the lower limit at {case.definitions.rule('certain_share'):.0%} or above)."
    )
    return Finding(
        reasons | _reason("estimate", points_to == SUPPORTED, text), main, points_to, beside
    )


def _reliable(
    case: Case, change: pd.Series, arm: str, words: dict[str, str]
) -> list[dict[str, Any]]:
    threshold = case.scale.reliable_change
    if threshold is None:
        return [row(estimand="share reliably improved", contrast=arm, n=len(change),
                    method=f"no reliable change is published for {case.scale.name}", **words)]  # fmt: skip
    return [
        exact_share(int((change <= -threshold.value).sum()), len(change), estimand=f"share improved by {threshold.value:g} points or more", contrast=arm, **words),
        exact_share(int((change >= threshold.value).sum()), len(change), estimand=f"share worse by {threshold.value:g} points or more", contrast=arm, **words),
    ]  # fmt: skip


def headline(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Onset and certainty within hours together; the judge combines their verdicts."""
    onset = difference(case, "onset", claim)
    share = certainty_within_hours(
        case, "certainty_within_hours", case.definitions.claims["certainty_within_hours"]
    )
    both = [onset.reasons["estimate"], share.reasons["estimate"]]
    passed = (
        False
        if any(r.passed is False for r in both)
        else None
        if any(r.passed is None for r in both)
        else True
    )
    texts = list(dict.fromkeys(r.text for r in both))
    reasons = onset.reasons | _reason("estimate", passed, " ".join(texts))
    return Finding(reasons, onset.estimate, NOT_DECIDED, [share.estimate, *onset.beside])


def speed_vs_exposure(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Needs an arm of exposure therapy, which the data model of one drug against a control never holds."""
    return Finding(
        _reason("construct", gates.construct(case).passed, gates.construct(case).text)
        | _reason(
            "comparator",
            False,
            "The study has no exposure-therapy arm and no comparator in common with one.",
        )
    )


def infusion_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median minutes from start to end of completed infusions of ketamine."""
    infusions = _ketamine(case)
    stopped = infusions["status"].astype("str") == "stopped"
    minutes = ((infusions["end_hours"] - infusions["start_hours"]) * 60)[~stopped].dropna()
    return _median(case, claim_id, minutes, "minutes", "infusion length", f"{int(stopped.sum())} stopped early left out",
                   "No infusion of ketamine has both an actual start and an actual end on record.", claim.thresholds["minutes"].number, strict=True)  # fmt: skip


def monitoring_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median hours from the end of the infusion to leaving."""
    infusions = _ketamine(case)
    hours = (infusions["stay_end_hours"] - infusions["end_hours"]).dropna()
    return _median(case, claim_id, hours, "hours", "stay after the infusion", "first to last record",
                   "The study has no record of when people left.", claim.thresholds["hours"].number, strict=False)  # fmt: skip


def _ketamine(case: Case) -> pd.DataFrame:
    infusions = case.checked.study.infusions
    return infusions[infusions["agent"] == "ketamine"]


def _median(
    case: Case,
    claim_id: str,
    values: pd.Series,
    unit: str,
    estimand: str,
    note: str,
    absent: str,
    limit: float,
    *,
    strict: bool,
) -> Finding:
    if values.empty:
        return Finding(
            _reason("time", False, absent)
            | _reason("estimate", None, "Not evaluated: the gate time did not pass.")
        )
    main = median_interval(
        values.to_numpy(),
        claim=claim_id,
        estimand=f"{estimand} ({unit})",
        contrast="ketamine",
        window="each infusion",
    )
    meets, fails = (
        (main["ci_high"] < limit, main["ci_low"] >= limit)
        if strict
        else (main["ci_high"] <= limit, main["ci_low"] > limit)
    )
    points_to = SUPPORTED if meets else CONTRADICTED if fails else NOT_DECIDED
    word = "under" if strict else "at most"
    text = (f"Median {main['estimate']:.1f} {unit} (95 % interval {main['ci_low']:.1f} to {main['ci_high']:.1f}, n = {main['n']}; {note}); "
            f"the claim needs the whole interval {word} {limit:g}.")  # fmt: skip
    return Finding(
        _reason("time", True, f"{len(values)} infusions of ketamine have actual times.")
        | _reason("estimate", points_to == SUPPORTED, text),
        main,
        points_to,
    )


def dissociation_brief(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine whose CADSS is back near baseline by 4 h, and when."""
    from analysis.estimates.dissociation import time_to_return

    limits = {name: declared.number for name, declared in claim.thresholds.items()}
    forms = case.checked.forms
    cadss = forms[(forms["instrument"] == "CADSS") & forms["total"].notna()]
    if cadss.empty:
        return Finding(_reason("construct", False, "No CADSS score was collected.") | _reason("time", False, "No CADSS score stands in time around an infusion.")
                       | _reason("estimate", None, "Not evaluated: there is no CADSS score."))  # fmt: skip
    reasons = _reason("construct", True, "CADSS measures dissociation.")
    cadss = cadss[cadss["subject"].map(case.arms) == case.design.active_arm]
    returns = time_to_return(cadss, points=limits["points"], by_hours=limits["hours"])
    if returns.empty:
        return Finding(reasons | _reason("time", False, "Nobody on ketamine has a CADSS score before and after the start, in actual hours.")
                       | _reason("estimate", None, "Not evaluated: the gate time did not pass."))  # fmt: skip
    reasons |= _reason(
        "time",
        True,
        f"{len(returns)} people on ketamine have CADSS before the infusion and up to {limits['hours']:g} h after its start.",
    )
    words = {
        "claim": claim_id,
        "contrast": "ketamine",
        "instrument": "CADSS",
        "window": f"by {limits['hours']:g} h from the start",
    }
    main = exact_share(
        int(returns["back"].sum()), len(returns), estimand="share back near baseline", **words
    )
    points_to = (
        SUPPORTED
        if main["ci_low"] >= limits["share"]
        else CONTRADICTED
        if main["ci_high"] < limits["share"]
        else NOT_DECIDED
    )
    beside = [row(estimand="hours to return, median bounds", n=len(returns), ci_low=returns["last_away"].median(), ci_high=returns["first_back"].median(),
                  method="medians of the last assessment away and the first one back", **words)]  # fmt: skip
    text = (f"{int(main['estimate'] * main['n'] + 0.5)} of {main['n']} people were back within {limits['points']:g} points of baseline by {limits['hours']:g} h from the start and stayed there "
            f"({main['estimate']:.0%}, exact 95 % interval {main['ci_low']:.1%} to {main['ci_high']:.1%}; the claim needs the lower limit at {limits['share']:.0%} or above, assumption).")  # fmt: skip
    return Finding(
        reasons | _reason("estimate", points_to == SUPPORTED, text), main, points_to, beside
    )


def dissociation_mechanism(case: Case, claim_id: str, claim: Claim) -> Finding:
    """An association at the most; its evaluator is not part of this version."""
    if "CADSS" not in set(case.checked.forms["instrument"]):
        return Finding(
            _reason("construct", False, "No CADSS score was collected.")
            | _reason("estimate", None, "Not evaluated: there is no CADSS score.")
        )
    return Finding(_reason("construct", *_passed(gates.construct(case)))
                   | _reason("estimate", None, "Not evaluated: association with a sensitivity analysis to unmeasured confounding is not part of this version."))  # fmt: skip


def _passed(reason: Reason) -> tuple[bool | None, str]:
    return reason.passed, reason.text


def clusters(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Cluster contrasts with simultaneous intervals; the evaluator is not part of this version."""
    reasons = _data_gates(case, claim)
    if _blocked(reasons):
        return _unread(reasons)
    return Finding(
        reasons
        | _reason(
            "estimate",
            None,
            "Not evaluated: cluster contrasts with simultaneous intervals are not part of this version.",
        )
    )


def first_session_guides(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Needs scores around at least two infusions a person."""
    reasons = _reason("construct", *_passed(gates.construct(case)))
    forms = case.checked.forms
    sessions = (
        forms[forms["total"].notna() & (forms["latest_infusion"] > 0)]
        .groupby("subject")["latest_infusion"]
        .nunique()
    )
    repeated = int((sessions > 1).sum())
    if case.design.design == "crossover" or not repeated:
        why = "People had one infusion of ketamine each; there is no course of sessions that the first could guide."
        return Finding(
            reasons
            | _reason("time", False, why)
            | _reason("estimate", None, "Not evaluated: the gate time did not pass.")
        )
    return Finding(reasons | _reason("time", True, f"{repeated} people have scores after more than one infusion.")
                   | _reason("estimate", None, "Not evaluated: prediction with the coupling through baseline removed is not part of this version."))  # fmt: skip


def brain_mechanism(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Never testable with scores."""
    return Finding(
        _reason(
            "construct",
            False,
            "Symptom scores do not measure the brain; no score could answer this.",
        )
    )


EVALUATORS: dict[str, Callable[[Case, str, Claim], Finding]] = {
    "headline": headline,
    "onset": difference,
    "certainty_within_hours": certainty_within_hours,
    "certainty_ever": certainty_ever,
    "magnitude": difference,
    "attribution": difference,
    "speed_vs_exposure": speed_vs_exposure,
    "infusion_length": infusion_length,
    "monitoring_length": monitoring_length,
    "dissociation_brief": dissociation_brief,
    "dissociation_mechanism": dissociation_mechanism,
    "clusters": clusters,
    "first_session_guides": first_session_guides,
    "brain_mechanism": brain_mechanism,
}
