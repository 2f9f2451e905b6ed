"""The ledger as tables and text: what a row of estimates says, and that made-up data are named."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from analysis.claims.ledger import ClaimResult
from analysis.describe.answer import verdicts
from analysis.describe.answer.verdicts import estimate_text, estimates_table
from analysis.estimates.table import row, table


def test_estimates_table_drops_what_is_empty_and_keeps_n():
    rows = table([row(estimand="mean change", n=30, estimate=-4.5678, ci_low=-6, ci_high=-3.14159,
                      p_value=1e-9, method="paired t")])  # fmt: skip
    shown = estimates_table(rows)
    assert list(shown) == ["n", "estimate", "unit", "ci_low", "ci_high", "p_value", "method"]
    assert shown.loc["mean change"].tolist() == [
        "30",
        "−4.57",
        "points",
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


def test_a_synthetic_source_says_so_in_every_verdict(example):
    ledger, _ = example
    assert list(verdicts.verdict_table(ledger)) == ["example (synthetic)"]
    lines = verdicts.ledger_text(ledger).splitlines()
    titles = [line for line in lines if line.isupper() or line.endswith("[synthetic]")]
    assert len([line for line in titles if line.endswith("[synthetic]")]) == len(ledger.claims)


def test_a_sentence_that_scores_did_not_fall_says_where_they_rose():
    said = "Clusters did not fall by an amount that matters. This is said of arousal."
    found = ClaimResult("clusters", "", "contradicted", row(estimate=3.4), (), said)
    assert verdicts.permitted(found) == (
        "Clusters did not fall by an amount that matters; the estimate shows a rise. This is said "
        "of arousal."
    )
    for estimate in (row(estimate=-3.4), row()):
        assert verdicts.permitted(replace(found, estimate=estimate)) == said
