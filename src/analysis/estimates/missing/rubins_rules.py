"""Rubin's rules: one estimate from several filled trials."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimates.intervals import t_test

__all__ = ["Pooled", "pool"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pooled:
    """An estimate pooled over imputations.

    Attributes
    ----------
    estimate, se, df : float
        Degrees of freedom after Barnard & Rubin 1999, doi:10.1093/biomet/86.4.948.
    within, between : float
        Mean squared standard error, and variance of the estimates.
    fraction_missing : float
        Share of the information that the missing scores take away, 0 to 1.
    imputations : int
    """

    estimate: float
    se: float
    df: float
    within: float
    between: float
    fraction_missing: float
    imputations: int

    @property
    def columns(self) -> dict[str, float]:
        """Estimate, se, df, interval and test as columns of the table of estimates."""
        return t_test(self.estimate, self.se, self.df)


def pool(estimates: Array, variances: Array, df: float = math.inf) -> Pooled:
    """Pool estimates of the same quantity from M filled data sets.

    Parameters
    ----------
    estimates, variances : array of shape (M,)
        Estimates and their squared standard errors.
    df : float
        Degrees of freedom if nothing were missing.

    Returns
    -------
    Pooled
        Where the imputations agree exactly, df is that of the complete data as Barnard & Rubin
        estimate it, ``df (df + 1) / (df + 3)``.

    Notes
    -----
    Rubin 1987, doi:10.1002/9780470316696, 3.1. Written here because SciPy and statsmodels have
    no Barnard-Rubin df. Checked against ``pool.scalar`` of R's mice 3.15.0
    (`tests/reference/estimates/rubin.csv`).

    Raises
    ------
    ValueError
        With fewer than two imputations, or variances that are not positive.
    """
    estimates, variances = np.asarray(estimates, float), np.asarray(variances, float)
    m = len(estimates)
    if m < 2 or variances.shape != estimates.shape:
        raise ValueError(
            "Rubin's rules need an estimate and a variance of at least two imputations."
        )
    # Written so that a NaN is refused too.
    if not (variances > 0).all() or not np.isfinite(estimates).all():
        raise ValueError("Every imputation needs a finite estimate and a positive variance.")
    # Symbols of Barnard & Rubin: u_bar within, b between, nu degrees of freedom.
    u_bar, b = float(variances.mean()), float(estimates.var(ddof=1))
    total = u_bar + (1 + 1 / m) * b
    gamma = (1 + 1 / m) * b / total
    seen = 1.0 if math.isinf(df) else (df + 1) / (df + 3)
    nu_obs = df * seen * (1 - gamma)
    nu, lost = nu_obs, 0.0
    if gamma > 1e-12:
        nu_m = (m - 1) / gamma**2
        nu = nu_m if math.isinf(df) else nu_m * nu_obs / (nu_m + nu_obs)
        r = gamma / (1 - gamma)
        lost = (r + 2 / (nu + 3)) / (r + 1)
    return Pooled(float(estimates.mean()), math.sqrt(total), nu, u_bar, b, lost, m)
