"""A number is plain or none; decimal commas are recognised."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.readers.table.numbers import decimal_commas, numbers


@pytest.mark.parametrize(
    ("text", "decimal", "value", "wrong"),
    [
        ("1", ".", 1, False),
        ("-0.5", ".", -0.5, False),
        (".5", ".", 0.5, False),
        ("0,667", ",", 0.667, False),
        ("0.667", ",", np.nan, True),
        ("0,667", ".", np.nan, True),
        ("1e3", ".", np.nan, True),
        ("nan", ".", np.nan, True),
        ("inf", ".", np.nan, True),
        ("9" * 400, ".", np.nan, True),
        ("-9", ".", np.nan, False),
        ("-9.0", ".", np.nan, False),
        ("", ".", np.nan, False),
        (" 2 ", ".", 2, False),
    ],
)
def test_a_number_is_plain_or_none(text, decimal, value, wrong):
    values, bad = numbers(pd.Series([text]), decimal=decimal, missing_codes=("-9", "n/a"))
    np.testing.assert_equal(values[0], float(value))
    assert bad[0] == wrong


def test_no_cells_give_no_numbers():
    values, bad = numbers(pd.Series([], dtype="str"))
    assert len(values) == len(bad) == 0


@given(
    st.text("0123456789+-.,e \u0661\u00a0xX", max_size=12), st.sampled_from([".", ","]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_number_is_what_the_language_reads_or_none(text, decimal, by_value, as_category):
    column = pd.Series([text, "1", "1"], dtype="str")
    if as_category:
        column = column.astype("category")
    values, wrong = numbers(
        column, decimal=decimal, missing_codes=("-9", "x"), codes_by_value=by_value
    )
    bare = text.strip()
    mark = re.escape(decimal)
    plain = re.fullmatch(f"[+-]?([0-9]+({mark}[0-9]*)?|{mark}[0-9]+)", bare)
    value = float(bare.replace(",", ".")) if plain else np.nan
    missing = bare in ("", "-9", "x")
    np.testing.assert_equal(values[0], np.nan if missing or (by_value and value == -9) else value)
    assert wrong[0] == (not plain and not missing)


def test_decimal_commas_are_recognised():
    column = pd.Series(["12,5", "-0,25", ",5", "12.5", "1,2,3", "a,5", "", "12", " 3,0 "])
    expected = [True, True, True, False, False, False, False, False, True]
    assert list(decimal_commas(column)) == expected
    assert list(decimal_commas(column.astype("category"))) == expected
