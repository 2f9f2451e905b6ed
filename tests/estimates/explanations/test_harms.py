"""Harms by arm: exact shares, Newcombe's difference, and refusals."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.explanations.harms import harm, peak_by_arm

ARMS = {"treated": "ketamine", "control": "midazolam"}
ARM = pd.Series(["ketamine"] * 10 + ["midazolam"] * 9)


def marks(treated: int, control: int) -> pd.Series:
    return pd.Series([i < treated for i in range(10)] + [i < control for i in range(9)])


def test_newcombes_own_example_of_nine_of_ten_against_three_of_ten():
    """Newcombe 1998, table II, method 10."""
    arm = pd.Series(["ketamine"] * 10 + ["midazolam"] * 10)
    happened = pd.Series([i < 9 for i in range(10)] + [i < 3 for i in range(10)])
    rows = harm(happened, arm, "nausea", **ARMS)
    assert [row["contrast"] for row in rows] == ["ketamine", "midazolam", "ketamine - midazolam"]
    assert [row["estimand"] for row in rows] == ["nausea"] * 3
    assert (rows[2]["ci_low"], rows[2]["ci_high"]) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_none_seen_is_not_never():
    row = harm(marks(0, 0), ARM, "worse", **ARMS)[0]
    assert row["estimate"] == 0
    assert row["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 10))
    assert math.isnan(row["p_value"])


def test_without_a_control_there_is_no_difference():
    (row,) = harm(pd.Series([True, False]), pd.Series(["ketamine"] * 2), "x", treated="ketamine")
    assert (row["estimate"], row["n"]) == (0.5, 2)


def test_arms_swapped_turn_the_sign():
    one = harm(marks(4, 1), ARM, "x", **ARMS)[2]
    other = harm(marks(4, 1), ARM, "x", treated="midazolam", control="ketamine")[2]
    assert one["estimate"] == -other["estimate"]
    assert one["ci_low"] == pytest.approx(-other["ci_high"])


def test_what_was_not_asked_is_refused_not_counted():
    unasked = marks(1, 1).astype("boolean").mask(ARM.index == 3)
    with pytest.raises(ValueError, match="leave people not asked out and count them"):
        harm(unasked, ARM, "x", **ARMS)
    with pytest.raises(ValueError, match="must be 'ketamine' or 'midazolam'"):
        harm(marks(1, 1), ARM.replace("ketamine", "saline"), "x", **ARMS)


def test_median_peak_by_arm_with_order_statistics():
    values = pd.Series([float(v) for v in range(1, 11)] + [float(v) for v in range(9)])
    ketamine, midazolam = peak_by_arm(values, ARM, "peak (points)")
    assert (ketamine["estimate"], midazolam["estimate"]) == (5.5, 4)
    assert ketamine["estimand"] == "peak (points), median"
    # The second smallest and second largest of ten: 97.9 % by the binomial.
    assert (ketamine["ci_low"], ketamine["ci_high"]) == (2, 9)
    assert stats.binom.cdf(1, 10, 0.5) < 0.025 < stats.binom.cdf(2, 10, 0.5)
    with pytest.raises(ValueError, match="a value and an arm"):
        peak_by_arm(values.where(values > 1), ARM, "x")
