"""Regression to the mean: bias of the normal formula, coverage of the range method, by selection.

The people are those of a trial: drawn until n of them reach a screening threshold. "bias" is in
points, formula minus what selection does; with a long lower tail (most people high) the normal
formula says too much, with a long upper tail ("mirrored") too little.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from analysis.estimates.range_of_means import range_of_means
from analysis.estimates.regression_to_the_mean import expected_regression_to_the_mean
from benchmarks.estimates.scores import KINDS, RANGE, SIZES, correlated, wilson

CELLS = list(product(KINDS, SIZES))
CORRELATION = 0.7
# Mean of the population plus this many SDs: most people with the disorder are not taken in.
THRESHOLD_SD = 0.5
EFFECT = -4.0


def population(kind: str, size: int, rng: np.random.Generator) -> np.ndarray:
    """Screening and later scores of unselected people; "mirrored" has the long tail above."""
    scores = correlated(size, 2, rng, kind=KINDS[-1] if kind == "mirrored" else kind,
                        correlation=CORRELATION)[0]  # fmt: skip
    return sum(RANGE) - scores if kind == "mirrored" else scores


def formula_and_truth(kind: str, rng: np.random.Generator, size: int) -> tuple[float, float, float]:
    """Expected fall by the normal formula, the fall of those picked, and its Monte Carlo error."""
    first, later = population(kind, size, rng).T
    threshold = first.mean() + THRESHOLD_SD * first.std()
    picked = first >= threshold
    fall = (first - later)[picked]
    expected = expected_regression_to_the_mean(
        threshold=threshold,
        mean=first.mean(),
        sd=first.std(),
        r_baseline=1.0,
        r_after=float(np.corrcoef(first, later)[0, 1]),
    )
    return expected, float(fall.mean()), float(fall.std() / np.sqrt(fall.size))


def run(
    replicates: int = 2000, seed: int = 1, cells: Sequence[tuple[str, int]] = CELLS
) -> list[dict[str, Any]]:
    """Rows of operating characteristics."""
    rngs = iter(np.random.default_rng(seed).spawn(len(cells) + 3))
    rows = [_bias(kind, next(rngs), replicates) for kind in (*KINDS, "mirrored")]
    for kind, n in cells:
        everyone = population(kind, 400_000, next(rngs))
        mean = everyone[:, 0].mean()
        picked = everyone[everyone[:, 0] >= mean + THRESHOLD_SD * everyone[:, 0].std()]
        picked = picked[: len(picked) // n * n].reshape(-1, n, 2)[:replicates]
        covered = 0
        for screening, later in np.moveaxis(picked, 2, 1):
            (row,) = range_of_means(screening, later + EFFECT).rows([mean])
            covered += row["ci_low"] <= EFFECT <= row["ci_high"]
        low, high = wilson(covered, len(picked))
        rows.append(_row("change beyond regression to the mean", "coverage", kind, n, len(picked),
                         covered / len(picked), low, high, 0.95))  # fmt: skip
    return rows


def _bias(kind: str, rng: np.random.Generator, replicates: int) -> dict[str, Any]:
    size = 400 * replicates
    expected, fall, error = formula_and_truth(kind, rng, size)
    bias = expected - fall
    return _row("regression to the mean, normal formula", "bias", kind, np.nan, size, bias,
                bias - 1.96 * error, bias + 1.96 * error, 0.0)  # fmt: skip


def _row(
    estimator: str, quantity: str, scores: str, n: float, replicates: int, value: float,
    low: float, high: float, nominal: float,
) -> dict[str, Any]:  # fmt: skip
    return {
        "estimator": estimator,
        "quantity": quantity,
        "scores": scores,
        "n_per_arm": n,
        "replicates": replicates,
        "value": value,
        "mc_low": low,
        "mc_high": high,
        "nominal": nominal,
    }
