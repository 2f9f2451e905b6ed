"""The range method against the example of its authors, regression by SciPy, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimates.change.range_of_means import range_of_means
from benchmarks.estimates import regression_to_the_mean as characteristics

# Eight students who failed a language test and took it again (McClave & Dietrich 1988), the
# example of Mee & Chua 1991, Ostermann 2008 and regtomean, which gives n = 8, means 57.375 and
# 60.375, SDs 7.0 and 8.8, covariance 54.268.
FAILED = np.array([45.0, 52, 63, 68, 57, 55, 60, 59])
AGAIN = np.array([49.0, 50, 70, 71, 53, 61, 62, 67])


def test_the_published_example():
    """Ostermann 2008: the smallest one-sided P over all means is 0.0504, so no mean will do."""
    assert np.cov(FAILED, AGAIN)[0, 1] == pytest.approx(54.268, abs=5e-4)
    grid = np.arange(40, 80, 0.01)
    p = np.array([row["p_value"] for row in range_of_means(FAILED, AGAIN).rows(grid)]) / 2
    assert p.min() == pytest.approx(0.0504, abs=5e-5)
    found = range_of_means(AGAIN, FAILED)  # a fall
    assert (found.df, found.change) == (6, pytest.approx(-3.0))


def test_a_row_is_the_intercept_of_a_regression():
    rng = np.random.default_rng(1)
    screening = rng.normal(45, 6, 25)
    after = 20 + 0.5 * screening + rng.normal(0, 5, 25)
    for mean in (20.0, 35.0, 50.0):
        (row,) = range_of_means(screening, after).rows([mean], window="day")
        line = stats.linregress(screening - mean, after)
        assert row["estimate"] == pytest.approx(line.intercept - mean)
        assert row["se"] == pytest.approx(line.intercept_stderr)
        assert row["df"] == 23
        assert (row["window"], row["n"]) == ("day", 25)
        assert f"{mean:g}" in row["method"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_limits_are_where_significance_begins_and_ends(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 20))
    screening = rng.normal(45, 6, n)
    after = rng.uniform(-0.3, 1.3) * (screening - 45) + 45 + rng.normal(-6, 1) + rng.normal(0, 4, n)
    found = range_of_means(screening, after)
    grid = np.linspace(-200, 300, 251)
    significant = np.array([row["ci_high"] < 0 for row in found.rows(grid)])
    inside = (grid > found.low) & (grid < found.high) if found.low < found.high else grid > np.inf
    near = np.abs(grid - found.low) < 1e-6
    near |= np.abs(grid - found.high) < 1e-6
    assume(not near.any())
    np.testing.assert_array_equal(significant, inside)


def test_no_effect_is_beyond_regression_for_no_mean():
    rng = np.random.default_rng(3)
    screening = rng.normal(45, 6, 12)
    found = range_of_means(screening, screening + rng.normal(1, 6, 12))
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_lines_that_cannot_be_drawn_are_refused():
    rising = np.arange(6.0)
    with pytest.raises(ValueError, match="same screening score"):
        range_of_means(np.full(6, 40.0), rising)
    with pytest.raises(ValueError, match="no residual"):
        range_of_means(rising, 2 * rising)
    with pytest.raises(ValueError, match="same people"):
        range_of_means(rising, rising[:5])


def test_the_interval_covers_the_effect_in_people_picked_for_high_scores():
    cells = [("normal", 10), ("skewed, bounded", 30)]
    found = [
        r for r in characteristics.run(200, seed=5, cells=cells) if r["quantity"] == "coverage"
    ]
    assert len(found) == 2
    for r in found:
        least = 0.95 if r["scores"] == "normal" else 0.85
        assert r["value"] * 200 >= stats.binom.ppf(0.0005, 200, least), r
