"""The band against SciPy's Kolmogorov distribution, ranks against a published example, level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.responders.distribution import (
    band_coverage,
    change_distribution,
    compare_distributions,
)
from benchmarks.estimates import who as benchmark
from tests.estimates.who_reference import keeps


@pytest.mark.parametrize("n", [1, 2, 10, 15, 30, 100])
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_probability_of_kolmogorovs_band_is_scipys(n, level):
    reach, order = stats.kstwo.ppf(level, n), np.arange(1, n + 1)
    lower = np.clip(order / n - reach, 0, 1)
    upper = np.clip((order - 1) / n + reach, 0, 1)
    assert band_coverage(lower, upper) == pytest.approx(level, abs=1e-9)


def test_limits_of_one_order_statistic_have_the_beta_probability():
    n, k = 7, 3
    lower, upper = np.zeros(n), np.ones(n)
    lower[k - 1 :], upper[:k] = 0.2, 0.6
    expected = np.diff(stats.beta.cdf([0.2, 0.6], k, n + 1 - k))[0]
    assert band_coverage(lower, upper) == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 5, 15, 60])
def test_the_band_holds_its_order_statistics_at_the_level(n):
    found = change_distribution(np.arange(n, dtype=float))
    upper = np.append(found.start_high, found.high[:-1])
    assert band_coverage(found.low, upper) == pytest.approx(0.95, abs=1e-6)
    # Every order statistic has the same chance to leave its own limits.
    order = np.arange(1, n + 1)
    out = stats.beta.cdf(found.low, order, n + 1 - order)
    assert np.ptp(out) < 1e-6
    assert out[0] <= 0.025 + 1e-9


def test_it_is_narrower_than_kolmogorovs_in_the_tails():
    found, reach = change_distribution(np.arange(30.0)), stats.kstwo.ppf(0.95, 30)
    assert found.start_high < 0.85 * reach
    assert found.high[14] - found.low[14] < 2.2 * reach


def test_ties_and_order_of_people():
    change = np.array([3.0, -2, 3, 0, -2, -2, 1, 5])
    found = change_distribution(change)
    np.testing.assert_array_equal(found.points, [-2, 0, 1, 3, 5])
    np.testing.assert_allclose(found.share, [3 / 8, 4 / 8, 5 / 8, 7 / 8, 1])
    again = change_distribution(np.random.default_rng(1).permutation(change))
    np.testing.assert_array_equal(found.low, again.low)
    share, low, high = found.at(np.array([-3.0, -2, 0.5, 9]))
    np.testing.assert_allclose(share, [0, 3 / 8, 4 / 8, 1])
    assert low[0] == 0
    assert high[0] == found.start_high
    assert high[-1] == 1
    assert (low <= share).all()
    assert (share <= high).all()
    rows = found.rows(np.array([-2.0]), contrast="a")
    assert rows[0]["estimand"] == "share with a change of -2 points or lower"
    assert (rows[0]["ci_low"], rows[0]["ci_high"]) == (found.low[0], found.high[0])


# Pain scores of Brunner & Munzel 2000 as in the manual of the R package lawstat.
PAIN_Y = np.array([1.0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1])
PAIN_N = np.array([3.0, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4])


def test_brunner_and_munzels_own_example():
    _, found = compare_distributions(PAIN_Y, PAIN_N, resamples=19, seed=1)
    assert found["estimate"] == pytest.approx(0.788961, abs=5e-7)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((0.5952169, 0.9827052), abs=5e-8)
    assert found["df"] == pytest.approx(17.683, abs=5e-4)
    assert found["p_value"] == pytest.approx(0.005786, abs=5e-7)
    assert found["p_value"] == pytest.approx(stats.brunnermunzel(PAIN_Y, PAIN_N).pvalue)


def test_the_tests_do_not_depend_on_the_order_of_people():
    rng = np.random.default_rng(2)
    once = compare_distributions(PAIN_Y, PAIN_N, resamples=99, seed=4)
    again = compare_distributions(
        rng.permutation(PAIN_Y), rng.permutation(PAIN_N), resamples=99, seed=4
    )
    pd.testing.assert_frame_equal(pd.DataFrame(once), pd.DataFrame(again))
    assert once[0]["p_value"] <= 0.05


def test_what_is_no_distribution_is_refused():
    for wrong in (np.array([]), np.array([1.0, np.nan]), np.ones((2, 2))):
        with pytest.raises(ValueError, match="one finite change a person"):
            change_distribution(wrong)
    with pytest.raises(ValueError, match="at least two people"):
        compare_distributions(np.arange(1.0), np.arange(5.0), resamples=9, seed=1)
    with pytest.raises(ValueError, match="changed alike"):
        compare_distributions(np.full(4, -3.0), np.full(5, -3.0), resamples=9, seed=1)


def test_arms_that_do_not_overlap_have_no_limits():
    found = compare_distributions(np.arange(5.0), 10 + np.arange(5.0), resamples=9, seed=1)[1]
    assert found["estimate"] == 1
    assert "do not overlap" in found["method"]
    assert np.isnan([found["ci_low"], found["ci_high"], found["p_value"]]).all()


def test_band_and_tests_keep_their_level():
    rows = benchmark.run(
        400, 3, names=("cumulative distribution, band",), sizes=(10, 30), kinds=benchmark.KINDS[1:]
    )
    names = ("distributions, Anderson-Darling", "distributions, Brunner-Munzel")
    rows += benchmark.run(100, 3, names=names, sizes=(15,), kinds=benchmark.KINDS[1:])
    assert len(rows) == 4
    assert [(r["estimator"], r["value"]) for r in rows if not keeps(r)] == []
