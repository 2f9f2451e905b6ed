"""Sandwich covariances against clubSandwich."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm import MMRM
from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted, table_of


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


def by_the_root_of_mmrm(result: MMRM) -> np.ndarray:
    """Standard errors with ``(I - L'X Phi X'L)^(-1/2)``, which is what R's mmrm calls CR2."""
    kept, optimum = result._inference.kept_rows(), result._inference.optimum
    design, basis = kept.design, optimum.likelihood.moments.basis
    sigma = optimum.likelihood.covariance.matrices(optimum.state.theta)[0]
    x = design.x[:, basis.kept]
    rest = design.y - x @ result.params.to_numpy()
    people = [np.flatnonzero(design.subject == i) for i in range(design.n_subjects)]
    roots = [
        np.linalg.cholesky(np.linalg.inv(sigma[np.ix_(design.visit[rows], design.visit[rows])]))
        for rows in people
    ]
    scaled = [root.T @ x[rows] for root, rows in zip(roots, people, strict=True)]
    phi = np.linalg.inv(np.sum([part.T @ part for part in scaled], axis=0))
    meat = np.zeros_like(phi)
    for part, root, rows in zip(scaled, roots, people, strict=True):
        values, vectors = np.linalg.eigh(np.eye(len(rows)) - part @ phi @ part.T)
        half = (vectors / np.sqrt(values)) @ vectors.T
        score = part.T @ half @ root.T @ rest[rows]
        meat += np.outer(score, score)
    return np.sqrt(np.diag(phi @ meat @ phi))


@pytest.mark.parametrize(
    ("name", "below", "above"), [("large", 0.3, 0.2), ("small", 1.5, 2.7), ("complete", 0.7, 5.0)]
)
def test_the_root_of_mmrm_is_another_by_what_the_docstring_says(
    name: str, below: float, above: float
) -> None:
    study, apart = r.STUDIES[name], []
    for kind in ("us", "csh"):
        ours = r.fit(name, study.read(name, None), kind, "REML", vcov="CR2")
        apart.append(by_the_root_of_mmrm(ours) / ours.bse.to_numpy() - 1)
    assert -below / 100 < np.min(apart) < 0 < np.max(apart) < above / 100
    assert np.max(np.abs(apart)) > 0.8 * max(below, above) / 100
