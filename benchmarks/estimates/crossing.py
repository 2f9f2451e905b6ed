"""When people cross and cross back: level of two more rank tests, and the loss of response.

Visits, dropout and onset times as in :mod:`benchmarks.estimates.interval_censored`. Lengths of
response are exponential, so that what is left of a response has the same law at whichever visit
it is first seen, and the truth of its loss is known.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.onset.courses import KEEP, Courses
from analysis.estimates.onset.durability import loss_intervals
from analysis.estimates.onset.interval_censored import likelihood_interval, rank_test
from benchmarks.estimates.interval_censored import DROPOUT, RESPONDERS, VISITS, observed
from benchmarks.estimates.scores import Simulation, simulated

__all__ = ["CELLS", "run"]

TIMES, LENGTHS = "onset times", "lengths of response"
LENGTH, LOST_BY = 96.0, 48.0  # hours: mean length of a response, and when its loss is asked for
MISSED = 0.15  # of visits
ARRANGEMENTS = 499


def _within(row: Any, truth: float) -> bool:
    return bool(row["ci_low"] <= truth <= row["ci_high"])


def _rank(scores: str, method: str) -> Simulation:
    """Level of a rank test where the arms do not differ."""

    def simulate(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
        treated, hits = np.arange(2 * n) < n, []
        for _ in range(replicates):
            people = observed(2 * n, RESPONDERS[0], DROPOUT, rng)
            words: dict[str, Any] = {"method": method, "resamples": ARRANGEMENTS, "seed": rng}
            hits.append(rank_test(*people, treated, scores=scores, **words)["p_value"] <= 0.05)
        return np.array(hits)

    return simulate


def _loss(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of the share of responders that lost response within 48 h of the first sign.

    The hour mostly lies between two visits, where the data tell bounds and no share: the interval
    spans both, and covers more than it says.
    """
    k, people = len(VISITS), n * replicates
    responds = rng.random((people, 1)) < RESPONDERS[0]
    begins = VISITS[1] * rng.random((people, 1))
    ends = begins + rng.exponential(LENGTH, (people, 1))
    crossed = (responds & (begins <= VISITS) & (ends > VISITS)).astype(float)
    crossed[rng.random((people, k)) < MISSED] = np.nan
    at = np.where(np.isnan(crossed), np.nan, VISITS)
    trial = pd.DataFrame({"trial": np.repeat(np.arange(replicates), n)})
    fate = np.full((people, k + 1), KEEP)
    lost = loss_intervals(Courses(trial, VISITS, crossed, at, at, fate, np.full(people, np.inf)))
    rows = [
        likelihood_interval(own["left"].to_numpy(), own["right"].to_numpy(), LOST_BY)
        for _, own in lost.groupby("trial")
    ]
    return np.array([_within(row, -np.expm1(-LOST_BY / LENGTH)) for row in rows])


# Estimator, quantity, nominal value, kinds, share of the replicates.
CELLS: tuple[tuple[str, str, float, tuple[str, ...], float, Simulation], ...] = (
    *(
        (f"rank test ({scores} scores), {words}", "level", 0.05, (TIMES,), 1.0,
         _rank(scores, method))
        for scores in ("finkelstein", "wilcoxon")
        for method, words in (("monte carlo", "Monte Carlo"), ("asymptotic", "normal limit"))
    ),
    ("share of responders that lost response by 48 h", "coverage", 0.95, (LENGTHS,), 0.4, _loss),
)  # fmt: skip


def run(
    replicates: int = 2000, seed: int = 20261123, *, names: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Coverage and level of every cell, or of those named, with Monte Carlo intervals."""
    return simulated(CELLS, replicates, seed, names)
