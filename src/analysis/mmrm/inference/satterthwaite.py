"""Satterthwaite degrees of freedom for one contrast and for several.

One contrast l: ``df = 2 v^2 / (g' W g)`` with v = l'Phi l, g its gradient in the covariance
parameters and W the inverse of their observed information. Several: Fai and Cornelius
(1996, doi:10.1080/00949659608811740) decompose into independent contrasts. Checked against
the SAS listing of `tests/reference/mmrm`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.mmrm.arrays import Array


def each_df(contrasts: Array, phi: Array, slope: Array, w: Array) -> Array:
    """Degrees of freedom of contrasts, each by itself, shape (q,).

    Parameters
    ----------
    contrasts : array of shape (q, r)
    phi : array of shape (r, r)
        Model-based covariance of the estimates.
    slope : array of shape (t, r, r)
        ``dPhi/dtheta_h = Phi slope_h Phi``.
    w : array of shape (t, t)
        Covariance of the covariance parameters.

    Returns
    -------
    array
        Infinite where the variance of the contrast does not depend on the parameters.
    """
    through = contrasts @ phi
    variance = np.sum(contrasts * through, axis=1)
    gradient = np.sum((through @ slope) * through, axis=2).T
    spread = np.sum((gradient @ w) * gradient, axis=1)
    known = spread > 0
    return np.where(known, 2 * variance**2 / np.where(known, spread, 1.0), np.inf)


def several_df(
    contrasts: Array, estimates: Array, covariance: Array, df: Callable[[Array], Array]
) -> tuple[float, int, float]:
    """F statistic, numerator and denominator degrees of freedom.

    Parameters
    ----------
    contrasts : array of shape (q, r)
    estimates : array of shape (q,)
        Estimates of the contrasts.
    covariance : array of shape (r, r)
        Covariance of the coefficients that the test uses.
    df : callable
        Degrees of freedom of contrasts, each by itself.
    """
    values, vectors = independent(contrasts @ covariance @ contrasts.T)
    t_squared = (vectors.T @ estimates) ** 2 / values
    each = df(vectors.T @ contrasts)
    return float(t_squared.mean()), len(values), pooled_df(each)


def independent(matrix: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of a covariance, without its null space."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    keep = values > values[-1] * 1e-10
    return values[keep], vectors[:, keep]


def pooled_df(each: Array) -> float:
    """Denominator whose F has the mean of the sum of squared independent t statistics.

    The mean does not exist at 2 degrees of freedom or fewer: then 2, which is cautious.
    """
    if np.allclose(each, each[0], rtol=1e-9):
        return float(each.mean())
    if np.any(each <= 2):
        return 2.0
    finite = np.where(np.isinf(each), 1.0, each / np.where(np.isinf(each), 1.0, each - 2))
    total = float(finite.sum())
    return 2 * total / (total - len(each))
