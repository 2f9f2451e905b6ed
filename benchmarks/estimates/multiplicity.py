"""Chance of any false rejection over four correlated claims, at 10, 15 and 30 people."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates.robustness.multiplicity import fixed_sequence, graphical, hochberg, holm
from benchmarks.estimates.scores import KINDS, SIZES, correlated, rate

CELLS = list(product(KINDS, SIZES))
CLAIMS = ("hours", "day", "week", "sleep")
# Hours and day start with half of alpha each; a rejected claim passes its half to the others.
GRAPH = {
    "weights": {"hours": 0.5, "day": 0.5},
    "transitions": {
        "hours": {"day": 0.5, "week": 0.5},
        "day": {"hours": 0.5, "sleep": 0.5},
        "week": {"day": 1.0},
        "sleep": {"hours": 1.0},
    },
}
PROCEDURES: dict[str, Callable[[dict[str, float]], pd.DataFrame]] = {
    "Holm": holm,
    "Hochberg": hochberg,
    "fixed sequence": fixed_sequence,
    "graphical": lambda p: graphical(p, **GRAPH),
}
ALPHA = 0.05


def run(
    replicates: int = 2000, seed: int = 1, cells: Sequence[tuple[str, int]] = CELLS
) -> list[dict[str, Any]]:
    """One-sided paired t tests of four claims: all false, and two of them true."""
    gc.freeze()  # statsmodels collects garbage in every call of Holm's procedure
    rows = []
    for (kind, n), rng in zip(cells, np.random.default_rng(seed).spawn(len(cells)), strict=True):
        for true in ((), ("hours", "week")):
            p = _p_values(kind, n, replicates, rng, true)
            for name, procedure in PROCEDURES.items():
                wrong = [_any_false(procedure(one), true) for one in p]
                told = f"{name}, {len(true)} of 4 claims true"
                rows.append(rate(told, "level", kind, n, wrong, ALPHA))
    gc.unfreeze()
    return rows


def _p_values(
    kind: str, n: int, replicates: int, rng: np.random.Generator, true: tuple[str, ...]
) -> list[dict[str, float]]:
    """One-sided P values of a fall; the changes share their baseline and so correlate."""
    scores = correlated(n, 1 + len(CLAIMS), rng, kind=kind, size=replicates)
    change = scores[..., 1:] - scores[..., :1]
    change = change - np.where(np.isin(CLAIMS, true), 9.0, 0.0)
    p = stats.ttest_1samp(change, 0.0, axis=1, alternative="less").pvalue
    return [dict(zip(CLAIMS, row, strict=True)) for row in p.tolist()]


def _any_false(found: pd.DataFrame, true: tuple[str, ...]) -> bool:
    return any(
        rejected and claim not in true
        for claim, rejected in zip(found["claim"], found["rejected"], strict=True)
    )
