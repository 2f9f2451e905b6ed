"""How long jackknife imputation takes from the sums, against refits from rows.

A trial of 200 people and four visits, a fifth missing; jump to reference by conditional mean with
the jackknife. Ours takes each person off the sums of the mixed model; the other fits the same
model to the rows of the other 199 and fills and analyses as ours does. It uses a prepared model,
so that no formula is read twice. Times are medians of CPU time with one thread; the ratio is
within one run on one machine. Both must give the same standard errors. Growth: people doubled.
Gate 6 asks the fast check of every simulated trial: its time for 60 and 120 people is printed too.
Exit code 1 where a target is missed.

Run: ``OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/imputation.py``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.estimates.missing import (
    Parameters,
    Trial,
    by_visit,
    conditional_mean,
    resampled,
    robustness_to_missing,
)
from analysis.estimates.missing.analysis_model import ancova_of, averaged
from analysis.estimates.missing.imputation_model import fitted, imputed
from analysis.mmrm import ModelSpec, prepare

PEOPLE, GROWTH = 200, (100, 200, 400)
# Times as fast as refits from rows; seconds of the fast check for 120 people and five visits.
RATIO, CHECK = 3.0, 2e-3
FORMULA = "y ~ x0 * visit + treated * visit"


def trial(n: int, k: int = 4, lost: float = 0.07) -> Trial:
    """A made-up trial whose people leave at a steady rate, some missing a visit in between."""
    rng = np.random.default_rng(n)
    treated = np.arange(n) % 2 == 0
    baseline = rng.normal(32, 8, n)
    score = 0.5 * baseline[:, None] + rng.normal(0, 4, (n, 1)) + rng.normal(0, 5, (n, k))
    score[treated] -= 4.0
    for visit in range(1, k):
        score[rng.random(n) < lost, visit:] = np.nan
        score[rng.random(n) < lost / 3, visit] = np.nan
    return Trial(score, baseline, treated, tuple(f"visit {a + 1}" for a in range(k)))


def rows_of(made: Trial) -> pd.DataFrame:
    """The scores as one row a person and visit."""
    n, k = made.score.shape
    labels = [f"v{a}" for a in range(k)]
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical(labels * n, categories=labels, ordered=True),
            "y": made.score.ravel(),
            "x0": np.repeat(made.covariates[:, 0], k),
            "treated": np.repeat(made.treated.astype(float), k),
        }
    )


def from_rows(made: Trial, rows: pd.DataFrame, spec: ModelSpec) -> np.ndarray:
    """Standard errors of the differences, every refit from the rows of the others."""
    n, k = made.score.shape
    labels = [f"v{a}" for a in range(k)]
    found = []
    for person in range(n):
        fit = spec.fit(rows[rows["subject"] != person])
        covariance = fit.covariance.to_numpy()
        own = Parameters(
            by_visit(fit.params, labels, terms=("x0", "treated")),
            np.stack([covariance, covariance]),
        )
        counts = (np.arange(n) != person).astype(float)
        found.append(ancova_of(averaged(imputed(made, "JR", own)), made.design, counts)[0])
    spread = np.var(np.stack(found), axis=0) * (n - 1)
    return np.asarray(np.sqrt(spread))


def seconds(run: Callable[[], object], repeats: int = 5) -> float:
    """Median CPU time."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def check_time(n: int, k: int) -> float:
    """Seconds of one fast check of gate 6."""
    made = trial(n, k)
    fit, labels = fitted(made)
    weights = {"treated": 1.0} | {f"treated:visit[T.{a}]": 1 / k for a in labels[1:]}
    found = fit.contrast(weights)
    coefficients = by_visit(fit.params, labels, terms=("x0", "treated"))
    covariance = np.stack([np.asarray(fit.covariance)] * 2)

    def run() -> None:
        for _ in range(100):
            robustness_to_missing(
                made.score, made.covariates[:, :1], made.treated, coefficients=coefficients,
                covariance=covariance, se=found["se"], df=found["df"],
                holds=lambda estimate, low, high: high < 0,
            )  # fmt: skip

    return seconds(run) / 100


def main() -> int:
    """Print times and ratios; 1 where a target is missed."""
    made = trial(PEOPLE)
    rows = rows_of(made)
    spec = prepare(FORMULA, rows, subject="subject", visit="visit", df="satterthwaite")
    ours = conditional_mean(made, "JR").se[0]
    theirs = from_rows(made, rows, spec)
    apart = float(np.abs(ours / theirs - 1).max())
    fast = seconds(lambda: conditional_mean(made, "JR"))
    slow = seconds(lambda: from_rows(made, rows, spec), 3)
    ratio = slow / fast
    sys.stdout.write(
        f"jackknife imputation, {PEOPLE} people: {fast:.2f} s from sums, {slow:.2f} s from rows, "
        f"ratio {ratio:.1f} (target {RATIO:g}); standard errors within {apart:.1e}\n"
    )
    shared = resampled(made)
    another = seconds(lambda: conditional_mean(made, "CIR", refits=shared))
    sys.stdout.write(f"another strategy with the same refits: {another:.3f} s\n")
    for n in GROWTH:
        took = seconds(lambda n=n: conditional_mean(trial(n), "JR"), 3)
        sys.stdout.write(f"{n} people: {took:.2f} s, {1e3 * took / n:.2f} ms a person left out\n")
    checks = {n: check_time(n, k) for n, k in ((60, 2), (120, 5))}
    for n, took in checks.items():
        sys.stdout.write(f"fast check of gate 6, {n} people: {1e3 * took:.2f} ms\n")
    return int(ratio < RATIO or apart > 1e-3 or checks[120] > CHECK)


if __name__ == "__main__":
    sys.exit(main())
