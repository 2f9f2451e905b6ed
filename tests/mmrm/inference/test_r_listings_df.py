"""Against what R printed: degrees of freedom, adjusted and robust covariances, LS means.

Kenward-Roger by pbkrtest, Satterthwaite by lmerTest and emmeans, between-within by nlme::lme,
sandwich covariances by clubSandwich. pbkrtest uses the expected information of the covariance
parameters where SAS and we use the observed; with the expected one put in, ours prints the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm import r_listings as r

Fitted = Callable[..., MMRM]
NAMES = list(r.STUDIES)


@pytest.fixture(scope="module")
def fitted(open_data: Callable[[str], Path]) -> Fitted:
    @cache
    def data(name: str) -> pd.DataFrame:
        folder = r.FOLDERS.get(name)
        return r.STUDIES[name].read(name, open_data(folder) if folder else None)

    @cache
    def fit(name: str, kind: str, df: str, vcov: str = "model") -> MMRM:
        return r.fit(name, data(name), kind, "REML", df=df, vcov=vcov)

    return fit


def rows_of(result: MMRM, label: str) -> np.ndarray:
    """The identity's rows for the terms that R calls ``a:b``: their tests have several df."""
    factors = sorted(label.split(":"))
    terms = [r.plain(term).split(":") for term in result.params.index]
    chosen = [
        i
        for i, parts in enumerate(terms)
        if len(parts) == len(factors)
        and all(part.startswith(factor) for part, factor in zip(parts, factors, strict=True))
    ]
    return np.eye(len(terms))[chosen]


def table_of(result: MMRM) -> pd.DataFrame:
    return result.coefficients().rename(index=r.plain)


@pytest.mark.parametrize("name", NAMES)
def test_kenward_roger_with_expected_information_is_that_of_pbkrtest(
    fitted: Fitted, name: str
) -> None:
    table = r.listing("lmer", name)
    theta = r.listed_parameters(table, "cs", "REML")
    ours = r.at(fitted(name, "cs", "kenward-roger"), theta, expected=True)
    coefficients, df = table_of(ours), table.terms("cs", "REML", "kenward-roger df")
    matrix = table.matrix("cs", "REML", "kenward-roger vcov")
    np.testing.assert_allclose(coefficients["se"][df.index], np.sqrt(np.diag(matrix)), rtol=1e-9)
    np.testing.assert_allclose(coefficients["df"][df.index], df, rtol=1e-9)
    statistics = table.values("cs", "REML", "kenward-roger F")
    denominators = table.values("cs", "REML", "kenward-roger F df")
    for label in statistics.index:
        test = ours.wald(rows_of(ours, label))
        assert test["f"] == pytest.approx(statistics[label], rel=1e-9)
        assert test["df2"] == pytest.approx(denominators[label], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_kenward_roger_with_observed_information_is_near_that_of_pbkrtest(
    fitted: Fitted, name: str
) -> None:
    table, ours = r.listing("lmer", name), fitted(name, "cs", "kenward-roger")
    df = table.terms("cs", "REML", "kenward-roger df")
    # With complete data the two informations are the same at the maximum.
    close = 1e-7 if name == "complete" else 0.1
    np.testing.assert_allclose(table_of(ours)["df"][df.index], df, rtol=close)


@pytest.mark.parametrize("name", NAMES)
def test_satterthwaite_is_that_of_lmertest(fitted: Fitted, name: str) -> None:
    table, ours = r.listing("lmer", name), fitted(name, "cs", "satterthwaite")
    coefficients, df = table_of(ours), table.terms("cs", "REML", "satterthwaite df")
    se = table.terms("cs", "REML", "satterthwaite se")
    np.testing.assert_allclose(coefficients["se"][df.index], se, rtol=1e-6)
    # lmerTest's Hessian is numeric.
    np.testing.assert_allclose(coefficients["df"][df.index], df, rtol=1e-5)
    statistics = table.values("cs", "REML", "satterthwaite F")
    denominators = table.values("cs", "REML", "satterthwaite F df")
    for label in statistics.index:
        test = ours.wald(rows_of(ours, label))
        assert test["f"] == pytest.approx(statistics[label], rel=1e-6)
        assert test["df2"] == pytest.approx(denominators[label], rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_between_within_is_that_of_nlme(fitted: Fitted, name: str) -> None:
    ours = table_of(fitted(name, "cs", "between-within"))["df"]
    theirs = r.listing("lmer", name).terms("cs", "REML", "between-within df")
    # nlme counts the intercept as estimated within subjects.
    terms = [term for term in theirs.index if term != "Intercept"]
    np.testing.assert_array_equal(ours[terms], theirs[terms])


@pytest.mark.parametrize("kind", ["us", "cs", "csh", "ar1", "ar1h"])
@pytest.mark.parametrize("name", NAMES)
def test_ls_means_are_those_of_emmeans(fitted: Fitted, name: str, kind: str) -> None:
    table, ours = r.listing("gls", name), fitted(name, kind, "satterthwaite")
    arm, visit = r.STUDIES[name].arm, r.STUDIES[name].visit
    means = ours.lsmeans(arm, by=visit)
    means.index = means[arm].astype(str) + "/" + means[visit].astype(str)
    differences = ours.differences(arm, by=visit)
    differences.index = "difference/" + differences[visit].astype(str)
    for what, mine in (("lsmean", means), ("difference", differences)):
        listed = table.values(kind, "REML", f"{what} estimate")
        se = table.values(kind, "REML", f"{what} se")
        mine = mine.loc[listed.index]
        assert ((mine["estimate"] - listed) / se).abs().max() < 1e-4
        np.testing.assert_allclose(mine["se"], se, rtol=1e-4)
        # gls stops short of the maximum, and the derivatives of R are numeric.
        df = table.values(kind, "REML", f"{what} df")
        np.testing.assert_allclose(mine["df"], df, rtol=2e-4)
        # As emmeans prints them: with the covariance of parameters that nlme finds coarsely.
        printed = table.values(kind, "REML", f"{what} df of emmeans")
        np.testing.assert_allclose(mine["df"], printed, rtol=0.06)


@pytest.mark.parametrize("vcov", ["CR0", "CR2", "CR3"])
@pytest.mark.parametrize("kind", ["us", "cs"])
@pytest.mark.parametrize("name", NAMES)
def test_sandwich_is_that_of_clubsandwich(fitted: Fitted, name: str, kind: str, vcov: str) -> None:
    table, ours = r.listing("gls", name), fitted(name, kind, "satterthwaite", vcov)
    ours = r.at(ours, r.listed_parameters(table, kind, "REML"))
    coefficients = table_of(ours)
    se = table.terms(kind, "REML", f"{vcov} se")
    np.testing.assert_allclose(coefficients["se"][se.index], se, rtol=1e-9)
    df = table.terms(kind, "REML", f"{vcov} df")
    np.testing.assert_allclose(coefficients["df"][df.index], df, rtol=1e-9)


def test_where_the_sas_listing_stops_short_nlme_is_with_us(
    fitted: Fitted, sas: dict[str, Any]
) -> None:
    """The difference at the second visit is listed as 3.7322 and is 3.73232 at the maximum."""
    ours = fitted("fev", "us", "satterthwaite").differences("ARMCD", by="AVISIT")
    nlme = r.listing("gls", "fev").values("us", "REML", "difference estimate").to_numpy()
    listed = np.array(sas["satterthwaite"]["differences"])
    gap = np.abs(ours["estimate"].to_numpy() - nlme)
    assert gap.max() < 5e-5
    assert abs(listed[1] - nlme[1]) > 1e-4
