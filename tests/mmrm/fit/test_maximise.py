"""Against what R printed: log-likelihoods, coefficients and covariances of every structure.

Scripts, listings and a table of the differences are in tests/reference/mmrm. Each fit is compared
twice: at our maximum, as closely as the other optimiser stops to its own, and with the other's
covariance parameters put into our likelihood, which must then print what the other prints.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm import r_listings as r

ALL = ["us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh", "sp_exp"]
WEIGHTED = ["us weighted", "cs weighted"]
SOFTWARE = {
    "gls": ALL + WEIGHTED,
    "glmmtmb": ["us", "csh", "toeph", "ar1", "grouped"],
    "lmer": ["cs"],
}
# How far from the maximum the other optimiser may stop: log-likelihood, and estimates in
# standard errors. glmmTMB's gradient under REML is numeric, and it shows.
SHORT = {"gls": (2e-6, 1e-3), "glmmtmb": (3e-4, 2e-3), "lmer": (1e-10, 1e-7)}
CASES = [
    (software, name, kind, method)
    for software, kinds in SOFTWARE.items()
    for name in r.STUDIES
    for kind in kinds
    for method in ("REML", "ML")
    if not (kind == "grouped" and name in ("small", "complete"))
    and not (kind in WEIGHTED and name == "antidepressant")
]


@pytest.fixture(scope="module")
def fitted(open_data: Callable[[str], Path]) -> Callable[[str, str, str], MMRM]:
    @cache
    def data(name: str) -> pd.DataFrame:
        folder = r.FOLDERS.get(name)
        return r.STUDIES[name].read(name, open_data(folder) if folder else None)

    @cache
    def fit(name: str, kind: str, method: str) -> MMRM:
        return r.fit(name, data(name), kind, method)

    return fit


def loglik(software: str, table: r.Listing, kind: str, method: str) -> float:
    """What was printed; for glmmTMB the exact value at its covariance, which R computed too."""
    quantity = "exact loglik" if software == "glmmtmb" else "loglik"
    return table.number(kind, method, quantity)


def in_standard_errors(result: MMRM, listed: pd.Series) -> float:
    ours = result.params.rename(index=r.plain)
    assert set(ours.index) == set(listed.index)
    se = result.bse.rename(index=r.plain)
    return float(((ours - listed) / se).abs().max())


@pytest.mark.parametrize(("software", "name", "kind", "method"), CASES)
def test_no_other_likelihood_is_higher_and_estimates_agree(
    fitted: Callable[[str, str, str], MMRM], software: str, name: str, kind: str, method: str
) -> None:
    table = r.listing(software, name)
    ours, short = fitted(name, kind, method), SHORT[software]
    theirs = loglik(software, table, kind, method)
    print(f"{ours.loglik:.9f} ours, {theirs:.9f} theirs")
    assert ours.loglik >= theirs - 1e-8
    if kind in ("ad", "adh") and (ours._optimum.state.theta < 0).any():
        # R's autoregression in continuous time has no negative correlation: it stops at zero.
        return
    assert ours.loglik <= theirs + short[0]
    assert in_standard_errors(ours, table.terms(kind, method, "coef")) < short[1]
    theta = r.listed_parameters(table, kind, method)
    optimum = ours._optimum
    gap = np.abs(optimum.state.theta - theta) / np.sqrt(np.diag(optimum.theta_cov))
    assert gap.max() < 2 * np.sqrt(short[0])


@pytest.mark.parametrize(("software", "name", "kind", "method"), CASES)
def test_at_the_other_covariance_our_formulas_print_the_listing(
    fitted: Callable[[str, str, str], MMRM], software: str, name: str, kind: str, method: str
) -> None:
    table = r.listing(software, name)
    there = r.at(fitted(name, kind, method), r.listed_parameters(table, kind, method))
    theirs = loglik(software, table, kind, method)
    assert there.loglik == pytest.approx(theirs, abs=1e-9)
    # glmmTMB finds the coefficients under ML by its optimiser, not from the covariance.
    joint = software == "glmmtmb" and method == "ML"
    coef = table.terms(kind, method, "coef")
    assert in_standard_errors(there, coef) < (2e-3 if joint else 1e-8)
    if software != "gls":
        return
    # gls multiplies by N / (N - p) under ML.
    scale = there.n_obs / (there.n_obs - len(coef)) if method == "ML" else 1.0
    vcov = scale * there.vcov.rename(index=r.plain, columns=r.plain)
    vcov = vcov.loc[coef.index, coef.index].to_numpy()
    se = np.sqrt(np.diag(vcov))
    if kind == "us":
        gap = (vcov - table.matrix(kind, method, "vcov")) / np.outer(se, se)
    else:
        gap = se / table.terms(kind, method, "se") - 1
    assert np.abs(gap).max() < 1e-9
