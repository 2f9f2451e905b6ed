"""Onset seen at visits only: level of the rank test, coverage of the intervals.

Visits 2, 4, 24, 72 and 168 h after the infusion, each missed by one in ten, and dropout. Onset
times are skewed, and some people have none. Without an effect both arms are alike; the test is
also tried where far more drop out of one arm, for which its permutation form has no proof.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.estimates.onset.interval_censored import (
    bootstrap_difference,
    bootstrap_interval,
    likelihood_difference,
    likelihood_interval,
    rank_test,
)
from benchmarks.estimates.scores import NOMINAL, SIZES, rate

__all__ = ["CELLS", "run"]

VISITS = np.array([2.0, 4.0, 24.0, 72.0, 168.0])
HOUR = 24.0
# Share with onset at all, of the treated and of the control; dropout by 168 h.
RESPONDERS = (0.8, 0.5)
DROPOUT, UNEQUAL = 0.2, (0.45, 0.05)
SCALE, SHAPE = 40.0, 0.7
DRAWS = 199
# A bootstrap is a few hundred estimates: one trial of ten has one.
BOOTSTRAPPED = 10

CELLS = [
    (estimator, quantity, n)
    for n in SIZES
    for estimator, quantity in (
        ("log-rank test (sun scores), normal limit", "level"),
        ("log-rank test (sun scores), Monte Carlo", "level"),
        ("log-rank test (sun scores), Monte Carlo, unequal dropout", "level"),
        ("likelihood-ratio interval of a share by 24 h", "coverage"),
        ("likelihood-ratio (MOVER) interval of a difference by 24 h", "coverage"),
        ("bootstrap interval of a share by 24 h", "coverage"),
        ("bootstrap interval of a difference by 24 h", "coverage"),
    )
]

Arm = tuple[np.ndarray, np.ndarray]


def observed(n: int, responders: float, dropout: float, rng: np.random.Generator) -> Arm:
    """Last visit without and first with onset, of n people (hours)."""
    onset = np.where(rng.random(n) < responders, SCALE * rng.weibull(SHAPE, n), np.inf)
    left_study = rng.exponential(-VISITS[-1] / np.log1p(-dropout), n)
    made = (rng.random((n, VISITS.size)) > 0.1) & (left_study[:, None] >= VISITS)
    with_onset = onset[:, None] <= VISITS
    last_without = np.where(made & ~with_onset, VISITS, 0).max(axis=1)
    first_with = np.where(made & with_onset, VISITS, np.inf).min(axis=1)
    return last_without, first_with


def truth(responders: float) -> float:
    """The share with onset by the hour."""
    return float(responders * -np.expm1(-((HOUR / SCALE) ** SHAPE)))


def run(replicates: int = 2000, seed: int = 2026, sizes: tuple[int, ...] = SIZES) -> list[dict]:
    """The table's rows: rejections without an effect, and how often intervals hold the truth."""
    rows = []
    for n in sizes:
        rng = np.random.default_rng([seed, n])
        hits: dict[str, list[bool]] = {name: [] for name, _, size in CELLS if size == n}
        for trial in range(replicates):
            _test(n, rng, hits)
            _cover(n, rng, hits, bootstrap=trial % BOOTSTRAPPED == 0)
        for name, quantity, size in CELLS:
            if size == n:
                rows.append(rate(name, quantity, "onset times", n, hits[name], NOMINAL[quantity]))
    return rows


def _test(n: int, rng: np.random.Generator, hits: dict[str, list[bool]]) -> None:
    treated = np.arange(2 * n) < n
    for dropouts, label in (((DROPOUT, DROPOUT), ""), (UNEQUAL, ", unequal dropout")):
        arms = [observed(n, RESPONDERS[0], dropout, rng) for dropout in dropouts]
        left, right = (np.concatenate(ends) for ends in zip(*arms, strict=True))
        words = {"method": "monte carlo", "resamples": 499, "seed": rng}
        p_value = rank_test(left, right, treated, **words)["p_value"]
        hits[f"log-rank test (sun scores), Monte Carlo{label}"].append(p_value <= 0.05)
        if not label:
            p_value = rank_test(left, right, treated, method="asymptotic")["p_value"]
            hits["log-rank test (sun scores), normal limit"].append(p_value <= 0.05)


def _cover(
    n: int, rng: np.random.Generator, hits: dict[str, list[bool]], *, bootstrap: bool
) -> None:
    treated, control = (observed(n, responders, DROPOUT, rng) for responders in RESPONDERS)
    share = truth(RESPONDERS[0])
    difference = share - truth(RESPONDERS[1])
    found = {
        "likelihood-ratio interval of a share": (likelihood_interval(*treated, HOUR), share),
        "likelihood-ratio (MOVER) interval of a difference": (
            likelihood_difference(treated, control, HOUR),
            difference,
        ),
    }
    if bootstrap:
        words: dict[str, Any] = {"resamples": DRAWS, "seed": rng}
        found["bootstrap interval of a share"] = bootstrap_interval(*treated, HOUR, **words), share
        found["bootstrap interval of a difference"] = (
            bootstrap_difference(treated, control, HOUR, **words),
            difference,
        )
    for name, (row, true) in found.items():
        hits[f"{name} by 24 h"].append(row["ci_low"] <= true <= row["ci_high"])
