"""Intervals shared by estimators: SciPy's distributions, exact coverage of the median's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimates.intervals import chi2_quantile, median_interval, t_interval, t_test


@pytest.mark.parametrize("df", [1, 2.5, 14, 200, math.inf])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_t_interval_and_test_are_scipys(df, level):
    row = t_test(-3.0, 1.5, df, level=level)
    low, high = stats.t.interval(level, df, -3.0, 1.5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-12)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(2.0, df), rel=1e-14)
    assert t_interval(-3.0, 1.5, df, level=level).items() <= row.items()


def test_without_a_standard_error_there_is_no_test():
    assert math.isnan(t_test(-3.0, 0.0, 14)["p_value"])


@pytest.mark.parametrize("df", [1, 4])
def test_chi_squared_quantile_is_scipys(df):
    assert chi2_quantile(0.95, df) == stats.chi2.ppf(0.95, df)


# Ranks of the order statistics that bound a median with at least 95 %, from binomial tables
# (sign test): the k-th smallest and the k-th largest.
RANKS = {6: 1, 8: 1, 9: 2, 10: 2, 12: 3, 15: 4, 20: 6, 25: 8, 30: 10}


@pytest.mark.parametrize(("n", "k"), RANKS.items())
def test_median_interval_takes_the_tabled_ranks(n, k):
    row = median_interval(np.random.default_rng(n).permutation(np.arange(1.0, n + 1)))
    assert (row["ci_low"], row["ci_high"]) == (k, n + 1 - k)
    assert row["estimate"] == (n + 1) / 2


@pytest.mark.parametrize("n", range(1, 61))
def test_median_interval_covers_at_least_95_percent_and_no_narrower_one_does(n):
    """Exact coverage of the k-th smallest to the k-th largest: 1 - 2 P(X < k)."""
    row = median_interval(np.arange(1.0, n + 1))
    if n < 6:
        assert (row["ci_low"], row["ci_high"]) == (-math.inf, math.inf)
        return
    k = int(row["ci_low"])
    assert 1 - 2 * stats.binom.cdf(k - 1, n, 0.5) >= 0.95
    assert 1 - 2 * stats.binom.cdf(k, n, 0.5) < 0.95


def test_median_interval_refuses_nothing_and_endless_values():
    for values in ([], [1.0, math.nan], [1.0, math.inf]):
        with pytest.raises(ValueError, match="all of them finite"):
            median_interval(np.array(values))
