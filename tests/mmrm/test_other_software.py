"""Against statsmodels where the models coincide, and on a real trial."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.mmrm import mmrm
from tests.mmrm.conftest import trial

STRUCTURES = ["us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh"]
DF = ["kenward-roger", "kenward-roger-original", "satterthwaite", "between-within", "residual"]


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_compound_symmetry_is_the_random_intercept_of_statsmodels(method: str) -> None:
    data = trial(40, 4, seed=60, rho=0.8)
    formula = "y ~ baseline + arm * visit"
    ours = mmrm(
        formula,
        data,
        subject="subject",
        visit="visit",
        covariance="cs",
        method=method,
        df="satterthwaite",
    )
    used = data.dropna()
    visits = pd.Categorical(used["visit"], categories=list(ours.covariance.index))
    with warnings.catch_warnings():
        # statsmodels warns on the way to the maximum.
        warnings.simplefilter("ignore")
        model = smf.mixedlm(formula, used.assign(visit=visits), groups=used["subject"])
        theirs = model.fit(reml=method == "reml", method="lbfgs", gtol=1e-12, maxiter=2000)
    between, within = float(theirs.cov_re.iloc[0, 0]), theirs.scale
    np.testing.assert_allclose(
        ours.covariance_parameters()["estimate"], [between, within], rtol=1e-3
    )
    mine = {name: value for name, value in ours.params.items() if ":" not in name}
    for name, value in mine.items():
        assert value == pytest.approx(theirs.params[name], rel=1e-3, abs=1e-4)
    if method == "ml":
        # Ours is the maximum: theirs is no higher.
        assert theirs.llf - 1e-8 <= ours.loglik <= theirs.llf + 1e-4


@pytest.fixture(scope="module")
def antidepressant(open_data: Callable[[str], Path]) -> pd.DataFrame:
    return pd.read_csv(open_data("antidepressant-trial") / "antidepressant_data.csv")


@pytest.mark.parametrize("covariance", STRUCTURES)
def test_the_antidepressant_trial_by_every_structure_and_method(
    antidepressant: pd.DataFrame, covariance: str
) -> None:
    formula = "CHANGE ~ BASVAL * VISIT + THERAPY * VISIT"
    options = {"subject": "PATIENT", "visit": "VISIT", "covariance": covariance}
    se = []
    for df in DF:
        result = mmrm(formula, antidepressant, df=df, **options)
        assert result.gradient_norm < 1e-6
        assert result.covariance_type == covariance
        table = result.differences("THERAPY", by="VISIT", reference="PLACEBO")
        assert np.isfinite(table[["estimate", "se", "df", "p_value"]]).all(axis=None)
        se.append(table["se"].to_numpy())
    # Kenward-Roger's standard errors are near the model's in a trial of this size.
    np.testing.assert_allclose(se[0], se[2], rtol=0.02)
    ml = mmrm(formula, antidepressant, df="satterthwaite", method="ml", **options)
    assert ml.gradient_norm < 1e-6
    assert list(ml.covariance.index) == [4, 5, 6, 7]
