"""Against a control: coverage of the differences at 10, 15 and 30 people an arm or sequence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.change.regression_to_the_mean import two_measures_before
from analysis.estimates.control.ancova import ancova
from analysis.estimates.control.crossover import crossover_contrast
from analysis.estimates.control.stratified import stratified_difference
from analysis.estimates.explanations.expectancy import belief_gap
from benchmarks.estimates.scores import KINDS, Simulation, correlated, simulated

__all__ = ["CELLS", "run"]

ARMS = {"treated": "ketamine", "control": "midazolam"}
COUNTED = "counts"
EFFECT, PERIOD = -4.0, -3.0  # points
# Points at screening, at baseline, and after: waiting lowers by 2, and by 2 once more.
BEFORE = (0.0, -2.0, -4.0 + EFFECT)
SITES = np.array([-5.0, 5.0])  # points, of the two sites' scores
# Shares of (treated, control) who guess ketamine, midazolam, nothing: blinded; all lean towards
# ketamine, the treated more; nearly all know.
GUESSING = (
    ((0.35, 0.35, 0.30), (0.35, 0.35, 0.30)),
    ((0.70, 0.10, 0.20), (0.45, 0.35, 0.20)),
    ((0.90, 0.03, 0.07), (0.05, 0.90, 0.05)),
)


def _within(row: Any, truth: float) -> bool:
    return bool(row["ci_low"] <= truth <= row["ci_high"])


def _arms(n: int) -> np.ndarray:
    return np.repeat([*ARMS.values()], n)


def _ancova(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    arm, hits = _arms(n), []
    for before, after in correlated(2 * n, 2, rng, kind=kind, size=replicates).transpose(0, 2, 1):
        score = after + EFFECT * (arm == "ketamine")
        people = pd.DataFrame({"arm": arm, "baseline": before, "score": score})
        hits.append(_within(ancova(people, **ARMS)[0], EFFECT))
    return np.array(hits)


def _strata(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Two sites whose people differ by 10 points, half of each arm in each."""
    arm, site, hits = _arms(n), np.arange(2 * n) % 2, []
    scores = correlated(2 * n, 2, rng, kind=kind, size=replicates) + SITES[site][:, None]
    for before, after in scores.transpose(0, 2, 1):
        score = after + EFFECT * (arm == "ketamine")
        people = pd.DataFrame({"arm": arm, "site": site, "baseline": before, "score": score})
        rows = stratified_difference(people, stratum="site", **ARMS)
        hits.append(_within(rows[2], EFFECT))
    return np.array(hits)


def _crossover(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """n people a sequence, and everybody lower by 3 points in the second period."""
    first = np.repeat([True, False], n)
    active = np.column_stack([first, ~first])
    data = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(2 * n), 2),
            "sequence": np.repeat(np.where(first, "KP", "PK"), 2),
            "period": np.tile([1, 2], 2 * n),
            "treatment": np.where(active, "ketamine", "placebo").ravel(),
        }
    )
    hits = []
    for scores in correlated(2 * n, 2, rng, kind=kind, size=replicates):
        outcome = scores + EFFECT * active + PERIOD * np.array([0, 1])
        found = crossover_contrast(data.assign(outcome=outcome.ravel()))
        hits.append(_within(found.iloc[0], EFFECT))
    return np.array(hits)


def _before(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """One group of n: 2 points lower by baseline, and 2 + 4 more after the infusion."""
    hits = []
    for scores in correlated(n, 3, rng, kind=kind, size=replicates):
        screening, baseline, after = (scores + np.array(BEFORE)).T
        hits.append(_within(two_measures_before(screening, baseline, after)[2], EFFECT))
    return np.array(hits)


def _belief(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    hits = []
    for shares in GUESSING:
        (yes, no, _), (also, nay, _) = shares
        truth = (yes - no - also + nay) / 2
        drawn = [rng.multinomial(n, own, size=replicates // len(GUESSING)) for own in shares]
        hits += [_within(belief_gap(table), truth) for table in np.stack(drawn, axis=1)]
    return np.array(hits)


# Estimator, quantity, nominal value, kinds of scores, share of the replicates (some are slow).
CELLS: tuple[tuple[str, str, float, tuple[str, ...], float, Simulation], ...] = (
    ("difference adjusted for baseline, HC3", "coverage", 0.95, KINDS, 0.5, _ancova),
    ("difference within two sites, one model, HC3", "coverage", 0.95, KINDS, 0.4, _strata),
    ("crossover, treatment effect within people", "coverage", 0.95, KINDS, 0.3, _crossover),
    ("change after minus change before, one group", "coverage", 0.95, KINDS, 1.0, _before),
    ("difference in belief of being treated, MOVER", "coverage", 0.95, (COUNTED,), 1.0, _belief),
)


def run(
    replicates: int = 2000, seed: int = 20261123, *, names: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Coverage of every cell, or of those named, with Monte Carlo intervals."""
    return simulated(CELLS, replicates, seed, names)
