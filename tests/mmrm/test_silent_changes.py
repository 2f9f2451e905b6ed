"""Nothing that the model chooses by itself is silent: order of visits, covariance."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from analysis.mmrm import MMRM, FitWarning, mmrm, prepare
from tests.mmrm.conftest import trial

SCHEDULE = ["pre", "2 h", "24 h", "1 week"]
IN_ORDER = ["ar1", "ar1h", "toep", "toeph", "ad", "adh"]


def scheduled(n: int = 40, seed: int = 6) -> pd.DataFrame:
    """A trial whose visits have names that the alphabet puts in another order."""
    return trial(n, 4, seed=seed, rho=0.8).assign(visit=SCHEDULE * n)


def fit(data: pd.DataFrame, formula: str = "y ~ arm * visit", **options: object) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)  # type: ignore[arg-type]


def minus_two_reml(data: pd.DataFrame, order: list[str]) -> float:
    """The least -2 REML log-likelihood under AR(1) by one dense matrix and Nelder and Mead."""
    rows = data.dropna()
    place = rows["visit"].map({name: i for i, name in enumerate(order)}).to_numpy()
    same = rows["subject"].to_numpy()[:, None] == rows["subject"].to_numpy()
    # The columns of the formula: the determinant of another basis would shift the criterion.
    arm = (rows["arm"] == "drug").to_numpy(float)[:, None]
    visit = np.column_stack([np.ones(len(rows)), *(place == i for i in range(1, 4))])
    x = np.hstack([visit, arm * visit])
    y = rows["y"].to_numpy()

    def criterion(theta: np.ndarray) -> float:
        lag = np.abs(place[:, None] - place)
        sigma = np.where(same, np.exp(theta[0]) * np.tanh(theta[1]) ** lag, 0.0)
        inverse = np.linalg.inv(sigma)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        determinants = np.linalg.slogdet(sigma)[1] + np.linalg.slogdet(information)[1]
        return float((len(y) - 8) * np.log(2 * np.pi) + determinants + rest @ inverse @ rest)

    found = minimize(criterion, [0.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-7})
    return float(found.fun)


@pytest.mark.parametrize("ordered", [False, True])
def test_the_declared_order_of_visits_holds_ordered_or_not(ordered: bool) -> None:
    data = scheduled()
    for order in (SCHEDULE, ["24 h", "pre", "1 week", "2 h"]):
        declared = data.assign(visit=pd.Categorical(data["visit"], order, ordered=ordered))
        result = fit(declared, covariance="ar1")
        assert list(result.covariance.index) == order
        assert -2 * result.loglik == pytest.approx(minus_two_reml(data, order), abs=1e-6)


def test_the_declared_order_holds_for_every_factor_and_for_groups() -> None:
    data = scheduled()
    data["arm"] = pd.Categorical(data["arm"], ["drug", "control"])
    data["visit"] = pd.Categorical(data["visit"], SCHEDULE)
    result = fit(data, group="arm")
    assert list(result.covariance) == ["drug", "control"]
    assert list(result.lsmeans("arm")["arm"]) == ["drug", "control"]
    assert set(result.differences("arm", by="visit")["contrast"]) == {"control - drug"}
    chunks = fit([data.iloc[:80], data.iloc[80:]], group="arm")  # type: ignore[arg-type]
    assert list(chunks.covariance) == ["drug", "control"]
    assert list(chunks.lsmeans("visit")["visit"]) == SCHEDULE


@pytest.mark.parametrize("covariance", IN_ORDER)
def test_an_order_that_was_not_declared_is_natural_and_named(covariance: str) -> None:
    data = scheduled()
    with pytest.warns(FitWarning, match="taken: pre, 2 h, 24 h, 1 week. Declare it") as said:
        result = fit(data, covariance=covariance)
    assert said[0].filename == __file__
    declared = data.assign(visit=pd.Categorical(data["visit"], SCHEDULE, ordered=True))
    assert result.loglik == fit(declared, covariance=covariance).loglik


def test_categories_that_only_the_alphabet_ordered_are_followed_and_named() -> None:
    data = scheduled().astype({"visit": "category"})
    with pytest.warns(FitWarning, match="taken: 1 week, 2 h, 24 h, pre"):
        result = fit(data, covariance="ar1")
    assert list(result.covariance.index) == sorted(SCHEDULE)


def test_where_the_order_says_nothing_nothing_is_said() -> None:
    numbers = scheduled().assign(visit=lambda d: d["hours"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for covariance in ("us", "cs", "csh"):
            fit(scheduled(), covariance=covariance)
        # Two visits are neighbours in any order, and numbers order themselves.
        fit(scheduled()[lambda d: d["visit"].isin(["pre", "1 week"])], covariance="ar1")
        fit(numbers, covariance="ar1")


def test_a_prepared_model_warns_where_it_fits() -> None:
    spec = prepare("y ~ visit", scheduled(), subject="subject", visit="visit", covariance="ad")
    with pytest.warns(FitWarning, match="rests on the order of the visits"):
        spec.fit(scheduled(seed=7))


def never_seen_together() -> pd.DataFrame:
    """Half of the people at the first two visits, half at the others."""
    data = scheduled(24, seed=3)
    early = data["subject"].str[1:].astype(int) < 12
    return data[early == data["visit"].isin(SCHEDULE[:2])].dropna()


def test_a_fallback_names_what_was_used_in_which_order() -> None:
    with pytest.warns(FitWarning) as said:
        result = fit(never_seen_together(), "y ~ visit")
    text = str(said[0].message)
    assert f"Covariance {', '.join(result.fallbacks)} did not converge: " in text
    assert f"{result.covariance_type} was used instead" in text
    assert "taken: pre, 2 h, 24 h, 1 week" in text
    assert not result.converged


def test_converged_means_what_was_asked_for() -> None:
    assert fit(scheduled()).converged
    assert fit(scheduled(), covariance="cs").converged
    quiet = fit(never_seen_together(), "y ~ visit", fallback=("cs",))
    assert (quiet.converged, quiet.covariance_type) == (False, "cs")
