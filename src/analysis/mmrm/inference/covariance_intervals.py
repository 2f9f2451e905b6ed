"""Intervals of covariance parameters: Wald and profile likelihood.

Wald intervals rest on the observed information; a variance has the interval of SAS PROC MIXED,
``df v / chi2`` with ``df = 2 (v / se)^2``, which at one visit is exact. The profile interval
(Venzon and Moolgavkar 1988, doi:10.2307/2347496) holds all values t of the parameter for which
``2 (l(max) - l(t)) <= chi2(level, 1)``, l(t) the log-likelihood maximised over the other
parameters. It does not depend on the parametrisation, and needs no symmetry.

Checked against closed forms: one visit, and the correlation of two complete visits.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array, Mask
from analysis.mmrm.fit.maximise import ConvergenceError, Optimum, climb_on
from analysis.mmrm.inference.contrasts import check_level
from analysis.mmrm.threads import single_threaded

# A limit farther out than this many standard errors is infinite.
FARTHEST = 1e3


def covariance_intervals(optimum: Optimum, level: float, method: str) -> pd.DataFrame:
    """Estimate, standard error and interval of each covariance parameter.

    Raises
    ------
    ValueError
        When the level is not between 0 and 1, or the method is unknown.
    """
    check_level(level)
    if method not in ("wald", "profile"):
        raise ValueError(f"method must be wald or profile, not '{method}'.")
    names = optimum.likelihood.covariance.names()
    estimate = optimum.state.theta
    se = np.sqrt(np.diag(optimum.theta_cov))
    if method == "wald":
        variance = np.array([name.split(": ")[-1].startswith("variance") for name in names])
        low, high = _wald(estimate, se, variance, level)
    else:
        low, high = _profiles(optimum, se, level)
    return pd.DataFrame(
        {"estimate": estimate, "se": se, "ci_low": low, "ci_high": high}, index=names
    )


def _wald(estimate: Array, se: Array, variance: Mask, level: float) -> tuple[Array, Array]:
    from scipy.special import gammaincinv, ndtri

    half = ndtri((1 + level) / 2) * se
    df = 2 * (estimate / se) ** 2
    tails = 2 * gammaincinv(df / 2, np.array([[(1 + level) / 2], [(1 - level) / 2]]))
    low, high = np.where(variance, df * estimate / tails, [estimate - half, estimate + half])
    return low, high


@single_threaded
def _profiles(optimum: Optimum, se: Array, level: float) -> tuple[Array, Array]:
    from scipy.special import gammaincinv

    # Half the quantile of a chi-square with one degree of freedom.
    drop = float(gammaincinv(0.5, level))
    limits = np.array(
        [[_limit(optimum, h, side * se[h], drop) for side in (-1, 1)] for h in range(len(se))]
    )
    return limits[:, 0], limits[:, 1]


def _limit(optimum: Optimum, h: int, unit: float, drop: float) -> float:
    """Where the profile has fallen by `drop`, in the direction of `unit`; infinite if nowhere."""
    # Profiles alone need it, and it takes as long to import as a fit takes to run.
    from scipy.optimize import brentq

    best = optimum.state.loglik
    theta, slope = optimum.state.theta, optimum.theta_cov[:, h] / optimum.theta_cov[h, h]
    # The profile known so far: starting values of the next maximisation lie on it.
    known = {0.0: theta}

    def excess(steps: float) -> float:
        near = min(known, key=lambda other: abs(other - steps))
        start = known[near] + (steps - near) * unit * slope
        try:
            state = climb_on(optimum.likelihood, start, fixed=h)
        except (ConvergenceError, np.linalg.LinAlgError):
            return np.inf
        known[steps] = state.theta
        return best - state.loglik - drop

    inside, step = 0.0, float(np.sqrt(2 * drop))
    outside = step
    while (value := excess(outside)) <= 0 or not np.isfinite(value):
        if np.isfinite(value):
            inside, outside = outside, 2 * outside
        else:
            # Beyond the positive definite region: halve the way there.
            outside = (inside + outside) / 2
        if outside > FARTHEST:
            return float(np.sign(unit) * np.inf)
        if outside - inside < 1e-9 * step:
            return float(theta[h] + inside * unit)
    root = brentq(lambda s: min(excess(s), 1e3 * drop), inside, outside, xtol=1e-10 * step)
    return float(theta[h] + root * unit)
