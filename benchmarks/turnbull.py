"""How long Turnbull's estimate takes against plain EM, to the same Karush-Kuhn-Tucker gap.

Everybody has visits at times of his own, so that no two intervals are alike. EM (Turnbull's
self-consistency steps) works on the same regions with the same cumulative sums, which is the
fastest plain EM there is: no matrix of people by regions. It is stopped after a limit of time, and
the ratio is then a lower bound. Times are of one thread.

Run: ``OMP_NUM_THREADS=1 python -m benchmarks.turnbull`` (``--limit SECONDS`` for EM, 60).

Reached on a shared two-core machine (x86-64, NumPy 2, gap 1e-8):

======  =======  ===================  =====================  =====
people  regions  ours                 plain EM               ratio
======  =======  ===================  =====================  =====
 1,000      387  0.007 s in 11 steps   2.8 s, 135,246 steps    395
 3,000    1,126  0.014 s in 9 steps    5.6 s, 152,540 steps    409
10,000    3,772  0.067 s in 12 steps  69.2 s, 673,912 steps  1,037
======  =======  ===================  =====================  =====

The steps hardly grow with the people, a step grows with them in proportion, and memory stays
below 3 MB at 10,000 (a matrix of people by regions would take 300 MB). Target: ten times EM.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc

import numpy as np

from analysis.estimates.onset.interval_censored import turnbull
from analysis.estimates.onset.interval_censored.turnbull import _regions
from analysis.estimates.onset.interval_censored.turnbull_solver import Runs

SIZES = (1_000, 3_000, 10_000)
GAP = 1e-8


def visits(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Weibull onset times seen at six visits of random spacing each, hours."""
    rng = np.random.default_rng(seed)
    onset = 50 * rng.weibull(1.5, n)
    seen = np.cumsum(rng.exponential(15, (n, 6)), axis=1)
    seen = np.column_stack([np.zeros(n), seen, np.full(n, np.inf)])
    last = (seen < onset[:, None]).sum(axis=1)
    person = np.arange(n)
    return seen[person, last - 1], seen[person, last]


def plain_em(runs: Runs, gap: float, limit: float) -> tuple[np.ndarray, float, int]:
    """Masses, gap and steps of Turnbull's self-consistency iterations from equal masses."""
    mass = np.full(runs.regions, 1 / runs.regions)
    start, steps = time.process_time(), 0
    while True:
        share = runs.derivatives(mass) / runs.total
        reached = float(share.max() - 1)
        if reached <= gap or time.process_time() - start > limit:
            return mass, reached, steps
        mass = mass * share
        steps += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of EM at most")
    limit = parser.parse_args().limit
    for n in SIZES:
        left, right = visits(n)
        assert np.unique(np.column_stack([left, right]), axis=0).shape[0] == n
        times = []
        for _ in range(5):
            start = time.process_time()
            ours = turnbull(left, right, tolerance=GAP)
            times.append(time.process_time() - start)
        tracemalloc.start()
        turnbull(left, right, tolerance=GAP)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        runs = _regions(left, right, np.ones(n))[2]
        start = time.process_time()
        _, gap, steps = plain_em(runs, GAP, limit)
        em, mine = time.process_time() - start, float(np.median(times))
        bound = "" if gap <= GAP else f" (not reached: gap {gap:.0e})"
        print(
            f"{n:6d} people, {runs.regions} regions: {mine:.3f} s in {ours.iterations} steps to"
            f" {ours.gap:.0e}, peak {peak:.0f} MB; EM {em:.2f} s in {steps} steps{bound};"
            f" ratio {em / mine:.0f}"
        )


if __name__ == "__main__":
    main()
