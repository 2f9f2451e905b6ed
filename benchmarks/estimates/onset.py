"""Onset and durability: coverage and level with 10 to 30 people an arm, from their scores."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates.control.repeated_infusions import effect_by_infusion
from analysis.estimates.onset.courses import KEEP, Courses
from analysis.estimates.onset.discrete_hazard import discrete_hazard
from analysis.estimates.onset.durability import half_life
from analysis.estimates.onset.interval_censored.confidence_intervals import likelihood_interval
from analysis.estimates.onset.mixture import SHARE, crossing_model
from analysis.estimates.onset.onset_of_mean_difference import backward_steps
from analysis.estimates.onset.time_to_response import onset_intervals
from benchmarks.estimates.scores import KINDS, Simulation, correlated, simulated

__all__ = ["CELLS", "run"]

# Three visits; a fall of THRESHOLD points crosses, and the treated fall by EFFECT more.
HOURS = np.array([3.0, 24.0, 72.0])
THRESHOLD, EFFECT = 9.0, -6.0
MISSED = 0.15  # of visits, whatever the score
LIFE = 96.0  # hours, of a difference of EFFECT at the first visit


def _crossed(kind: str, n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Who has crossed at which visit, shape (size, n, visits)."""
    scores = correlated(n, 1 + len(HOURS), rng, kind=kind, size=size)
    return scores[..., 1:] - scores[..., :1] + EFFECT <= -THRESHOLD


def _intervals(crossed: np.ndarray, *, sustained: bool = False) -> pd.DataFrame:
    """Intervals of everybody at once, from crossings with NaN where a visit was missed."""
    rows = crossed.reshape(-1, len(HOURS)).astype(float)
    at = np.where(np.isnan(rows), np.nan, HOURS)
    fate = np.full((len(rows), len(HOURS) + 1), KEEP)
    people = pd.DataFrame(index=range(len(rows)))
    made = Courses(people, HOURS, rows, at, at, fate, np.full(len(rows), np.inf))
    return onset_intervals(made, sustained=sustained)


@cache
def _population(kind: str) -> np.ndarray:
    """Crossings of 100,000 people who miss no visit."""
    return _crossed(kind, 100_000, 1, np.random.default_rng(7))


@cache
def _truth(kind: str, sustained: bool) -> float:
    """Share who cross by the last visit that can show it, known to 0.002."""
    found = _intervals(_population(kind), sustained=sustained)
    return float(np.isfinite(found["right"]).mean())


def _within(limits: Any, truth: float) -> bool:
    return bool(limits["ci_low"] <= truth <= limits["ci_high"])


def _mixture(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of the share who cross within the follow-up; the times are of no Weibull."""
    found = _intervals(_crossed(kind, n, replicates, rng))
    ends = np.append(HOURS, np.inf)
    place = np.searchsorted(ends, found["right"].to_numpy()).reshape(replicates, n)
    counts = (place[..., None] == np.arange(len(ends))).sum(axis=1)
    drawn, times = np.unique(counts, axis=0, return_counts=True)
    hits, kept = [], []
    for split, often in zip(drawn, times, strict=True):
        # Fewer than two who cross are refused, and counted as no interval.
        if split[:-1].sum() >= 2:
            left = np.repeat(np.append(0.0, HOURS), split)
            model = crossing_model(left, np.repeat(ends, split), horizon=HOURS[-1])
            _, low, high = model.interval(SHARE)
            hits.append(low <= _truth(kind, False) <= high)
            kept.append(often)
    return np.repeat(hits, kept)


def _sustained(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of the share with a sustained response, visits missed at random.

    A crossing whose confirmation was missed counts no more than none, which it is not: the share
    is estimated low by a few hundredths, and the interval covers less than it says.
    """
    crossed = _crossed(kind, n, replicates, rng).astype(float)
    crossed[rng.random(crossed.shape) < MISSED] = np.nan
    found = _intervals(crossed, sustained=True)
    left, right = (found[end].to_numpy().reshape(replicates, n) for end in ("left", "right"))
    last = HOURS[-2]
    rows = [likelihood_interval(a, b, last) for a, b in zip(left, right, strict=True)]
    return np.array([_within(row, _truth(kind, True)) for row in rows])


def _hazard(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Level of the likelihood-ratio test where the arms do not differ."""
    found = _intervals(_crossed(kind, 2 * n, replicates, rng))
    left, right = (found[end].to_numpy().reshape(replicates, -1) for end in ("left", "right"))
    treated, hits = np.arange(2 * n) < n, []
    for a, b in zip(left, right, strict=True):
        if np.isfinite(b).any():
            gain = discrete_hazard(a, b, treated).loglik - discrete_hazard(a, b).loglik
            hits.append(bool(2 * gain >= stats.chi2.ppf(0.95, 1)))
    return np.array(hits)


def _differences(
    kind: str, n: int, replicates: int, rng: np.random.Generator, effect: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Differences of mean change by visit and their covariances, treated minus control."""
    scores = correlated(2 * n, 1 + len(HOURS), rng, kind=kind, size=replicates)
    change = scores[..., 1:] - scores[..., :1]
    change[:, :n] += effect
    arms = change[:, :n], change[:, n:]
    difference = arms[0].mean(axis=1) - arms[1].mean(axis=1)
    rest = [arm - arm.mean(axis=1, keepdims=True) for arm in arms]
    pooled = sum(np.einsum("sni,snj->sij", arm, arm) for arm in rest) / (2 * n - 2)
    return difference, pooled * 2 / n


def _backward(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """How often any onset of benefit is named where there is none."""
    difference, covariance = _differences(kind, n, replicates, rng, np.zeros(len(HOURS)))
    t = difference / np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    p = 2 * stats.t.sf(np.abs(t), 2 * n - 2)
    names = [f"{hour:g} h" for hour in HOURS]
    made = (
        pd.DataFrame({"window": names, "estimate": d, "p_value": q})
        for d, q in zip(difference, p, strict=True)
    )
    return np.array([bool(backward_steps(rows)["counts"].any()) for rows in made])


def _half_life(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    effect = EFFECT * 2 ** (-(HOURS - HOURS[0]) / LIFE)
    difference, covariance = _differences(kind, n, replicates, rng, effect)
    rows = [
        half_life(HOURS, d, v, df=2 * n - 2) for d, v in zip(difference, covariance, strict=True)
    ]
    return np.array([_within(row, LIFE) for row in rows])


def _repeats(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage of the step of the difference from one infusion to the next, 2 points a time."""
    subject, infusion = np.repeat(np.arange(2 * n), 3), np.tile([1, 2, 3], 2 * n)
    arm = np.where(subject < n, "treated", "control")
    hits = []
    for scores in correlated(2 * n, 4, rng, kind=kind, size=replicates):
        change = (scores[:, 1:] - scores[:, :1]).ravel() - 2.0 * infusion * (subject < n)
        data = pd.DataFrame({"subject": subject, "infusion": infusion, "arm": arm,
                             "baseline": scores[subject, 0], "change": change})  # fmt: skip
        rows = effect_by_infusion(data, treated="treated", control="control")
        hits.append(_within(rows[-1], -2.0))
    return np.array(hits)


# Estimator, quantity, nominal value, share of the replicates (fits of a model are dear).
CELLS: tuple[tuple[str, str, float, tuple[str, ...], float, Simulation], ...] = (
    ("share who cross, mixture", "coverage", 0.95, KINDS, 0.2, _mixture),
    ("share with a sustained response, visits missed", "coverage", 0.95, KINDS, 0.5, _sustained),
    ("hazard ratio of crossing, likelihood ratio", "level", 0.05, KINDS, 0.5, _hazard),
    ("onset of the mean difference, backward", "level", 0.025, KINDS, 1.0, _backward),
    ("half-life of the mean difference", "coverage", 0.95, KINDS, 1.0, _half_life),
    ("step from infusion to infusion", "coverage", 0.95, KINDS, 0.15, _repeats),
)


def run(
    replicates: int = 2000, seed: int = 20261123, *, names: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Coverage and level of every cell, or of those named, with Monte Carlo intervals."""
    return simulated(CELLS, replicates, seed, names)
