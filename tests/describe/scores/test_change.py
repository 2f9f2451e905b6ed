"""Change without a control: all estimates together, and never without what selection brings."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import describe
from analysis.claims.case import Case
from analysis.describe.scores.change import (
    change_estimators,
    change_with_selection,
    individual_courses,
)
from analysis.estimates.change.regression_to_the_mean import Selection, retest_correlations
from analysis.estimates.table import COLUMNS
from analysis.simulate import example_truth


@pytest.fixture(scope="module")
def selection() -> Selection:
    everyone = example_truth()["screening_of_everyone"]
    return Selection.from_threshold(
        33, mean=everyone["mean"], sd=everyone["sd"], source="population of the example"
    )


def with_scores(case: Case, n: int, *, view: str, after=None) -> SimpleNamespace:
    """What stands in for a case: one arm of n real people."""
    rng = np.random.default_rng(n)
    before = rng.integers(20, 50, n).astype(float)
    later = before - rng.integers(-3, 12, n) if after is None else after(before)
    people = pd.DataFrame({"arm": "ketamine", "baseline": before, "score": later})
    return SimpleNamespace(
        people=lambda *_: people,
        view=view,
        design=replace(case.design, synthetic=False),
        definitions=case.definitions,
        windows=case.windows,
        scale=case.scale,
        primary_form=case.primary_form,
    )


def test_courses_are_without_a_name_and_others_see_none(case, real):
    lines = individual_courses(case)
    assert list(lines) == ["contrast", "line", "window", "change"]
    day = lines[lines["window"] == case.windows["day"].label]
    assert sorted(day["change"]) == sorted(case.people("day")["change"])
    assert not day["line"].duplicated().any()
    with pytest.raises(ValueError, match="study team alone"):
        individual_courses(real)


def test_every_estimate_of_both_arms_stands_side_by_side(case):
    found = change_estimators(case, window="hours")
    assert list(found) == list(COLUMNS)
    assert found.groupby("contrast").size().tolist() == [10, 10]
    assert not found.duplicated(["contrast", "estimand", "method"]).any()
    mean = describe.change_by_window(case, windows=("hours",))
    first = found.groupby("contrast").head(1)
    assert first["estimate"].tolist() == mean["estimate"].tolist()


def test_the_same_study_gives_the_same_table(case):
    one, other = (change_estimators(case, window="day") for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_under_every_change_stands_what_selection_brings(case, selection):
    found = change_with_selection(
        case, selection=selection, instrument="PCL-5", version="past-week", windows=("day_7",)
    )
    per_arm = 1 + len(retest_correlations("PCL-5"))
    for _, own in found.groupby("contrast"):
        assert own["estimand"].tolist() == ["mean change"] + [
            "change expected from selection alone"
        ] * (per_arm - 1)
        assert own["n"].nunique() == 1
        alone = own["estimate"].to_numpy()[1:]
        assert (alone < 0).all()
        assert (np.diff(alone) < 0).all()  # the lower the correlation, the larger
    assert found["method"].str.contains("doi:10").sum() == 2 * (per_arm - 1)


def test_where_nothing_is_known_the_rows_are_a_ceiling(case, selection):
    ceiling = change_with_selection(case, windows=("hours",))
    beside = change_with_selection(case, windows=("hours",), selection=selection)
    alone = ceiling["estimand"] == "largest change from selection alone"
    assert alone.sum() == 8
    assert (ceiling.loc[alone, "estimate"] < beside.loc[alone, "estimate"]).all()
    assert ceiling.loc[alone, "method"].str.contains("assumption").all()
    people = case.people("hours")
    mean = people.groupby("arm")["baseline"].mean()["ketamine"]
    first = ceiling[alone & (ceiling["contrast"] == "ketamine")].iloc[0]
    assert first["estimate"] == pytest.approx(-(1 - 0.9) * mean)


def test_of_few_real_people_others_see_nothing_and_the_team_everything(case):
    for function in (
        lambda c: change_estimators(c, window="hours"),
        lambda c: change_with_selection(c, windows=("hours",)),
    ):
        assert function(with_scores(case, 9, view="shared"))["estimate"].isna().all()
        assert function(with_scores(case, 9, view="team"))["estimate"].notna().all()


def test_of_enough_real_people_estimates_are_shown_but_no_order_statistics(case):
    people = with_scores(case, 30, view="shared")
    found = change_estimators(people, window="hours")
    own = found["method"].str.startswith("withheld: it is a single participant's own value")
    assert found.loc[own, "estimand"].tolist() == [
        "mean change", "median change", "pseudomedian of changes",
    ]  # fmt: skip
    assert found.loc[~own, "estimate"].notna().all()
    assert found.loc[own, "estimate"].isna().all()
    everything = change_estimators(with_scores(case, 30, view="team"), window="hours")
    assert everything["method"].str.contains(r"\d fell, \d+ rose").any()


def test_an_estimator_that_refuses_says_why(case):
    alike = with_scores(case, 20, view="team", after=lambda before: before - 3)
    found = change_estimators(alike, window="hours")
    assert found["estimate"].isna().all()
    assert found["method"].str.startswith("not given: Every person changed").all()
    assert (found["n"] == 20).all()


def test_change_by_window_is_the_mean_of_the_people(case):
    table = describe.change_by_window(case, windows=("hours", "day"))
    assert list(table) == list(COLUMNS)
    assert table["window"].tolist() == ["2 to 6 h"] * 2 + ["about 24 h"] * 2
    means = case.people("day").groupby("arm")["change"].mean()
    assert table["estimate"].tolist()[2:] == pytest.approx(means.tolist())
    assert table["contrast"].tolist()[2:] == means.index.tolist()


def test_windows_nobody_was_seen_in_are_left_out(case):
    far = case.definitions.windows["day"].model_copy(update={"low": 9000, "high": 9001})
    there = {**case.definitions.windows, "day": far}
    later = Case(case.checked, case.definitions.model_copy(update={"windows": there}))
    assert describe.difference_by_window(later, windows=("day",)).empty
    assert describe.change_by_window(later, windows=("day",)).empty


def test_regression_to_the_mean_grows_as_correlation_falls():
    table = describe.regression_to_the_mean(threshold=33, mean=21, sd=11.6)
    assert table["expected_fall"].is_monotonic_increasing
    assert table["correlation"].is_monotonic_decreasing
