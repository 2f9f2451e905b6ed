"""With few people the highest of several maxima is found: no random start leads to a higher one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm.design.matrix import build_design
from analysis.mmrm.fit.likelihood import Likelihood
from analysis.mmrm.fit.maximise import ConvergenceError, _climb, maximise
from analysis.mmrm.fit.starts import CORRELATIONS, HILLY, drawn_starts, starts
from analysis.mmrm.moments.cross_products import accumulate
from analysis.mmrm.spec import check_size, make_structure
from tests.length import seed, trials

RANDOM_STARTS = trials(short=15, long=50)
# Climbs that converge take a dozen; those that do not would take a hundred.
STEPS = 30


def hard_trial(rng: np.random.Generator) -> pd.DataFrame:
    """Eight to thirteen people, three to five visits, unlike variances, tails, many gaps."""
    n, k = int(rng.integers(8, 14)), int(rng.integers(3, 6))
    lag = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    rho, sd = rng.uniform(-0.3, 0.95), np.exp(rng.normal(0, 0.7, k))
    correlation = rho**lag if rho > 0 else np.where(lag == 0, 1.0, rho / (k - 1))
    y = rng.multivariate_normal(np.zeros(k), correlation * np.outer(sd, sd), n)
    if rng.random() < 0.3:
        y *= rng.choice([1, 3, 6], (n, 1))
    y[:, 1:][rng.random((n, k - 1)) < rng.choice([0, 0.15, 0.3])] = np.nan
    labels = [f"v{i}" for i in range(k)]
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical(labels * n, labels, ordered=True),
            "arm": np.repeat(np.where(np.arange(n) % 2, "a", "b"), k),
            "y": y.ravel(),
        }
    )


def likelihood_of(data: pd.DataFrame, formula: str, kind: str, reml: bool) -> Likelihood:
    design = build_design(formula, data, subject="subject", visit="visit")
    moments, _, patterns = accumulate(design)
    check_size(design, moments, kind)
    return Likelihood(moments, make_structure(kind, design.template, patterns, moments), reml)


def hard_likelihood(place: int, first: int | None = None) -> Likelihood | None:
    """That of a random trial, formula, structure and method; None where it is refused."""
    rng = np.random.default_rng([seed(3) if first is None else first, place])
    data = hard_trial(rng)
    formula = str(rng.choice(["y ~ visit", "y ~ arm + visit", "y ~ arm * visit"]))
    kind = str(rng.choice(["csh", "adh", *HILLY]))
    try:
        return likelihood_of(data, formula, kind, reml=bool(rng.random() < 0.7))
    except ValueError:
        return None


def random_start(likelihood: Likelihood, rng: np.random.Generator) -> np.ndarray:
    """Not as the engine draws them: correlations of random factors, or any of the structure."""
    covariance, moments = likelihood.covariance, likelihood.moments
    k, kind = covariance.n_visits, covariance.kind
    seen = np.maximum(moments.count @ moments.visits, 1)
    variance = (moments.z[:, :, -1] ** 2).sum(axis=0) / seen * np.exp(rng.normal(size=k))
    factors = rng.standard_normal((k, int(rng.integers(1, k + 2))))
    matrix = factors @ factors.T + 0.05 * np.eye(k)
    scale = np.sqrt(variance / np.diag(matrix))
    theta = covariance.start((matrix * np.outer(scale, scale))[None])
    first = k if kind.endswith("h") else 1
    if kind.startswith(("ad", "ar1")):
        theta[first:] = rng.uniform(-0.97, 0.97, len(theta) - first)
    elif kind == "csh":
        theta[first:] = rng.uniform(-1 / (k - 1) + 0.02, 0.97)
    return theta


def highest(likelihood: Likelihood, rng: np.random.Generator, n: int = RANDOM_STARTS) -> float:
    """The highest maximum that climbs from random starts end on."""
    best = -np.inf
    for _ in range(n):
        try:
            end = _climb(likelihood, random_start(likelihood, rng), STEPS)
            best = max(best, end.state.loglik)
        except (ConvergenceError, np.linalg.LinAlgError):
            continue
    return best


@pytest.mark.simulates
def test_hard_trials_have_no_higher_maximum_than_the_one_found() -> None:
    missed = []
    for place in range(trials(short=5, long=2_000)):
        likelihood = hard_likelihood(place)
        if likelihood is None:
            continue
        try:
            found = maximise(likelihood).state.loglik
        except ConvergenceError:
            found = -np.inf
        rng = np.random.default_rng([seed(4), place])
        higher = highest(likelihood, rng)
        if higher > found + 1e-6 * max(1.0, abs(found)):
            missed.append((place, found, higher))
    assert not missed


# Trials in which the three first starts all end on a lower hill.
@pytest.mark.parametrize(
    ("place", "formula", "kind", "reml", "lower", "higher"),
    [
        (1001, "y ~ arm + visit", "ad", True, -32.53767, -32.518461),
        (1013, "y ~ visit", "toep", False, -102.349075, -102.280806),
    ],
)
def test_a_second_hill_is_found(
    place: int, formula: str, kind: str, reml: bool, lower: float, higher: float
) -> None:
    data = hard_trial(np.random.default_rng([7, place]))
    likelihood = likelihood_of(data, formula, kind, reml)
    assert maximise(likelihood).state.loglik == pytest.approx(higher, abs=1e-6)
    ends = [_climb(likelihood, theta).state.loglik for theta in starts(likelihood)]
    np.testing.assert_allclose(ends, lower, atol=1e-6)


def test_a_hill_above_those_that_the_most_likely_starts_lead_to_is_found() -> None:
    likelihood = hard_likelihood(1415, first=3)
    assert likelihood is not None
    likely = sorted(drawn_starts(likelihood), key=lambda theta: -likelihood.at(theta).loglik)
    ends = [_climb(likelihood, theta).state.loglik for theta in likely[:12]]
    assert max(ends) == pytest.approx(-41.412048, abs=1e-6)
    assert maximise(likelihood).state.loglik == pytest.approx(-41.210405, abs=1e-6)


@pytest.mark.parametrize("kind", CORRELATIONS)
def test_drawn_correlations_are_positive_definite_and_of_both_signs(kind: str) -> None:
    rng = np.random.default_rng(5)
    drawn = np.array([CORRELATIONS[kind](rng, 4) for _ in range(200)])
    assert (np.linalg.eigvalsh(drawn) > 0).all()
    np.testing.assert_allclose(np.diagonal(drawn, axis1=1, axis2=2), 1)
    assert (drawn[:, 0, 1] < 0).any()
    assert (drawn[:, 0, 1] > 0.5).any()


def test_drawn_starts_are_always_the_same_and_only_for_structures_with_hills() -> None:
    data = hard_trial(np.random.default_rng(6))
    one, two = (drawn_starts(likelihood_of(data, "y ~ visit", "adh", True)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert len(one) > 5
    for kind in ("us", "cs"):
        assert drawn_starts(likelihood_of(data, "y ~ visit", kind, True)) == []
