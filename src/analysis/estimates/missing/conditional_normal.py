"""Missing scores of a normal model filled by their mean given the scores seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fill", "fill_alike", "missingness_patterns"]

Array = NDArray[np.float64]


def missingness_patterns(*columns: NDArray[np.generic]) -> list[NDArray[np.intp]]:
    """People grouped by equal rows of the columns, each group as positions."""
    codes = np.column_stack([np.asarray(column).astype(np.int64) for column in columns])
    order = np.lexsort(codes.T)
    changes = np.flatnonzero((np.diff(codes[order], axis=0) != 0).any(axis=1)) + 1
    return np.split(order, changes)


def fill(score: Array, mean: Array, covariance: Array) -> Array:
    """Scores with each missing one replaced by its conditional mean.

    ``m_mis + S_mis,obs S_obs,obs^-1 (y_obs - m_obs)`` for scores normal about ``mean``.

    Parameters
    ----------
    score : array of shape (n, k)
        Points, NaN where missing.
    mean : array of shape (..., n, k)
        Means of each person at each visit, in points.
    covariance : array of shape (..., k, k)
        Of the visits.

    Returns
    -------
    array of shape (..., n, k)
        With ``mean`` a draw from the model instead of a mean, the filled scores are a draw from
        the conditional distribution (Matheron's rule: the draw's own residual is replaced by the
        residual seen).
    """
    filled = np.where(np.isfinite(score), score, mean)
    for members in missingness_patterns(np.isfinite(score)):
        fill_alike(filled, score, mean, covariance, members)
    return filled


def fill_alike(
    filled: Array, score: Array, mean: Array, covariance: Array, members: NDArray[np.intp]
) -> None:
    """Fill in place the scores of people who have the same visits and the same covariance."""
    seen = np.isfinite(score[members[0]])
    if seen.all() or not seen.any():
        return
    o, m = np.flatnonzero(seen), np.flatnonzero(~seen)
    gain = np.linalg.solve(covariance[..., o[:, None], o], covariance[..., o[:, None], m])
    rest = score[np.ix_(members, o)] - mean[..., members[:, None], o]
    filled[..., members[:, None], m] = mean[..., members[:, None], m] + rest @ gain
