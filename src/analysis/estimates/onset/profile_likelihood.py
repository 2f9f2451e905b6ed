"""Likelihood-ratio limits of any quantity of a fitted model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from analysis.estimates.intervals import chi2_quantile

__all__ = ["likelihood_limits", "maximise"]

Function = Callable[[np.ndarray], float]
Slope = Callable[[np.ndarray], np.ndarray]
Bounds = Sequence[tuple[float, float]]
# Log likelihoods of a few dozen people; nothing is read off beyond this many digits.
TOLERANCE = 1e-12


def maximise(
    loglik: Function, starts: Sequence[np.ndarray], bounds: Bounds, slope: Slope | None = None
) -> np.ndarray:
    """The parameters in a box at which a log likelihood is highest, from the best of starts.

    Slopes are by differences where none are given.
    """
    from scipy import optimize  # slow to import

    fits = [
        optimize.minimize(
            lambda theta: -loglik(theta),
            start,
            method="SLSQP",
            jac="3-point" if slope is None else lambda theta: -slope(theta),
            bounds=bounds,
            options={"ftol": TOLERANCE, "maxiter": 300},
        )
        for start in starts
    ]
    best: np.ndarray = min(fits, key=lambda fit: fit.fun).x
    return best


def likelihood_limits(
    loglik: Function,
    quantity: Function,
    best: np.ndarray,
    bounds: Bounds,
    *,
    slope: Slope | None = None,
    level: float = 0.95,
) -> tuple[float, float]:
    """Smallest and largest value of a quantity that the likelihood-ratio test does not reject.

    The extremes of the quantity over all parameters whose log likelihood lies within half the
    chi-square quantile (1 df) of the maximum: the ends of the profile likelihood interval,
    found without profiling (Neale & Miller 1997, doi:10.1023/A:1025681223921).

    Parameters
    ----------
    loglik, quantity : function of ndarray to float
        The quantity on a scale without ends (a logit, a logarithm), so that steps are even.
    best : ndarray
        Where the log likelihood is highest.
    bounds : sequence of (low, high)
        The box in which the parameters lie; a limit may be set by it.
    slope : function of ndarray to ndarray, optional
        Of the log likelihood; by differences without it.
    level : float

    Returns
    -------
    (low, high)
    """
    floor = loglik(best) - chi2_quantile(level, 1) / 2
    constraint: dict[str, Any] = {"type": "ineq", "fun": lambda theta: loglik(theta) - floor}
    if slope is not None:
        constraint["jac"] = slope
    low, high = (_extreme(quantity, best, bounds, constraint, sign) for sign in (1.0, -1.0))
    return low, high


def _extreme(
    quantity: Function,
    best: np.ndarray,
    bounds: Bounds,
    constraint: dict[str, Any],
    sign: float,
) -> float:
    from scipy import optimize  # slow to import

    box = np.array(bounds, float)
    reached = [quantity(best)]
    # At the maximum the constraint has no slope to follow, so the search starts beside it.
    for start in _beside(quantity, best, box, sign):
        found = optimize.minimize(
            lambda theta: sign * quantity(theta),
            start,
            method="SLSQP",
            jac="3-point",
            bounds=bounds,
            constraints=[constraint],
            options={"ftol": 1e-9, "maxiter": 300},
        )
        if constraint["fun"](found.x) >= -1e-4:
            reached.append(float(quantity(found.x)))
    return min(reached) if sign > 0 else max(reached)


def _beside(quantity: Function, best: np.ndarray, box: np.ndarray, sign: float) -> list[np.ndarray]:
    from scipy import optimize  # slow to import

    slope = optimize.approx_fprime(best, quantity, 1e-6)
    steepest = np.zeros_like(best)
    steepest[np.abs(slope).argmax()] = 1.0
    ways = (slope / max(float(np.linalg.norm(slope)), 1e-12), steepest * np.sign(slope))
    return [np.clip(best - sign * 0.5 * way, box[:, 0], box[:, 1]) for way in ways]
