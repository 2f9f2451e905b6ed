"""Against statsmodels where the models coincide, and two trials by everything there is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.mmrm import mmrm
from tests.mmrm import r_listings
from tests.mmrm.conftest import trial

STRUCTURES = ["us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh", "sp_exp"]
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
def tables(open_data: Callable[[str], Path]) -> dict[str, pd.DataFrame]:
    return {
        name: r_listings.STUDIES[name].read(name, open_data(folder))
        for name, folder in r_listings.FOLDERS.items()
    }


@pytest.mark.parametrize("method", ["reml", "ml"])
@pytest.mark.parametrize("covariance", STRUCTURES)
@pytest.mark.parametrize("name", list(r_listings.FOLDERS))
def test_trials_by_every_structure_method_and_df(
    tables: dict[str, pd.DataFrame], name: str, covariance: str, method: str
) -> None:
    study, found = r_listings.STUDIES[name], {}
    for df in DF:
        if method == "ml" and df.startswith("kenward-roger"):
            continue
        result = r_listings.fit(name, tables[name], covariance, method, df=df)
        assert result.gradient_norm < 1e-6
        assert result.covariance_type == covariance
        found[df] = result.differences(study.arm, by=study.visit)
        assert np.isfinite(found[df][["estimate", "se", "df", "p_value"]]).all(axis=None)
    base = found["satterthwaite"]
    for table in found.values():
        np.testing.assert_allclose(table["estimate"], base["estimate"], rtol=1e-10)
        # The adjustment of Kenward and Roger is small in trials of this size.
        np.testing.assert_allclose(table["se"], base["se"], rtol=0.02)
    assert (found["residual"]["df"] == result.n_obs - len(result.params)).all()
    if method == "reml":
        # One contrast has Satterthwaite's degrees of freedom.
        for df in ("kenward-roger", "kenward-roger-original"):
            np.testing.assert_allclose(found[df]["df"], base["df"], rtol=1e-10)
