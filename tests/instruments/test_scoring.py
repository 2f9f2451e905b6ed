"""Totals come from items; nothing is filled in, and a blank form is never 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import instruments
from analysis.errors import ReliefError
from analysis.instruments.scoring import score, subscales
from tests.small_study import forms, study

KEY = ("PCL-5-now", "ad-hoc")
NUMBERS = list(instruments.get("PCL-5-now").numbers)


def with_items(values: np.ndarray, *, numbers=NUMBERS, **row):
    """A study with one form for each row of items."""
    table = forms([{"hours": 3.0 + i, **row} for i in range(len(values))])
    items = pd.DataFrame(values, columns=numbers, index=table["form"])
    key = (row.get("instrument", KEY[0]), row.get("version", KEY[1]))
    return study(table, items={key: items})


@given(st.lists(st.lists(st.integers(0, 4), min_size=14, max_size=14), min_size=1, max_size=5))
def test_totals_are_recomputed_and_the_subscales_add_up(rows):
    values = np.array(rows, float)
    # The stated total is wrong on purpose.
    made = with_items(values, stated_total=99.0)
    scored = score(made)
    np.testing.assert_array_equal(scored["total"], values.sum(axis=1))
    assert scored["from_items"].all()
    parts = subscales(made, *KEY)
    np.testing.assert_array_equal(parts.sum(axis=1), scored["total"])


def test_a_blank_form_is_never_zero_even_with_a_stated_total():
    scored = score(with_items(np.full((1, 14), np.nan), stated_total=0.0))
    assert np.isnan(scored["total"].item())
    assert scored["n_missing"].item() == scored["n_items"].item() == 14


def test_a_fifth_of_the_items_may_be_blank_unless_complete_forms_are_asked_for():
    values = np.ones((3, 14))
    values[0, :2] = values[1, :3] = np.nan
    for missing, totals in (("person-mean", [14, np.nan, 14]), ("complete", [np.nan, np.nan, 14])):
        scored = score(with_items(values), missing=missing)
        np.testing.assert_equal(scored["total"].to_numpy(), totals)
        assert scored["n_missing"].tolist() == [2, 3, 0]


def test_a_blank_leaves_no_subscale_of_fewer_than_five_items():
    """The first item is of the four of intrusion, the sixth of the five of cognition and mood."""
    values = np.ones((1, 14))
    values[0, [0, 5]] = np.nan
    parts = subscales(with_items(values), *KEY).loc[0]
    assert parts[parts.isna()].index.tolist() == ["intrusion"]
    assert parts["cognition_mood"] == 5


def test_a_column_that_the_file_lacks_is_a_blank_on_every_form():
    few, many = (score(with_items(np.ones((1, n)), numbers=NUMBERS[:n])) for n in (13, 11))
    assert few["total"].item() == 14
    assert few["prorated"].item()
    assert np.isnan(many["total"].item())
    assert many["n_items"].item() == 14


def test_an_extra_column_is_no_part_of_the_total():
    scored = score(with_items(np.ones((1, 15)), numbers=[*NUMBERS, 99]))
    assert scored["total"].item() == 14


def test_nullable_items_are_read():
    made = with_items(np.ones((2, 14)))
    made.items[KEY] = made.items[KEY].astype("Int64")
    made.items[KEY].iloc[0, 0] = pd.NA
    assert score(made)["n_missing"].tolist() == [1, 0]
    assert np.isnan(score(made, missing="complete")["total"][0])


def test_stated_totals_count_only_without_items():
    scored = score(study(forms([{"hours": 3.0, "stated_total": 20.0}])))
    assert scored["total"].item() == 20
    assert not scored["from_items"].item()
    assert np.isnan(scored["n_items"].item())


def test_forms_set_aside_are_in_no_table():
    values = np.arange(42.0).reshape(3, 14) % 5
    made = with_items(values)
    left = made.keep_forms([0, 2])
    scored = score(left)
    assert scored["form"].tolist() == [0, 2]
    np.testing.assert_array_equal(scored["total"], values[[0, 2]].sum(axis=1))
    assert subscales(left, *KEY).index.tolist() == [0, 2]


def test_the_order_of_the_items_table_does_not_matter():
    values = np.arange(42.0).reshape(3, 14) % 5
    made = with_items(values)
    expected = score(made)["total"]
    made.items[KEY] = made.items[KEY].iloc[::-1, ::-1]
    pd.testing.assert_series_equal(score(made)["total"], expected)


@pytest.mark.parametrize("key", ["A", "B"])
def test_iesr_subscales_are_means_by_the_declared_key(key):
    values = np.tile(np.arange(22.0) % 5, (3, 1))
    values[1, [0, 2]] = values[2, 0] = np.nan
    made = with_items(
        values, numbers=range(1, 23), instrument="IES-R", version="standard", recall_hours=168.0
    )
    parts = subscales(made, "IES-R", "standard", key=key)
    items = dict(zip(range(1, 23), values[0], strict=True))
    groups = instruments.get("IES-R").subscale_keys[key]
    for name, numbers in groups.items():
        assert parts.loc[0, name] == pytest.approx(np.mean([items[n] for n in numbers]))
    # Two blanks are too many for a subscale; one takes the mean of the others.
    assert parts.loc[1].isna().tolist() == [True, False, False]
    (first, *_) = groups.values()
    assert parts.loc[2].iloc[0] == pytest.approx(np.mean([items[n] for n in first if n != 1]))
    # The total is the same by either key.
    sizes = [len(numbers) for numbers in groups.values()]
    assert parts.loc[0].to_numpy() @ sizes == pytest.approx(score(made)["total"][0])


def test_two_scoring_keys_need_a_declaration():
    made = with_items(
        np.ones((1, 22)), numbers=range(1, 23), instrument="IES-R", version="standard"
    )
    with pytest.raises(ReliefError, match="none is declared") as caught:
        subscales(made, "IES-R", "standard")
    assert caught.value.rule == "score.key-undeclared"
    with pytest.raises(ReliefError, match="not one of B, A"):
        subscales(made, "IES-R", "standard", key="C")


@pytest.mark.parametrize(("version", "total"), [("6-item", 6), ("19-item", 19), ("27-item", 27)])
def test_cadss_versions_have_their_own_items(version, total):
    numbers = instruments.get("CADSS").item_numbers(version)
    made = with_items(
        np.ones((1, len(numbers))), numbers=numbers, instrument="CADSS", version=version
    )
    assert score(made)["total"].item() == total


def test_subscales_need_items_and_a_key():
    with pytest.raises(ReliefError, match="no items of PCL-5-now"):
        subscales(study(forms([{"hours": 3.0, "stated_total": 20.0}])), *KEY)
    made = with_items(np.ones((1, 23)), numbers=range(1, 24), instrument="CADSS", version="23-item")
    with pytest.raises(ReliefError, match="no subscales"):
        subscales(made, "CADSS", "23-item")
