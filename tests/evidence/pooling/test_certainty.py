"""Certainty by GRADE's reasons, and whether a pool predicts a study."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.evidence.pooling import WINDOWS, certainty, surprise
from analysis.evidence.pooling.certainty import LEVELS

POOL = pd.Series(
    {"k": 4, "estimate": -0.4, "se": 0.1, "tau": 0.15, "prediction_low": -1.0,
     "prediction_high": 0.2, "why_not": ""}
)  # fmt: skip


def test_every_window_has_a_level_and_its_reasons():
    found = certainty()
    assert len(found) == len(WINDOWS) + 5
    assert set(found["certainty"]) <= {*LEVELS, "no evidence"}
    assert (found["reasons"] != "").all()
    hours = found[found["body"].str.endswith("under 24 h")].iloc[0]
    assert hours["certainty"] == "no evidence"


def test_each_level_lost_is_counted_in_the_reasons():
    for row in certainty().itertuples():
        if row.certainty == "no evidence":
            continue
        lost = row.reasons.count("(-1)") + 2 * row.reasons.count("(-2)")
        assert row.certainty == LEVELS[max(0, 3 - lost)]


def test_forms_that_reach_back_are_indirect_and_those_that_do_not_are_not():
    found = certainty().set_index("body")["reasons"]
    assert "before the infusion" in found["trials of this table, 2 weeks"]
    assert "before the infusion" not in found["trials of this table, 3 to 5 weeks"]


@pytest.mark.parametrize(("estimate", "word"), [(-0.5, "lies inside"), (-3.0, "lies outside")])
def test_a_study_is_set_beside_the_prediction_interval(estimate, word):
    told = surprise(estimate, 0.2, POOL)
    assert word in told


def test_without_a_pool_or_an_error_nothing_is_compared():
    none = POOL.copy()
    none["why_not"] = "Too few."
    assert "No pool: too few." in surprise(-0.5, 0.2, none)
    assert "not known" in surprise(-0.5, math.nan, POOL)
    two = POOL.copy()
    two["prediction_low"] = math.nan
    assert "from three on" in surprise(-0.5, 0.2, two)
