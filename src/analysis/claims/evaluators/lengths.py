"""Claims about lengths: of the infusion, and of the stay after it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.claims.case import Case
from analysis.claims.definitions import Claim, Declared
from analysis.claims.evaluators.common import NO_TIME, Finding, no_record, reason, tried_on_others
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED
from analysis.estimates.intervals import median_interval
from analysis.quantity import Quantity, Sentence, numbers, said

__all__ = ["infusion_length", "monitoring_length"]


@dataclass(frozen=True)
class Lengths:
    """One length a person, with the words of the row and of the sentence about them."""

    values: pd.Series
    unit: str
    estimand: str
    note: Sentence | str
    absent: str


@tried_on_others
def infusion_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median minutes from start to end of people's completed infusions of ketamine."""
    infusions = _ketamine(case)
    stopped = infusions["status"].astype("str") == "stopped"
    minutes = ((infusions["end_hours"] - infusions["start_hours"]) * 60)[~stopped].round(1)
    lengths = Lengths(
        _by_person(infusions, minutes),
        unit="minutes",
        estimand="infusion length",
        note=said(
            "{n} stopped early left out",
            n=Quantity(
                int(stopped.sum()), {"ketamine": infusions["subject"].nunique()}, kind="count"
            ),
        ),
        absent="No infusion of ketamine has both an actual start and an actual end on record.",
    )
    return _median(case, claim_id, lengths, claim.thresholds["minutes"], strict=True)


@tried_on_others
def monitoring_length(case: Case, claim_id: str, claim: Claim) -> Finding:
    """Median hours from the end of people's infusions to leaving."""
    infusions = _ketamine(case)
    lengths = Lengths(
        _by_person(infusions, infusions["stay_end_hours"] - infusions["end_hours"]),
        unit="hours",
        estimand="stay after the infusion",
        note="infusion's end to discharge",
        absent="The study has no record of when participants left.",
    )
    return _median(case, claim_id, lengths, claim.thresholds["hours"], strict=False)


def _ketamine(case: Case) -> pd.DataFrame:
    infusions = case.checked.study.infusions
    return infusions[infusions["agent"] == "ketamine"]


def _by_person(infusions: pd.DataFrame, lengths: pd.Series) -> pd.Series:
    """One length a person, the median of theirs: infusions of one person are not independent."""
    return lengths.groupby(infusions["subject"]).median().dropna()


def _median(
    case: Case, claim_id: str, lengths: Lengths, declared: Declared, *, strict: bool
) -> Finding:
    """The interval for the median against the declared limit, which ``strict`` leaves out."""
    people, least = len(lengths.values), int(case.definitions.rule("minimum_people_per_arm"))
    if people < least:
        # A record or two would be a person's own, and no interval.
        few = f"Fewer than {least} participants have records." if people else lengths.absent
        return Finding(reason("time", False, few) | NO_TIME)
    if stop := no_record(case):
        return stop
    main = median_interval(
        lengths.values.to_numpy(),
        claim=claim_id,
        estimand=f"{lengths.estimand} ({lengths.unit})",
        contrast="ketamine",
        window="each participant's median infusion",
    )
    limit, low, high = declared.number, main["ci_low"], main["ci_high"]
    meets, fails = (high < limit, low >= limit) if strict else (high <= limit, low > limit)
    points_to = SUPPORTED if meets else CONTRADICTED if fails else NOT_DECIDED
    assumed = " (assumption)" if declared.assumption else ""
    needs = {
        "bound": "under" if strict else "at most",
        "limit": f"{limit:g}{assumed}",
        "unit": lengths.unit,
    }
    told = said(
        "Median {estimate:.1f} {unit} (95 % interval {ci_low:.1f} to {ci_high:.1f}, n = {n}; "
        "{note}); the claim needs the whole interval {bound} {limit}.",
        brief=said(
            "The median and its limits are single participants' own {unit} and are withheld; the "
            "claim needs the whole interval {bound} {limit}.", **needs,
        ),
        note=lengths.note,
        **needs,
        **numbers(main, "estimate", "ci_low", "ci_high", "n"),
    )  # fmt: skip
    n = numbers(main, "n")["n"]
    recorded = said("{n} participants have actual times of their ketamine infusion.", n=n)
    actual = reason("time", True, recorded)
    return Finding(actual | reason("estimate", points_to == SUPPORTED, told), main, points_to)
