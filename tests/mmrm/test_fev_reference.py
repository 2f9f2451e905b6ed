"""Against published SAS listings; what is compared and how closely is in the reference's README."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import TIMES

FORMULA = "FEV1 ~ RACE + SEX + ARMCD * AVISIT"
STRUCTURES = ["ar1", "ar1h", "cs", "csh", "adh", "toep", "toeph", "us", "sp_exp"]


def fit(data: pd.DataFrame, formula: str, **options: Any) -> MMRM:
    time = TIMES if options.get("covariance") == "sp_exp" else None
    return mmrm(formula, data, subject="USUBJID", visit="AVISIT", time=time, **options)


@pytest.fixture(scope="module")
def main(fev: pd.DataFrame) -> MMRM:
    return fit(fev, FORMULA, df="satterthwaite")


def at_covariance(result: MMRM, listed: list[float]) -> MMRM:
    """Our formulas with the covariance that a listing prints."""
    inference = result._inference
    likelihood = inference.optimum.likelihood
    state = likelihood.at(np.array(listed))
    derivatives = likelihood.derivatives(state)
    optimum = replace(
        inference.optimum,
        state=state,
        derivatives=derivatives,
        theta_cov=np.linalg.inv(derivatives.observed),
    )
    return MMRM(replace(inference, optimum=optimum))


@pytest.fixture(scope="module")
def at_listing(main: MMRM, sas: dict[str, Any]) -> MMRM:
    return at_covariance(main, sas["satterthwaite"]["covariance"])


def test_loglik_is_the_listing_s_and_not_below_it(main: MMRM, sas: dict[str, Any]) -> None:
    ours, listed = -2 * main.loglik, sas["satterthwaite"]["minus2_loglik"]
    assert listed - 1e-5 < ours <= listed
    assert main.aic == pytest.approx(sas["satterthwaite"]["aic"], abs=0.05)
    assert main.gradient_norm < 1e-8


def test_loglik_at_the_listing_s_covariance_is_the_listing_s(
    at_listing: MMRM, sas: dict[str, Any]
) -> None:
    assert -2 * at_listing.loglik == pytest.approx(sas["satterthwaite"]["minus2_loglik"], abs=1e-6)


@pytest.mark.parametrize("arm", ["trt", "pbo"])
def test_ls_means_at_the_listing_s_covariance_agree_to_the_last_digit(
    at_listing: MMRM, sas: dict[str, Any], arm: str
) -> None:
    table = at_listing.lsmeans("ARMCD", by="AVISIT")
    table = table[table["ARMCD"] == arm.upper()]
    listed = sas["satterthwaite"]
    assert list(table["AVISIT"]) == listed["visits"]
    np.testing.assert_allclose(table["estimate"], listed[f"lsmeans_{arm}"], atol=5e-5, rtol=0)
    np.testing.assert_allclose(table["se"], listed[f"lsmeans_{arm}_se"], atol=5e-5, rtol=0)
    np.testing.assert_allclose(table["df"], listed[f"lsmeans_{arm}_df"], atol=0.5, rtol=0)


def test_differences_at_the_listing_s_covariance_agree_to_the_last_digit(
    at_listing: MMRM, sas: dict[str, Any]
) -> None:
    table = at_listing.differences("ARMCD", by="AVISIT", reference="PBO")
    listed = sas["satterthwaite"]
    assert list(table["contrast"]) == ["TRT - PBO"] * 4
    np.testing.assert_allclose(table["estimate"], listed["differences"], atol=5e-5, rtol=0)
    np.testing.assert_allclose(table["se"], listed["differences_se"], atol=5e-5, rtol=0)
    np.testing.assert_allclose(table["df"], listed["differences_df"], atol=0.5, rtol=0)
    np.testing.assert_allclose(table["p_value"], listed["differences_p"], atol=5e-5, rtol=0)


def test_the_maximum_is_no_further_from_the_listing_than_its_last_step(
    main: MMRM, sas: dict[str, Any]
) -> None:
    listed = sas["satterthwaite"]
    differences = main.differences("ARMCD", by="AVISIT", reference="PBO")
    np.testing.assert_allclose(differences["estimate"], listed["differences"], atol=1.5e-4)
    np.testing.assert_allclose(differences["se"], listed["differences_se"], atol=1e-4)
    np.testing.assert_allclose(differences["df"], listed["differences_df"], atol=0.5)
    np.testing.assert_allclose(differences["p_value"], listed["differences_p"], atol=5e-5)
    means = main.lsmeans("ARMCD", by="AVISIT")
    both = listed["lsmeans_pbo"] + listed["lsmeans_trt"]
    np.testing.assert_allclose(means["estimate"], both, atol=1.5e-4)


def test_covariance_parameters_have_the_listing_s_intervals(
    at_listing: MMRM, sas: dict[str, Any]
) -> None:
    table, listed = at_listing.covariance_parameters(), sas["satterthwaite"]
    np.testing.assert_allclose(table["ci_low"], listed["covariance_low"], atol=2e-4)
    np.testing.assert_allclose(table["ci_high"], listed["covariance_high"], atol=5e-3)


def test_satterthwaite_f_of_two_df_is_the_listing_s(main: MMRM, sas: dict[str, Any]) -> None:
    race = [{"RACE[T.Black or African American]": 1}, {"RACE[T.White]": 1}]
    result, (f, df1, df2) = main.wald(race), sas["satterthwaite"]["race"]
    assert result["f"] == pytest.approx(f, abs=0.01)
    assert result["df1"] == df1
    assert round(result["df2"]) == df2


def test_rows_without_outcome_are_counted(main: MMRM) -> None:
    assert (main.n_obs, main.n_excluded, main.n_subjects) == (537, 263, 197)


def test_intercept_alone(fev: pd.DataFrame, sas: dict[str, Any]) -> None:
    result = fit(fev, "FEV1 ~ 1", df="satterthwaite")
    listed = sas["simple"]
    assert listed["minus2_loglik"] - 1e-3 < -2 * result.loglik <= listed["minus2_loglik"]
    estimate, se, df = listed["intercept"]
    # At the maximum, then with the listing's covariance.
    for fitted, tolerance in (
        (result, 1e-3),
        (at_covariance(result, listed["covariance"]), 5e-5),
    ):
        row = fitted.coefficients().iloc[0]
        assert row["estimate"] == pytest.approx(estimate, abs=tolerance)
        assert row["se"] == pytest.approx(se, abs=tolerance)
        assert row["df"] == pytest.approx(df, abs=0.5)


@pytest.mark.parametrize("covariance", STRUCTURES)
def test_kenward_roger_agrees_with_sas(
    fev: pd.DataFrame, sas: dict[str, Any], covariance: str
) -> None:
    original, linear, df = sas["kenward_roger"][covariance]
    for method, se in (("kenward-roger-original", original), ("kenward-roger", linear)):
        row = fit(fev, "FEV1 ~ ARMCD", covariance=covariance, df=method).contrast([0, 1])
        # SAS stops short of the maximum by more than this for some structures.
        assert row["se"] == pytest.approx(se, rel=3e-4)
        assert row["df"] == pytest.approx(df, rel=5e-4)


@pytest.mark.parametrize("covariance", STRUCTURES)
def test_empirical_covariance_agrees_with_sas(
    fev: pd.DataFrame, sas: dict[str, Any], covariance: str
) -> None:
    for weights, expected in zip((None, "WEIGHT"), sas["empirical"][covariance], strict=True):
        result = fit(
            fev,
            "FEV1 ~ ARMCD",
            covariance=covariance,
            df="residual",
            vcov="CR0",
            weights=weights,
        )
        assert result.vcov.iloc[1, 1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("covariance", ["ar1h", "toeph"])
def test_separate_covariances_agree_with_sas(
    fev: pd.DataFrame, sas: dict[str, Any], covariance: str
) -> None:
    result = fit(fev, "FEV1 ~ 1", covariance=covariance, df="satterthwaite", group="ARMCD")
    minus2, estimate, se, df = sas["grouped"][covariance]
    assert minus2 - 2e-5 < -2 * result.loglik <= minus2 + 1e-8
    row = result.coefficients().iloc[0]
    assert row["estimate"] == pytest.approx(estimate, abs=2e-4)
    assert row["se"] == pytest.approx(se, abs=1e-4)
    assert round(row["df"]) == df
    assert set(result.covariance) == {"PBO", "TRT"}


def test_ml_agrees_with_sas(fev: pd.DataFrame, sas: dict[str, Any]) -> None:
    result = fit(fev, "FEV1 ~ 1", covariance="cs", method="ml", df="satterthwaite")
    minus2, covariance, residual, aic, estimate, se, df = sas["ml"]["cs"]
    assert minus2 - 1e-5 < -2 * result.loglik <= minus2
    parameters = result.covariance_parameters()["estimate"]
    np.testing.assert_allclose(parameters, [covariance, residual], rtol=3e-3)
    assert result.aic == pytest.approx(aic, abs=0.05)
    row = result.coefficients().iloc[0]
    assert row["estimate"] == pytest.approx(estimate, abs=1e-4)
    assert row["se"] == pytest.approx(se, abs=1e-4)
    assert round(row["df"]) == df


def test_sandwich_degrees_of_freedom_agree_with_r_mmrm(
    fev: pd.DataFrame, sas: dict[str, Any]
) -> None:
    data = fev.assign(SEX=pd.Categorical(fev["SEX"], categories=["Male", "Female"]))
    result = fit(data, "FEV1 ~ RACE + SEX", vcov="CR0", df="satterthwaite")
    row = result.contrast([1, 0, 0, 0])
    estimate, se, df = sas["r_mmrm"]["cr0_intercept"]
    assert row["estimate"] == pytest.approx(estimate, rel=1e-4)
    assert row["se"] == pytest.approx(se, rel=1e-4)
    assert round(row["df"]) == df
    f, df2 = sas["r_mmrm"]["cr0_race"]
    test = result.wald([[0, 1, 0, 0], [0, 0, 1, 0]])
    assert test["f"] == pytest.approx(f, rel=1e-3)
    assert round(test["df2"]) == df2


def test_between_within_agrees_with_r_mmrm(fev: pd.DataFrame, sas: dict[str, Any]) -> None:
    result = fit(fev, FORMULA, df="between-within")
    race = [{"RACE[T.Black or African American]": 1}, {"RACE[T.White]": 1}]
    visit = [{"AVISIT[T.VIS2]": 1}, {"AVISIT[T.VIS3]": 1}]
    assert result.wald(race)["df2"] == sas["r_mmrm"]["between_race"]
    assert result.wald(visit)["df2"] == sas["r_mmrm"]["within_visit"]
    assert result.wald(race + visit)["df2"] == sas["r_mmrm"]["between_race"]
