"""Claims about lengths: of the infusion, of the stay, of the dissociation."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.definitions import Claim, Declared
from analysis.claims.evaluators.common import Finding, reason, tried_on_others
from analysis.claims.gates import decision_rule
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.errors import ReliefError
from analysis.estimates.explanations.dissociation import time_to_return
from analysis.estimates.proportions import exact_share, median_interval
from analysis.estimates.table import row


@tried_on_others
def infusion_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median minutes from start to end of people's completed infusions of ketamine."""
    infusions = _ketamine(case)
    stopped = infusions["status"].astype("str") == "stopped"
    minutes = ((infusions["end_hours"] - infusions["start_hours"]) * 60)[~stopped].round(1)
    return _median(
        case,
        claim_id,
        _by_person(infusions, minutes),
        "minutes",
        "infusion length",
        f"{int(stopped.sum())} stopped early left out",
        "No infusion of ketamine has both an actual start and an actual end on record.",
        claim.thresholds["minutes"],
        strict=True,
    )


@tried_on_others
def monitoring_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median hours from the end of people's infusions to leaving."""
    infusions = _ketamine(case)
    hours = infusions["stay_end_hours"] - infusions["end_hours"]
    return _median(
        case,
        claim_id,
        _by_person(infusions, hours),
        "hours",
        "stay after the infusion",
        "first to last record",
        "The study has no record of when people left.",
        claim.thresholds["hours"],
        strict=False,
    )


def _no_record(case: Case) -> Finding | None:
    """The answer where nothing was infused, or where times are planned and none was recorded."""
    stop = case.stopped("question.route", "time.nominal")
    if not stop:
        return None
    return Finding(
        reason("time", False, stop)
        | reason("estimate", None, "Not evaluated: the gate time did not pass.")
    )


def _ketamine(case: Case) -> pd.DataFrame:
    infusions = case.checked.study.infusions
    return infusions[infusions["agent"] == "ketamine"]


def _by_person(infusions: pd.DataFrame, lengths: pd.Series) -> pd.Series:
    """One length a person, the median of theirs: infusions of one person are not independent."""
    return lengths.groupby(infusions["subject"]).median().dropna()


def _median(
    case: Case,
    claim_id: str,
    values: pd.Series,
    unit: str,
    estimand: str,
    note: str,
    absent: str,
    declared: Declared,
    *,
    strict: bool,
) -> Finding:
    limit, assumed = declared.number, " (assumption)" if declared.assumption else ""
    least = int(case.definitions.rule("minimum_people_per_arm"))
    if len(values) < least:
        # A record or two would be a person's own, and no interval.
        few = absent if values.empty else f"Fewer than {least} people have records."
        return Finding(
            reason("time", False, few)
            | reason("estimate", None, "Not evaluated: the gate time did not pass.")
        )
    if stop := _no_record(case):
        return stop
    main = median_interval(
        values.to_numpy(),
        claim=claim_id,
        estimand=f"{estimand} ({unit})",
        contrast="ketamine",
        window="each person's median infusion",
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
        f"the claim needs the whole interval {word} {limit:g}{assumed}."
    )
    return Finding(
        reason("time", True, f"{len(values)} people have actual times of their ketamine.")
        | reason("estimate", points_to == SUPPORTED, text),
        main,
        points_to,
    )


@tried_on_others
def dissociation_brief(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Share of people on ketamine whose CADSS is back near baseline by 4 h, and when.

    Where no rating tells whether a person was back in time, the person counts as not back
    for support and as back for contradiction: leaving such people out would leave out the slow.
    """
    limits = {name: declared.number for name, declared in claim.thresholds.items()}
    forms = case.checked.forms
    cadss = forms[(forms["instrument"] == "CADSS") & forms["total"].notna()]
    if cadss.empty:
        return _no_cadss("construct", "No CADSS score was collected.")
    if stop := _no_record(case):
        return stop
    cadss = cadss[cadss["subject"].map(case.arms) == case.design.active_arm]
    try:
        returns = time_to_return(cadss, points=limits["points"], by_hours=limits["hours"])
    except ReliefError as refusal:
        return _no_cadss("construct", refusal.message)
    reasons = reason("construct", True, "CADSS measures dissociation.")
    if returns.empty:
        absent = "Nobody on ketamine has CADSS scores before and after the start, in actual hours."
        return _no_cadss("time", absent, reasons)
    told = f"{len(returns)} people on ketamine have CADSS scores around the infusion."
    return _share_back(claim_id, returns, limits, reasons | reason("time", True, told))


def _no_cadss(gate: str, text: str, reasons: dict[str, Reason] | None = None) -> Finding:
    later = reason("estimate", None, "Not evaluated: there is no CADSS score to use.")
    return Finding((reasons or {}) | reason(gate, False, text) | later)


def _share_back(
    claim_id: str, returns: pd.DataFrame, limits: dict[str, float], reasons: dict[str, Reason]
) -> Finding:
    n, back = len(returns), int(returns["back"].eq(True).sum())
    untold = int(returns["back"].isna().sum())
    words: dict[str, Any] = {
        "claim": claim_id,
        "contrast": "ketamine",
        "instrument": "CADSS",
        "window": f"by {limits['hours']:g} h from the start",
    }
    main = exact_share(back, n, estimand="share back near baseline", **words)
    kindest = exact_share(back + untold, n, estimand="share back, if the untold were back", **words)
    points_to = NOT_DECIDED
    if decision_rule.weigh_share(main, limits["share"]) == SUPPORTED:
        points_to = SUPPORTED
    elif decision_rule.weigh_share(kindest, limits["share"]) == CONTRADICTED:
        points_to = CONTRADICTED
    when = row(
        estimand="hours to return, median bounds",
        n=n,
        ci_low=returns["last_away"].median(),
        ci_high=returns["first_back"].median(),
        method="medians of the last assessment away and the first one back",
        **words,
    )
    text = (
        f"{back} of {n} people were back within {limits['points']:g} points of baseline by "
        f"{limits['hours']:g} h from the start and stayed there ({main['estimate']:.0%}, exact "
        f"95 % interval {main['ci_low']:.1%} to {main['ci_high']:.1%}); of {untold} more no rating "
        f"tells. The claim needs the lower limit at {limits['share']:.0%} or above (assumptions: "
        "the points, the hours and the share)."
    )
    found = reasons | reason("estimate", points_to == SUPPORTED, text)
    return Finding(found, main, points_to, [kindest, when])
