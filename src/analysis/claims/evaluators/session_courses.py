"""A study's courses of repeated infusions, one row a person."""

from __future__ import annotations

import pandas as pd

from analysis.claims.case import Case
from analysis.timeline import EFFICACY

__all__ = ["people_with_sessions", "session_courses"]

_TIMES = ["hours_high", "hours_low"]


def people_with_sessions(case: Case) -> int:
    """People on ketamine alone with scores after more than one infusion."""
    after = _after(case)
    return int((after.groupby("subject")["latest_infusion"].nunique() > 1).sum())


def session_courses(case: Case) -> pd.DataFrame:
    """Scores around the first and the last session of people on ketamine who have them all.

    Two ratings before the first session, of different days by the declared rule; the last score
    after the first session and before the second; the last one after the person's own last
    session. Forms that ask about a time before the first infusion tell of no session, and are
    left out.

    Returns
    -------
    DataFrame
        Index subject; before_1, before_2, baseline (by the study's rule), first, end, points.
    """
    forms = case.on_primary_form(case.checked.forms)
    rules = case.definitions
    own = forms[(forms["phase"] == "before") & forms["total"].notna()]
    own = own[-own["hours_low"] <= 24 * rules.rule("baseline_within_days")]
    before = own.sort_values(["subject", *_TIMES], kind="stable").groupby("subject")
    apart = before["hours_low"].last() - before["hours_high"].first()
    apart = apart >= rules.rule("another_day_hours")
    after = _after(case)
    after = after[after["hours_low"] >= after["recall_hours"]]
    given = case.checked.study.infusions.groupby("subject")["infusion"].max()
    at_end = (after["latest_infusion"] > 1) & (
        after["latest_infusion"] == after["subject"].map(given)
    )
    last = after[at_end].groupby("subject")
    first = after[after["latest_infusion"] == 1].groupby("subject")
    return pd.DataFrame(
        {
            "before_1": before["total"].first().where(apart),
            "before_2": before["total"].last(),
            "baseline": first["baseline"].last(),
            "first": first["total"].last(),
            "end": last["total"].last(),
        }
    ).dropna()


def _after(case: Case) -> pd.DataFrame:
    """Scores after infusions of people who had ketamine alone, in the order of time."""
    infusions = case.checked.study.infusions
    ketamine = infusions["agent"] == case.design.active_arm
    alone = ketamine.groupby(infusions["subject"]).all()
    table = case.primary_changes
    treated = (table["arm"] == case.design.active_arm) & table["subject"].isin(alone[alone].index)
    table = table[treated & table["phase"].isin(EFFICACY)]
    return table.sort_values(["subject", *_TIMES], kind="stable")
