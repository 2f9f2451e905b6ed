"""Score data with a known truth: normal, or skewed and bounded as symptom totals are."""

from __future__ import annotations

import numpy as np
from scipy import stats

KINDS = ("normal", "skewed, bounded")
SIZES = (10, 15, 30)
MEAN, SD, RANGE = 32.0, 9.0, (0.0, 56.0)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Monte Carlo interval of a rate."""
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def correlated(
    n: int, k: int, rng: np.random.Generator, *, kind: str, correlation: float = 0.5, size: int = 1
) -> np.ndarray:
    """Scores of k occasions, equally correlated, with the same distribution on each.

    Parameters
    ----------
    n, k : int
        People and occasions.
    kind : str
        ``normal``: mean 32, SD 9. ``skewed, bounded``: whole points from 0 to 56, most people
        high and a long tail of low scores (a beta variate by its normal copula).
    correlation : float
        Of the normal scores behind any two occasions.
    size : int
        Trials at once.

    Returns
    -------
    ndarray of float, shape (size, n, k)
        Points.
    """
    shared = np.sqrt(correlation) * rng.standard_normal((size, n, 1))
    z = shared + np.sqrt(1 - correlation) * rng.standard_normal((size, n, k))
    return as_scores(z, kind)


def as_scores(z: np.ndarray, kind: str) -> np.ndarray:
    """Standard normal values as scores of a kind, the same order kept."""
    if kind == "normal":
        return MEAN + SD * z
    low, high = RANGE
    return np.round(low + (high - low) * stats.beta.ppf(stats.norm.cdf(z), 2.2, 1.1))
