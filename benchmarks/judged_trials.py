"""How many simulated trials are judged in a second, part by part, and how two workers share them.

The parts are those of :mod:`benchmarks.judged_pieces`: MMRM, missing data and onset of every
trial. Their times are of the processor with one BLAS thread, for 15, 30 and 60 people an arm:
means over the trials of a round (a rate is the inverse of a mean), medians over five rounds, each
size on a fortieth of the trials.

Then all the trials, 30 people an arm, without the limits of the shares that crossed, which take as
long as all the rest, in wall time: by one process and by two workers of joblib,
which have started, imported and judged a few before. Both judge the same trials, in two blocks:
one process and then the workers, the workers and then one process.

Beside it, in the same run, the plain way: statsmodels' MixedLM with the same fixed effects and a
random intercept, the nearest that it fits reliably. It has neither the unstructured covariance nor
Kenward-Roger, and so does less. Exit code 1 where one process and the workers differ in what they
find.

Run: ``make benchmark-judge`` (a quarter of an hour; ``ARGS="--trials 400"`` for less).
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from joblib import Parallel, delayed, parallel_config

from analysis.claims.calibration.pieces import trial_of
from analysis.claims.calibration.trial import scores_of
from analysis.claims.definitions import load_definitions
from analysis.claims.primary_analysis import Scores, primary_analysis
from benchmarks.judged_pieces import COUNTED, PARTS, SEED, WORLDS, judge_piece

SIZES, N = (15, 30, 60), 30
TRIALS, WORKERS, PIECE, ROUNDS, BLOCKS = 10_000, 2, 250, 5, 2
# Share of the trials that each size is timed with, and trials that the plain way is given.
SHARE, PLAIN = 1 / 40, 40


def milliseconds(n: int, trials: int) -> dict[str, float]:
    """CPU time a trial of each part and of all, at n people an arm: medians of the rounds."""
    # As many of one world as of the other in every round.
    size = len(WORLDS) * -(-trials // (ROUNDS * len(WORLDS)))
    judge_piece(0, 2, n)
    rounds = [judge_piece(size * i, size * (i + 1), n) for i in range(ROUNDS)]
    each = {part: [one["parts"][part] / size for one in rounds] for part in PARTS}
    each["all"] = [one["cpu"] / size for one in rounds]
    return {part: 1e3 * statistics.median(values) for part, values in each.items()}


# What other software fits of the same scores: one covariance, the baseline alone.
PLAIN_MODEL = "change ~ baseline * visit + treated * visit"


def plain(scores: Scores) -> float:
    """The primary difference by statsmodels: the same fixed effects and a random intercept."""
    n, k = scores.score.shape
    table = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": np.tile([f"v{j}" for j in range(k)], n),
            "baseline": np.repeat(scores.baseline, k),
            "treated": np.repeat(scores.treated.astype(float), k),
            "change": (scores.score - scores.baseline[:, None]).ravel(),
        }
    ).dropna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = smf.mixedlm(PLAIN_MODEL, table, groups=table["subject"]).fit(reml=True)
    later = [fit.params[f"treated:visit[T.v{j}]"] for j in range(1, k)]
    return float(fit.params["treated"] + sum(later) / k)


def against_plain(trials: int) -> dict[str, float]:
    """CPU ms of the primary analysis, before and after, and of the plain way.

    ``ratio`` is by the slower of ours; ``apart`` says how far apart the estimates are at the most,
    in standard errors of ours.
    """
    rules = load_definitions()
    drawn = [trial_of(WORLDS[i % 2], N, i, SEED) for i in range(trials)]
    scores = [scores_of(one, rules) for one in drawn]

    def timed(run: Callable[[Scores], Any]) -> tuple[float, list[Any]]:
        took, results = [], []
        run(scores[0])
        for one in scores:
            start = time.process_time()
            results.append(run(one))
            took.append(time.process_time() - start)
        return 1e3 * statistics.median(took), results

    before, ours = timed(primary_analysis)
    other, theirs = timed(plain)
    after, _ = timed(primary_analysis)
    apart = [abs(one.estimate - two) / one.se for one, two in zip(ours, theirs, strict=True)]
    return {"before": before, "after": after, "plain": other, "apart": max(apart),
            "ratio": other / max(before, after)}  # fmt: skip


@dataclass(frozen=True)
class Scaling:
    """The same trials by one process and by several.

    Attributes
    ----------
    trials, workers : int
    start_up : float
        Seconds until every worker had imported and judged.
    wall, cpu : dict of list of float
        Seconds of each block, by number of workers.
    found : dict
        What the trials gave, added up.
    same : bool
        Whether every piece found the same with one process and with several.
    """

    trials: int
    workers: int
    start_up: float
    wall: dict[int, list[float]]
    cpu: dict[int, list[float]]
    found: dict[str, float]
    same: bool

    @property
    def speed_ups(self) -> list[float]:
        """Wall time of one process over that of the workers: of each block, and of all."""
        one, several = ([*times, sum(times)] for times in self.wall.values())
        return [first / second for first, second in zip(one, several, strict=True)]


def scaling(trials: int, workers: int, *, n: int = N) -> Scaling:
    """Judge the trials in pieces, in blocks that one process and the workers do in turn."""
    size = min(PIECE, max(1, trials // (BLOCKS * workers)))
    pieces = [(start, min(start + size, trials), n) for start in range(0, trials, size)]
    blocks = [pieces[len(pieces) * i // BLOCKS : len(pieces) * (i + 1) // BLOCKS]
              for i in range(BLOCKS)]  # fmt: skip
    wall: dict[int, list[float]] = {1: [], workers: []}
    cpu: dict[int, list[float]] = {1: [], workers: []}
    found: Counter[str] = Counter()
    same = True
    with (
        parallel_config("loky", inner_max_num_threads=1),
        Parallel(n_jobs=workers, batch_size=1) as pool,
    ):
        begun = time.perf_counter()
        awake: set[int] = set()
        while len(awake) < workers:
            first = pool(delayed(judge_piece)(0, 2, n) for _ in range(2 * workers))
            awake |= {one["process"] for one in first}
        start_up = time.perf_counter() - begun
        judge_piece(0, 2, n)
        ways: dict[int, Callable[[list[Any]], list[dict[str, Any]]]] = {
            1: lambda block: [judge_piece(*one, limits=False) for one in block],
            workers: lambda block: pool(delayed(judge_piece)(*one, limits=False) for one in block),
        }
        for place, block in enumerate(blocks):
            told = {}
            for count in (1, workers) if place % 2 == 0 else (workers, 1):
                begun = time.perf_counter()
                done = ways[count](block)
                wall[count].append(time.perf_counter() - begun)
                cpu[count].append(sum(one["cpu"] for one in done))
                # As text, since a number that is none equals nothing.
                told[count] = str([one["found"] for one in done])
            for one in done:
                found.update(one["found"])
            same = same and told[1] == told[workers]
    return Scaling(trials, workers, start_up, wall, cpu, dict(found), same)


def print_parts(by_size: dict[int, dict[str, float]]) -> None:
    """Milliseconds by part and size, what calibration takes of them, and all as a rate."""
    first, last = min(by_size), max(by_size)
    show("\nCPU ms a trial    " + "".join(f"{f'{n} an arm':>12}" for n in by_size)
         + f"{f'{last} over {first}':>14}")  # fmt: skip
    lines = {part: {n: got[part] for n, got in by_size.items()} for part in (*PARTS, "all")}
    lines["as calibrate does"] = {n: sum(map(got.get, COUNTED)) for n, got in by_size.items()}
    for name, line in lines.items():
        times = "".join(f"{took:12.2f}" for took in line.values())
        show(f"{name:18}{times}{line[last] / line[first]:14.2f}")
    show("rate: trials a second of one core")
    for name, line in (("all", "all"), ("as calibrate", "as calibrate does")):
        rates = "".join(f"{1e3 / took:12.1f}" for took in lines[line].values())
        show(f"rate, {name:12}{rates}")


def print_scaling(got: Scaling) -> None:
    """Wall time, rates, speed-up and start-up; what was found."""
    show(f"\n{got.trials:,} trials of {N} an arm, MMRM, missing data and onset of each")
    for count, name in ((1, "1 process"), (got.workers, f"{got.workers} workers")):
        wall, cpu = sum(got.wall[count]), sum(got.cpu[count])
        show(f"{name}: {wall:.1f} s of wall time, {got.trials / wall:.2f} trials a second, "
             f"{got.trials / wall / count:.2f} a core; CPU {1e3 * cpu / got.trials:.1f} ms a "
             f"trial, {got.trials / cpu:.2f} a second")  # fmt: skip
    *blocks, whole = got.speed_ups
    each = " and ".join(f"{one:.2f}" for one in blocks)
    show(f"speed-up {whole:.2f} (blocks: {each}), efficiency {whole / got.workers:.0%}; "
         f"starting {got.workers} workers took {got.start_up:.1f} s more")  # fmt: skip
    counts = {name: value for name, value in sorted(got.found.items()) if "sum of" not in name}
    show("found: " + ", ".join(f"{name} {value:,.0f}" for name, value in counts.items()))
    show("one process and the workers found " + ("the same" if got.same else "DIFFERENT things"))


def show(line: str) -> None:
    print(line, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 where the workers find something else."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--workers", type=int, default=WORKERS)
    options = parser.parse_args(arguments)
    if options.trials < 1 or options.workers < 2:
        parser.error("expected one trial or more, and two workers or more")
    if os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1: times are for one BLAS thread")
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "statsmodels"))
    show(f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}")
    few = max(ROUNDS, round(options.trials * SHARE))
    print_parts({n: milliseconds(n, few) for n in SIZES})
    ratio = against_plain(min(PLAIN, few))
    show(f"\nprimary analysis, {N} an arm: {ratio['before']:.2f} and {ratio['after']:.2f} ms, "
         f"statsmodels MixedLM {ratio['plain']:.1f} ms: {ratio['ratio']:.1f} times; estimates at "
         f"most {ratio['apart']:.2f} standard errors apart")  # fmt: skip
    got = scaling(options.trials, options.workers)
    print_scaling(got)
    return 0 if got.same else 1


if __name__ == "__main__":
    sys.exit(main())
