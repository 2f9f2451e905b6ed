"""Past-week scores 24 h after: how often they are said to fall further than literal ones could."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from analysis.estimates.change.literal_recall import largest_literal_fall
from analysis.estimates.intervals import t_quantile
from benchmarks.estimates.scores import SIZES, correlated, rate

__all__ = ["CELLS", "Cell", "flagged", "run"]

WINDOW, HOURS = 168.0, 24.0


class Cell(NamedTuple):
    """How people answer, and by what share of baseline their symptoms truly fell."""

    literal: bool
    fall: float

    @property
    def told(self) -> str:
        """The cell in words."""
        how = "for the whole week" if self.literal else "about now"
        return f"answer {how}, symptoms fell by {self.fall:.0%}"


CELLS = [Cell(literal, fall) for literal in (True, False) for fall in (0.0, 0.5, 1.0)]


def flagged(cell: Cell, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Whether each simulated arm of n fell further than literal answers can.

    It did where the 95 % t interval of the mean fall beyond the largest literal one, which is a
    share of each person's own baseline, lies above zero.
    """
    largest = largest_literal_fall(WINDOW, HOURS)
    weight = HOURS / WINDOW if cell.literal else 1.0
    scores = correlated(n, 2, rng, kind="normal", size=replicates)
    before, after = scores[..., 0], scores[..., 1]
    now = after - weight * cell.fall * before
    beyond = before - now - largest * before
    error = beyond.std(axis=1, ddof=1) / math.sqrt(n)
    flags: np.ndarray = beyond.mean(axis=1) - t_quantile(n - 1) * error > 0
    return flags


def run(replicates: int = 2000, seed: int = 20261123) -> list[dict[str, Any]]:
    """Share of arms flagged, by how they answer and what truly changed.

    Returns
    -------
    list of dict
        estimator, quantity, scores, n_per_arm, replicates, value, mc_low, mc_high, nominal.
    """
    rows = []
    for place, cell in enumerate(CELLS):
        nominal = 0.025 if cell.literal or cell.fall == 0 else 1.0
        for n in SIZES:
            hits = flagged(cell, n, replicates, np.random.default_rng([seed, place, n]))
            told = "fell further than literal answers can"
            rows.append(rate(told, "flagged", cell.told, n, hits, nominal))
    return rows
