"""For whom: coverage and level of shares, bands, spread, clusters, first session, at 10 to 30."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates.proportions import share_difference
from analysis.estimates.responders import (
    cluster_profile,
    distribution,
    first_session,
    prediction,
    shares,
)
from analysis.estimates.responders.variability import next_person, variance_ratio
from benchmarks.estimates.scores import KINDS, SIZES, Simulation, correlated, wilson

__all__ = ["CELLS", "run"]

# Points of change that count as improved and worse; the treated fall by EFFECT more.
THRESHOLD, EFFECT = 9.0, -6.0
CLUSTERS = ("intrusion", "avoidance", "cognition and mood", "arousal")
ITEMS = dict(zip(CLUSTERS, (5, 2, 7, 6), strict=True))


def _changes(kind: str, n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Changes with the same distribution before and after, shape (size, n)."""
    scores = correlated(n, 2, rng, kind=kind, size=size)
    return scores[..., 1] - scores[..., 0]


@cache
def _truth(kind: str) -> np.ndarray:
    """Changes of 300,000 people in order, which stand for the population."""
    return np.sort(_changes(kind, 300_000, 1, np.random.default_rng(7))[0])


def _fell(change: np.ndarray) -> np.ndarray:
    return change <= -THRESHOLD


def _within(row: dict[str, Any], truth: float) -> bool:
    return bool(row["ci_low"] <= truth <= row["ci_high"])


def _three_ways(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    change, truth = _changes(kind, n, replicates, rng), _truth(kind)
    true = [_fell(truth).mean(), (np.abs(truth) < THRESHOLD).mean(), (truth >= THRESHOLD).mean()]
    improved, worse = _fell(change).sum(axis=1), (change >= THRESHOLD).sum(axis=1)
    counts = np.column_stack([improved, n - improved - worse, worse])
    drawn, times = np.unique(counts, axis=0, return_counts=True)
    hits = []
    for split in drawn.tolist():
        rows = shares.three_way_shares(split)
        hits.append(all(_within(row, share) for row, share in zip(rows, true, strict=True)))
    return np.repeat(hits, times)


def _difference(
    kind: str, n: int, replicates: int, rng: np.random.Generator, which: str
) -> np.ndarray:
    """Coverage of a difference of shares, or of the share who benefit where it is smallest."""
    true = _fell(_truth(kind) + EFFECT).mean() - _fell(_truth(kind)).mean()
    treated = _fell(_changes(kind, n, replicates, rng) + EFFECT).sum(axis=1)
    control = _fell(_changes(kind, n, replicates, rng)).sum(axis=1)
    made = {
        "Miettinen-Nurminen": shares.score_difference,
        "Newcombe": share_difference,
        "benefit": lambda events, sizes: shares.share_who_benefit(events, sizes)[1],
    }[which]
    pairs, times = np.unique(np.column_stack([treated, control]), axis=0, return_counts=True)
    hits = [_within(made((int(a), int(b)), (n, n)), true) for a, b in pairs]
    return np.repeat(hits, times)


def _band(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    truth, hits = _truth(kind), []
    for change in _changes(kind, n, replicates, rng):
        found = distribution.change_distribution(change)
        at = np.searchsorted(truth, found.points, side="right") / len(truth)
        before = np.searchsorted(truth, found.points, side="left") / len(truth)
        # The band steps where people are: it must hold at each step and just before it.
        above = np.append(found.start_high, found.high[:-1])
        below = np.append(0.0, found.low[:-1])
        hits.append(
            bool(
                ((found.low <= at) & (at <= found.high)).all()
                and ((below <= before) & (before <= above)).all()
            )
        )
    return np.array(hits)


@cache
def _distributions(kind: str, n: int, replicates: int, seed: int) -> np.ndarray:
    """Level of both tests where the arms do not differ."""
    rng = np.random.default_rng(seed)
    ours, theirs = (_changes(kind, n, replicates, rng) for _ in range(2))
    rows = [
        distribution.compare_distributions(a, b, resamples=99, seed=seed)
        for seed, (a, b) in enumerate(zip(ours, theirs, strict=True))
    ]
    return np.array([[test["p_value"] <= 0.05 for test in both] for both in rows]).T


def _spread(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of a ratio of 2.25: the treated vary one and a half times as much."""
    ours, theirs = 1.5 * _changes(kind, n, replicates, rng), _changes(kind, n, replicates, rng)
    rows = [variance_ratio(a, b)[0] for a, b in zip(ours, theirs, strict=True)]
    return np.array([_within(row, 2.25) for row in rows])


def _next(kind: str, n: int, replicates: int, rng: np.random.Generator, which: int) -> np.ndarray:
    """Whether one more person lies inside the 80 % prediction interval."""
    changes = _changes(kind, n + 1, replicates, rng)
    return np.array([_within(next_person(c[1:], level=0.8)[which], c[0]) for c in changes])


@cache
def _clusters(kind: str, n: int, replicates: int, seed: int) -> np.ndarray:
    """Level of the joint test, and coverage of the four intervals together, at a true 0."""
    rng, k = np.random.default_rng(seed), len(CLUSTERS)
    treated, hits = np.arange(2 * n) < n, []
    for draw, scores in enumerate(correlated(2 * n, 2 * k, rng, kind=kind, size=replicates)):
        before, after = (
            pd.DataFrame(part, columns=list(CLUSTERS)) for part in (scores[:, :k], scores[:, k:])
        )
        rows = cluster_profile.profile_contrast(
            after, before, treated, items=ITEMS, draws=500, seed=draw
        )
        hits.append([rows[0]["p_value"] <= 0.05, all(_within(row, 0.0) for row in rows[2:])])
    return np.array(hits).T


def _sessions(
    kind: str, n: int, replicates: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Four ratings of people whose sessions did nothing: two before, first, end."""
    scores = correlated(n, 4, rng, kind=kind, size=replicates)
    return scores[..., :2], scores[..., 2:]


def _first(kind: str, n: int, replicates: int, rng: np.random.Generator, which: str) -> np.ndarray:
    """Level of the split correlation; of the coupled one, tested as is often done."""
    before, after = _sessions(kind, n, replicates, rng)
    hits = []
    for start, later in zip(before, after, strict=True):
        if which == "split":
            row = first_session.first_and_last_response(start, later[:, 0], later[:, 1])[0]
            hits.append(row["p_value"] <= 0.05)
        else:
            change = later - start[:, [1]]
            hits.append(stats.pearsonr(change[:, 0], change[:, 1]).pvalue <= 0.05)
    return np.array(hits)


@cache
def _area(kind: str, n: int, replicates: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The AUC where nothing foretells the end: what it is on average, and whether 0.5 is inside."""
    areas, hits, rng = [], [], np.random.default_rng(seed)
    for scores in correlated(n, 3, rng, kind=kind, correlation=0.0, size=replicates):
        # One baseline for all but for a hair: the fall is then the end score, foretold by nothing.
        start = 100.0 + 0.001 * scores[:, 0]
        end = scores[:, 2]
        fall = float(100.5 - np.median(end))
        if not 2 <= (end - start <= -fall).sum() <= n - 2:
            continue
        made = prediction.predict_end(start, scores[:, 1], end, fall=fall, resamples=2, seed=1)
        areas.append(made.rows()[3]["estimate"])
        hits.append(_within(made.rows()[3], 0.5))
    return np.array(areas), np.array(hits)


def _of(function: Callable[..., np.ndarray], which: str | int) -> Simulation:
    """A cell's function with what it looks at fixed."""
    return lambda kind, n, replicates, rng: function(kind, n, replicates, rng, which)


def _part(function: Callable[..., Any], place: int) -> Simulation:
    """One result of trials that give several: they are run once and looked at twice."""
    return lambda kind, n, replicates, rng: function(kind, n, replicates, int(rng.integers(2**32)))[
        place
    ]


# Estimator, quantity, nominal value, simulation.
CELLS: tuple[tuple[str, str, float, Simulation], ...] = (
    ("three-way shares, all three", "coverage", 0.95, _three_ways),
    (
        "difference of shares, Miettinen-Nurminen",
        "coverage",
        0.95,
        _of(_difference, "Miettinen-Nurminen"),
    ),
    ("difference of shares, Newcombe", "coverage", 0.95, _of(_difference, "Newcombe")),
    ("share who benefit, bounds", "coverage", 0.95, _of(_difference, "benefit")),
    ("cumulative distribution, band", "coverage", 0.95, _band),
    ("distributions, Anderson-Darling", "level", 0.05, _part(_distributions, 0)),
    ("distributions, Brunner-Munzel", "level", 0.05, _part(_distributions, 1)),
    ("variance ratio, Bonett", "coverage", 0.95, _spread),
    ("next person, t, 80 %", "coverage", 0.80, _of(_next, 0)),
    ("next person, any distribution, 80 %", "coverage", 0.80, _of(_next, 1)),
    ("clusters, joint test", "level", 0.05, _part(_clusters, 0)),
    ("clusters, simultaneous", "coverage", 0.95, _part(_clusters, 1)),
    ("first and last response, split", "level", 0.05, _of(_first, "split")),
    ("first and last response, coupled", "level", 0.05, _of(_first, "coupled")),
    ("AUC, pairs left out", "coverage", 0.95, _part(_area, 1)),
    ("AUC, pairs left out, mean at 0.5", "bias", 0.5, _part(_area, 0)),
)


def run(
    replicates: int = 2000,
    seed: int = 6,
    *,
    names: tuple[str, ...] | None = None,
    sizes: tuple[int, ...] = SIZES,
    kinds: tuple[str, ...] = KINDS,
) -> list[dict[str, Any]]:
    """Coverage, level or mean of each estimator, by scores and size of the arm.

    Parameters
    ----------
    replicates : int
        Trials a cell.
    seed : int
    names : tuple of str, optional
        Estimators to run; all unless given.
    sizes, kinds : tuple
        People an arm (in all, where there is one arm) and kinds of scores.

    Returns
    -------
    list of dict
        estimator, quantity, scores, n_per_arm, replicates, value, mc_low and mc_high (95 %
        Monte Carlo limits), nominal.
    """
    rows = []
    for name, quantity, nominal, simulate in CELLS:
        if names is not None and name not in names:
            continue
        for kind in kinds:
            for n in sizes:
                rng = np.random.default_rng([seed, KINDS.index(kind), n])
                found = simulate(kind, n, replicates, rng)
                low, high = _monte_carlo(found)
                rows.append(
                    {
                        "estimator": name,
                        "quantity": quantity,
                        "scores": kind,
                        "n_per_arm": n,
                        "replicates": len(found),
                        "value": float(np.mean(found)),
                        "mc_low": low,
                        "mc_high": high,
                        "nominal": nominal,
                    }
                )
    return rows


def _monte_carlo(found: np.ndarray) -> tuple[float, float]:
    """Wilson's limits of a rate, the normal ones of a mean."""
    if found.dtype == bool:
        return wilson(int(found.sum()), len(found))
    reach = 1.96 * found.std(ddof=1) / np.sqrt(len(found))
    return float(found.mean() - reach), float(found.mean() + reach)
