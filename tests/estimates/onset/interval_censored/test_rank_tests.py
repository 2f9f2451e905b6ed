"""Rank tests of interval-censored times."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimates.onset.interval_censored import (
    rank_scores,
    rank_test,
)
from tests.estimates.onset.interval_censored.times import COSMESIS

# Fay & Shaw 2010, section 4: the permutation form of three tests of the cosmesis data.
PUBLISHED = [
    ("sun", 9.141846, 2.6684, 0.007622),
    ("finkelstein", 9.944182, 2.6839, 0.007277),
    ("wilcoxon", 5.656724, 2.1672, 0.030223),
]


@pytest.mark.parametrize(("scores", "statistic", "z", "p_value"), PUBLISHED)
def test_published_rank_tests(scores, statistic, z, p_value):
    treated = (COSMESIS["arm"] == "RadChem").to_numpy()
    row = rank_test(
        COSMESIS["left"], COSMESIS["right"], treated, scores=scores, method="asymptotic"
    )
    assert row["estimate"] == pytest.approx(statistic, abs=1e-5)
    assert row["estimate"] / row["se"] == pytest.approx(z, abs=5e-5)
    assert row["p_value"] == pytest.approx(p_value, rel=1e-4)  # the last printed digit
    drawn = rank_test(
        COSMESIS["left"], COSMESIS["right"], treated, scores=scores, method="monte carlo", seed=1
    )
    assert drawn["p_value"] == pytest.approx(p_value, abs=4 * math.sqrt(p_value / 9999) + 1e-3)


def test_scores_are_those_of_the_log_rank_test_when_right_censored():
    """Onset (0 or 1) minus the Nelson-Aalen hazard up to the person's time."""
    time = np.array([3, 5, 5, 7, 8, 8, 10, 12.0])
    seen = np.array([1, 1, 0, 1, 1, 1, 0, 1], bool)
    hazard = [
        sum(
            seen[time == t].sum() / (time >= t).sum() for t in np.unique(time[seen & (time <= own)])
        )
        for own in time
    ]
    assert rank_scores(time, np.where(seen, time, np.inf)) == pytest.approx(seen - hazard, abs=1e-8)


def test_exact_form_is_mann_whitneys_for_exact_times():
    time = np.array([1.0, 4, 2, 9, 7, 12, 3, 15, 11])
    treated = np.arange(9) < 4
    row = rank_test(time, time, treated, scores="wilcoxon", method="exact")
    theirs = stats.mannwhitneyu(time[treated], time[~treated], method="exact")
    assert row["p_value"] == pytest.approx(theirs.pvalue)


def test_exact_form_against_scipy_and_monte_carlo():
    left = np.array([0, 0, 4, 24, 4, 72, 24, 168, 0, 72.0])
    right = np.array([4, 24, 24, 72, 24, np.inf, 72, np.inf, 4, 168])
    treated = np.tile([True, False], 5)
    scores = rank_scores(left, right)
    theirs = stats.permutation_test(
        (scores[treated], scores[~treated]), lambda a, b, axis: a.sum(axis=axis),
        vectorized=True, n_resamples=np.inf,
    )  # fmt: skip
    row = rank_test(left, right, treated, method="exact")
    assert row["p_value"] == pytest.approx(theirs.pvalue)
    assert "all 252 arrangements" in row["method"]
    drawn = rank_test(left, right, treated, method="monte carlo", seed=3)
    assert drawn["p_value"] == pytest.approx(theirs.pvalue, abs=0.02)
    order = np.random.default_rng(0).permutation(10)
    again = rank_test(left[order], right[order], treated[order], method="monte carlo", seed=3)
    assert again["p_value"] == drawn["p_value"]


def test_strata_are_compared_within():
    """All onset sooner in one site; arms alike within each, and all treated but one in a site."""
    left = np.array([0, 0, 0, 4, 72, 72, 72, 168.0])
    right = np.array([4, 4, 4, 24, 168, 168, 168, np.inf])
    site = np.repeat(["a", "b"], 4)
    treated = np.array([1, 1, 1, 0, 1, 0, 0, 0], bool)
    row = rank_test(left, right, treated, strata=site, method="exact")
    parts = [rank_test(left[site == s], right[site == s], treated[site == s], method="asymptotic")
             for s in "ab"]  # fmt: skip
    assert row["estimate"] == pytest.approx(sum(part["estimate"] for part in parts))
    assert row["se"] ** 2 == pytest.approx(sum(part["se"] ** 2 for part in parts))
    assert "all 16 arrangements, 2 strata" in row["method"]


def test_rank_test_refusals():
    left, right = np.zeros(4), np.full(4, 4.0)
    treated = np.array([True, True, False, False])
    with pytest.raises(ValueError, match="All scores are equal"):
        rank_test(left, right, treated, method="exact")
    with pytest.raises(ValueError, match="people in both"):
        rank_test(left, right, treated | True, method="exact")
    with pytest.raises(ValueError, match="True \\(treated\\) or False"):
        rank_test(left, right, treated.astype(int), method="exact")
    with pytest.raises(ValueError, match="needs a seed"):
        rank_test(np.arange(4.0), np.arange(1.0, 5), treated, method="monte carlo")
    many = np.arange(30.0)
    with pytest.raises(ValueError, match="use monte carlo"):
        rank_test(many, many + 1, many < 15, method="exact")
