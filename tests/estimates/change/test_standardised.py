"""Standardised changes against MBESS, hand computation, the defining integral and known truths."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from analysis.estimates.change.standardised import hedges_correction, standardised_changes
from tests.estimates.r_listing import REFERENCE


def with_t(t: float, n: int) -> list[dict]:
    """Standardised changes whose paired t statistic is ``t`` to rounding."""
    shape = np.random.default_rng(1).normal(size=n)
    shape = (shape - shape.mean()) / shape.std(ddof=1)
    before = np.linspace(0, 1, n)
    return standardised_changes(before, before + shape + t / math.sqrt(n))


def test_three_changes_by_hand():
    before, after = np.array([30.0, 20, 40, 35]), np.array([20.0, 21, 25, 30])
    z, average, repeated = standardised_changes(before, after, window="day")
    change, r = after - before, np.corrcoef(before, after)[0, 1]
    wide = hedges_correction(6 / (1 + r**2))
    mean_sd = (before.std(ddof=1) + after.std(ddof=1)) / 2
    assert z["estimate"] == pytest.approx(change.mean() / change.std(ddof=1) * hedges_correction(3))
    assert average["estimate"] == pytest.approx(change.mean() / mean_sd * wide)
    by_changes = change.mean() / change.std(ddof=1) * math.sqrt(2 * (1 - r)) * wide
    assert repeated["estimate"] == pytest.approx(by_changes)
    assert [row["estimand"] for row in (z, average, repeated)] == ["d_z", "d_av", "d_rm"]
    assert len({row["method"] for row in (z, average, repeated)}) == 3
    assert all(row["window"] == "day" for row in (z, average, repeated))


def test_equal_spread_makes_d_av_and_d_rm_the_same():
    """With the same SD before and after, the SD of changes is SD sqrt(2 (1 - r))."""
    rng = np.random.default_rng(2)
    before = rng.normal(35, 7, 40)
    after = rng.permutation(before) - 5
    _, average, repeated = standardised_changes(before, after)
    for name in ("estimate", "ci_low", "ci_high"):
        assert average[name] == pytest.approx(repeated[name])


def test_standardised_changes_have_no_unit():
    rng = np.random.default_rng(3)
    before, after = rng.normal(35, 7, 15), rng.normal(30, 7, 15)
    one, other = standardised_changes(before, after), standardised_changes(8 * before, 8 * after)
    for a, b in zip(one, other, strict=True):
        assert (a["estimate"], a["ci_low"]) == pytest.approx((b["estimate"], b["ci_low"]))


def test_noncentral_limits_are_those_of_mbess():
    for case in pd.read_csv(REFERENCE / "noncentral_t.csv").itertuples():
        n = case.df + 1
        row = with_t(case.t, n)[0]
        scale = math.sqrt(n) / hedges_correction(case.df)
        found = (row["ci_low"] * scale, row["ci_high"] * scale)
        assert found == pytest.approx((case.low, case.high), abs=1e-7)


def share_below(t: float, df: int, shift: float) -> float:
    """P(T <= t) for noncentral t, integrated over chi-square: no code in common with SciPy's."""

    def integrand(u: float) -> float:
        return stats.norm.cdf(t * math.sqrt(stats.chi2.ppf(u, df) / df) - shift)

    return integrate.quad(integrand, 0, 1, limit=400)[0]


@pytest.mark.parametrize("n", [3, 10, 30, 200])
@pytest.mark.parametrize("t", [0.0, 0.4, -2.0, 5.0, -25.0, 300.0])
def test_the_noncentral_interval_meets_its_definition(n, t):
    """At the limits the observed t is the 97.5 % and the 2.5 % point, however large it is."""
    row = with_t(t, n)[0]
    scale = math.sqrt(n) / hedges_correction(n - 1)
    assert row["ci_low"] <= row["estimate"] <= row["ci_high"]
    assert share_below(t, n - 1, row["ci_low"] * scale) == pytest.approx(0.975, abs=1e-5)
    assert share_below(t, n - 1, row["ci_high"] * scale) == pytest.approx(0.025, abs=1e-5)


def test_hedges_factor_in_closed_form_and_by_gamma():
    pi = math.pi
    closed = {2: 1 / math.sqrt(pi), 3: math.sqrt(pi / 6), 4: math.sqrt(2 / pi)}
    for df, value in closed.items():
        assert hedges_correction(df) == pytest.approx(value, rel=1e-12)
    for df in (2, 9, 14, 29, 118):
        by_gamma = special.gamma(df / 2) / (math.sqrt(df / 2) * special.gamma((df - 1) / 2))
        assert hedges_correction(df) == pytest.approx(by_gamma, rel=1e-11)
        # The usual approximation, good to the third decimal from 9 df on.
        assert df < 9 or hedges_correction(df) == pytest.approx(1 - 3 / (4 * df - 1), abs=5e-4)
    assert hedges_correction(1e7) == pytest.approx(1)
    with pytest.raises(ValueError, match="more than 1"):
        hedges_correction(1)


def test_hedges_factor_removes_the_bias_of_d_z():
    """Known truth 0.8, n = 6: uncorrected d_z is 19 % too large on average."""
    rng = np.random.default_rng(8)
    before = np.arange(6.0)
    found = [
        standardised_changes(before, before + change)[0]["estimate"]
        for change in rng.normal(0.8, 1.0, (600, 6))
    ]
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - 0.8) < 3 * error
    assert np.mean(found) / hedges_correction(5) - 0.8 > 5 * error


def test_hedges_factor_removes_the_bias_of_d_av():
    """Known truth -0.8, n = 8, correlation one half."""
    rng = np.random.default_rng(9)
    shared = rng.normal(size=(600, 8, 1))
    scores = np.sqrt(0.5) * (shared + rng.normal(size=(600, 8, 2))) - [0, 0.8]
    found = [standardised_changes(*pair.T)[1]["estimate"] for pair in scores]
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) + 0.8) < 3 * error


def test_a_form_without_spread_has_no_standardised_change():
    with pytest.raises(ValueError, match="give points instead"):
        standardised_changes(np.array([80.0, 80, 80, 80]), np.array([70.0, 72, 60, 65]))


@pytest.mark.parametrize("slope", [2.0, 0.5])
def test_a_straight_line_leaves_no_change_freed_of_correlation(slope):
    """Rounding would make some 1e-8 of a d_rm that is 0 / 0."""
    before = np.array([30.0, 40, 50, 45, 38, 60])
    with pytest.raises(ValueError, match="straight line of those before"):
        standardised_changes(before, slope * before)
