"""Onset of the example study, and what a rescue, a second infusion and few people make of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.case import Case
from analysis.describe.chosen import falls_that_count
from analysis.describe.onset import courses, crossing, mean_course
from analysis.estimates.onset.courses import Threshold
from analysis.estimates.onset.time_to_response import onset_intervals


def with_events(case: Case, events: pd.DataFrame) -> Case:
    study = replace(case.checked.study, events=events)
    return Case(replace(case.checked, study=study), case.definitions)


def test_everybody_with_a_baseline_is_there(case):
    course = courses.people_courses(case, falls_that_count(case)[0])
    assert len(course.people) == case.on_primary_form(case.baselines)["subject"].nunique()
    assert course.nominal.tolist() == [3, 5, 24, 72, 168]


def test_an_unvalidated_form_has_no_reliable_change(case):
    names = " ".join(fall.name for fall in falls_that_count(case))
    assert "minimal important difference" in names
    assert "reliable change" not in names


def test_noise_crosses_in_the_control_arm_and_holding_removes_most_of_it(case):
    end = crossing.crossing_at_the_end(case)
    control = end[end["contrast"] == "midazolam"].set_index(["threshold", "sustained"])["estimate"]
    assert control["30 % of baseline or more", False] > 0.3
    assert (
        control["30 % of baseline or more", True] < 0.5 * control["30 % of baseline or more", False]
    )
    assert not end["estimand"].str.contains("ever").any()


def test_a_sustained_crossing_is_read_to_the_last_visit_that_can_be_confirmed(case):
    found = crossing.crossing_by_visit(case, falls_that_count(case)[0], sustained=True)
    assert found["window"].iloc[-1] == "by the visit at 72 h"


def test_by_an_hour_between_visits_there_are_two_bounds(case):
    found = crossing.crossing_by_hour(case, falls_that_count(case)[0], hours=(3.0, 4.0))
    shares = found.set_index(["contrast", "window"])["estimate"]["ketamine"]
    assert shares["by 3 h"].nunique() == 1
    assert shares["by 4 h"].min() == shares["by 3 h"].min() < shares["by 4 h"].max()


@pytest.mark.parametrize("digits", [-1e-13, 0.0, 1e-13])
def test_last_digits_do_not_say_which_way_half_a_person_is_counted(monkeypatch, digits):
    def half(_hour: float) -> float:
        return 15.5 / 23 + digits

    fit = SimpleNamespace(lower=half, upper=half)
    monkeypatch.setattr(crossing, "turnbull", lambda *_: fit)
    assert crossing.about_people(np.zeros(23), np.zeros(23), 4.0) == "; about 16 of 23"


def test_a_rescue_within_the_hour_leaves_nobody_to_cross(case):
    subjects = case.checked.study.subjects["subject"]
    events = pd.DataFrame(
        {"subject": subjects, "event": "rescue", "hours_low": 1.0, "hours_high": 1.1}
    )
    course = courses.people_courses(with_events(case, events), falls_that_count(case)[0])
    found = onset_intervals(course, sustained=False)
    assert np.isinf(found["right"]).all()
    assert (found["status"] == "event first").all()


def test_events_before_the_infusion_and_guesses_change_nothing(case):
    subjects = case.checked.study.subjects["subject"]
    before = pd.DataFrame(
        {"subject": subjects, "event": "rescue", "hours_low": -9.0, "hours_high": -8.0}
    )
    guess = before.assign(event="blinding-guess", hours_low=5.0, hours_high=5.0)
    threshold = falls_that_count(case)[0]
    plain = onset_intervals(courses.people_courses(case, threshold), sustained=True)
    other = with_events(case, pd.concat([before, guess], ignore_index=True))
    found = onset_intervals(courses.people_courses(other, threshold), sustained=True)
    pd.testing.assert_frame_equal(found, plain)


def test_of_real_people_no_small_share_and_no_small_step_is_shown(real):
    found = crossing.crossing_by_visit(real, falls_that_count(real)[0], sustained=True)
    small = found[found["contrast"] == "midazolam"]
    assert small["estimate"].isna().all()
    assert small["ci_low"].isna().all()
    regions = crossing.crossing_regions(real, falls_that_count(real)[0], sustained=False)
    steps = regions[regions["share_high"] > regions["share_low"]]
    assert (30 * (steps["share_high"] - steps["share_low"]) >= 10 - 1e-6).all()


def test_a_threshold_that_nobody_crossed_does_not_take_the_others_away(case, monkeypatch):
    thirty = falls_that_count(case)[0]
    beyond = Threshold("more than the form holds", points=1000.0)
    monkeypatch.setattr(crossing, "falls_that_count", lambda case: (thirty, beyond))
    tests = crossing.crossing_tests(case)
    assert tests["estimand"].value_counts().to_dict() == dict.fromkeys(crossing.TESTS, 4)
    none = tests["window"].str.startswith("more than")
    assert tests.loc[none, ["estimate", "p_value"]].isna().all(axis=None)
    assert tests.loc[none, "method"].str.contains("nothing tells|Nobody is known to").all()
    assert tests.loc[~none, "p_value"].notna().all()


def test_a_ratio_that_nothing_tells_does_not_take_the_rank_test_away(case, monkeypatch):
    found = crossing.onset_intervals
    treated = case.design.active_arm

    def unseen(courses, *, sustained):
        table = found(courses, sustained=sustained)
        return table.assign(
            left=table["left"].where(table["arm"] != treated, 0.0),
            right=table["right"].where(table["arm"] != treated, np.inf),
        )

    monkeypatch.setattr(crossing, "onset_intervals", unseen)
    tests = crossing.crossing_tests(case).groupby("estimand", sort=False)
    rank, ratio = (tests.get_group(name) for name in crossing.TESTS)
    assert rank["p_value"].notna().all()
    assert ratio["estimate"].isna().all()
    assert ratio["method"].str.contains("Every hazard ratio fits").all()


def test_one_arm_is_refused(case):
    study = case.checked.study
    design = replace(study.design, comparator_arm=None)
    alone = Case(replace(case.checked, study=replace(study, design=design)), case.definitions)
    with pytest.raises(ValueError, match="no comparator"):
        crossing.crossing_tests(alone)
    with pytest.raises(ValueError, match="no comparator"):
        mean_course.mean_course(alone)
