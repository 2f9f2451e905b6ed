"""Harms, counted by arm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.case import Case
from analysis.describe.explanations import harms
from tests.describe.explanations.changed_case import with_study


def test_harms_count_people_by_arm_and_name_what_was_not_recorded(case):
    table = harms.harms_table(case).set_index(["estimand", "contrast"])
    stopped = (case.checked.study.infusions["status"] == "stopped").sum()
    assert table.loc[("infusion stopped early", "ketamine"), "estimate"] * 30 == stopped
    silent = table[table["n"] == 0].reset_index()
    assert set(silent["method"]) == {"not recorded"}
    assert "blood pressure outside its limits" in set(silent["estimand"])
    few = harms.harms_table(case, at_least=31)
    assert set(few["method"]) == {"not recorded", "recorded for too few participants to show"}
    worse = table.loc["worse by 18 points or more"]
    people = case.people("day_7", "PCL-5", "past-week")
    shares = people.groupby("arm")["change"].agg(lambda change: (change >= 18).mean())
    assert worse.loc["ketamine", "estimate"] == shares["ketamine"]
    assert worse.loc["midazolam", "n"] == (people["arm"] == "midazolam").sum()


def test_an_infusion_of_the_other_treatment_is_no_harm_of_the_arm(case):
    """Everyone on midazolam is given ketamine later, and it is stopped."""
    infusions = case.checked.study.infusions
    second = infusions[infusions["agent"] == "midazolam"].assign(
        infusion=2, agent="ketamine", status="stopped"
    )
    crossed = with_study(case, infusions=pd.concat([infusions, second], ignore_index=True))
    rows = harms.harms_table(crossed).set_index(["estimand", "contrast"])["estimate"]
    assert rows["infusion stopped early", "midazolam"] == 0


def asked_of_everyone(case: Case, *, withdrawn: bool = False) -> pd.DataFrame:
    """Harms where everyone was asked the C-SSRS at 24 h: level 5 in one person on ketamine."""
    read = case.checked.read
    subjects = read.subjects["subject"].to_numpy()
    forms = read.assessments.drop_duplicates("subject").set_index("subject").loc[subjects]
    first = subjects[(case.arms.loc[subjects] == "ketamine").to_numpy()][0]
    asked = forms.reset_index().assign(
        form=np.arange(len(subjects)) + 100_000,
        instrument="C-SSRS",
        hours_low=24.0,
        hours_high=24.0,
        stated_total=np.where(subjects == first, 5, 0),
    )
    assessments = pd.concat([read.assessments, asked], ignore_index=True)
    events = pd.DataFrame(
        {"subject": [first], "event": "consent-withdrawn", "hours_low": 2.0, "hours_high": 2.0}
    )
    changes = {"assessments": assessments} | ({"events": events} if withdrawn else {})
    changed = replace(case.checked, read=replace(read, **changes))
    rows = harms.harms_table(Case(changed, case.definitions))
    rows = rows[rows["estimand"] == "suicidal intent or behaviour after the infusion"]
    return rows.set_index("contrast")


def test_a_suicidal_event_after_the_infusion_counts(case):
    rows = asked_of_everyone(case)
    assert rows.loc["ketamine", "estimate"] == pytest.approx(1 / 30)
    assert rows.loc["midazolam", "ci_high"] == pytest.approx(1 - 0.025 ** (1 / 30))


def test_what_was_said_after_consent_was_withdrawn_is_not_used(case):
    rows = asked_of_everyone(case, withdrawn=True)
    assert (rows.loc["ketamine", "estimate"], rows.loc["ketamine", "n"]) == (0, 29)
