"""Regression to the mean: bias of the normal formula, coverage of the range method, by selection.

The people are those of a trial: n who reached a screening threshold. "bias" is in points, the
fall by the formula minus the fall of these people, who did not change: with a long lower tail
(most people high) the formula says too much, with a long upper tail ("mirrored") too little.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from analysis.estimates.change.range_of_means import range_of_means
from analysis.estimates.change.regression_to_the_mean import expected_regression_to_the_mean
from benchmarks.estimates.scores import KINDS, RANGE, SIZES, correlated, wilson

MIRRORED = "skewed, bounded, mirrored"
CELLS = list(product((*KINDS, MIRRORED), SIZES))
CORRELATION = 0.7
# Taken in from this many SDs above the population's mean.
THRESHOLD_SD = 0.5
EFFECT = -4.0


def run(
    replicates: int = 2000, seed: int = 1, cells: Sequence[tuple[str, int]] = CELLS
) -> list[dict[str, Any]]:
    """Rows of operating characteristics."""
    rows = []
    for (kind, n), rng in zip(cells, np.random.default_rng(seed).spawn(len(cells)), strict=True):
        everyone = _population(kind, 5 * n * replicates, rng)
        threshold = everyone[:, 0].mean() + THRESHOLD_SD * everyone[:, 0].std()
        picked = everyone[everyone[:, 0] >= threshold][: n * replicates]
        common = {"scores": kind, "n_per_arm": n, "replicates": replicates}
        rows.append(_bias(everyone, picked, threshold) | common)
        rows.append(_coverage(everyone, picked.reshape(replicates, n, 2)) | common)
    return rows


def _population(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Screening and later scores of unselected people, shape (size, 2)."""
    base = KINDS[-1] if kind == MIRRORED else kind
    scores = correlated(size, 2, rng, kind=base, correlation=CORRELATION)[0]
    return sum(RANGE) - scores if kind == MIRRORED else scores


def _bias(everyone: np.ndarray, picked: np.ndarray, threshold: float) -> dict[str, Any]:
    expected = expected_regression_to_the_mean(
        threshold=threshold,
        mean=everyone[:, 0].mean(),
        sd=everyone[:, 0].std(),
        r_baseline=1.0,
        r_after=float(np.corrcoef(everyone.T)[0, 1]),
    )
    fall = picked[:, 0] - picked[:, 1]
    bias, reach = expected - fall.mean(), 1.96 * fall.std() / np.sqrt(fall.size)
    return {
        "estimator": "regression to the mean, normal formula",
        "quantity": "bias",
        "value": bias,
        "mc_low": bias - reach,
        "mc_high": bias + reach,
        "nominal": 0.0,
    }


def _coverage(everyone: np.ndarray, trials: np.ndarray) -> dict[str, Any]:
    mean = everyone[:, 0].mean()
    covered = 0
    for screening, later in np.moveaxis(trials, 2, 1):
        (row,) = range_of_means(screening, later + EFFECT).rows([mean])
        covered += row["ci_low"] <= EFFECT <= row["ci_high"]
    low, high = wilson(covered, len(trials))
    return {
        "estimator": "change beyond regression to the mean",
        "quantity": "coverage",
        "value": covered / len(trials),
        "mc_low": low,
        "mc_high": high,
        "nominal": 0.95,
    }
