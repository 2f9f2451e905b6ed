"""How good a prediction is: the interval of the area under its curve, and its net benefit."""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.numbers import aligned, as_numbers, share_of_one

__all__ = ["area_interval", "net_benefit"]


def area_interval(area: float, n: int, m: int, *, level: float = 0.95) -> tuple[float, float]:
    """Limits of an area under the curve that stay inside 0 to 1 and never collapse.

    Method 5 of Newcombe 2006 (doi:10.1002/sim.2324): the areas at which the observed one is
    z standard errors away, the variance of Hanley & McNeil taken there. Own code; checked at
    0.5, where that variance is the one of the rank sum, and by simulation.

    Parameters
    ----------
    area : float
        0 to 1.
    n, m : int
        People with and without the outcome.
    level : float

    Returns
    -------
    (float, float)
    """
    from scipy.optimize import brentq  # slow to import

    z = special.ndtri((1 + share_of_one(level, "level")) / 2)

    def beyond(theta: float) -> float:
        extra = ((n + m) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return (area - theta) ** 2 - z**2 * theta * (1 - theta) * (1 + extra) / (n * m)

    low = 0.0 if area <= 1e-12 else float(brentq(beyond, 1e-15, area - 1e-13))
    high = 1.0 if area >= 1 - 1e-12 else float(brentq(beyond, area + 1e-13, 1 - 1e-15))
    return low, high


def net_benefit(
    responded: np.ndarray, probability: np.ndarray, thresholds: np.ndarray
) -> np.ndarray:
    """True positives minus false positives at the odds of each threshold, as a share of all.

    Vickers & Elkin 2006, doi:10.1177/0272989X06295361.

    Parameters
    ----------
    responded : ndarray of bool, shape (n,)
    probability : ndarray of float, shape (n,)
    thresholds : ndarray of float, shape (k,)
        Above 0 and below 1.

    Returns
    -------
    ndarray of float, shape (k,)

    Raises
    ------
    ValueError
        When a threshold is not between 0 and 1.
    """
    thresholds = as_numbers(thresholds, "thresholds")
    same = aligned(responded=responded, probability=probability)
    responded, probability = same["responded"], as_numbers(same["probability"], "probability")
    if not ((thresholds > 0) & (thresholds < 1)).all():
        raise ValueError("A threshold probability lies between 0 and 1, neither included.")
    chosen = probability[:, None] >= thresholds
    responded = np.asarray(responded, bool)
    odds = thresholds / (1 - thresholds)
    return (chosen[responded].sum(axis=0) - odds * chosen[~responded].sum(axis=0)) / len(responded)
