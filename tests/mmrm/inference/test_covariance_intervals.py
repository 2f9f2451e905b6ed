"""Intervals of covariance parameters against closed forms of the likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import brentq

from analysis.mmrm import MMRM, mmrm
from tests.length import seed, trials
from tests.mmrm.conftest import trial

CLOSE = {"rtol": 1e-7}


def fit(data: pd.DataFrame, formula: str, **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)


def crossings(fall: Any, best: float, far: float, level: float) -> tuple[float, float]:
    """Where 2 (l(max) - l(t)) reaches the quantile, below and above the maximum."""
    drop = stats.chi2.ppf(level, 1)
    low = brentq(lambda t: fall(t) - drop, best - far, best, xtol=1e-12)
    high = brentq(lambda t: fall(t) - drop, best, best + far, xtol=1e-12)
    return low, high


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_profile_of_the_variance_at_one_visit(level: float) -> None:
    """-2 l(v) = f log v + S / v with f = n - p and S the residual sum of squares."""
    result = fit(trial(20, 1), "y ~ arm + baseline")
    variance, f = float(result.covariance.iloc[0, 0]), 17
    row = result.covariance_parameters(level=level, method="profile").iloc[0]

    def fall(log_v: float) -> float:
        ratio = variance / np.exp(log_v)
        return f * (ratio - 1 - np.log(ratio))

    low, high = crossings(fall, np.log(variance), 3, level)
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], np.exp([low, high]), **CLOSE)


def test_wald_of_the_variance_at_one_visit_is_the_exact_interval() -> None:
    result = fit(trial(20, 1), "y ~ arm + baseline")
    variance = float(result.covariance.iloc[0, 0])
    row = result.covariance_parameters().iloc[0]
    exact = 17 * variance / stats.chi2.ppf([0.975, 0.025], 17)
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], exact, **CLOSE)
    np.testing.assert_allclose(row["se"], variance * np.sqrt(2 / 17), **CLOSE)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_profile_of_the_correlation_of_two_complete_visits(method: str) -> None:
    """Both variances maximised out: -2 l(r) = f (2 log(1 - r R) - log(1 - r^2)) + constant."""
    data = trial(25, 2, missing=0, seed=7)
    result = fit(data, "y ~ visit", covariance="csh", method=method, df="satterthwaite")
    sigma = result.covariance.to_numpy()
    best = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
    f = 24 if method == "reml" else 25

    def fall(r: float) -> float:
        at = 2 * np.log(1 - r * best) - np.log(1 - r**2)
        return f * (at - np.log(1 - best**2))

    drop = stats.chi2.ppf(0.95, 1)
    low = brentq(lambda r: fall(r) - drop, -1 + 1e-9, best, xtol=1e-13)
    high = brentq(lambda r: fall(r) - drop, best, 1 - 1e-9, xtol=1e-13)
    row = result.covariance_parameters(method="profile").loc["correlation"]
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], [low, high], **CLOSE)
    np.testing.assert_allclose(row["se"], (1 - best**2) / np.sqrt(f), **CLOSE)


@pytest.mark.parametrize("covariance", ["us", "ar1h", "toeph", "cs"])
def test_a_profile_limit_is_a_maximum_with_the_parameter_held(covariance: str) -> None:
    """At a limit the likelihood has fallen by the quantile, and no other parameter helps."""
    result = fit(trial(40, 3, seed=5), "y ~ arm * visit", covariance=covariance)
    table = result.covariance_parameters(method="profile")
    optimum = result._inference.optimum
    from analysis.mmrm.fit.maximise import climb_on

    for h, limit in enumerate(table["ci_high"]):
        start = optimum.state.theta + (limit - optimum.state.theta[h]) * (
            optimum.theta_cov[:, h] / optimum.theta_cov[h, h]
        )
        state = climb_on(optimum.likelihood, start, fixed=h)
        assert state.theta[h] == pytest.approx(limit, rel=1e-12)
        fallen = 2 * (result.loglik - state.loglik)
        assert fallen == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-7)
        gradient = np.delete(optimum.likelihood.derivatives(state).gradient, h)
        assert np.abs(gradient * np.delete(table["se"].to_numpy(), h)).max() < 1e-5
    assert (table["ci_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["ci_high"]).all()


def test_profile_intervals_do_not_depend_on_the_parametrisation() -> None:
    """csh and us with two visits are one model: the same interval of a variance."""
    data = trial(25, 2, seed=9)
    one, two = (fit(data, "y ~ visit", covariance=kind) for kind in ("csh", "us"))
    a = one.covariance_parameters(method="profile").loc["variance VIS9"]
    b = two.covariance_parameters(method="profile").loc["variance VIS9"]
    np.testing.assert_allclose(a[["ci_low", "ci_high"]], b[["ci_low", "ci_high"]], rtol=1e-6)


def test_intervals_cover_as_often_as_they_say() -> None:
    """The variance at the second of two visits, trials of 30: 95 % within Monte Carlo error."""
    truth, hits, count = 1.3**2, {"wald": 0, "profile": 0}, trials(short=30, long=100)
    for number in range(count):
        result = fit(trial(30, 2, seed=seed(number)), "y ~ baseline + arm * visit")
        for method in hits:
            row = result.covariance_parameters(method=method).loc["variance VIS9"]
            hits[method] += row["ci_low"] <= truth <= row["ci_high"]
    for hit in hits.values():
        assert abs(hit / count - 0.95) < 4 * np.sqrt(0.95 * 0.05 / count)


def test_what_is_no_method_or_level_is_refused() -> None:
    result = fit(trial(20, 1), "y ~ arm")
    with pytest.raises(ValueError, match="method must be wald or profile, not 'score'"):
        result.covariance_parameters(method="score")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        result.covariance_parameters(level=95)
