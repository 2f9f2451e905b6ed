"""Change in a person against SciPy, MBESS, the defining identities and known truths."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from analysis.estimates.within_person import (
    expected_regression_to_the_mean,
    hedges_correction,
    paired_change,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "estimates"


def with_t(t: float, n: int) -> list[dict]:
    """Paired change whose t statistic is ``t`` to rounding."""
    shape = np.random.default_rng(1).normal(size=n)
    shape = (shape - shape.mean()) / shape.std(ddof=1)
    before = np.linspace(0, 1, n)
    return paired_change(before, before + shape + t / math.sqrt(n))


@pytest.mark.parametrize("n", [3, 15, 60])
def test_paired_t_is_scipys(n):
    rng = np.random.default_rng(n)
    before = rng.integers(0, 57, n).astype(float)
    after = np.clip(before - rng.integers(-5, 15, n), 0, 56)
    row = paired_change(before, after, window="2 to 6 h")[0]
    theirs = stats.ttest_rel(after, before)
    interval = theirs.confidence_interval(0.95)
    assert row["estimate"] == pytest.approx((after - before).mean())
    assert row["p_value"] == pytest.approx(theirs.pvalue)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert (row["n"], row["df"], row["window"]) == (n, n - 1, "2 to 6 h")


def test_swapping_before_and_after_turns_every_sign():
    rng = np.random.default_rng(4)
    before, after = rng.normal(30, 9, 20), rng.normal(25, 9, 20)
    there, back = paired_change(before, after), paired_change(after, before)
    for one, other in zip(there, back, strict=True):
        assert one["estimate"] == pytest.approx(-other["estimate"])
        assert one["ci_low"] == pytest.approx(-other["ci_high"], nan_ok=True)
        assert one["p_value"] == pytest.approx(other["p_value"], nan_ok=True)


def test_standardised_changes_by_hand():
    before, after = np.array([30.0, 20, 40, 35]), np.array([20.0, 21, 25, 30])
    _, z, average = paired_change(before, after)
    change = after - before
    assert z["estimate"] == pytest.approx(change.mean() / change.std(ddof=1) * hedges_correction(3))
    mean_sd = (before.std(ddof=1) + after.std(ddof=1)) / 2
    assert average["estimate"] == pytest.approx(change.mean() / mean_sd * hedges_correction(3))
    assert math.isnan(average["ci_low"])


def test_noncentral_limits_are_those_of_mbess():
    for case in pd.read_csv(REFERENCE / "noncentral_t.csv").itertuples():
        n = case.df + 1
        row = with_t(case.t, n)[1]
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
    row = with_t(t, n)[1]
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
    found = [
        paired_change(np.zeros(6), change)[1]["estimate"]
        for change in rng.normal(0.8, 1.0, (1000, 6))
    ]
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - 0.8) < 3 * error
    assert np.mean(found) / hedges_correction(5) - 0.8 > 5 * error


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([1, 2, 3], [1, 2], "same people"),
        ([[1, 2, 3]], [[1, 2, 3]], "same people"),
        ([1, 2, np.nan, 4], [1, 2, 3, 4], "1 of 4 people lack"),
        ([1, 2, np.inf, 4], [1, 2, 3, 4], "1 of 4 people lack"),
        ([1, 2], [2, 4], "at least three"),
        ([1, 2, 3], [2, 3, 4], "same amount"),
        ([0.1, 0.2, 0.7], [0.4, 0.5, 1.0], "same amount"),
    ],
)
def test_refusals_are_sentences(before, after, message):
    with pytest.raises(ValueError, match=message):
        paired_change(np.array(before, float), np.array(after, float))


def bounded_scores(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    """Whole scores from 0 to 56 with a right skew, as a severity form gives them."""
    return np.round(56 * rng.beta(1.6, 2.8, size))


@pytest.mark.parametrize("n", [10, 15, 30])
def test_coverage_of_the_paired_interval_on_skewed_bounded_scores(n):
    """Known truth 0: 95 % within binomial limits for 800 trials, widened by 1 % for the skew."""
    rng, trials = np.random.default_rng(100 + n), 800
    severity = bounded_scores(rng, (trials, n))
    visits = [np.clip(severity + np.round(rng.normal(0, 6, (trials, n))), 0, 56) for _ in range(2)]
    rows = [paired_change(*pair)[0] for pair in zip(*visits, strict=True)]
    covered = sum(row["ci_low"] <= 0 <= row["ci_high"] for row in rows)
    low, high = stats.binom.ppf([0.001, 0.999], trials, 0.95) + np.array([-0.01, 0.01]) * trials
    assert low <= covered <= high


def test_regression_to_the_mean_in_the_textbook_form():
    """With screening as baseline: (1 - r) SD phi(z) / (1 - Phi(z))."""
    z = (33 - 21) / 11.6
    expected = (1 - 0.7) * 11.6 * stats.norm.pdf(z) / stats.norm.sf(z)
    found = expected_regression_to_the_mean(
        threshold=33, mean=21, sd=11.6, r_baseline=1.0, r_after=0.7
    )
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("r_baseline", "r_after"), [(1.0, 0.6), (0.8, 0.6), (0.5, 0.5)])
def test_regression_to_the_mean_is_what_selection_brings(r_baseline, r_after):
    """400,000 made-up people who do not change, taken in for a screening score of 33 or more."""
    rng = np.random.default_rng(12)
    screening, noise = rng.normal(size=400_000), rng.normal(size=(2, 400_000))
    visits = [
        10 + 5 * (r * screening + math.sqrt(1 - r**2) * e)
        for r, e in zip((r_baseline, r_after), noise, strict=True)
    ]
    taken = 21 + 11.6 * screening >= 33
    fall = (visits[0] - visits[1])[taken]
    expected = expected_regression_to_the_mean(
        threshold=33, mean=21, sd=11.6, sd_outcome=5, r_baseline=r_baseline, r_after=r_after
    )
    assert fall.mean() == pytest.approx(expected, abs=4 * fall.std() / math.sqrt(len(fall)))


@given(st.floats(-5, 60), st.floats(0, 1))
def test_regression_to_the_mean_grows_with_the_threshold_and_needs_imperfect_correlation(c, r):
    def fall(threshold: float) -> float:
        return expected_regression_to_the_mean(
            threshold=threshold, mean=21, sd=11.6, r_baseline=1, r_after=r
        )

    assert 0 <= fall(c) <= fall(c + 1) + 1e-12
    assert math.isfinite(fall(c + 1000))


@pytest.mark.parametrize(
    "wrong", [{"sd": 0}, {"sd": -1}, {"r_after": 1.2}, {"sd": math.nan}, {"sd_outcome": 0}]
)
def test_regression_to_the_mean_refuses_what_cannot_be(wrong):
    given = {"threshold": 33, "mean": 21, "sd": 11.6, "r_baseline": 1.0, "r_after": 0.7}
    with pytest.raises(ValueError, match="SDs must be positive"):
        expected_regression_to_the_mean(**(given | wrong))
