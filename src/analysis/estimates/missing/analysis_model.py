"""The analysis model of filled scores: ANCOVA at each visit, for many filled trials at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MEAN", "QUANTITIES", "ancova_of", "averaged", "variance_of_difference"]

Array = NDArray[np.float64]
# The label of the last column of `averaged`.
MEAN = "mean of the visits"
QUANTITIES = ("difference", "reference mean", "treated mean")


def averaged(score: Array) -> Array:
    """The scores with one more column, their mean over the visits, when there are several."""
    if score.shape[-1] == 1:
        return score
    return np.concatenate([score, score.mean(axis=-1, keepdims=True)], axis=-1)


def ancova_of(score: Array, design: Array, counts: Array | None = None) -> Array:
    """Difference and the two least squares means at each visit.

    Parameters
    ----------
    score : array of shape (..., n, k)
        Complete.
    design : array of shape (n, p)
        Constant, covariates, arm (0 or 1) last.
    counts : array of shape (..., n), optional
        How often each person counts; once by default.

    Returns
    -------
    array of shape (..., 3, k)
        As :data:`QUANTITIES`; the means stand at the mean covariates of the people counted.
    """
    weights = np.ones(len(design)) if counts is None else counts
    weighted = weights[..., None] * design
    cross = np.swapaxes(weighted, -1, -2) @ design
    beta = np.linalg.solve(cross, np.swapaxes(weighted, -1, -2) @ score)
    middle = weighted.sum(axis=-2) / weights.sum(axis=-1)[..., None]
    middle[..., -1] = 0.0
    reference = (middle[..., None, :] @ beta)[..., 0, :]
    difference = beta[..., -1, :]
    return np.stack([difference, reference, reference + difference], axis=-2)


def variance_of_difference(score: Array, design: Array) -> Array:
    """Squared standard error of the difference at each visit, by least squares; (..., k)."""
    cross = design.T @ design
    beta = np.linalg.solve(cross, design.T @ score)
    rest = score - design @ beta
    scale = (rest**2).sum(axis=-2) / (len(design) - design.shape[1])
    return np.asarray(scale * np.linalg.inv(cross)[-1, -1])
