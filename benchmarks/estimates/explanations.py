"""What else explains a difference: coverage of its intervals at 10, 15 and 30 people an arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.control import ancova, external, stratified
from analysis.estimates.explanations import blinding, intoxication
from analysis.estimates.explanations.mediation import linear_mediation
from analysis.estimates.proportions import share_difference
from benchmarks.estimates.scores import KINDS, MEAN, SIZES, correlated, rate

__all__ = ["CELLS", "run"]

ARMS = {"treated": "ketamine", "control": "midazolam"}
COUNTED = "counts"
# Where strata share one difference a fixed effect would cover; here they do not.
SCATTERED = "five strata that truly differ, pooled"
# Shares who guess right, wrong, or not at all: blinded, half unblinded, nearly all know.
GUESSING = ((0.35, 0.35, 0.30), (0.60, 0.15, 0.25), (0.90, 0.03, 0.07))
EFFECT = -4.0
RESAMPLES = 400  # of the bootstrap within each trial

Trials = Callable[[str, int, int, np.random.Generator], np.ndarray]


def _people(kind: str, n: int, replicates: int, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
    """Trials of two arms of n; the difference is -4, and 0.1 points more a point of baseline."""
    arm = np.repeat([*ARMS.values()], n)
    for scores in correlated(2 * n, 2, rng, kind=kind, size=replicates):
        before, after = scores.T
        lower = (arm == "ketamine") * (EFFECT - 0.1 * (before - _centre(kind)))
        yield pd.DataFrame({"arm": arm, "baseline": before, "score": after + lower})


def _centre(kind: str) -> float:
    """Mean baseline of the population."""
    return MEAN if kind == "normal" else SKEWED_MEAN


def _skewed_mean() -> float:
    return float(correlated(200_000, 1, np.random.default_rng(1), kind=KINDS[1]).mean())


SKEWED_MEAN = _skewed_mean()


def _within(row: dict[str, Any], truth: float) -> bool:
    return bool(row["ci_low"] <= truth <= row["ci_high"])


def _bang(kind: str, n: int, replicates: int, rng: np.random.Generator, which: int) -> np.ndarray:
    hits = []
    for shares in GUESSING:
        drawn, times = np.unique(
            rng.multinomial(n, shares, size=replicates // len(GUESSING)), axis=0, return_counts=True
        )
        for counts, time in zip(drawn, times, strict=True):
            row = blinding.bang_index(*counts.tolist())[which]
            hits += [_within(row, shares[0] - shares[1])] * int(time)
    return np.array(hits)


def _james(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Coverage where both arms guess alike; trials without an interval count as missed."""
    hits = []
    for right, wrong, unknown in GUESSING:
        truth = blinding.james_index(np.array([[right, wrong, unknown], [wrong, right, unknown]]))
        treated, control = (
            rng.multinomial(n, shares, size=replicates // len(GUESSING))
            for shares in ((right, wrong, unknown), (wrong, right, unknown))
        )
        for pair in np.stack([treated, control], axis=1):
            hits.append(_within(blinding.james_index(pair), truth["estimate"]))
    return np.array(hits)


def _by_baseline(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    trials = _people(kind, n, replicates, rng)
    return np.array([_within(ancova.ancova_by_baseline(t, **ARMS)[0], EFFECT) for t in trials])


def _slope(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    trials = _people(kind, n, replicates, rng)
    return np.array([_within(ancova.ancova_by_baseline(t, **ARMS)[1], -0.1) for t in trials])


def _strata(kind: str, n: int, replicates: int, rng: np.random.Generator, which: int) -> np.ndarray:
    """Five trials of n an arm whose true differences scatter about -4 with an SD of 2."""
    hits = []
    for _ in range(replicates):
        true = EFFECT + 2.0 * rng.standard_normal(5)
        scores = correlated(n, 2, rng, kind=kind, correlation=0.0, size=5)
        means = scores.mean(axis=1)
        ses = np.sqrt(scores.var(axis=1, ddof=1).sum(axis=1) / n)
        rows = stratified.pool(true + means[:, 0] - means[:, 1], ses)
        hits.append(_within(rows[which], EFFECT))
    return np.array(hits)


def _prediction(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Whether the expected change of a control holds the true mean of one more control arm."""
    hits = []
    for _ in range(replicates):
        true = EFFECT + 2.0 * rng.standard_normal(6)
        scores = correlated(n, 2, rng, kind=kind, size=5)
        change = scores[..., 1] - scores[..., 0]
        ses = change.std(axis=1, ddof=1) / np.sqrt(n)
        row = external.expected_control_change(true[:5] + change.mean(axis=1), ses)
        hits.append(_within(row, true[5]))
    return np.array(hits)


def _mediated(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Indirect effect -2: treatment moves the mediator by 8 points, each worth -0.25."""
    treated = np.repeat([1.0, 0.0], n)
    hits = []
    for scores in correlated(2 * n, 3, rng, kind=kind, correlation=0.0, size=replicates):
        before, mediator, noise = scores.T
        mediator = mediator + 8 * treated
        outcome = 0.5 * before - 0.25 * mediator - 3 * treated + noise
        found = linear_mediation(outcome, mediator, treated, before, seed=rng, resamples=RESAMPLES)
        row = found.rows(rhos=())[2]
        hits.append(_within(row, -2.0))
    return np.array(hits)


def _composite(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Level of the composite difference where the drug does nothing and nobody is affected more.

    A fifth of both arms is still affected and counted as not improved.
    """
    arm = np.repeat([*ARMS.values()], n)
    hits = []
    for scores in correlated(2 * n, 2, rng, kind=kind, size=replicates):
        people = pd.DataFrame({"arm": arm, "baseline": scores[:, 0], "score": scores[:, 1]})
        away = pd.Series(rng.random(2 * n) < 0.2, dtype="boolean")
        if people[~away.to_numpy(bool)].groupby("arm").size().min() < 3:
            continue
        row = intoxication.without_residual(people, away, **ARMS)[2]
        hits.append(row["p_value"] <= 0.05)
    return np.array(hits)


def _risk(kind: str, n: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    events = rng.binomial(n, [0.2, 0.05], size=(replicates, 2))
    drawn, times = np.unique(events, axis=0, return_counts=True)
    rows = [share_difference((int(a), int(b)), (n, n)) for a, b in drawn]
    return np.repeat([_within(row, 0.15) for row in rows], times)


def _of(function: Callable[..., np.ndarray], which: int) -> Trials:
    """A cell's function with the row of its estimator fixed."""
    return lambda kind, n, replicates, rng: function(kind, n, replicates, rng, which)


# Estimator, quantity, nominal value, kinds of scores, and the function that tries it.
CELLS: tuple[tuple[str, str, float, tuple[str, ...], Trials], ...] = (
    ("Bang index, score interval", "coverage", 0.95, (COUNTED,), _of(_bang, 0)),
    ("Bang index, interval as published", "coverage", 0.95, (COUNTED,), _of(_bang, 1)),
    ("James index", "coverage", 0.95, (COUNTED,), _james),
    ("difference at the mean baseline, HC3", "coverage", 0.95, KINDS, _by_baseline),
    ("difference between slopes on baseline, HC3", "coverage", 0.95, KINDS, _slope),
    (f"{SCATTERED}, fixed effect", "coverage", 0.95, KINDS, _of(_strata, 0)),
    (f"{SCATTERED}, random effects", "coverage", 0.95, KINDS, _of(_strata, 1)),
    ("expected change of a control, five published", "coverage", 0.95, KINDS, _prediction),
    ("indirect effect, nothing unmeasured", "coverage", 0.95, KINDS, _mediated),
    ("residual effects counted as not improved", "level", 0.05, KINDS, _composite),
    ("risk difference of a harm, 20 % and 5 %", "coverage", 0.95, (COUNTED,), _risk),
)


def run(replicates: int = 2000, seed: int = 20261123) -> list[dict[str, Any]]:
    """Level and coverage of every cell at 10, 15 and 30 people an arm.

    Parameters
    ----------
    replicates : int
        Trials a cell.
    seed : int
        Each cell draws from a stream of its own.

    Returns
    -------
    list of dict
        estimator, quantity, scores, n_per_arm, replicates, value, mc_low, mc_high, nominal.
    """
    rows = []
    for place, (name, quantity, nominal, kinds, trials) in enumerate(CELLS):
        for kind in kinds:
            for n in SIZES:
                stream = np.random.default_rng([seed, place, kinds.index(kind), n])
                hits = trials(kind, n, replicates, stream)
                rows.append(rate(name, quantity, kind, n, hits, nominal))
    return rows
