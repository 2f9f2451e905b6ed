"""Numbers as they are printed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.checks.findings_text import flow_table
from analysis.describe import display
from analysis.describe.answer import verdicts
from analysis.describe.display import number, p_value, rounded, typeset


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
        "< 0.001", "0.001", "0.042", "> 0.999", "–",
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


# --- tables as they are displayed ----------------------------------------------------------------

TABLE = pd.DataFrame(
    {
        "ci_low": [-0.12345, math.nan],
        "p_value": [0.0421, 0.0000012],
        "shows_benefit": [True, np.False_],
        "certainty_ever": ["-3.4 points (-6 to -1), 97% of them [A2014-001 to -003]", "us"],
        "odd name": [None, pd.NA],
    },
    index=pd.Index(["d_z", "long " * 60], name="study_id"),
)


def test_a_displayed_table_has_no_name_of_the_program_and_one_spelling_of_each_number():
    shown = display.worded(TABLE)
    assert shown.index.name == "source"
    assert list(shown) == ["from", "p", "shows a benefit", "certainty ever", "odd name"]
    assert shown.iloc[0].tolist() == [
        "−0.123", "0.042", "yes", "−3.4 points (−6 to −1), 97 % of them [A2014-001 to -003]", "–",
    ]  # fmt: skip
    assert shown.iloc[1].tolist() == ["–", "< 0.001", "no", "unstructured", "–"]
    assert "_" not in shown.index[0]


def test_columns_and_rows_of_several_levels_are_worded_too():
    wide = pd.DataFrame(
        [[1.0, 0.5]],
        columns=pd.MultiIndex.from_tuples([("normal", 10), ("p_value", True)],
                                          names=["scores", "n_per_arm"]),
        index=pd.MultiIndex.from_tuples([("a_b", False)], names=["ci_low", None]),
    )  # fmt: skip
    shown = display.worded(wide)
    assert list(shown.columns.names) == ["scores", "participants per arm"]
    assert shown.columns.tolist() == [("normal", "10"), ("p", "yes")]
    assert shown.index.tolist() == [("a b", "no")]
    assert list(shown.index.names) == ["from", None]


@pytest.mark.parametrize("show", [display.sentences, display.in_print])
def test_no_cell_and_no_row_of_a_displayed_table_is_cut(show):
    long = pd.concat([TABLE] * 60)
    html = show(long)._repr_html_()
    assert "..." not in html
    assert "\u2026" not in html
    assert html.count("<tr") == len(long) + 2
    assert ("long " * 60).strip() in html


def test_what_is_displayed_leaves_its_table_as_it_is():
    before = TABLE.copy()
    display.in_print(TABLE)
    pd.testing.assert_frame_equal(TABLE, before)


def test_a_sentence_has_true_minus_signs_and_a_space_before_per_cent():
    assert typeset("fell >=7% by -7.5 [row-1]") == "fell ≥ 7 % by \u22127.5 [row-1]"
