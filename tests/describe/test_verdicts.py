"""Rounding, signs and missing values in what people read, and no value of a person."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import evidence
from analysis.checks.findings_text import check_text, flow_table
from analysis.describe import display, forms, verdicts
from analysis.describe import evidence as shown
from analysis.describe.display import number, p_value, rounded
from analysis.describe.verdicts import estimate_text, estimates_table
from analysis.estimates.table import row, table
from analysis.studies import judge_source


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


def test_estimates_table_drops_what_is_empty_and_keeps_n():
    rows = table([row(estimand="mean change", n=30, estimate=-4.5678, ci_low=-6, ci_high=-3.14159,
                      p_value=1e-9, method="paired t")])  # fmt: skip
    shown = estimates_table(rows)
    assert list(shown) == ["n", "estimate", "ci_low", "ci_high", "p_value", "method"]
    assert shown.loc["mean change"].tolist() == [
        "30",
        "−4.57",
        "−6",
        "−3.14",
        "< 0.001",
        "paired t",
    ]


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (row(), ""),
        (row(estimand="difference"), ""),
        ({"estimand": "difference", "estimate": None}, ""),
        (row(estimand="difference", estimate=-4.5), "difference −4.50"),
        (
            row(estimand="difference", estimate=-4.5, ci_low=-9.0, ci_high=0.0, n=30),
            "difference −4.50 (−9 to 0), n = 30",
        ),
        (row(estimand="median", estimate=40, ci_low=-math.inf, ci_high=math.inf), "median 40"),
        (row(estimand="median", estimate=40, ci_low=38.0, ci_high=math.inf), "median 40 (38 to –)"),
        ({"estimand": "d", "estimate": 1, "ci_low": None, "ci_high": None, "n": None}, "d 1"),
    ],
)
def test_estimate_text(estimate, text):
    assert estimate_text(estimate) == text


def test_recall_table_is_in_percent_by_hours():
    shares = pd.DataFrame(
        {"form": ["a", "a", "b", "b"], "hours": [1.0, 24.0] * 2, "share_before": [1, 6 / 7, 0, 0]}
    )
    shown = forms.recall_table(shares)
    assert list(shown) == ["1 h", "24 h"]
    assert shown.loc["a"].tolist() == [100, 85.7]


def test_flow_table_has_an_arm_a_column():
    rows = [
        ("people read", "k", "", "", 3),
        ("people read", "m", "", "", 2),
        ("people set aside", "k", "no infusion", "r", 1),
        ("people set aside", "m", "no infusion", "r", 0),
        ("rows set aside", "all", "no time", "t", 4),
    ]
    shown = flow_table(pd.DataFrame(rows, columns=["stage", "arm", "reason", "rule", "n"]))
    stages = ["people read", "people set aside", "rows set aside"]
    assert shown.index.get_level_values("stage").tolist() == stages
    assert shown[["k", "m", "all"]].to_numpy().tolist() == [
        ["3", "2", ""],
        ["1", "0", ""],
        ["", "", "4"],
    ]


@pytest.fixture(scope="module")
def example():
    return judge_source("example")


def test_a_synthetic_source_says_so_in_every_verdict(example):
    ledger, _ = example
    assert list(verdicts.verdict_table(ledger)) == ["example (synthetic)"]
    lines = verdicts.ledger_text(ledger).splitlines()
    titles = [line for line in lines if line.isupper() or line.endswith("[synthetic]")]
    assert len([line for line in titles if line.endswith("[synthetic]")]) == len(ledger.claims)


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


def test_published_tables_are_rounded_and_have_no_hyphen_for_a_minus():
    published = [
        shown.contrasts_table(evidence.controlled_contrasts()),
        shown.shares_table(evidence.response_shares()),
        shown.within_arm_table(),
        shown.missing_table(),
        shown.derived_table(),
    ]
    for frame in published:
        assert not frame.empty
        for column in {"estimate", "low", "high", "hours", "share", "value"} & set(frame):
            assert not frame[column].str.startswith("-").any()


def test_evidence_counts_are_counts_of_rows():
    published = evidence.load()
    counts = shown.evidence_counts(published)["rows"]
    assert counts["rows in all"] == len(published)
    assert counts.iloc[1:].max() <= counts.iloc[0]
    assert counts["a number on PTSD, contrast with a comparator"] <= counts["a number on PTSD"]


def test_check_text_groups_by_severity_and_ends_with_the_flow():
    remedy = "Export the times at which the forms were filled in, not those that were planned."
    issue = {"rule": "time.x", "severity": "FLAG", "count": 2, "file": "a.csv", "row": 7,
             "column": "when", "remedy": remedy,
             "message": f"a.csv: Times look planned. {remedy}"}  # fmt: skip
    bare = {"rule": "question.y", "severity": "STOP", "count": 1, "message": "No score."}
    flow = [{"stage": "people read", "arm": "k", "reason": "", "rule": "", "n": 3}]
    text = check_text({"issues": [issue, bare], "flow": flow}, width=60)
    assert text.splitlines()[:9] == [
        "STOP (1): cannot be used for what the sentence says",
        "  question.y x 1",
        "      No score.",
        "",
        "FLAG (1): kept; the verdict must mention it",
        "  time.x x 2: a.csv, row 7, column when",
        "      Times look planned.",
        "    → Export the times at which the forms were filled in,",
        "      not those that were planned.",
    ]
    assert text.index("FLAG") < text.index("Participant flow") < text.index("people read")
    nothing = check_text({"issues": [], "flow": []})
    assert nothing.startswith("Nothing is wrong.")


def test_sentences_are_set_to_the_left_and_stay_escaped():
    shown = display.sentences(pd.DataFrame({"text": ["a <td> & b"]}, index=["gate"]))
    html = shown._repr_html_()
    assert html.count('<td style="text-align: left') == 1
    assert "a &lt;td&gt; &amp; b" in html
    assert repr(shown) == "gate | a <td> & b"
