"""A group without a visit, and a visit with one person an arm: fitted as far as data go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.mmrm import MMRM, mmrm
from analysis.mmrm.fit.covariance import STRUCTURES
from tests.mmrm.conftest import trial

KINDS = [kind for kind in STRUCTURES if kind != "sp_exp"]
# Of these the covariance of some visits is of the same form whichever are left out.
HEREDITARY = ("us", "cs", "csh", "ad", "adh")


def fit(data: pd.DataFrame, formula: str = "y ~ arm * visit", **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", df="satterthwaite", **options)


CASES = [
    (kind, gone)
    for kind in KINDS
    for gone in ("VIS8", "VIS9", "VIS11")
    if gone != "VIS9" or kind in HEREDITARY
]


@pytest.mark.parametrize(("kind", "gone"), CASES)
def test_a_group_without_a_visit_leaves_the_covariance_of_all_as_it_is(
    kind: str, gone: str
) -> None:
    data = trial(60, 4, seed=5)
    data = data[(data["arm"] == "drug") | (data["visit"] != gone)]
    together = fit(data, covariance=kind, group="arm")
    assert (together.covariance_type, together.fallbacks) == (kind, ())
    loglik, parameters = 0.0, 0
    for arm, rows in data.groupby("arm"):
        # No term is common to the groups: each is its own model.
        alone = fit(rows, "y ~ visit", covariance=kind)
        loglik += alone.loglik
        parameters += len(alone.covariance_parameters())
        mine = together.covariance[arm]
        seen = [visit for visit in mine.index if arm == "drug" or visit != gone]
        np.testing.assert_allclose(mine.loc[seen, seen], alone.covariance, rtol=1e-5, atol=1e-6)
        assert mine.loc[gone].isna().all() == (arm == "control")
    assert together.loglik == pytest.approx(loglik, rel=1e-9)
    assert len(together.covariance_parameters()) == parameters
    assert together.lsmeans("arm", by="visit")["estimate"].isna().sum() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_group_with_one_visit_has_one_variance(kind: str) -> None:
    data = trial(60, 3, missing=0, seed=6)
    data = data[(data["arm"] == "drug") | (data["visit"] == "VIS9")]
    result = fit(data, covariance=kind, group="arm")
    alone = fit(data[data["arm"] == "control"], "y ~ 1")
    assert result.fallbacks == ()
    variance = result.covariance["control"].loc["VIS9", "VIS9"]
    assert variance == pytest.approx(float(alone.covariance.iloc[0, 0]), rel=1e-6)


def sparse() -> pd.DataFrame:
    """Twenty people at two visits, one person an arm at a third."""
    data = trial(20, 3, missing=0, seed=9)
    return data[(data["visit"] != "VIS10") | data["subject"].isin(["s4", "s7"])]


def test_one_person_an_arm_at_a_visit_is_fitted_where_visits_share_a_variance() -> None:
    data = sparse()
    result = fit(data, "y ~ baseline + arm * visit", covariance="cs")
    rows = data.assign(drug=(data["arm"] == "drug").astype(float))
    visit = pd.get_dummies(rows["visit"]).to_numpy(float)[:, 1:]
    drug = rows[["drug"]].to_numpy()
    x = np.hstack([np.ones((len(rows), 1)), rows[["baseline"]], drug, visit, drug * visit])
    y, subject = rows["y"].to_numpy(), rows["subject"].to_numpy()
    same = subject[:, None] == subject

    def reml(theta: np.ndarray) -> tuple[float, np.ndarray]:
        sigma = same * np.exp(theta[0]) + np.eye(len(y)) * np.exp(theta[1])
        inverse = np.linalg.inv(sigma)
        information = x.T @ inverse @ x
        beta = np.linalg.solve(information, x.T @ inverse @ y)
        rest = y - x @ beta
        free = len(y) - x.shape[1]
        determinants = np.linalg.slogdet(sigma)[1] + np.linalg.slogdet(information)[1]
        quadratic = rest @ inverse @ rest
        return (free * np.log(2 * np.pi) + determinants + quadratic) / 2, beta

    found = minimize(lambda t: reml(t)[0], [0.0, 0.0], method="Nelder-Mead", tol=1e-10)
    assert result.loglik == pytest.approx(-found.fun, abs=1e-7)
    beta = reml(found.x)[1]
    last = result.differences("arm", by="visit")["estimate"].iloc[-1]
    assert last == pytest.approx(beta[2] + beta[-1], abs=1e-4)


@pytest.mark.parametrize("kind", ["us", "toeph", "ar1h", "csh", "adh"])
def test_a_visit_with_a_variance_of_its_own_needs_more_people(kind: str) -> None:
    with pytest.raises(ValueError, match=r"Visit VIS10 was seen by 2 subject\(s\)"):
        fit(sparse(), covariance=kind)
