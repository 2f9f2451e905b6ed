"""The one table of estimates: its columns, its kinds, and what JSON may hold."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.table import COLUMNS, NUMBERS, TEXT, as_json, row, table


def test_columns_are_those_of_the_interface_in_its_order():
    assert COLUMNS == (
        "claim", "estimand", "contrast", "instrument", "window", "n", "estimate", "se", "df",
        "ci_low", "ci_high", "p_value", "method",
    )  # fmt: skip
    assert {*TEXT, *NUMBERS} == set(COLUMNS)


def test_a_row_has_every_column():
    made = row(estimand="mean change", estimate=-1.5)
    assert tuple(made) == COLUMNS
    assert made["claim"] == ""
    assert math.isnan(made["p_value"])
    with pytest.raises(TypeError, match="estimat"):
        row(estimat=1.0)


@pytest.mark.parametrize("rows", [[], [row()], [row(n=3, estimate=None)]])
def test_numbers_are_numbers_even_in_an_empty_table(rows):
    made = table(rows)
    assert list(made) == list(COLUMNS)
    assert all(pd.api.types.is_numeric_dtype(made[name]) for name in NUMBERS)


def test_json_has_no_nan_and_plain_numbers():
    made = row(n=np.int64(30), estimate=np.float64(-2.0), ci_low=-np.inf, ci_high=pd.NA, se=None)
    found = as_json(made)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["n"], type(found["n"])) == (30, int)
    assert found["estimate"] == -2.0
    assert [found[name] for name in ("ci_low", "ci_high", "se", "df")] == [None] * 4
