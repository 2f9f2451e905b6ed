"""Claims about hours on published figures: what is there before 24 h, and at 24 h instead."""

from __future__ import annotations

import pandas as pd

from analysis import evidence
from analysis.claims.definitions import Claim, Definitions
from analysis.claims.evaluators.common import Finding, reason
from analysis.claims.gates.data_gates import FORMS_FOR_HOURS
from analysis.claims.ledger import NOT_DECIDED, Reason
from analysis.claims.published.rows import contrast_rows, named
from analysis.estimates.table import row

__all__ = ["NOT_ON_FIGURES", "within_hours"]

# What is measured on people's scores alone.
NOT_ON_FIGURES = reason(
    "robustness", None, "Not evaluated: published figures cannot be re-analysed for missing data."
) | reason(
    "calibration",
    None,
    "Not evaluated: how often supported is false is simulated for scores of participants, not for "
    "published figures.",
)


def _no_hours(table: pd.DataFrame, early: pd.DataFrame, day: pd.DataFrame) -> str:
    """What the table holds before 24 h and at 24 h, in one sentence with its rows."""
    trials, pooled = (int((day["level"] == level).sum()) for level in ("trial", "pooled"))
    maybe = evidence.possibly_earlier(table)
    return (
        (
            f"{len(early) or 'No'} controlled PTSD score{'s' * (len(early) > 1)} with a number "
            f"before 24 h {named(early['row']) if len(early) else ''}; at 24 h {trials} "
            f"trial{'s' * (trials > 1)} and {pooled} pooled differences {named(day['rows'])}; "
            f"{maybe['study_id'].nunique()} intramuscular trial may have earlier scores, "
            f"unknown {named(maybe['row'])}. Needed: a randomised trial with a right-now scale "
            "and times within hours."
        )
        .replace("  ", " ")
        .replace(" ;", ";")
    )


def _hours_gates(
    claim: Claim, table: pd.DataFrame, early: pd.DataFrame, day: pd.DataFrame
) -> dict[str, Reason]:
    """Construct, time, recall and comparator for what would have to be known within hours."""
    trial = day[day["level"] == "trial"]
    share = f"{trial['share_before_low'].min():.1%}"
    made = (
        reason("construct", True, f"PTSD severity scales were used {named(trial['rows'])}.")
        | reason("time", bool(len(early)), _no_hours(table, early, day))
        | reason(
            "recall",
            False,
            f"At 24 h the difference of the trial is on a scale that looks back a week: {share} of "
            "its window lies before the infusion (assuming the scale's usual window); the pooled "
            f"ones mix scales {named(day['rows'])}. {FORMS_FOR_HOURS}",
        )
        | reason(
            "comparator", True, f"Randomised comparators exist at 24 h {named(trial['rows'])}."
        )
        | NOT_ON_FIGURES
    )
    if len(early):
        made |= _recall_of_early(early)
    return {gate: reason for gate, reason in made.items() if gate in claim.gates}


def _recall_of_early(early: pd.DataFrame) -> dict[str, Reason]:
    """Whether the forms of controlled scores within hours ask about the time after the infusion."""
    fits = early["recall_hours_high"] <= early["hours_since_first_infusion"]
    told = (
        f"{int(fits.sum())} of the {len(early)} controlled figures before 24 h are on scales that "
        f"do not reach back before the infusion {named(early['row'])}."
    )
    return reason("recall", bool(fits.any()), told)


def within_hours(
    claim_id: str, claim: Claim, definitions: Definitions, table: pd.DataFrame
) -> Finding:
    """headline, onset, certainty_within_hours."""
    early, day = evidence.controlled_before(24, table), evidence.rows_at(24, table)
    reasons = _hours_gates(claim, table, early, day)
    none = "there is no score within hours to estimate from"
    some = f"figures of trials within hours are shown, not analysed again {named(early['row'])}"
    reasons |= reason("estimate", None, f"Not evaluated: {none if early.empty else some}.")
    beside = [] if claim_id == "certainty_within_hours" else contrast_rows(day, claim_id)
    return Finding(reasons, row(claim=claim_id), NOT_DECIDED, beside)
