"""Coverage and level of imputation at 10, 15 and 30 people an arm, with dropout at random.

Baseline and three visits; after each visit people leave, the likelier the higher the last score
seen (about a quarter by the last visit). The estimand is the difference averaged over the visits:
everyone's, under missing at random; under a reference-based strategy what it would be had those
who left gone on as the strategy says. Its truth is what the estimator finds in 40,000 people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from analysis.estimates.missing import (
    STRATEGIES,
    Trial,
    conditional_mean,
    multiple_imputation,
    posterior,
    resampled,
)
from analysis.estimates.missing.analysis_model import ancova_of, averaged
from analysis.estimates.missing.imputation_model import fitted, imputed, parameters_of
from benchmarks.estimates.scores import KINDS, NOMINAL, RANGE, SIZES, correlated, rate

CELLS = list(product(KINDS, SIZES))
CORRELATION = 0.5
VISITS = ("2 h", "4 h", "day 1")
# Points off every score of the treated. Bounded scores may not leave their range.
EFFECT = -6.0
DRAWS, SWEEPS = 40, 15
# The dearer ones: the refits of the jackknife serve every strategy, draws are made for each.
DRAWN = ("MAR", "JR")


def trial(scores: np.ndarray, kind: str, effect: float, rng: np.random.Generator) -> Trial:
    """A trial from scores of baseline and three visits, shape (n, 4), after dropout."""
    n = len(scores)
    treated = np.arange(n) % 2 == 0
    score = scores[:, 1:] + effect * treated[:, None]
    if kind != "normal":
        score = score.clip(*RANGE)
    worse = (scores - scores.mean()) / scores.std()
    seen = np.ones((n, 3), dtype=bool)
    for visit in (1, 2):
        leaves = rng.random(n) < 1 / (1 + np.exp(2.2 - 0.7 * worse[:, visit]))
        seen[:, visit] = seen[:, visit - 1] & ~leaves
    return Trial(np.where(seen, score, np.nan), scores[:, 0], treated, VISITS)


def run(
    replicates: int = 2000,
    seed: int = 1,
    cells: Sequence[tuple[str, int]] = CELLS,
    *,
    jackknife: bool = True,
) -> list[dict[str, Any]]:
    """Rows of operating characteristics, on a twelfth of the trials: each is refitted often."""
    rows = []
    trials = max(1, replicates // 12)
    for (kind, n), rng in zip(cells, np.random.default_rng(seed).spawn(len(cells)), strict=True):
        hits: dict[tuple[str, str], list[bool]] = defaultdict(list)
        scores = correlated(2 * n, 4, rng, kind=kind, correlation=CORRELATION, size=trials)
        for one in scores:
            for effect, quantity in ((EFFECT, "coverage"), (0.0, "level")):
                made = trial(one, kind, effect, rng)
                for name, strategy, low, high in _intervals(made, jackknife):
                    if quantity == "level" and strategy == "MAR":
                        continue  # the same as its coverage: dropout knows nothing of the effect
                    truth = _truth(kind, strategy, effect)
                    covered = low <= truth <= high
                    hits[name, quantity].append(covered if quantity == "coverage" else not covered)
        rows += [rate(*key, kind, n, found, NOMINAL[key[1]]) for key, found in hits.items()]
    return rows


def _intervals(made: Trial, jackknife: bool) -> Iterator[tuple[str, str, float, float]]:
    if jackknife:
        refits = resampled(made)
        for strategy, words in STRATEGIES.items():
            row = conditional_mean(made, strategy, refits=refits).rows()[-1]
            name = f"conditional mean and jackknife, {words}"
            yield name, strategy, row["ci_low"], row["ci_high"]
    drawn = posterior(made, draws=DRAWS, seed=1, sweeps=SWEEPS)
    for strategy in DRAWN:
        filled = multiple_imputation(made, strategy, parameters=drawn, seed=1)
        found = filled.difference().columns
        name = f"multiple imputation, {STRATEGIES[strategy]}"
        yield name, strategy, found["ci_low"], found["ci_high"]


@cache
def _truth(kind: str, strategy: str, effect: float) -> float:
    if effect == 0.0:
        return 0.0
    rng = np.random.default_rng(0)
    scores = correlated(40_000, 4, rng, kind=kind, correlation=CORRELATION)[0]
    made = trial(scores, kind, effect, rng)
    if strategy == "MAR":
        everyone = scores[:, 1:] + effect
        everyone = everyone if kind == "normal" else everyone.clip(*RANGE)
        return float((everyone - scores[:, 1:]).mean())
    fit, labels = fitted(made, strategy)
    filled = imputed(made, strategy, parameters_of(fit, made, labels))
    return float(ancova_of(averaged(filled), made.design)[0, -1])
