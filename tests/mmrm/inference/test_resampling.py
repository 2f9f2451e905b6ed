"""Bootstrap and jackknife from the sums are refits with the subjects counted anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

OPTIONS = [
    {},
    {"group": "arm"},
    {"weights": "w"},
    {"covariance": "sp_exp", "time": "hours"},
    {"covariance": "cs"},
]


def fit(data: pd.DataFrame, **options: Any) -> MMRM:
    return mmrm("y ~ baseline + arm * visit", data, subject="subject", visit="visit", **options)


def data() -> pd.DataFrame:
    table = trial(50, 3, seed=40, missing=0.1)
    return table.assign(w=np.random.default_rng(0).uniform(0.5, 2, len(table)))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_jackknife_is_a_fit_without_the_subject(options: dict[str, Any]) -> None:
    table = data()
    jackknife = fit(table, **options).jackknife()
    assert len(jackknife) == 50
    for subject in ("s0", "s7", "s31"):
        rows = fit(table[table["subject"] != subject], **options).params
        np.testing.assert_allclose(jackknife.loc[subject], rows, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_bootstrap_draw_is_a_fit_to_the_subjects_drawn(options: dict[str, Any]) -> None:
    table = data()
    result = fit(table, **options)
    refitter = result.refitter()
    rng = np.random.default_rng(1)
    counts = np.bincount(rng.integers(0, 50, 50), minlength=50)
    drawn = []
    for name, count in zip(result._inference.kept_rows().design.subjects, counts, strict=True):
        rows = table[table["subject"] == name]
        drawn += [rows.assign(subject=f"{name}-{copy}") for copy in range(count)]
    again = fit(pd.concat(drawn), **options)
    coefficients, covariance = refitter.refit(counts.astype(float))
    np.testing.assert_allclose(coefficients, again.params, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(refitter.estimate(counts.astype(float)), coefficients)
    if "time" not in options:
        groups = again.covariance if isinstance(again.covariance, dict) else {"": again.covariance}
        np.testing.assert_allclose(covariance, list(groups.values()), rtol=1e-4)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("formula", ["y ~ baseline + arm * visit", "y ~ (baseline + arm) * visit"])
def test_draws_counted_at_once_are_those_counted_one_by_one(
    formula: str, options: dict[str, Any]
) -> None:
    """A draw with a handful of subjects, which has no fit, among them."""
    refitter = mmrm(formula, data(), subject="subject", visit="visit", **options).refitter()
    counts = np.random.default_rng(5).poisson(1.0, (6, 50)).astype(float)
    counts[3, 4:] = 0.0
    coefficients, covariances = refitter.refits(counts)
    assert np.isnan(coefficients[3]).all()
    for draw in (0, 1, 2, 4, 5):
        one, matrices = refitter.refit(counts[draw])
        np.testing.assert_allclose(coefficients[draw], one, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(covariances[draw], matrices, rtol=1e-5)


def test_bootstrap_does_not_depend_on_names_or_order_of_subjects() -> None:
    table = data()
    other = table.assign(subject=table["subject"].map(lambda s: f"x{97 * int(s[1:]) % 101}"))
    other = other.sample(frac=1, random_state=0)
    one = fit(table).bootstrap(5, np.random.default_rng(2))
    two = fit(other).bootstrap(5, np.random.default_rng(2))
    np.testing.assert_allclose(one, two, rtol=1e-7)


def test_bootstrap_standard_errors_are_near_the_model_s() -> None:
    result = fit(trial(120, 3, seed=41))
    spread = result.bootstrap(200, np.random.default_rng(3)).std()
    np.testing.assert_allclose(spread, result.bse, rtol=0.35)


def test_a_subject_the_design_cannot_do_without_has_no_fit() -> None:
    table = data()
    table["rare"] = (table["subject"] == "s3").astype(float)
    result = mmrm("y ~ rare + arm * visit", table, subject="subject", visit="visit")
    assert result.jackknife().loc["s3"].isna().all()
    assert result.jackknife().drop(index="s3").notna().all(axis=None)


def test_workers_draw_the_same_subjects() -> None:
    result = fit(data())
    one, two = (result.bootstrap(6, np.random.default_rng(4), n_jobs=n) for n in (1, 2))
    np.testing.assert_allclose(one, two, rtol=1e-10)
