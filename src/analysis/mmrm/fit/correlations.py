"""Correlations of visits by structure, with first and second derivatives; covariances of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.mmrm.arrays import Array, Index

__all__ = ["CORRELATIONS", "Derivatives", "lags", "pairs", "scaled"]

# A covariance, its first derivatives by parameter, and its second where they are asked for.
Derivatives = tuple[Array, Array, Array | None]


def pairs(k: int) -> list[tuple[int, int]]:
    """Rows and columns of the lower triangle, row by row."""
    return [(a, b) for a in range(k) for b in range(a + 1)]


def lags(k: int) -> Index:
    """How many visits apart two visits are, shape (k, k)."""
    position = np.arange(k)
    return np.abs(position[:, None] - position[None, :])


def _compound_symmetry(rho: Array, k: int) -> tuple[Array, Array, Array]:
    off = 1.0 - np.eye(k)
    matrix = np.eye(k) + off * (rho[0] if k > 1 else 0.0)
    return matrix, np.stack([off] * len(rho)), np.zeros((len(rho), len(rho), k, k))


def _autoregressive(rho: Array, k: int) -> tuple[Array, Array, Array]:
    lag = lags(k)
    if k == 1:
        return np.ones((1, 1)), np.zeros((0, 1, 1)), np.zeros((0, 0, 1, 1))
    r = rho[0]
    first = lag * r ** np.maximum(lag - 1, 0)
    second = lag * (lag - 1) * r ** np.maximum(lag - 2, 0)
    return r**lag, first[None], second[None, None]


def _toeplitz(rho: Array, k: int) -> tuple[Array, Array, Array]:
    lag = lags(k)
    first = np.stack([(lag == d).astype(float) for d in range(k)])[1:]
    matrix = np.concatenate([[1.0], rho])[lag]
    return matrix, first, np.zeros((k - 1, k - 1, k, k))


def _antedependence(rho: Array, k: int) -> tuple[Array, Array, Array]:
    matrix = np.eye(k)
    first = np.zeros((k - 1, k, k))
    second = np.zeros((k - 1, k - 1, k, k))
    for a in range(k):
        for b in range(a + 1, k):
            steps = range(a, b)
            matrix[a, b] = np.prod(rho[a:b])
            for i in steps:
                first[i, a, b] = np.prod([rho[m] for m in steps if m != i])
                for j in steps:
                    if j != i:
                        second[i, j, a, b] = np.prod([rho[m] for m in steps if m not in (i, j)])
    upper = np.triu(np.ones((k, k)), 1)
    matrix = matrix + (matrix * upper).T
    return matrix, first + first.swapaxes(-1, -2), second + second.swapaxes(-1, -2)


CORRELATIONS: dict[str, Callable[[Array, int], tuple[Array, Array, Array]]] = {
    "cs": _compound_symmetry,
    "ar1": _autoregressive,
    "toep": _toeplitz,
    "ad": _antedependence,
}


def scaled(variances: Array, correlation: tuple[Array, Array, Array]) -> Derivatives:
    """Covariance from variances (one, or one a visit) and a correlation with derivatives."""
    matrix, first, second = correlation
    k, n_v, n_r = len(matrix), len(variances), len(first)
    if np.any(variances <= 0):
        raise np.linalg.LinAlgError("variances must be positive")
    deviation = np.sqrt(np.broadcast_to(variances, (k,)))
    scale = np.outer(deviation, deviation)
    sigma = scale * matrix
    # The power of each variance in each element: 1/2 for each of its two visits.
    if n_v == 1:
        power = np.ones((1, k, k))
    else:
        is_visit = np.eye(k)
        power = (is_visit[:, :, None] + is_visit[:, None, :]) / 2
    rate = power / variances[:, None, None]
    one = np.concatenate([rate * sigma, scale * first])
    two = np.zeros((n_v + n_r, n_v + n_r, k, k))
    own = np.eye(n_v)[:, :, None, None] * (rate / variances[:, None, None])[:, None]
    two[:n_v, :n_v] = (rate[:, None] * rate[None, :] - own) * sigma
    cross = rate[:, None] * (scale * first)[None]
    two[:n_v, n_v:] = cross
    two[n_v:, :n_v] = cross.swapaxes(0, 1)
    two[n_v:, n_v:] = scale * second
    return sigma, one, two
