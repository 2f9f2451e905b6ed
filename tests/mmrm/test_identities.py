"""What the model must equal exactly in the cases that classical tests solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

EXACT = {"rtol": 1e-8, "atol": 1e-10}
FORMULA = "y ~ baseline + arm * visit"


def fit(data: pd.DataFrame, formula: str = FORMULA, **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)


def wide(data: pd.DataFrame) -> np.ndarray:
    return data.pivot(index="subject", columns="visit", values="y").to_numpy()


@pytest.mark.parametrize("df", ["kenward-roger", "kenward-roger-original", "satterthwaite"])
def test_two_visits_are_the_paired_t_test(df: str) -> None:
    data = trial(13, 2, missing=0)
    row = fit(data, "y ~ visit", df=df).contrast([0, 1])
    y = wide(data)[:, ::-1] if data["visit"].iloc[0] != "VIS8" else wide(data)
    order = list(data.pivot(index="subject", columns="visit", values="y").columns)
    y = y[:, [order.index("VIS8"), order.index("VIS9")]]
    expected = stats.ttest_rel(y[:, 1], y[:, 0])
    np.testing.assert_allclose(row["t"], expected.statistic, **EXACT)
    np.testing.assert_allclose(row["p_value"], expected.pvalue, **EXACT)
    np.testing.assert_allclose(row["df"], 12, **EXACT)
    low, high = expected.confidence_interval()
    np.testing.assert_allclose([row["ci_low"], row["ci_high"]], [low, high], **EXACT)


@pytest.mark.parametrize("df", ["kenward-roger", "satterthwaite", "residual"])
def test_one_visit_is_the_analysis_of_covariance(df: str) -> None:
    data = trial(17, 1)
    ours = fit(data, "y ~ baseline + arm", df=df).coefficients()
    x = sm.add_constant(np.column_stack([data["baseline"], data["arm"] == "drug"]).astype(float))
    ols = sm.OLS(data["y"].to_numpy(), x).fit()
    order = [0, 1, 2] if ours.index[1] == "baseline" else [0, 2, 1]
    np.testing.assert_allclose(ours["estimate"], ols.params[order], **EXACT)
    np.testing.assert_allclose(ours["se"], ols.bse[order], **EXACT)
    np.testing.assert_allclose(ours["df"], 14, **EXACT)
    np.testing.assert_allclose(ours["p_value"], ols.pvalues[order], **EXACT)


@pytest.mark.parametrize("df", ["kenward-roger", "kenward-roger-original", "satterthwaite"])
def test_complete_data_with_compound_symmetry_are_repeated_measures_anova(df: str) -> None:
    n, k = 11, 4
    data = trial(n, k, missing=0, seed=3)
    y = wide(data)
    rows, columns = y.mean(axis=1, keepdims=True), y.mean(axis=0, keepdims=True)
    error = ((y - rows - columns + y.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    f = n * ((columns - y.mean()) ** 2).sum() / (k - 1) / error
    result = fit(data, "y ~ visit", covariance="cs", df=df)
    test = result.wald(np.eye(k)[1:])
    np.testing.assert_allclose(test["f"], f, **EXACT)
    np.testing.assert_allclose([test["df1"], test["df2"]], [k - 1, (n - 1) * (k - 1)], rtol=1e-7)


def test_complete_data_unstructured_are_hotelling_s_t_squared() -> None:
    n, k = 15, 4
    data = trial(n, k, missing=0, seed=4)
    y = wide(data)
    order = sorted(range(k), key=lambda a: int(sorted(data["visit"].unique())[a][3:]))
    gaps = y[:, order][:, 1:] - y[:, order][:, :1]
    t2 = n * gaps.mean(axis=0) @ np.linalg.solve(np.cov(gaps.T), gaps.mean(axis=0))
    q = k - 1
    test = fit(data, "y ~ visit").wald(np.eye(k)[1:])
    np.testing.assert_allclose(test["f"], t2 * (n - q) / (q * (n - 1)), **EXACT)
    np.testing.assert_allclose([test["df1"], test["df2"]], [q, n - q], **EXACT)


def test_complete_data_two_arms_are_hotelling_s_two_sample_t_squared() -> None:
    n, k = 18, 3
    data = trial(n, k, missing=0, seed=5)
    table = data.pivot(index=["subject", "arm"], columns="visit", values="y")
    drug = table.index.get_level_values("arm") == "drug"
    a, b = table.to_numpy()[drug], table.to_numpy()[~drug]
    gap = a.mean(axis=0) - b.mean(axis=0)
    pooled = ((len(a) - 1) * np.cov(a.T) + (len(b) - 1) * np.cov(b.T)) / (n - 2)
    t2 = len(a) * len(b) / n * gap @ np.linalg.solve(pooled, gap)
    result = fit(data, "y ~ 0 + visit + visit:arm")
    weights = [{name: 1.0} for name in result.params.index if "arm" in name]
    test = result.wald(weights)
    np.testing.assert_allclose(test["f"], t2 * (n - k - 1) / (k * (n - 2)), **EXACT)
    np.testing.assert_allclose(test["df2"], n - k - 1, **EXACT)


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("covariance", ["us", "cs", "ar1h", "toeph"])
def test_loglik_does_not_depend_on_order_or_coding(method: str, covariance: str) -> None:
    data = trial(30, 4, seed=6)
    options = {"covariance": covariance, "method": method, "df": "satterthwaite"}
    base = fit(data, **options).loglik
    shuffled = data.sample(frac=1, random_state=1).reset_index(drop=True)
    recoded = data.assign(
        arm=pd.Categorical(data["arm"], categories=["drug", "control"]),
        baseline=data["baseline"] - 30,
    )
    for other in (shuffled, recoded):
        np.testing.assert_allclose(fit(other, **options).loglik, base, **EXACT)


@pytest.mark.parametrize("covariance", ["us", "cs"])
def test_loglik_does_not_depend_on_the_order_of_visits(covariance: str) -> None:
    data = trial(30, 4, seed=7)
    other = data.assign(
        visit=pd.Categorical(
            data["visit"], categories=["VIS11", "VIS8", "VIS10", "VIS9"], ordered=True
        )
    )
    one, two = fit(data, covariance=covariance), fit(other, covariance=covariance)
    np.testing.assert_allclose(one.loglik, two.loglik, **EXACT)
    ours = one.differences("arm", by="visit").set_index("visit").sort_index()
    theirs = two.differences("arm", by="visit").set_index("visit").sort_index()
    np.testing.assert_allclose(ours["se"], theirs["se"], rtol=1e-7)
    np.testing.assert_allclose(ours["df"], theirs["df"], rtol=1e-7)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_scaling_the_outcome_shifts_the_loglik_by_its_jacobian(method: str) -> None:
    data = trial(30, 4, seed=8)
    one = fit(data, method=method, df="satterthwaite")
    two = fit(data.assign(y=-250 * data["y"] + 7), method=method, df="satterthwaite")
    count = one.n_obs - (len(one.params) if method == "reml" else 0)
    np.testing.assert_allclose(two.loglik - one.loglik, -count * np.log(250), **EXACT)


@pytest.mark.parametrize("covariance", ["us", "cs", "toeph"])
def test_a_hundred_million_added_to_the_outcome_changes_nothing(covariance: str) -> None:
    data = trial(30, 4, seed=9)
    # Powers of two keep the sum exact in the data themselves.
    data["y"] = np.round(data["y"] * 2**20) / 2**20
    one = fit(data, covariance=covariance)
    two = fit(data.assign(y=data["y"] + 1e8), covariance=covariance)
    a, b = one.coefficients(), two.coefficients()
    np.testing.assert_allclose(a["estimate"].iloc[1:], b["estimate"].iloc[1:], atol=1e-6)
    np.testing.assert_allclose(b["estimate"].iloc[0] - 1e8, a["estimate"].iloc[0], atol=1e-6)
    np.testing.assert_allclose(a["se"], b["se"], atol=1e-6)
    np.testing.assert_allclose(a["df"], b["df"], rtol=1e-6)


def test_a_covariate_far_from_zero_changes_no_effect_of_the_arm() -> None:
    data = trial(30, 4, seed=10)
    one, two = fit(data), fit(data.assign(baseline=data["baseline"] + 1e7))
    a, b = one.differences("arm", by="visit"), two.differences("arm", by="visit")
    np.testing.assert_allclose(a["estimate"], b["estimate"], atol=1e-6)
    np.testing.assert_allclose(a["se"], b["se"], atol=1e-6)


@pytest.mark.parametrize("covariance", ["cs", "csh"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_compound_symmetry_reaches_down_to_minus_one_over_k_minus_one(
    covariance: str, k: int
) -> None:
    """What is left of each subject's mean is a hundredth: the correlation is next to its limit."""
    y = np.random.default_rng(k).normal(size=(200, k))
    y = y - 0.99 * y.mean(axis=1, keepdims=True)
    data = trial(200, k, missing=0).assign(y=y.ravel())
    result = fit(data, "y ~ visit", covariance=covariance)
    sigma = result.covariance.to_numpy()
    correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
    assert result.covariance_type == covariance
    assert -1 / (k - 1) < correlation < -0.99 / (k - 1)


def test_compound_symmetry_admits_a_negative_correlation() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=(60, 3))
    y = y - 0.9 * y.mean(axis=1, keepdims=True)
    data = trial(60, 3, missing=0).assign(y=y.ravel())
    covariance = fit(data, "y ~ visit", covariance="cs").covariance
    correlation = covariance.iloc[0, 1] / covariance.iloc[0, 0]
    assert -0.5 < correlation < -0.3
    # Complete data: the estimate is the mean of the sample covariances.
    sample = np.cov(wide(data).T)
    np.testing.assert_allclose(
        covariance.iloc[0, 1], (sample.sum() - np.trace(sample)) / 6, **EXACT
    )


def test_complete_data_unstructured_give_the_sample_covariance() -> None:
    data = trial(25, 4, missing=0, seed=11)
    result = fit(data, "y ~ visit")
    table = data.pivot(index="subject", columns="visit", values="y")[list(result.covariance)]
    np.testing.assert_allclose(result.covariance, table.cov(), rtol=1e-8, atol=1e-8)
