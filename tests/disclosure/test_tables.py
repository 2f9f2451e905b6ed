"""What leaves the clinic: no small count, none that can be worked out, nobody's own value."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.disclosure.policy import Policy
from analysis.disclosure.tables import WITHHELD, released_table
from analysis.errors import ReliefError
from analysis.estimates.table import COLUMNS, row
from analysis.quantity import Cell

POLICY = Policy()

# --- tables ---------------------------------------------------------------------------------


def test_small_counts_and_what_would_give_them_away_are_withheld() -> None:
    counts = pd.DataFrame(
        {"ketamine": [14, 3, 17], "midazolam": [12, 11, 23], "all": [26, 14, 40]},
        index=["complete", "incomplete", "all"],
    )
    shown = released_table(counts, POLICY)
    assert shown.loc["incomplete", "ketamine"] == "<10"
    # Row, column and corner of the same square: without them 14 - 11 or 17 - 14 gives it.
    assert (shown == WITHHELD).sum().sum() >= 3
    assert shown.loc["all", "all"] == 40
    assert released_table(counts, Policy(minimum=2, step=1)).equals(counts)


def test_counts_are_rounded_and_nobody_is_told_as_few_are() -> None:
    counts = pd.DataFrame({"ketamine": [14, 0, 23], "midazolam": [12, 11, 38]})
    shown = released_table(counts, POLICY)
    assert shown["midazolam"].tolist() == [10, 10, 40]
    assert shown["ketamine"].tolist() == [15, "<10", 25]


def flow(read: int, aside: list[int], analysed: int) -> pd.DataFrame:
    rows = [("people read", "ketamine", "", "", read)]
    rows += [
        ("people set aside", "ketamine", f"reason {n}", f"r.{n}", count)
        for n, count in enumerate(aside)
    ]
    rows.append(("people analysed", "ketamine", "", "", analysed))
    return pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"])


def test_the_participant_flow_is_told_by_its_columns() -> None:
    shown = released_table(flow(45, [3, 12], 30), POLICY)
    assert shown["n"].tolist() == [45, "<10", 10, 30]


@pytest.mark.parametrize("name", ["subject", "form", "id", "Patient"])
def test_rows_of_people_are_refused(name: str) -> None:
    people = pd.DataFrame({name: [1, 2], "score": [30, 40]})
    for given_table in (people, people.set_index(name)):
        with pytest.raises(ReliefError) as caught:
            released_table(given_table, POLICY)
        assert caught.value.rule == "release.person-rows"


@pytest.mark.parametrize("name", ["min", "score_max", "minimum", "range"])
def test_extremes_are_refused(name: str) -> None:
    with pytest.raises(ReliefError) as caught:
        released_table(pd.DataFrame({"arm": ["a"], name: [3]}), POLICY)
    assert caught.value.rule == "release.extremes"


def test_places_and_names_are_refused_ages_and_dates_made_coarse() -> None:
    with pytest.raises(ReliefError) as caught:
        released_table(pd.DataFrame({"zip_code": ["48104"], "people": [40]}), POLICY)
    assert caught.value.rule == "identifier.column"
    days = pd.DataFrame({
        "age": [45, 93, 90], "first": ["2025-03-04", "2025-03", "week 2"],
        "last": pd.to_datetime(["2025-03-04T10:20"] * 3), "people": [40, 50, 60],
    })  # fmt: skip
    shown = released_table(days, POLICY)
    assert shown["age"].tolist() == [45, "90 or older", "90 or older"]
    assert shown["first"].tolist() == ["2025", "2025", "week 2"]
    assert shown["last"].tolist() == [2025] * 3


def test_estimates_leave_as_their_cells_allow_and_cells_do_not() -> None:
    words = {"estimand": "change", "estimate": -7.123456, "se": 1.23456}
    rows = [
        row(n=32, contrast="ketamine", cell=Cell({"ketamine": 32}), **words),
        row(n=9, contrast="midazolam", cell=Cell({"midazolam": 9}), **words),
        row(n=60, contrast="nobody knows", **words),
    ]
    shown = released_table(pd.DataFrame(rows), POLICY)
    assert list(shown) == list(COLUMNS)
    assert shown["estimate"].isna().tolist() == [False, True, True]
    assert shown.loc[0, ["n", "estimate", "se"]].tolist() == [30, -7.12, 1.23]
    assert shown.loc[1, "method"] == (
        "withheld: fewer than 10 participants of an arm or group are behind it"
    )
    assert shown.loc[2, "method"] == "withheld: it is not recorded who is behind it"


def test_a_count_in_words_decides_nothing() -> None:
    told = "F(4, 44) over its 2 visits, 5 other analyses, 3 of 30"
    line = row(estimand="d", n=60, estimate=1.0, method=told, cell=Cell({"a": 30, "b": 30}))
    assert released_table(pd.DataFrame([line]), POLICY)["estimate"].tolist() == [1.0]
