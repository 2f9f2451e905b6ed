"""Covariance structures: their form, their order by likelihood, groups, weights, two maxima."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, mmrm
from analysis.mmrm.fit.covariance import STRUCTURES
from tests.mmrm.conftest import trial


def fit(data: pd.DataFrame, formula: str = "y ~ arm * visit", **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("covariance", STRUCTURES)
def test_every_structure_converges_and_has_its_form(covariance: str, method: str) -> None:
    result = fit(
        trial(60, 4, seed=30),
        covariance=covariance,
        method=method,
        df="satterthwaite",
        time="hours" if covariance == "sp_exp" else None,
    )
    assert result.covariance_type == covariance
    assert result.fallbacks == ()
    matrix = result.covariance.to_numpy()
    sd = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(sd, sd)
    if covariance in ("cs", "toep", "ar1", "ad", "sp_exp"):
        np.testing.assert_allclose(sd, sd[0])
    if covariance in ("ar1", "ar1h", "sp_exp"):
        np.testing.assert_allclose(correlation[0, 2], correlation[0, 1] ** 2)
    if covariance in ("toep", "toeph"):
        np.testing.assert_allclose(np.diag(correlation, 1), correlation[0, 1])
    if covariance in ("ad", "adh"):
        np.testing.assert_allclose(correlation[0, 2], correlation[0, 1] * correlation[1, 2])


def test_nested_structures_have_ordered_likelihoods() -> None:
    data = trial(60, 4, seed=31)
    loglik = {kind: fit(data, covariance=kind).loglik for kind in STRUCTURES if kind != "sp_exp"}
    for small, large in (
        ("cs", "toep"), ("ar1", "toep"), ("ar1", "ad"), ("cs", "csh"), ("toep", "toeph"),
        ("ar1h", "toeph"), ("ar1h", "adh"), ("toeph", "us"), ("adh", "us"),
    ):  # fmt: skip
        assert loglik[small] <= loglik[large] + 1e-9


def test_spatial_exponential_at_equal_steps_is_autoregressive() -> None:
    data = trial(40, 4, seed=32)
    one = fit(data, covariance="sp_exp", time="hours")
    two = fit(data, covariance="ar1")
    assert one.loglik == pytest.approx(two.loglik, rel=1e-10)
    np.testing.assert_allclose(
        one.differences("arm", by="visit")[["se", "df"]],
        two.differences("arm", by="visit")[["se", "df"]],
        rtol=1e-6,
    )


def test_spatial_exponential_with_a_time_of_its_own_for_each_row() -> None:
    data = trial(30, 4, seed=33)
    rng = np.random.default_rng(0)
    data["hours"] = data["hours"] + rng.uniform(0, 1, len(data))
    result = fit(data, covariance="sp_exp", time="hours")
    assert len(result._moments.visits) == result.n_subjects
    assert result.gradient_norm < 1e-6


def test_groups_with_nothing_in_common_are_separate_fits() -> None:
    data = trial(50, 3, seed=34)
    both = fit(data, "y ~ 0 + arm:visit", group="arm")
    apart = [fit(data[data["arm"] == arm], "y ~ 0 + visit") for arm in ("control", "drug")]
    assert both.loglik == pytest.approx(sum(r.loglik for r in apart), rel=1e-10)
    for arm, result in zip(("control", "drug"), apart, strict=True):
        np.testing.assert_allclose(both.covariance[arm], result.covariance, rtol=1e-7)
        table = both.lsmeans("arm", by="visit")
        ours = table[table["arm"] == arm].set_index("visit")
        theirs = result.lsmeans("visit").set_index("visit")
        np.testing.assert_allclose(
            ours[["estimate", "se", "df"]], theirs[["estimate", "se", "df"]], rtol=1e-6
        )


def test_equal_weights_change_only_the_scale_of_the_covariance() -> None:
    data = trial(40, 3, seed=35)
    one, two = fit(data), fit(data.assign(w=4.0), weights="w")
    assert one.loglik == pytest.approx(two.loglik, rel=1e-12)
    np.testing.assert_allclose(4 * one.covariance, two.covariance, rtol=1e-8)
    np.testing.assert_allclose(one.coefficients(), two.coefficients(), rtol=1e-6)


def test_one_visit_has_one_variance_whatever_the_structure() -> None:
    data = trial(20, 1)
    logliks = [fit(data, "y ~ arm", covariance=kind).loglik for kind in STRUCTURES[:-1]]
    np.testing.assert_allclose(logliks, logliks[0])


@pytest.mark.parametrize(
    ("seed", "rho", "loglik"), [(40, -0.3, -66.92550167), (107, 0.6, -72.37335225)]
)
def test_the_higher_of_two_maxima_is_found(seed: int, rho: float, loglik: float) -> None:
    # From the residual moments alone the climb ends at -68.1293 and -72.5748.
    data = trial(16, 4, seed=seed, missing=0.25, rho=rho)
    result = fit(data, "y ~ baseline + arm * visit")
    assert result.loglik == pytest.approx(loglik, abs=1e-6)
