"""Bootstrap and sign flips against SciPy, R, published values and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimates.change import resampling
from analysis.estimates.change.resampling import bca, bca_change, sign_flip
from tests.estimates.r_listing import PAIRS, listed, pairs

# Spatial ability of 26 children, test A: Efron & Tibshirani 1993, table 14.1.
SPATIAL = np.array(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26,
     30, 41.0]
)  # fmt: skip


def variance(means: np.ndarray) -> np.ndarray:
    return means[..., 1] - means[..., 0] ** 2


def test_the_published_variance_of_spatial_ability():
    """Efron & Tibshirani 1993, table 14.2: 171.5, BCa 90 % 115.8 to 259.6 (2,000 resamples)."""
    columns = np.column_stack([SPATIAL, SPATIAL**2])
    found = bca(columns, variance, resamples=100_000, seed=1, level=0.90)
    assert found.estimate == pytest.approx(171.5, abs=0.05)
    assert found.a == pytest.approx(0.061, abs=5e-4)
    # Their bias, from 2,000 resamples, is 0.146 +- 0.03.
    assert found.z0 == pytest.approx(0.146, abs=0.06)
    assert (found.low, found.high) == pytest.approx((115.8, 259.6), abs=6)


@pytest.mark.parametrize("case", PAIRS)
def test_the_interval_is_that_of_boot(case):
    r, row = listed(case), bca_change(*pairs(case), resamples=50_000, seed=3)
    # Monte Carlo error, and two steps of a mean of whole points: boot leaves out of the bias the
    # resamples that equal the estimate, SciPy and we count them half.
    within = 0.05 * r["bootstrap_se"] + 2 / row["n"]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (r["bca_low"], r["bca_high"]), abs=within
    )
    assert row["se"] == pytest.approx(r["bootstrap_se"], rel=0.02)


def test_on_the_same_resamples_the_interval_is_scipys():
    before, after = pairs("no ties")
    change = after - before
    theirs = stats.bootstrap(
        (change,), np.mean, n_resamples=4000, method="BCa", rng=np.random.default_rng(2)
    )
    left_out = (change.sum() - change) / (change.size - 1)
    ours = resampling._bca(change.mean(), theirs.bootstrap_distribution, left_out, 0.95)
    interval = theirs.confidence_interval
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert ours.se == pytest.approx(theirs.standard_error)


@pytest.mark.parametrize("n", [3, 10, 11, 600])
def test_resampled_means_have_the_moments_of_resampling(n):
    """Even, odd and many people: mean, variance and third moment of a bootstrap mean."""
    values = np.sort(np.random.default_rng(n).exponential(size=n))
    drawn = resampling._resampled_means(values[:, None], 40_000, np.random.default_rng(1))[:, 0]
    centred = values - values.mean()
    error = np.sqrt(np.mean(centred**2) / n)
    assert drawn.mean() == pytest.approx(values.mean(), abs=4 * error / 200)
    assert drawn.std() == pytest.approx(error, rel=0.02)
    third = np.mean(centred**3) / n**2
    assert np.mean((drawn - values.mean()) ** 3) == pytest.approx(third, abs=0.12 * error**3)


def test_a_seed_gives_the_same_interval_again():
    scores = pairs("thirty")
    assert bca_change(*scores, seed=5) == bca_change(*scores, seed=5)
    assert bca_change(*scores, seed=5) != bca_change(*scores, seed=6)


def test_bootstrap_refusals_are_sentences():
    with pytest.raises(ValueError, match="at least 1,000"):
        bca(np.arange(9.0), lambda mean: mean, resamples=10, seed=1)
    with pytest.raises(ValueError, match="three people"):
        bca(np.array([1.0, math.nan, 2, 4]), lambda mean: mean, seed=1)
    with pytest.raises(ValueError, match="no BCa interval"):
        bca(np.ones(9), lambda mean: mean, seed=1)
    few = np.array([0.0, 0, 0, 1])  # some resamples hold nothing but zeros
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match="not defined"):
        bca(few, np.log, seed=1)


def test_all_sign_patterns_by_brute_force():
    change = np.array([-9.0, -4, -6, 2, 0, -3, 3, -5])
    means = [np.mean(s * change) for s in itertools.product([-1, 1], repeat=8)]
    row = sign_flip(np.zeros(8), change)
    assert row["p_value"] == np.mean(np.abs(means) >= abs(change.mean()) - 1e-12)
    assert row["method"] == "sign flips, all 256 patterns"


def one_sided(change: np.ndarray, shift: float) -> tuple[float, float]:
    """P values of a mean above and below a shift, from every sign pattern."""
    moved = change - shift
    means = np.array([np.mean(s * moved) for s in itertools.product([-1, 1], repeat=len(change))])
    seen = moved.mean()
    return float(np.mean(means >= seen - 1e-12)), float(np.mean(means <= seen + 1e-12))


def test_the_interval_inverts_the_two_one_sided_tests():
    change = np.random.default_rng(7).normal(-4, 6, 9)
    row = sign_flip(np.zeros(9), change)
    step = 1e-7
    for limit, side, outwards in ((row["ci_low"], 0, -step), (row["ci_high"], 1, step)):
        assert one_sided(change, limit - outwards)[side] > 0.025
        assert one_sided(change, limit + outwards)[side] <= 0.025


@pytest.mark.parametrize("case", ["ties and zeros", "thirty"])
def test_the_exact_p_value_is_that_of_exact_rank_tests(case):
    """exactRankTests::perm.test; 30 people by 400,000 random patterns."""
    before, after = pairs(case)
    exact = listed(case)["sign_flip_p"]
    if len(before) <= 20:
        assert sign_flip(before, after)["p_value"] == pytest.approx(exact, rel=1e-9)
    drawn = sign_flip(before, after, draws=400_000, seed=1)
    error = math.sqrt(exact * (1 - exact) / 400_000)
    assert drawn["p_value"] == pytest.approx(exact, abs=4 * error)


def test_random_patterns_agree_with_all_of_them():
    before, after = pairs("ties and zeros")
    every, drawn = sign_flip(before, after), sign_flip(before, after, draws=200_000, seed=2)
    assert drawn["ci_low"] == pytest.approx(every["ci_low"], abs=0.05)
    assert drawn["ci_high"] == pytest.approx(every["ci_high"], abs=0.05)
    assert drawn["method"] == "sign flips, 200,000 random patterns"


def test_the_p_value_agrees_with_scipys_permutation_test():
    before, after = pairs("no ties")
    theirs = stats.permutation_test(
        (after, before),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert sign_flip(before, after)["p_value"] == pytest.approx(theirs.pvalue)


def test_few_people_have_no_interval_and_never_another_method():
    few = sign_flip(np.zeros(5), np.array([-3.0, -2, -7, -1, -4]))
    assert (few["ci_low"], few["ci_high"]) == (-math.inf, math.inf)
    assert few["p_value"] == 2 / 32
    with pytest.raises(ValueError, match="give draws and a seed"):
        sign_flip(np.zeros(21), np.arange(21.0))
    for wrong in ({"draws": 9999}, {"draws": 10, "seed": 1}):
        with pytest.raises(ValueError, match="a seed and at least 999"):
            sign_flip(np.zeros(21), np.arange(21.0), **wrong)
