"""Numbers as they are printed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.checks.findings_text import flow_table
from analysis.describe import display, verdicts
from analysis.describe.display import number, p_value, rounded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (-1e-12, "−0.00000000000100"),
        (30, "30"),
        (np.int64(-30), "−30"),
        (np.float64(-4.5678), "−4.57"),
        (np.float32(0.25), "0.250"),
        (9.996, "10.0"),
        (0.9996, "1.00"),
        (99.96, "100"),
        (123.456, "123"),
        (1234.5, "1234"),
        (720.0, "720"),
        (999_999, "999999"),
        (12_345_678, "12345678"),
        (0.05, "0.0500"),
        (True, "1"),
        (None, "–"),
        (pd.NA, "–"),
        (math.nan, "–"),
        (np.float64("nan"), "–"),
        (math.inf, "–"),
        (-math.inf, "–"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9))
def test_a_number_is_within_half_of_its_third_digit_and_has_no_hyphen(value):
    text = number(value)
    assert "-" not in text
    shown = float(text.replace("−", "-"))
    assert math.isclose(shown, value, rel_tol=0.00501, abs_tol=1e-300)


def test_p_values():
    assert [p_value(p) for p in (0.0002, 0.001, 0.0421, 1, math.nan)] == [
        "< 0.001", "0.00100", "0.0421", "1", "–",
    ]  # fmt: skip


def test_rounded_keeps_words_and_its_input():
    given_table = pd.DataFrame({"who": ["a", "b"], "n": [3, 4], "x": [-0.12345, math.nan]})
    before = given_table.copy()
    shown = rounded(given_table)
    assert shown["x"].tolist() == ["−0.123", "–"]
    assert shown["n"].tolist() == ["3", "4"]
    pd.testing.assert_frame_equal(given_table, before)


def test_no_table_shows_a_person(example):
    """Neither a number for a person nor a row for one; issues name counts, not rows."""
    ledger, checked = example
    n = len(checked.study.subjects)
    shown = [
        verdicts.verdict_table(ledger),
        verdicts.wording_table(ledger),
        flow_table(checked.flow),
        verdicts.issues_table(checked),
        *[verdicts.reasons_table(ledger, result.claim) for result in ledger.claims],
        *[verdicts.beside_table(ledger, result.claim) for result in ledger.claims],
    ]
    for frame in shown:
        names = {str(name) for name in [*frame.columns, *frame.index.names]}
        assert not names & {"subject", "id", "form", "row"}
        assert len(frame) < n / 2


def test_sentences_are_set_to_the_left_and_stay_escaped():
    shown = display.sentences(pd.DataFrame({"text": ["a <td> & b"]}, index=["gate"]))
    html = shown._repr_html_()
    assert html.count('<td style="text-align: left') == 1
    assert "a &lt;td&gt; &amp; b" in html
    assert repr(shown) == "gate | a <td> & b"
