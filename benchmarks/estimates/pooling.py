"""Few trials of unequal size pooled: how often each interval holds the mean over trials."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analysis.estimates.pooling import pool
from benchmarks.estimates.scores import rate

__all__ = ["CELLS", "Cell", "covered", "run"]

SIZES = (15, 30, 60)
"""People an arm of the trials, in turn."""


class Cell(NamedTuple):
    """Trials in a pool, and the SD between their true standardised differences."""

    k: int
    tau: float


CELLS = [Cell(k, tau) for k in (3, 5, 10) for tau in (0.0, 0.3, 0.6)]


def covered(cell: Cell, replicates: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Whether the interval of each pool holds the truth, by the interval's name.

    Each trial is drawn as the means and standard deviations of two arms of normal scores; its
    variance is estimated, as in life.
    """
    n = np.resize(SIZES, cell.k)
    true = cell.tau * rng.standard_normal((replicates, cell.k))
    seen = true + rng.standard_normal((replicates, cell.k)) * np.sqrt(2 / n)
    spread = rng.chisquare(2 * (n - 1), (replicates, cell.k)) / (2 * (n - 1))
    one_more = cell.tau * rng.standard_normal(replicates)
    hits = np.zeros((replicates, 3), bool)
    for i, (effects, variances) in enumerate(zip(seen, spread * 2 / n, strict=True)):
        found = pool(effects, variances)
        hits[i] = (
            found.plain_low <= 0 <= found.plain_high,
            found.ci_low <= 0 <= found.ci_high,
            found.prediction_low <= one_more[i] <= found.prediction_high,
        )
    names = ("Hartung-Knapp", "with the safeguard", "prediction interval")
    return dict(zip(names, hits.T, strict=True))


def run(replicates: int = 2000, seed: int = 20261123) -> list[dict[str, Any]]:
    """Coverage of every cell; ``n_per_arm`` is the middle size.

    Returns
    -------
    list of dict
        estimator, quantity, scores, n_per_arm, replicates, value, mc_low, mc_high, nominal.
    """
    rows = []
    for place, cell in enumerate(CELLS):
        told = f"{cell.k} trials of 15, 30 and 60 an arm in turn"
        found = covered(cell, replicates, np.random.default_rng([seed, place]))
        for name, hits in found.items():
            between = f"normal, SD between trials {cell.tau}"
            rows.append(rate(f"REML, {name}, {told}", "coverage", between, SIZES[1], hits, 0.95))
    return rows
