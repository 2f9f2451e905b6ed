"""Score data with a known truth: normal, or skewed and bounded as symptom totals are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from scipy import stats

KINDS = ("normal", "skewed, bounded")
SIZES = (10, 15, 30)
NOMINAL = {"coverage": 0.95, "level": 0.05}
MEAN, SD, RANGE = 32.0, 9.0, (0.0, 56.0)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Monte Carlo interval of a rate."""
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def rate(
    estimator: str, quantity: str, kind: str, n: int, hits: Sequence[bool] | np.ndarray,
    nominal: float,
) -> dict[str, Any]:  # fmt: skip
    """A row of the table: how often an interval covered or a test rejected, n people an arm."""
    low, high = wilson(int(np.sum(hits)), len(hits))
    return {"estimator": estimator, "quantity": quantity, "scores": kind, "n_per_arm": n,
            "replicates": len(hits), "value": float(np.mean(hits)), "mc_low": low, "mc_high": high,
            "nominal": nominal}  # fmt: skip


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


# Hits of a kind of scores, people an arm and number of trials.
Simulation = Callable[[str, int, int, np.random.Generator], np.ndarray]


def simulated(
    cells: Sequence[tuple[str, str, float, tuple[str, ...], float, Simulation]],
    replicates: int,
    seed: int,
    names: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Rows of all cells, or of those named: estimator, quantity, nominal, kinds, share, how."""
    rows = []
    for place, (name, quantity, nominal, kinds, part, simulate) in enumerate(cells):
        if names and name not in names:
            continue
        for kind in kinds:
            for n in SIZES:
                rng = np.random.default_rng([seed, place, kinds.index(kind), n])
                hits = simulate(kind, n, max(round(part * replicates), 3), rng)
                rows.append(rate(name, quantity, kind, n, hits, nominal))
    return rows
