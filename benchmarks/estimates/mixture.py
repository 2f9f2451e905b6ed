"""Two mixtures compared: coverage for the shares who cross and the times of those who do.

Shares by scores that cross a threshold at three visits, as in :mod:`benchmarks.estimates.onset`:
no Weibull made them. Times by the law and visits of :mod:`benchmarks.estimates.interval_censored`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np

from analysis.estimates.onset.mixture import CrossingModel, compare_crossing, crossing_model
from benchmarks.estimates.interval_censored import DROPOUT, RESPONDERS, VISITS, observed
from benchmarks.estimates.onset import EFFECT, HOURS, THRESHOLD
from benchmarks.estimates.scores import KINDS, Simulation, correlated, simulated

__all__ = ["CELLS", "run"]

TIMES = "onset times"


def _within(row: Any, truth: float) -> bool:
    return bool(row["ci_low"] <= truth <= row["ci_high"])


def _ratio(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of the ratio of medians, 1: more of the treated cross, at the same times."""
    hits = []
    for _ in range(replicates):
        arms = [observed(n, share, DROPOUT, rng) for share in RESPONDERS]
        # Fewer than two who cross are refused, and counted as no interval.
        if min(np.isfinite(right).sum() for _, right in arms) >= 2:
            fits = [crossing_model(*arm, horizon=VISITS[-1]) for arm in arms]
            hits.append(_within(compare_crossing(*fits)[1], 1.0))
    return np.array(hits)


def _splits(kind: str, n: int, size: int, effect: float, rng: np.random.Generator) -> np.ndarray:
    """People by the visit at which they first crossed, or none; shape (size, visits + 1)."""
    scores = correlated(n, 1 + len(HOURS), rng, kind=kind, size=size)
    crossed = scores[..., 1:] - scores[..., :1] + effect <= -THRESHOLD
    place = np.where(crossed.any(axis=-1), crossed.argmax(axis=-1), len(HOURS))
    return (place[..., None] == np.arange(len(HOURS) + 1)).sum(axis=1)


@cache
def _truth(kind: str) -> float:
    """Difference of the shares who cross at all, known to 0.002."""
    none, kept = (
        _splits(kind, 50_000, 1, effect, np.random.default_rng(7))[0, -1]
        for effect in (EFFECT, 0.0)
    )
    return float(kept - none) / 50_000


@cache
def _model(split: tuple[int, ...]) -> CrossingModel:
    left, right = np.append(0.0, HOURS), np.append(HOURS, np.inf)
    return crossing_model(np.repeat(left, split), np.repeat(right, split), horizon=HOURS[-1])


def _shares(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of the difference of the shares who cross; the times are of no Weibull."""
    drawn = [_splits(kind, n, replicates, effect, rng) for effect in (EFFECT, 0.0)]
    hits = []
    for arms in np.stack(drawn, axis=1):
        if arms[:, :-1].sum(axis=1).min() >= 2:
            fits = [_model(tuple(split.tolist())) for split in arms]
            hits.append(_within(compare_crossing(*fits)[0], _truth(kind)))
    return np.array(hits)


# Estimator, quantity, nominal value, kinds, share of the replicates (models are dear).
CELLS: tuple[tuple[str, str, float, tuple[str, ...], float, Simulation], ...] = (
    ("difference of shares who cross, two mixtures", "coverage", 0.95, KINDS, 0.05, _shares),
    ("ratio of median times to crossing, two mixtures", "coverage", 0.95, (TIMES,), 0.075, _ratio),
)


def run(
    replicates: int = 2000, seed: int = 20261123, *, names: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Coverage and level of every cell, or of those named, with Monte Carlo intervals."""
    return simulated(CELLS, replicates, seed, names)
