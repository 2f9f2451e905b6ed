"""What counts as the level before the infusion."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.instruments.scoring import score
from analysis.outcomes.baseline import baseline
from analysis.timeline import place
from tests.outcomes.placed_forms import RULE, WEEK, placed
from tests.small_study import forms, study


def test_a_right_now_form_takes_the_mean_of_all_ratings():
    found = baseline(placed((-30, 20), (-1, 30), (-0.5, 34)), **RULE)
    assert found["baseline"].item() == 28
    assert found["n_ratings"].item() == 3
    assert found["other_day"].item()


def test_a_form_that_looks_back_takes_its_last_rating():
    found = baseline(placed((-1, 30), (-30, 20), **WEEK), **RULE)
    assert found["baseline"].item() == 30
    assert found["n_ratings"].item() == 2


@pytest.mark.parametrize(("hours", "other"), [(-12, True), (-11.99, False)])
def test_one_rating_and_whether_it_is_of_another_day(hours, other):
    found = baseline(placed((hours, 20)), **RULE)
    assert found["n_ratings"].item() == 1
    assert bool(found["other_day"].item()) == other


@pytest.mark.parametrize(("hours", "n"), [(-28 * 24, 2), (-28 * 24 - 0.1, 1)])
def test_old_ratings_do_not_count(hours, n):
    found = baseline(placed((hours, 50), (-1, 30)), **RULE)
    assert found["n_ratings"].item() == n
    assert found["baseline"].item() == (40 if n == 2 else 30)


def test_a_rating_of_unknown_age_counts():
    made = study(forms([{"hours_low": -np.inf, "hours_high": 0.0, "stated_total": 25.0}]))
    found = baseline(place(made, score(made)), **RULE)
    assert found["baseline"].item() == 25
    assert not found["other_day"].item()


def test_unscored_forms_and_forms_after_the_start_are_no_baseline():
    assert baseline(placed((-1, np.nan), (0.5, 30), (4, 20)), **RULE).empty


def test_of_a_declared_visit_the_last_form_counts_alone():
    forms = placed((-100, 50), (-40, 20), (-1, 30), (-0.5, 34))
    found = baseline(forms, declared=(-48.0, 0.0), **RULE)
    assert (found["baseline"].item(), found["n_ratings"].item()) == (34, 3)
    assert baseline(forms, **RULE)["baseline"].item() == 33.5


def test_a_declared_visit_may_be_older_than_others_count():
    forms = placed((-40 * 24, 50), (-1, 30), **WEEK)
    assert baseline(forms, declared=(-1000.0, -900.0), **RULE)["baseline"].item() == 50


@pytest.mark.parametrize("declared", [(-48.0, -2.0), "visit 1"])
def test_who_has_no_form_of_the_declared_visit_has_no_baseline(declared):
    assert baseline(placed((-60, 50), (-1, 30)), declared=declared, **RULE).empty


def test_a_visit_is_told_by_its_name():
    forms = placed((-300, 50), (-40, 20), (-1, 30)).assign(visit=["visit 1", "visit 1", "visit 2"])
    assert baseline(forms, declared="visit 1", **RULE)["baseline"].item() == 20


def test_a_form_whose_time_reaches_beyond_the_declared_hours_is_of_another_visit():
    made = study(forms([{"hours_low": -50.0, "hours_high": -30.0, "stated_total": 25.0}]))
    assert baseline(place(made, score(made)), declared=(-48.0, 0.0), **RULE).empty
