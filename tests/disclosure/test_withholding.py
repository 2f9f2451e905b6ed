"""What leaves the clinic: no small count, none that can be worked out, nobody's own value."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.disclosure.withholding import WITHHELD, shareable_table
from analysis.errors import ReliefError
from analysis.estimates.proportions import exact_share, share_difference
from analysis.estimates.table import row, table

# --- tables ---------------------------------------------------------------------------------


def test_small_counts_and_what_would_give_them_away_are_withheld() -> None:
    counts = pd.DataFrame(
        {"ketamine": [14, 3, 17], "midazolam": [12, 11, 23], "all": [26, 14, 40]},
        index=["complete", "incomplete", "all"],
    )
    shown = shareable_table(counts)
    assert shown.loc["incomplete", "ketamine"] == WITHHELD
    # Row, column and corner of the same square: without them 14 - 11 or 17 - 14 gives it.
    assert (shown == WITHHELD).sum().sum() >= 4
    assert shown.loc["all", "all"] == 40
    assert shareable_table(counts, for_all=True).equals(counts)
    assert shareable_table(counts, minimum=2).equals(counts)


def flow(read: int, aside: list[int], analysed: int) -> pd.DataFrame:
    rows = [("people read", "ketamine", "", "", read)]
    rows += [
        ("people set aside", "ketamine", f"reason {n}", f"r.{n}", count)
        for n, count in enumerate(aside)
    ]
    rows.append(("people analysed", "ketamine", "", "", analysed))
    return pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"])


def test_people_set_aside_do_not_come_out_of_the_people_read() -> None:
    shown = shareable_table(flow(30, [2], 28))
    assert shown["n"].tolist() == [WITHHELD, WITHHELD, 28]
    shown = shareable_table(flow(30, [0], 30))
    assert shown["n"].tolist() == [30, 0, 30]
    shown = shareable_table(flow(45, [3, 12], 30))
    assert shown["n"].tolist() == [45, WITHHELD, WITHHELD, 30]


@pytest.mark.parametrize("name", ["subject", "form", "id", "Patient"])
@pytest.mark.parametrize("for_all", [False, True])
def test_rows_of_people_are_refused(name: str, for_all: bool) -> None:
    people = pd.DataFrame({name: [1, 2], "score": [30, 40]})
    for given_table in (people, people.set_index(name)):
        with pytest.raises(ReliefError) as caught:
            shareable_table(given_table, for_all=for_all)
        assert caught.value.rule == "release.person-rows"


@pytest.mark.parametrize("name", ["min", "score_max", "minimum", "range"])
def test_extremes_are_refused(name: str) -> None:
    with pytest.raises(ReliefError) as caught:
        shareable_table(pd.DataFrame({"arm": ["a"], name: [3]}))
    assert caught.value.rule == "release.extremes"


def test_places_and_names_are_refused_ages_and_dates_made_coarse() -> None:
    with pytest.raises(ReliefError) as caught:
        shareable_table(pd.DataFrame({"zip_code": ["48104"], "people": [40]}))
    assert caught.value.rule == "identifier.column"
    days = pd.DataFrame({
        "age": [45, 93, 90], "first": ["2025-03-04", "2025-03", "week 2"],
        "last": pd.to_datetime(["2025-03-04T10:20"] * 3), "people": [40, 50, 60],
    })  # fmt: skip
    shown = shareable_table(days)
    assert shown["age"].tolist() == [45, "90 or older", "90 or older"]
    assert shown["first"].tolist() == ["2025", "2025", "week 2"]
    assert shown["last"].tolist() == [2025] * 3


def estimates() -> pd.DataFrame:
    return table(
        [
            row(estimand="change", contrast="ketamine", n=30, estimate=-7.123456, se=1.23456),
            row(estimand="change", contrast="midazolam", n=9, estimate=-2.5, se=1.0),
            row(estimand="difference", contrast="ketamine - midazolam", n=19, estimate=-4.0),
            row(estimand="difference", contrast="ketamine - midazolam", n=20, estimate=-4.0),
        ]
    )


def test_estimates_on_few_people_lose_every_number_and_others_some_digits() -> None:
    shown = shareable_table(estimates())
    assert shown["estimate"].isna().tolist() == [False, True, True, False]
    assert shown["n"].isna().tolist() == [False, True, True, False]
    assert shown.loc[0, ["estimate", "se"]].tolist() == [-7.12, 1.23]
    assert shown.loc[1, "method"].startswith("withheld: fewer than 10 people")


def test_a_share_with_few_on_either_side_goes_with_all_that_follows_from_it() -> None:
    words = {"contrast": "ketamine"}
    rows = [
        exact_share(27, 30, estimand="share with any fall", **words),
        exact_share(15, 30, estimand="share with any fall", contrast="midazolam"),
        share_difference((27, 15), (30, 30), estimand="difference in share", contrast="a - b"),
        row(estimand="share who benefit, bounds", n=60, ci_low=0.4, ci_high=0.5, method="max"),
        row(estimand="change", n=60, estimate=-3.0, method="paired t"),
    ]
    shown = shareable_table(table(rows))
    assert shown["n"].isna().tolist() == [True, False, True, True, False]
    assert not shown["method"].str.contains("27").any()
    everybody = [exact_share(30, 30, estimand="share with any fall", **words)]
    assert shareable_table(table(everybody))["estimate"].tolist() == [1.0]
