"""Where the maximisation starts: the moments of the residuals, and with few subjects many draws.

The likelihood of a heterogeneous structure, or of one with a correlation that few pairs of visits
speak of, may have several maxima where subjects are few; three starts missed a higher one in 2 of
560 trials of 8 to 13 people. Checked by climbs from random starts of another kind on hard random
trials (`tests/mmrm/fit/test_starts.py`; 2,000 of them in its long form).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.mmrm.arrays import Array
from analysis.mmrm.fit.likelihood import Likelihood

# With three visits or more these may have a second maximum.
HILLY = ("toep", "toeph", "ar1", "ar1h", "csh", "ad", "adh")
# Values drawn. All are climbed from: the most likely of them may lie on lower hills.
DRAWN = 60


def starts(likelihood: Likelihood) -> Iterator[Array]:
    """Moments of the residuals of each group, their diagonal, and correlations of one half."""
    covariance, matrices = likelihood.covariance, residual_moments(likelihood)
    yield covariance.start(matrices)
    diagonal = [np.diag(np.diag(matrix)) for matrix in matrices]
    yield covariance.start(np.stack(diagonal))
    alike = [(d + np.sqrt(np.outer(np.diag(d), np.diag(d)))) / 2 for d in diagonal]
    yield covariance.start(np.stack(alike))


def drawn_starts(likelihood: Likelihood) -> list[Array]:
    """Many values drawn at random, always the same draws.

    Variances are those of the residuals times a log-normal factor; correlations are drawn from
    the whole of what the structure admits.
    """
    covariance, k = likelihood.covariance, likelihood.covariance.n_visits
    if covariance.kind not in HILLY or k < 3:
        return []
    draw = CORRELATIONS[covariance.kind.removesuffix("h")]
    rng = np.random.default_rng(DRAWN)
    variances = [np.diag(matrix) for matrix in residual_moments(likelihood)]
    found = []
    for _ in range(DRAWN):
        matrices = []
        for variance in variances:
            scale = np.sqrt(variance * np.exp(rng.standard_normal(k)))
            matrices.append(draw(rng, k) * np.outer(scale, scale))
        found.append(covariance.start(np.stack(matrices)))
    return found


def residual_moments(likelihood: Likelihood) -> Array:
    """Covariance of the least squares residuals of each group, well definite, (G, K, K)."""
    moments, covariance = likelihood.moments, likelihood.covariance
    rest = moments.z[:, :, -1]
    groups = np.zeros(len(moments.unit), dtype=np.intp)
    if covariance.unit_group is not None:
        groups = covariance.unit_group[moments.unit]
    elif len(covariance.groups) > 1:
        groups = moments.unit
    matrices = []
    for group in range(len(covariance.groups)):
        mine = groups == group
        rows = rest[mine[moments.pattern]]
        seen = moments.visits[mine].astype(float)
        pairs = (seen * moments.count[mine, None]).T @ seen
        matrices.append(_positive(rows.T @ rows, pairs))
    return np.stack(matrices)


def _one_correlation(rng: np.random.Generator, k: int) -> Array:
    """Compound symmetry with any correlation that it admits."""
    rho = rng.uniform(-0.9 / (k - 1), 0.95)
    return np.asarray(rho + (1 - rho) * np.eye(k))


def _one_step(rng: np.random.Generator, k: int) -> Array:
    """Autoregression of either sign."""
    lag = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    return np.asarray(rng.uniform(-0.95, 0.95) ** lag)


def _steps(rng: np.random.Generator, k: int) -> Array:
    """Ante-dependence: a step of its own between each two neighbours."""
    product = np.concatenate([[1.0], np.cumprod(rng.uniform(-0.95, 0.95, k - 1))])
    ratio = product[None, :] / product[:, None]
    upper = np.triu(ratio)
    return np.asarray(upper + np.triu(ratio, 1).T)


def _by_lag(rng: np.random.Generator, k: int) -> Array:
    """Toeplitz, from partial correlations (Durbin's recursion): always positive definite."""
    correlation, weights = [1.0], np.empty(0)
    for partial in rng.uniform(-0.9, 0.9, k - 1):
        left = 1 - float(weights @ np.array(correlation[1:])) if len(weights) else 1.0
        past = np.array(correlation[1:])[::-1]
        correlation.append(float(weights @ past) + partial * left)
        weights = np.append(weights - partial * weights[::-1], partial)
    lag = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    return np.array(correlation)[lag]


CORRELATIONS = {"cs": _one_correlation, "ar1": _one_step, "ad": _steps, "toep": _by_lag}


def _positive(sums: Array, pairs: Array) -> Array:
    """Covariance from sums and numbers of pairs, drawn to its diagonal until well definite."""
    matrix = sums / np.maximum(pairs, 1)
    variances = np.diag(matrix).copy()
    variances[variances <= 0] = max(float(variances.mean()), np.finfo(float).tiny)
    scale = np.sqrt(variances)
    correlation = np.clip(matrix / np.outer(scale, scale), -0.98, 0.98)
    np.fill_diagonal(correlation, 1.0)
    smallest = float(np.linalg.eigvalsh(correlation)[0])
    if smallest < 0.05:
        shrink = (0.05 - smallest) / (1 - smallest)
        correlation = (1 - shrink) * correlation + shrink * np.eye(len(correlation))
    return correlation * np.outer(scale, scale)
