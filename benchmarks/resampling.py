"""How long resampling of a paired change takes against SciPy, and whether both say the same.

200 people unless said, 10,000 resamples. Times are medians of CPU time with one thread; ratios
are within one run on one machine, ours timed before and after SciPy. Targets: BCa bootstrap at
least 3 times as fast as scipy.stats.bootstrap, sign flips at least 30 times as fast as
scipy.stats.permutation_test, both with the same statistic, count and changes; limits and P
values within Monte Carlo error of each other. Exit code 1 where a target is missed.

Run: ``OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/resampling.py``.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from analysis.estimates.change.resampling import bca, bca_change, sign_flip

N, RESAMPLES = 200, 10_000
TARGETS = {"BCa bootstrap": 3.0, "sign flips": 30.0}
SIZES = (50, 200, 500, 2000)
COUNTS = (10_000, 40_000)


def scores(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole points from 0 to 56 before and after, the later ones a little lower."""
    rng = np.random.default_rng(n)
    before = np.round(56 * rng.beta(2.2, 1.1, n))
    return before, np.clip(before - np.round(rng.normal(1.0, 8, n)), 0, 56)


def seconds(run: Callable[[], object], repeats: int = 7) -> float:
    """Median CPU time."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def mean_difference(after: np.ndarray, before: np.ndarray, axis: int) -> np.ndarray:
    """Paired statistic as SciPy's permutation test takes it."""
    return np.mean(after - before, axis=axis)


def bootstraps(n: int, resamples: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Ours, and SciPy's on the changes themselves, which is faster than on pairs."""
    before, after = scores(n)
    change = after - before
    return (
        lambda: bca_change(before, after, resamples=resamples, seed=1),
        lambda: stats.bootstrap(
            (change,), np.mean, n_resamples=resamples, method="BCa", vectorized=True,
            rng=np.random.default_rng(2),
        ),
    )  # fmt: skip


def flips(n: int, resamples: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Ours, and SciPy's permutation of each person's two scores."""
    before, after = scores(n)
    return (
        lambda: sign_flip(before, after, draws=resamples, seed=1),
        lambda: stats.permutation_test(
            (after, before), mean_difference, permutation_type="samples", vectorized=True,
            n_resamples=resamples, rng=np.random.default_rng(2),
        ),
    )  # fmt: skip


PAIRS = {"BCa bootstrap": bootstraps, "sign flips": flips}


def compare(name: str) -> float:
    """Print both times; returns the ratio, SciPy's time over the slower of ours."""
    ours, theirs = PAIRS[name](N, RESAMPLES)
    ours(), theirs()
    first, other = seconds(ours), seconds(theirs, 5)
    last = seconds(ours)
    ratio = other / max(first, last)
    print(
        f"{name:14s} ours {first * 1e3:6.2f} and {last * 1e3:6.2f} ms, "
        f"SciPy {other * 1e3:7.2f} ms: {ratio:.1f} times (target {TARGETS[name]:g})"
    )
    return ratio


def growth() -> None:
    """Times of both as people and resamples grow."""
    print("\npeople  resamples  " + "  ".join(f"{name}: ours, SciPy (ms)" for name in PAIRS))
    for n in SIZES:
        for count in COUNTS:
            cells = []
            for make in PAIRS.values():
                ours, theirs = make(n, count)
                cells.append(f"{seconds(ours, 3) * 1e3:8.1f} {seconds(theirs, 1) * 1e3:9.1f}")
            print(f"{n:6d}  {count:9,d}  " + "         ".join(cells))


def same_answers() -> bool:
    """Both limits and P values within four Monte Carlo errors of each other."""
    before, after = scores(N)
    change = after - before
    limits = {"ours": [], "SciPy": []}
    for seed in range(20):
        found = bca(change, lambda mean: mean, resamples=RESAMPLES, seed=seed)
        limits["ours"].append((found.low, found.high))
        interval = stats.bootstrap(
            (change,), np.mean, n_resamples=RESAMPLES, method="BCa",
            rng=np.random.default_rng(100 + seed),
        ).confidence_interval  # fmt: skip
        limits["SciPy"].append((interval.low, interval.high))
    one, other = (np.array(limits[name]) for name in ("ours", "SciPy"))
    error = np.sqrt((one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)) / len(one))
    apart = np.abs(one.mean(axis=0) - other.mean(axis=0)) / error
    print(f"\nBCa limits, means of 20 runs: ours {one.mean(axis=0).round(4)}, SciPy "
          f"{other.mean(axis=0).round(4)}; {apart.max():.1f} Monte Carlo errors apart")  # fmt: skip
    ours, theirs = (run() for run in flips(N, RESAMPLES))
    p, q = ours["p_value"], theirs.pvalue  # type: ignore[index, attr-defined]
    z = abs(p - q) / max(np.sqrt(2 * p * (1 - p) / RESAMPLES), 1 / RESAMPLES)
    print(f"sign-flip P: ours {p:.4f}, SciPy {q:.4f}; {z:.1f} Monte Carlo errors apart")
    return bool(apart.max() < 4 and z < 4)


def main() -> int:
    """Print everything; 1 where a target is missed."""
    met = [compare(name) >= target for name, target in TARGETS.items()]
    agree = same_answers()
    growth()
    return 0 if all(met) and agree else 1


if __name__ == "__main__":
    sys.exit(main())
