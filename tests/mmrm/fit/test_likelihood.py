"""Analytic derivatives against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm.design.matrix import build_design
from analysis.mmrm.fit.covariance import STRUCTURES
from analysis.mmrm.fit.likelihood import Likelihood
from analysis.mmrm.moments.cross_products import accumulate
from analysis.mmrm.spec import make_structure
from tests.mmrm.conftest import trial
from tests.mmrm.fit.differences import differences


def likelihood(kind: str, *, reml: bool, group: bool = False, weights: bool = False) -> Likelihood:
    data = trial(24, 4, seed=1)
    data["half"] = np.where(data["subject"].str[1:].astype(int) < 12, "a", "b")
    data["w"] = np.random.default_rng(0).uniform(0.5, 2, len(data))
    design = build_design(
        "y ~ baseline + arm * visit",
        data,
        subject="subject",
        visit="visit",
        group="half" if group else None,
        weights="w" if weights else None,
        time="hours" if kind == "sp_exp" else None,
    )
    moments, _, patterns = accumulate(design)
    return Likelihood(moments, make_structure(kind, design.template, patterns, moments), reml)


def away_from_the_maximum(target: Likelihood) -> np.ndarray:
    groups = len(target.covariance.groups)
    k = target.covariance.n_visits
    lag = np.abs(np.arange(k)[:, None] - np.arange(k))
    start = target.covariance.start(np.stack([1.5 * 0.6**lag + 0.1 * np.eye(k)] * groups))
    return start * (1 + 0.05 * np.random.default_rng(2).normal(size=len(start)))


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("reml", [True, False], ids=["reml", "ml"])
@pytest.mark.parametrize("group", [False, True], ids=["common", "by group"])
def test_gradient_and_observed_information(kind: str, reml: bool, group: bool) -> None:
    target = likelihood(kind, reml=reml, group=group)
    theta = away_from_the_maximum(target)
    ours = target.derivatives(target.at(theta))
    gradient = differences(lambda t: np.array(target.at(t).loglik), theta)
    scale = np.abs(ours.gradient).max()
    np.testing.assert_allclose(ours.gradient / scale, gradient / scale, atol=1e-6)
    hessian = differences(lambda t: target.derivatives(target.at(t)).gradient, theta)
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(ours.observed / scale, -hessian / scale, atol=1e-6)


def test_gradient_with_weights() -> None:
    target = likelihood("us", reml=True, weights=True)
    theta = away_from_the_maximum(target)
    ours = target.derivatives(target.at(theta)).gradient
    theirs = differences(lambda t: np.array(target.at(t).loglik), theta)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6 * np.abs(theirs).max())


def test_expected_information_is_the_mean_of_the_observed() -> None:
    """With residuals whose sum of squares is at its expectation the two must agree."""
    target = likelihood("us", reml=True)
    theta = away_from_the_maximum(target)
    rng = np.random.default_rng(5)
    sigma = target.covariance.matrices(theta)[0]
    root = np.linalg.cholesky(sigma)
    total = np.zeros_like(sigma, shape=(len(theta), len(theta)))
    data = trial(24, 4, missing=0)
    design = build_design("y ~ arm * visit", data, subject="subject", visit="visit")
    draws = 300
    for _ in range(draws):
        drawn = (rng.normal(size=(24, 4)) @ root.T).ravel()
        moments, _, _ = accumulate(_with_outcome(design, drawn))
        drawn_likelihood = Likelihood(moments, target.covariance)
        found = drawn_likelihood.derivatives(drawn_likelihood.at(theta))
        total += found.observed / draws
    error = np.abs(total - found.expected).max() / np.abs(found.expected).max()
    assert error < 0.15


def _with_outcome(design, y):
    from dataclasses import replace

    return replace(design, y=y)


@pytest.mark.parametrize("kind", ["us", "cs", "toep"])
@pytest.mark.parametrize("reml", [True, False], ids=["reml", "ml"])
def test_average_information_is_the_mean_of_the_other_two(kind: str, reml: bool) -> None:
    """So it is where the covariance is linear in its parameters (Gilmour et al. 1995)."""
    target = likelihood(kind, reml=reml)
    found = target.derivatives(target.at(away_from_the_maximum(target)))
    scale = np.abs(found.average).max()
    mean = (found.observed + found.expected) / 2
    np.testing.assert_allclose(found.average / scale, mean / scale, atol=1e-10)
