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
