"""Intervals of a share by an hour: likelihood and bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from analysis.estimates.onset.interval_censored import (
    bootstrap_difference,
    bootstrap_interval,
    likelihood_difference,
    likelihood_interval,
    turnbull,
)
from benchmarks.estimates import interval_censored as characteristics
from tests.estimates.onset.interval_censored.times import arm


def test_likelihood_interval_of_a_binomial_share():
    """Everybody seen at every visit: the share by 24 h is 8 of 20."""
    left, right = np.repeat([4.0, 24.0], [8, 12]), np.repeat([24.0, 72.0], [8, 12])
    row = likelihood_interval(left, right, 24)

    def beyond(p: float) -> float:
        ratio = 2 * (8 * math.log(0.4 / p) + 12 * math.log(0.6 / (1 - p)))
        return ratio - stats.chi2.ppf(0.95, 1)

    assert row["estimate"] == pytest.approx(0.4)
    assert row["ci_low"] == pytest.approx(optimize.brentq(beyond, 0.01, 0.4), abs=1e-7)
    assert row["ci_high"] == pytest.approx(optimize.brentq(beyond, 0.4, 0.99), abs=1e-7)


@pytest.mark.parametrize("t", [4, 10, 24, 72])
def test_likelihood_limits_by_constrained_optimisation(t):
    """SciPy's SLSQP over the masses between all times, the share by t held at the limit."""
    left, right = arm("visits")
    cells = np.unique(np.append(np.concatenate([left, right]), t))
    begin, end = cells[:-1], cells[1:]
    covers = ((begin >= left[:, None]) & (end <= right[:, None])).astype(float)
    best = turnbull(left, right).log_likelihood
    row = likelihood_interval(left, right, t)
    by_t = (end <= t).astype(float)
    for limit in (row["ci_low"], row["ci_high"]):
        assert 0 < limit < 1
        start = np.where(by_t > 0, limit / by_t.sum(), (1 - limit) / (1 - by_t).sum())
        held = optimize.minimize(
            lambda p: -np.log(covers @ p).sum(), start, method="SLSQP",
            jac=lambda p: -(covers / (covers @ p)[:, None]).sum(axis=0),
            bounds=[(1e-12, 1)] * len(begin), options={"ftol": 1e-14, "maxiter": 500},
            constraints=[{"type": "eq", "fun": lambda p, at=limit: by_t @ p - at},
                         {"type": "eq", "fun": lambda p: p.sum() - 1}],
        )  # fmt: skip
        assert 2 * (best + held.fun) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-4)


def test_intervals_at_the_ends_and_inside_a_region():
    left, right = np.zeros(10), np.full(10, 4.0)
    everybody = likelihood_interval(left, right, 4)
    assert (everybody["estimate"], everybody["ci_high"]) == (1, 1)
    # 2 * 10 * log(1 / p) = 3.84
    assert everybody["ci_low"] == pytest.approx(math.exp(-stats.chi2.ppf(0.95, 1) / 20), abs=1e-7)
    exact = likelihood_interval(right, right, 4)
    assert (exact["ci_low"], exact["ci_high"]) == pytest.approx((everybody["ci_low"], 1))
    inside = likelihood_interval(left, right, 2)
    assert math.isnan(inside["estimate"])
    assert "estimate between 0.0000 and 1.0000" in inside["method"]
    assert (inside["ci_low"], inside["ci_high"]) == (0, 1)


def test_bootstrap_of_a_binomial_share_and_difference():
    left, right = np.repeat([4.0, 24.0], [8, 12]), np.repeat([24.0, 72.0], [8, 12])
    row = bootstrap_interval(left, right, 24, resamples=499, seed=1)
    low, high = stats.binom.ppf([0.025, 0.975], 20, 0.4) / 20
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.051)
    assert bootstrap_interval(left[::-1], right[::-1], 24, resamples=499, seed=1) == row
    arms = (left, right), (left[4:], right[4:])
    by_draws = bootstrap_difference(*arms, 24, resamples=299, seed=1)
    by_likelihood = likelihood_difference(*arms, 24)
    assert by_draws["estimate"] == by_likelihood["estimate"] == pytest.approx(0.4 - 4 / 16)
    for end in ("ci_low", "ci_high"):
        assert by_draws[end] == pytest.approx(by_likelihood[end], abs=0.1)
    one, two = likelihood_interval(*arms[0], 24), likelihood_interval(*arms[1], 24)
    low = 0.15 - math.hypot(0.4 - one["ci_low"], two["ci_high"] - 0.25)
    assert by_likelihood["ci_low"] == pytest.approx(low, abs=1e-9)


def test_level_and_coverage_on_a_visit_grid():
    """A short version of the table of operating characteristics."""
    found = pd.DataFrame(characteristics.run(replicates=30, seed=20260405, sizes=(15,)))
    level = found[found["quantity"] == "level"]
    assert len(level) >= 2
    assert (level["mc_low"] <= 0.05).all()
    coverage = found[found["estimator"].str.contains("likelihood")]
    assert len(coverage) >= 2
    assert (coverage["mc_high"] >= 0.93).all()
