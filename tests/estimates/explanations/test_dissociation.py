"""Return to baseline as an interval, and what no rating tells."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats

from analysis.errors import ReliefError
from analysis.estimates.explanations import dissociation
from analysis.estimates.explanations.dissociation import return_intervals, time_to_return
from analysis.estimates.onset.interval_censored import turnbull
from analysis.instruments.scoring import score
from analysis.timeline import place
from tests.small_study import forms, study


def course(*people: list[tuple[float, float]], **changes) -> pd.DataFrame:
    """CADSS forms of people as (hours since the start, total), placed."""
    rows = [
        {"subject": number, "hours": hours, "stated_total": total, "instrument": "CADSS",
         "version": "23-item"} | changes
        for number, person in enumerate(people)
        for hours, total in person
    ]  # fmt: skip
    made = study(forms(rows))
    return place(made, score(made))


def back(person: list[tuple[float, float]]) -> dict:
    (row,) = time_to_return(course(person), points=3, by_hours=4).to_dict("records")
    return row


def test_up_and_back_within_the_time():
    row = back([(-1, 2), (0.67, 40), (1.3, 20), (2, 5), (24, 2)])
    assert row == {"subject": 0, "peak": 38, "last_away": 1.3, "first_back": 2, "back": True}


def test_back_counts_at_the_limit_of_points_and_hours():
    assert back([(-1, 2), (0.67, 40), (4, 5)])["back"] is True
    assert back([(-1, 2), (0.67, 40), (4, 5.5)])["back"] is False


def test_never_away():
    row = back([(-1, 2), (0.67, 4), (2, 3)])
    assert (row["last_away"], row["first_back"], row["back"]) == (0, 0.67, True)


def test_away_again_later_is_not_back():
    row = back([(-1, 2), (0.67, 40), (2, 2), (24, 30)])
    assert row["back"] is False
    assert row["last_away"] == 24
    assert math.isnan(row["first_back"])


@pytest.mark.parametrize("after", [[], [(24, 2)]], ids=["no rating follows", "first back at 24 h"])
def test_what_no_rating_tells_is_missing(after):
    row = back([(-1, 2), (0.67, 40), (2, 30), *after])
    assert pd.isna(row["back"])
    assert row["last_away"] == 2


def test_baseline_is_the_last_rating_before():
    assert back([(-24, 30), (-1, 2), (0.67, 10), (2, 3)])["peak"] == 8


def test_people_without_a_rating_before_or_in_time_are_left_out():
    found = time_to_return(
        course([(0.67, 40), (2, 2)], [(-1, 2), (24, 2)], [(-1, 2), (1, 2)]), points=3, by_hours=4
    )
    assert found["subject"].tolist() == [2]


def test_nobody_gives_an_empty_table_with_its_columns():
    found = time_to_return(course([(-1, 2)]), points=3, by_hours=4)
    assert found.empty
    assert list(found) == ["subject", "peak", "last_away", "first_back", "back"]
    assert found["back"].sum() == 0


def test_order_of_forms_does_not_matter():
    forms_in_order = course([(-1, 2), (0.67, 40), (2, 5)], [(-2, 0), (0.67, 9), (3, 1)])
    found = time_to_return(forms_in_order, points=3, by_hours=4)
    mixed = time_to_return(forms_in_order.iloc[::-1], points=3, by_hours=4)
    pd.testing.assert_frame_equal(found, mixed)


def test_versions_are_never_mixed():
    table = course([(-1, 2), (0.67, 40)])
    table.loc[1, "version"] = "19-item"
    with pytest.raises(ReliefError, match="keep one version"):
        time_to_return(table, points=3, by_hours=4)


def test_intervals_are_open_on_the_left_and_have_no_end_where_it_never_came_back():
    returns = time_to_return(
        course(
            [(-1, 2), (0.67, 40), (1.3, 20), (2, 5)],
            [(-1, 2), (0.67, 40), (5, 30)],
            [(-1, 2), (1, 2)],
        ),
        points=3,
        by_hours=4,
    )
    left, right = return_intervals(returns)
    assert left.tolist() == [1.3, 5, 0]
    assert right.tolist() == [2, math.inf, 1]
    found = turnbull(left, right)
    assert found.upper(5.0) == pytest.approx(2 / 3)


ARMS = pd.Series(["ketamine"] * 6)
PEOPLE = [[(-1, 1), (0.67, 10 + k), (0.9, 20 + k), (3, 2)] for k in range(6)]


def spans(**changes) -> dict[tuple[str, str], dict]:
    rows = dissociation.course(course(*PEOPLE), ARMS, **changes)
    return {(row["window"], row["estimand"]): row for row in rows}


def test_the_course_averages_a_persons_ratings_within_a_span():
    found = spans()
    early = found["0 to 1 h", "mean score"]
    assert (early["n"], early["estimate"]) == (6, 17.5)
    assert found["0 to 1 h", "median score"]["estimate"] == 17.5
    assert {window for window, _ in found} == {"before", "0 to 1 h", "1.75 to 3 h"}
    expected = stats.ttest_1samp([15.0 + k for k in range(6)], 0).confidence_interval()
    assert (early["ci_low"], early["ci_high"]) == pytest.approx(tuple(expected))


def test_spans_with_few_people_have_no_row():
    assert spans(at_least=7) == {}


def test_edges_must_rise():
    with pytest.raises(ValueError, match="hours that rise"):
        spans(edges=(0, 2, 2))
