"""The sums by pattern against the same formulas written with one large matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

FORMULA = "y ~ baseline + arm * visit"


def fit(**options: Any) -> MMRM:
    data = trial(24, 3, seed=12)
    data["site"] = np.where(data["subject"].str[1:].astype(int) % 3 == 0, "one", "two")
    data["w"] = np.random.default_rng(0).uniform(0.5, 2, len(data))
    return mmrm(FORMULA, data, subject="subject", visit="visit", **options)


def dense(result: MMRM) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X, y, covariance of all rows, and its first and second derivatives."""
    kept, optimum = result._inference.kept_rows(), result._inference.optimum
    design, patterns = kept.design, kept.patterns
    theta, structure = optimum.state.theta, optimum.likelihood.covariance
    sigma, first, second = structure.derivatives(theta)
    unit = patterns.unit[patterns.of_subject][design.subject]
    same = design.subject[:, None] == design.subject
    root = np.ones(len(design.y)) if design.weights is None else np.sqrt(design.weights)
    a, b = design.visit[:, None], design.visit[None, :]

    def rows(matrices: np.ndarray) -> np.ndarray:
        return np.where(same, matrices[..., unit[:, None], a, b], 0.0) / np.outer(root, root)

    one = np.stack([rows(first[:, h]) for h in range(len(theta))])
    t = len(theta)
    two = np.zeros((t, t, len(design.y), len(design.y)))
    if second is not None:
        for h in range(t):
            for j in range(t):
                two[h, j] = rows(second[:, h, j])
    return design.x, design.y, rows(sigma), one, two


OPTIONS = [
    {"covariance": "us"},
    {"covariance": "csh"},
    {"covariance": "ar1h", "group": "site"},
    {"covariance": "us", "weights": "w"},
    {"covariance": "sp_exp", "time": "hours"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_loglik_and_estimates(options: dict[str, Any], method: str) -> None:
    result = fit(**options, method=method, df="satterthwaite")
    x, y, sigma, _, _ = dense(result)
    v = np.linalg.inv(sigma)
    information = x.T @ v @ x
    beta = np.linalg.solve(information, x.T @ v @ y)
    e = y - x @ beta
    n = len(y) - (x.shape[1] if method == "reml" else 0)
    minus2 = n * np.log(2 * np.pi) + np.linalg.slogdet(sigma)[1] + e @ v @ e
    minus2 += np.linalg.slogdet(information)[1] if method == "reml" else 0
    np.testing.assert_allclose(result.loglik, -minus2 / 2, rtol=1e-10)
    np.testing.assert_allclose(result.params, beta, rtol=1e-8)
    np.testing.assert_allclose(result.vcov, np.linalg.inv(information), rtol=1e-7)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(map(str, o.values())))
@pytest.mark.parametrize("original", [False, True], ids=["linear", "original"])
def test_kenward_roger(options: dict[str, Any], original: bool) -> None:
    result = fit(**options, df="kenward-roger-original" if original else "kenward-roger")
    x, _, sigma, one, two = dense(result)
    w = result._inference.optimum.theta_cov
    v = np.linalg.inv(sigma)
    phi = np.linalg.inv(x.T @ v @ x)
    vx = v @ x
    p = [-vx.T @ d @ vx for d in one]
    middle = np.zeros_like(phi)
    for h in range(len(w)):
        for j in range(len(w)):
            term = vx.T @ one[h] @ v @ one[j] @ vx - p[h] @ phi @ p[j]
            if original:
                term = term - vx.T @ two[h, j] @ vx / 4
            middle += w[h, j] * term
    np.testing.assert_allclose(result.vcov, phi + 2 * phi @ middle @ phi, rtol=1e-6, atol=1e-9)
    # Several degrees of freedom, as Kenward and Roger (1997) write them.
    contrasts = np.eye(x.shape[1])[-2:]
    theta = contrasts.T @ np.linalg.inv(contrasts @ phi @ contrasts.T) @ contrasts
    a1 = a2 = 0.0
    for h in range(len(w)):
        for j in range(len(w)):
            left, right = theta @ phi @ p[h] @ phi, theta @ phi @ p[j] @ phi
            a1 += w[h, j] * np.trace(left) * np.trace(right)
            a2 += w[h, j] * np.trace(left @ right)
    q = 2
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    c = np.array([g, q - g, q + 2 - g]) / (3 * q + 2 * (1 - g))
    mean = 1 / (1 - a2 / q)
    variance = 2 / q * (1 + c[0] * b) / ((1 - c[1] * b) ** 2 * (1 - c[2] * b))
    df2 = 4 + (q + 2) / (q * variance / (2 * mean**2) - 1)
    adjusted = contrasts @ result.vcov.to_numpy() @ contrasts.T
    estimate = contrasts @ result.params.to_numpy()
    f = df2 / (mean * (df2 - 2)) * estimate @ np.linalg.solve(adjusted, estimate) / q
    test = result.wald(contrasts)
    np.testing.assert_allclose([test["f"], test["df2"]], [f, df2], rtol=1e-7)


@pytest.mark.parametrize("options", OPTIONS[:4], ids=lambda o: "-".join(map(str, o.values())))
@pytest.mark.parametrize("kind", ["CR0", "CR2", "CR3"])
def test_sandwich_and_its_degrees_of_freedom(options: dict[str, Any], kind: str) -> None:
    result = fit(**options, vcov=kind, df="satterthwaite")
    x, y, sigma, _, _ = dense(result)
    subject = result._inference.kept_rows().design.subject
    v = np.linalg.inv(sigma)
    phi = np.linalg.inv(x.T @ v @ x)
    e = y - x @ result.params.to_numpy()
    meat, sides = np.zeros_like(phi), []
    contrast = np.zeros(x.shape[1])
    contrast[-1] = 1.0
    hat = x @ phi @ x.T
    left = np.eye(len(y)) - hat @ v
    for i in range(result.n_subjects):
        mine = np.flatnonzero(subject == i)
        at = np.ix_(mine, mine)
        adjust = np.eye(len(mine))
        if kind == "CR3":
            adjust = np.linalg.inv(left[at])
        if kind == "CR2":
            root = np.linalg.cholesky(sigma[at])
            within = (left @ sigma @ left.T)[at]
            values, vectors = np.linalg.eigh(root.T @ within @ root)
            adjust = root @ (vectors / np.sqrt(values)) @ vectors.T @ root.T
            np.testing.assert_allclose(adjust @ within @ adjust.T, sigma[at], atol=1e-8)
        score = x[mine].T @ v[at] @ adjust @ e[mine]
        meat += np.outer(score, score)
        sides.append(left[mine].T @ adjust.T @ v[at] @ x[mine] @ phi @ contrast)
    np.testing.assert_allclose(result.vcov, phi @ meat @ phi, rtol=1e-6, atol=1e-9)
    gram = np.array(sides) @ sigma @ np.array(sides).T
    df = np.trace(gram) ** 2 / np.sum(gram**2)
    np.testing.assert_allclose(result.contrast(contrast)["df"], df, rtol=1e-7)


@pytest.mark.parametrize(("kind", "name"), [("CR0", "HC0"), ("CR2", "HC2"), ("CR3", "HC3")])
def test_one_visit_is_the_heteroscedastic_covariance_of_least_squares(kind: str, name: str) -> None:
    data = trial(25, 1, seed=13)
    result = mmrm("y ~ arm", data, subject="subject", visit="visit", vcov=kind, df="satterthwaite")
    x = sm.add_constant((data["arm"] == "drug").to_numpy(float))
    expected = sm.OLS(data["y"].to_numpy(), x).fit(cov_type=name).cov_params()
    np.testing.assert_allclose(result.vcov, expected, rtol=1e-8)
