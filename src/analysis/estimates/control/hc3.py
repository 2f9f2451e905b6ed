"""Least squares with HC3 standard errors, which need no equal variances."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LeastSquares", "least_squares_hc3"]

Array = NDArray[np.float64]


class LeastSquares(NamedTuple):
    """Coefficients (p,), their HC3 covariance (p, p) and the residual degrees of freedom."""

    coefficients: Array
    covariance: Array
    df: float


def least_squares_hc3(design: Array, score: Array) -> LeastSquares:
    """Ordinary least squares with the covariance HC3.

    Long & Ervin 2000, doi:10.1080/00031305.2000.10474549. Written here since importing
    statsmodels takes longer than the verdict; equal to its ``OLS(...).fit(cov_type="HC3")``.

    Parameters
    ----------
    design : array of shape (n, p)
        Of full rank, nobody with leverage 1.
    score : array of shape (n,)
    """
    inverse = np.linalg.pinv(design, rcond=1e-15)
    coefficients = inverse @ score
    leverage = np.einsum("ij,ik,kj->i", design, design, inverse @ inverse.T)
    spread = ((score - design @ coefficients) / (1 - leverage)) ** 2
    covariance = inverse @ (spread[:, None] * inverse.T)
    return LeastSquares(coefficients, covariance, float(len(design) - design.shape[1]))
