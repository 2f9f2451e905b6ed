"""Repeated sessions: when the first one may be said to tell how the course ends."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims import judge
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators.session_courses import session_courses
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED, ClaimResult
from analysis.outcomes.change import response
from analysis.simulate.people.sessions import sessions
from analysis.study import Study
from tests.small_study import DESIGN, forms, infusion, study

SINGLE = replace(DESIGN, design="single-arm", comparator="none", active_arm="ketamine")
HOURS = {"before_1": -48.0, "before_2": -2.0, "first": 26.0, "end": 26.0 + 10 * 24}


def course_study(table: pd.DataFrame, *, sessions_each: int = 6, **form: object) -> Study:
    """Everyone on ketamine every second day; scores of one course a row."""
    rows = [
        {"subject": person, "hours": HOURS[name], "stated_total": float(score)} | form
        for person, scores in enumerate(table.to_dict("records"))
        for name, score in scores.items()
        if not math.isnan(score)
    ]
    given = [
        infusion(number + 1, 48.0 * number, 48.0 * number + 40 / 60, subject=person)
        for person in range(len(table))
        for number in range(sessions_each)
    ]
    made = study(forms(rows), given)
    return replace(made, design=SINGLE, subjects=made.subjects.assign(arm="ketamine"))


def made_up(n: int, relation: float, seed: int = 3) -> pd.DataFrame:
    return sessions(n, np.random.default_rng(seed), relation=relation)


def guides(made: Study) -> ClaimResult:
    return judge(made)["first_session_guides"]


def gate(found: ClaimResult, name: str):
    return next(reason for reason in found.reasons if reason.gate == name)


@pytest.mark.parametrize(
    ("n", "relation", "verdict"),
    [(200, 0.9, SUPPORTED), (300, 0.0, CONTRADICTED), (40, 0.5, NOT_DECIDED)],
)
def test_the_word_follows_the_area_and_the_correlation(n, relation, verdict):
    found = guides(course_study(made_up(n, relation, seed=11)))
    assert found.verdict == verdict
    assert found.estimate["estimand"] == "AUC, baseline and first session"
    assert found.estimate["n"] == n


def test_an_area_without_a_correlation_is_no_support():
    """The end is foretold by the level alone; the responses do not go together."""
    rng = np.random.default_rng(4)
    level = rng.normal(36, 2, 150)
    end = np.where(rng.random(150) < 0.5, 10.0, 40.0)
    table = pd.DataFrame({"before_1": level, "before_2": level, "first": 60 - end, "end": end})
    table = (table + rng.normal(0, 2, table.shape)).round().clip(0, 56)
    found = guides(course_study(table))
    assert found.estimate["ci_low"] > 0.7
    assert found.verdict == NOT_DECIDED


def test_response_is_a_share_of_each_persons_baseline():
    table = made_up(60, 0.5)
    found = guides(course_study(table))
    baseline = table[["before_1", "before_2"]].mean(axis=1)
    responded = response(baseline, table["end"], 0.30)
    assert 0 < responded.sum() < 60
    told = f"pairs of {responded.sum()} responders and {(~responded).sum()} others"
    assert told in found.estimate["method"]


def test_one_session_is_no_course():
    found = guides(course_study(made_up(20, 0.5), sessions_each=1))
    assert found.verdict == NOT_TESTABLE
    assert gate(found, "time").passed is False


def test_where_everyone_responds_nobody_is_foretold():
    found = guides(course_study(made_up(30, 0.5).assign(end=2.0)))
    assert found.verdict == NOT_DECIDED
    assert gate(found, "estimate").passed is None
    assert "two people must respond and two must not" in gate(found, "estimate").text


def test_one_rating_before_leaves_the_coupling_in_and_is_not_evaluated():
    found = guides(course_study(made_up(30, 0.5).assign(before_1=np.nan)))
    assert gate(found, "estimate").passed is None
    assert "(0 participants have two ratings on different days" in gate(found, "estimate").text


def test_a_past_week_form_a_day_after_the_first_session_tells_nothing_of_it():
    week = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168.0}
    made = course_study(made_up(30, 0.5), **week)
    made = replace(made, design=replace(SINGLE, primary="PCL-5"))
    found = guides(made)
    assert gate(found, "time").passed is True
    assert gate(found, "estimate").passed is None
    assert found.verdict == NOT_DECIDED


def test_people_given_anything_else_are_in_no_course():
    made = course_study(made_up(30, 0.5))
    other = made.infusions["subject"] < 10
    agents = made.infusions["agent"].mask(other & (made.infusions["infusion"] == 3), "midazolam")
    made = replace(made, infusions=made.infusions.assign(agent=agents))
    assert len(session_courses(Case(check(made), load_definitions()))) == 20


def test_ratings_of_one_day_are_not_two_ratings(monkeypatch):
    monkeypatch.setitem(HOURS, "before_1", -5.0)
    assert session_courses(Case(check(course_study(made_up(30, 0.5))), load_definitions())).empty


@pytest.mark.parametrize(("days", "counted"), [(27.9, True), (28.1, False)])
def test_a_rating_four_weeks_before_is_the_oldest_that_counts(monkeypatch, days, counted):
    monkeypatch.setitem(HOURS, "before_1", -24 * days)
    courses = session_courses(Case(check(course_study(made_up(30, 0.5))), load_definitions()))
    assert courses.empty is not counted


def test_flagged_people_that_turn_the_word_are_named():
    table = made_up(200, 0.9, seed=11)
    made = course_study(table)
    stopped = (made.infusions["subject"] < 60) & (made.infusions["infusion"] == 1)
    status = made.infusions["status"].astype(object).mask(stopped, "stopped")
    found = guides(replace(made, infusions=made.infusions.assign(status=status)))
    assert "without stopped infusions" in gate(found, "estimate").text
