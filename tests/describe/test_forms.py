"""Descriptive tables: right numbers, aggregates only, and no step of fewer than five people."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import describe
from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.estimates.table import COLUMNS
from analysis.outcomes.reliable_change import reliable_change
from analysis.studies import load_study


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(check(load_study("example")), load_definitions())


@pytest.fixture(scope="module")
def people(case) -> pd.DataFrame:
    return case.people("hours")


def with_changes(*arms: list[float]) -> SimpleNamespace:
    """What stands in for a case: people with these changes, an arm a list."""
    table = pd.concat(
        pd.DataFrame({"arm": name, "change": values})
        for name, values in zip("ab", arms, strict=False)
    )
    return SimpleNamespace(people=lambda window: table)


def test_change_by_window_is_the_mean_of_the_people(case):
    table = describe.change_by_window(case, windows=("hours", "day"))
    assert list(table) == list(COLUMNS)
    assert table["window"].tolist() == ["2 to 6 h"] * 2 + ["about 24 h"] * 2
    means = case.people("day").groupby("arm")["change"].mean()
    assert table["estimate"].tolist()[2:] == pytest.approx(means.tolist())
    assert table["contrast"].tolist()[2:] == means.index.tolist()


def test_difference_by_window_has_the_contrast_as_ketamine_minus_comparator(case):
    table = describe.difference_by_window(case, windows=("hours",))
    assert set(table["contrast"]) == {"ketamine - midazolam"}
    own = case.people("hours").groupby("arm")["change"].mean()
    crude = own["ketamine"] - own["midazolam"]
    assert table["estimate"][0] == pytest.approx(crude, abs=2.0)
    assert table["estimate"][0] < 0


def test_windows_nobody_was_seen_in_are_left_out(case):
    far = case.definitions.windows["day"].model_copy(update={"low": 9000, "high": 9001})
    there = {**case.definitions.windows, "day": far}
    later = Case(case.checked, case.definitions.model_copy(update={"windows": there}))
    assert describe.difference_by_window(later, windows=("day",)).empty
    assert describe.change_by_window(later, windows=("day",)).empty


def test_three_ways_add_up_to_the_people(case):
    table = describe.three_ways(case, window="day_7", instrument="PCL-5", version="past-week")
    assert table["estimand"].tolist()[:3] == ["reliably improved", "unchanged", "reliably worse"]
    assert table.groupby("contrast")["estimate"].sum().tolist() == pytest.approx([1, 1])
    people = case.people("day_7", "PCL-5", "past-week")
    improved = reliable_change(people["change"], 18) == "improved"
    expected = improved.groupby(people["arm"]).mean()
    found = table[table["estimand"] == "reliably improved"].set_index("contrast")["estimate"]
    assert found.to_dict() == pytest.approx(expected.to_dict())


def test_three_ways_needs_a_published_threshold(case):
    with pytest.raises(ValueError, match="none is made up"):
        describe.three_ways(case, window="hours", instrument="IES-R", version="standard")


def test_cumulative_change_counts_people_at_or_below(case, people):
    table = describe.cumulative_change(case, window="hours")
    for row in table.itertuples():
        mine = people.loc[people["arm"] == row.arm, "change"]
        assert row.share == pytest.approx((mine <= row.change).mean())


@pytest.mark.parametrize("at_least", [3, 5, 11])
def test_no_step_of_the_curve_holds_fewer_people_than_declared(case, people, at_least):
    table = describe.cumulative_change(case, window="hours", step=0.5, at_least=at_least)
    sizes = people["arm"].value_counts()
    for arm, rows in table.groupby("arm"):
        counts = (rows["share"] * sizes[arm]).round().tolist()
        assert np.diff([0, *counts, sizes[arm]]).min() >= at_least


def test_the_ends_of_the_curve_are_not_shown():
    """Neither the smallest nor the largest change can be read, nor anything of few people."""
    table = describe.cumulative_change(
        with_changes([-40, *[-4] * 7, 0, 0, 0, 0, 30], [-3.0] * 9), window="hours"
    )
    assert table["arm"].tolist() == ["a"]
    assert table["change"].tolist() == [-4]
    assert table["share"].tolist() == pytest.approx([8 / 13])


def test_an_arm_of_fewer_than_twice_the_least_has_no_curve():
    few = with_changes([-3.0, -1, 0, 1, 2, 3, 4, 5, 6])
    table = describe.cumulative_change(few, window="hours")
    assert table.empty
    assert list(table) == ["arm", "change", "share"]


def test_forms_are_counted_once_each(case):
    table = describe.forms_by_phase(case)
    assert table.to_numpy().sum() == case.checked.forms["total"].notna().sum()
    assert table.loc["CADSS, 23-item", "during"] > 0


def test_recall_by_hours_leaves_dissociation_out():
    table = describe.recall_by_hours((24,))
    shares = table.set_index("form")["share_before"]
    assert shares["PCL-5, standard"] == pytest.approx(29 / 30)
    assert shares["IES-R, standard"] == pytest.approx(6 / 7)
    assert shares["PCL-5-now, ad-hoc"] == 0
    assert not any(name.startswith("CADSS") for name in shares.index)


def test_regression_to_the_mean_grows_as_correlation_falls():
    table = describe.regression_to_the_mean(threshold=33, mean=21, sd=11.6)
    assert table["expected_fall"].is_monotonic_increasing
    assert table["correlation"].is_monotonic_decreasing


def test_rules_table_takes_a_case_or_definitions_and_marks_assumptions(case):
    table = describe.rules_table(case)
    pd.testing.assert_frame_equal(table, describe.rules_table(case.definitions))
    assert table.loc["bias_bound_sd", ["value", "assumption"]].tolist() == ["0.3", "yes"]


def test_no_table_has_a_row_a_person(case):
    """A column of subjects, forms or file rows, or as many rows as people, would be one."""
    n = len(case.checked.study.subjects)
    tables = [
        describe.change_by_window(case),
        describe.difference_by_window(case),
        describe.three_ways(case, window="day_7", instrument="PCL-5", version="past-week"),
        describe.cumulative_change(case, window="hours"),
        describe.forms_by_phase(case),
    ]
    for table in tables:
        assert not {"subject", "form", "row", "id"} & {*table.columns, table.index.name} - {"form"}
        assert "subject" not in table.reset_index()
        assert len(table) < n / 2
