"""Claims about lengths: of the infusion, of the stay, of the dissociation."""

from __future__ import annotations

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.definitions import Claim
from analysis.claims.evaluators.common import Finding, reason
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.estimates.dissociation import time_to_return
from analysis.estimates.proportions import exact_share, median_interval
from analysis.estimates.table import row


def infusion_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median minutes from start to end of completed infusions of ketamine."""
    infusions = _ketamine(case)
    stopped = infusions["status"].astype("str") == "stopped"
    minutes = ((infusions["end_hours"] - infusions["start_hours"]) * 60)[~stopped].dropna()
    return _median(
        case,
        claim_id,
        minutes,
        "minutes",
        "infusion length",
        f"{int(stopped.sum())} stopped early left out",
        "No infusion of ketamine has both an actual start and an actual end on record.",
        claim.thresholds["minutes"].number,
        strict=True,
    )


def monitoring_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median hours from the end of the infusion to leaving."""
    infusions = _ketamine(case)
    hours = (infusions["stay_end_hours"] - infusions["end_hours"]).dropna()
    return _median(
        case,
        claim_id,
        hours,
        "hours",
        "stay after the infusion",
        "first to last record",
        "The study has no record of when people left.",
        claim.thresholds["hours"].number,
        strict=False,
    )


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
            reason("time", False, absent)
            | reason("estimate", None, "Not evaluated: the gate time did not pass.")
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
    text = (
        f"Median {main['estimate']:.1f} {unit} (95 % interval {main['ci_low']:.1f} to "
        f"{main['ci_high']:.1f}, n = {main['n']}; {note}); "
        f"the claim needs the whole interval {word} {limit:g}."
    )
    return Finding(
        reason("time", True, f"{len(values)} infusions of ketamine have actual times.")
        | reason("estimate", points_to == SUPPORTED, text),
        main,
        points_to,
    )


def dissociation_brief(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine whose CADSS is back near baseline by 4 h, and when."""
    limits = {name: declared.number for name, declared in claim.thresholds.items()}
    forms = case.checked.forms
    cadss = forms[(forms["instrument"] == "CADSS") & forms["total"].notna()]
    if cadss.empty:
        return Finding(
            reason("construct", False, "No CADSS score was collected.")
            | reason("time", False, "No CADSS score stands in time around an infusion.")
            | reason("estimate", None, "Not evaluated: there is no CADSS score.")
        )
    reasons = reason("construct", True, "CADSS measures dissociation.")
    cadss = cadss[cadss["subject"].map(case.arms) == case.design.active_arm]
    returns = time_to_return(cadss, points=limits["points"], by_hours=limits["hours"])
    if returns.empty:
        return Finding(
            reasons
            | reason(
                "time",
                False,
                "Nobody on ketamine has a CADSS score before and after the start, in actual hours.",
            )
            | reason("estimate", None, "Not evaluated: the gate time did not pass.")
        )
    reasons |= reason(
        "time",
        True,
        f"{len(returns)} people on ketamine have CADSS before the infusion and up to "
        f"{limits['hours']:g} h after its start.",
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
    beside = [
        row(
            estimand="hours to return, median bounds",
            n=len(returns),
            ci_low=returns["last_away"].median(),
            ci_high=returns["first_back"].median(),
            method="medians of the last assessment away and the first one back",
            **words,
        )
    ]
    text = (
        f"{int(main['estimate'] * main['n'] + 0.5)} of {main['n']} people were back within "
        f"{limits['points']:g} points of baseline by {limits['hours']:g} h from the start and "
        "stayed there "
        f"({main['estimate']:.0%}, exact 95 % interval {main['ci_low']:.1%} to "
        f"{main['ci_high']:.1%}; the claim needs the lower limit at {limits['share']:.0%} or "
        "above, assumption)."
    )
    return Finding(
        reasons | reason("estimate", points_to == SUPPORTED, text), main, points_to, beside
    )
