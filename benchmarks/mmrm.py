"""How long the mixed model takes, against other software, with targets and what was reached.

Ours is timed from data frame and formula to coefficients, Kenward-Roger and differences of LS
means at each visit; the others are timed for the fit alone, which favours them. Times are medians
of CPU time with one BLAS thread, without start-up; ratios are within one run on one machine, where
ours is timed before and after the others. All fit the same unstructured covariance by REML, save
statsmodels (a random intercept); log-likelihoods are printed. What is not installed is left out.

Run: ``make benchmark`` (``ARGS=--large`` adds 100,000 subjects against mixedlm-rs and 1,000,000 in
chunks). Without it: ``OMP_NUM_THREADS=1 python benchmarks/mmrm.py --peers PYTHON``, where PYTHON
has mixedlm-rs and mixedlm.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from analysis.mmrm import MMRM, ModelSpec, mmrm, prepare
from analysis.mmrm.fit.maximise import fit_with_fallback

HERE = Path(__file__).parent
FORMULA = "change ~ baseline * visit + arm * visit"
ROLES = {"subject": "subject", "visit": "visit"}
R_PEERS = {"gls": "nlme", "glmmTMB": "glmmTMB", "lmerTest": "lmerTest"}
CHUNK = 25_000
# Subjects, visits, share missing, and the others that fit it in reasonable time.
EVERY = ("gls", "glmmTMB", "lmerTest", "statsmodels", "mixedlm", "mixedlm-rs")
SIZES = [
    (200, 4, 0.1, EVERY),
    (1000, 6, 0.1, EVERY),
    (1000, 10, 0.12, ("mixedlm", "mixedlm-rs")),
    (10_000, 8, 0.05, ("mixedlm", "mixedlm-rs")),
]
LARGE = (100_000, 8, 0.05, ("mixedlm-rs",))


def trial(n: int, visits: int, missing: float, seed: int = 0) -> pd.DataFrame:
    """A made-up trial; visits after the first are missing at random."""
    rng = np.random.default_rng(seed)
    k = np.arange(visits)
    sd = 1 + 0.1 * k
    sigma = 0.6 ** np.abs(k[:, None] - k) * np.outer(sd, sd)
    baseline, arm = rng.normal(30, 5, n), np.arange(n) % 2
    change = rng.standard_normal((n, visits)) @ np.linalg.cholesky(sigma).T
    change += 0.3 * baseline[:, None] - 0.3 * arm[:, None] * k
    change[:, 1:][rng.random((n, visits - 1)) < missing] = np.nan
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), visits),
            "visit": pd.Categorical(np.tile([f"week {a + 1}" for a in k], n)),
            "arm": np.repeat(np.where(arm == 1, "drug", "control"), visits),
            "baseline": np.repeat(baseline, visits),
            "change": change.ravel(),
        }
    )


def report(fit: MMRM) -> MMRM:
    """Coefficients, Kenward-Roger and differences by visit."""
    fit.coefficients()
    fit.differences("arm", by="visit")
    return fit


@dataclass
class Ours:
    """CPU times of one size, by what was timed, over all rounds."""

    data: pd.DataFrame
    spec: ModelSpec
    repeats: int
    times: dict[str, list[float]] = field(default_factory=dict)

    def round(self) -> MMRM:
        """Time every entry `repeats` times, after one that warms up."""
        fit = report(mmrm(FORMULA, self.data, **ROLES))
        structure = fit._optimum.likelihood.covariance
        for _ in range(self.repeats):
            self.timed("with formula", lambda: report(mmrm(FORMULA, self.data, **ROLES)))
            fit = self.timed("prepared fit", lambda: self.spec.fit(self.data))
            self.timed("report", lambda fit=fit: report(fit))
            self.timed(
                "maximise",
                lambda fit=fit: fit_with_fallback(
                    fit._moments, structure, reml=True, fallback=True
                ),
            )
        return fit

    def timed(self, name: str, call: Callable[[], MMRM]) -> MMRM:
        start = time.process_time()
        result = call()
        self.times.setdefault(name, []).append(time.process_time() - start)
        return result

    def median(self, name: str) -> float:
        return statistics.median(self.times[name])


def peer(name: str, path: Path, python: str | None, repeats: int, limit: float) -> dict | None:
    """Seconds, log-likelihood and version of one other fit; None where it is not installed."""
    if name in R_PEERS:
        program = ["Rscript", str(HERE / "mmrm_peers.R"), str(path), R_PEERS[name]]
    elif name == "statsmodels":
        program = [sys.executable, str(HERE / "mmrm_peers.py"), str(path), name]
    elif python:
        program = [python, str(HERE / "mmrm_peers.py"), str(path), name]
    else:
        return None
    if shutil.which(program[0]) is None:
        return None
    one = {"RAYON_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [*program, str(repeats)],
            capture_output=True,
            text=True,
            timeout=limit,
            env=os.environ | one,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return {"seconds": np.nan, "note": f"not finished in {limit:.0f} s"}
    except subprocess.CalledProcessError as error:
        return {"seconds": np.nan, "note": error.stderr.strip().splitlines()[-1][:80]}
    times, loglik, version = done.stdout.strip().splitlines()[-3:]
    seconds = statistics.median(float(value) for value in times.split())
    return {"seconds": seconds, "loglik": float(loglik), "version": version.strip()}


def compare(size: tuple, options: argparse.Namespace) -> tuple[Ours, MMRM, dict[str, dict]]:
    """Ours before and after the others, on one table."""
    n, visits, missing, names = size
    data = trial(n, visits, missing)
    repeats = 20 if n <= 1000 else 5
    ours = Ours(data, prepare(FORMULA, data, **ROLES), repeats)
    ours.round()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.csv"
        data.to_csv(path, index=False)
        for name in names:
            result = peer(name, path, options.peers, 3, options.limit)
            if result is not None:
                found[name] = result
    return ours, ours.round(), found


def print_size(size: tuple, ours: Ours, fit: MMRM, found: dict[str, dict]) -> None:
    """Times and log-likelihoods of one size."""
    n, visits = size[:2]
    patterns = len(fit._moments.visits)
    show(f"\n{n:,} subjects x {visits} visits, {patterns} patterns of missing visits")
    formula, prepared = ours.median("with formula"), prepared_seconds(ours)
    show(f"  {'analysis.mmrm':14} {formula:9.4f} s with formula, {prepared:.4f} s prepared,")
    show(f"  {'':14} {after_pass(ours):9.4f} s of it after the pass; loglik {fit.loglik:.6f}")
    for name, result in found.items():
        if np.isnan(result["seconds"]):
            show(f"  {name:14} {result['note']}")
            continue
        ratio = result["seconds"] / formula
        label = f"{name} {result['version']}"
        higher = fit.loglik - result["loglik"]
        show(
            f"  {label:22} {result['seconds']:9.4f} s fit alone, {ratio:8.1f} x ours; "
            f"loglik {result['loglik']:.6f}, ours higher by {higher:.1e}"
        )


def prepared_seconds(ours: Ours) -> float:
    return ours.median("prepared fit") + ours.median("report")


def after_pass(ours: Ours) -> float:
    """Maximisation, coefficients, Kenward-Roger and differences."""
    return ours.median("maximise") + ours.median("report")


def after_pass_of_many() -> float:
    """Time after the pass with ten times the subjects, in patterns just as many, over that of one.

    The larger trial is ten copies of the smaller: time grows with patterns, not with subjects.
    """
    n = 10_000
    small = trial(n, 8, 0.05)
    large = pd.concat([small.assign(subject=small["subject"] + i * n) for i in range(10)])
    both = [Ours(data, prepare(FORMULA, data, **ROLES), 3) for data in (small, large)]
    for _ in range(3):
        for ours in both:
            ours.round()
    return after_pass(both[1]) / after_pass(both[0])


def resampling(fit: MMRM) -> tuple[float, float]:
    """CPU seconds of 2,000 bootstrap refits, and of one jackknife refit."""
    start = time.process_time()
    fit.bootstrap(2000, np.random.default_rng(0))
    middle = time.process_time()
    fit.jackknife()
    return middle - start, (time.process_time() - middle) / fit.n_subjects


def write_parquet(path: Path, n: int) -> None:
    """A large trial, a row group for each chunk of subjects."""
    writer = None
    for start in range(0, n, CHUNK):
        part = trial(min(CHUNK, n - start), 8, 0.05, seed=start)
        part["subject"] += start
        table = pa.Table.from_pandas(part.astype({"visit": str}), preserve_index=False)
        writer = writer or pa.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=len(table))
    if writer is not None:
        writer.close()


def child(kind: str, path: str) -> None:
    """In a process of its own: CPU seconds and peak memory of one large fit."""
    data = pd.read_parquet(path) if kind == "whole" else pyarrow.dataset.dataset(path)
    start = time.process_time()
    fit = report(mmrm(FORMULA, data, **ROLES))
    seconds = time.process_time() - start
    # The operating system's maximum of getrusage would be that of the process that started this.
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "subjects": fit.n_subjects}))


def large_fits(sizes: list[tuple[str, int]]) -> dict[tuple[str, int], dict]:
    """Each fit of a file in a new process."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, n in sizes:
            path = Path(folder) / f"{n}.parquet"
            if not path.exists():
                write_parquet(path, n)
            command = [sys.executable, __file__, "--child", kind, str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[kind, n] = json.loads(done.stdout)
            show(f"  {kind:8} {n:9,} subjects x 8: {found[kind, n]}")
    return found


def show(line: str) -> None:
    print(line, flush=True)


def verdicts(all_sizes: dict, extra: dict[str, float]) -> list[tuple[str, str, float, bool]]:
    """Target, and what was reached of it, for each row whose parts were measured."""
    rows: list[tuple[str, str, float, bool]] = []

    def ratio(n: int, visits: int, name: str, target: float, *, prepared: bool = False) -> None:
        if (n, visits) not in all_sizes or name not in all_sizes[n, visits][2]:
            return
        ours, _, found = all_sizes[n, visits]
        base = prepared_seconds(ours) if prepared else ours.median("with formula")
        value = found[name]["seconds"] / base
        how = "prepared" if prepared else "with formula"
        rows.append(
            (f"{n:,} x {visits}, {how}, times {name}", f">= {target:g}", value, value >= target)
        )

    def below(label: str, key: str, limit: float) -> None:
        if key in extra:
            rows.append((label, f"<= {limit:.4g}", extra[key], extra[key] <= limit))

    ratio(200, 4, "gls", 15)
    ratio(200, 4, "gls", 40, prepared=True)
    ratio(1000, 6, "gls", 1000)
    ratio(1000, 6, "gls", 1000, prepared=True)
    ratio(1000, 10, "mixedlm-rs", 5)
    ratio(10_000, 8, "mixedlm-rs", 40)
    ratio(100_000, 8, "mixedlm-rs", 50)
    gls = all_sizes[200, 4][2].get("gls")
    if gls:
        below("2,000 bootstrap refits, in gls fits", "bootstrap_gls", 20)
    below("one jackknife refit, ms (or 1/150 of gls)", "jackknife_ms", extra["jackknife_limit"])
    below("after the pass, 100,000 x 8 over 10,000 x 8", "constant", 1.25)
    below("100,000 x 8 in one table, peak MB", "peak_mb", 1000)
    below("1,000,000 x 8 in chunks, peak MB over that of 100,000", "flat", 1.15)
    return rows


def measure(options: argparse.Namespace) -> None:
    """All sizes, resampling and memory, then the table of targets."""
    sizes = [*SIZES, LARGE] if options.large else SIZES
    sizes = [size for size in sizes if size[0] <= options.largest]
    all_sizes = {}
    for size in sizes:
        all_sizes[size[:2]] = compare(size, options)
        print_size(size, *all_sizes[size[:2]])
    bootstrap, jackknife = resampling(all_sizes[200, 4][1])
    extra = {"jackknife_ms": 1e3 * jackknife, "jackknife_limit": 3.0}
    show(f"\n2,000 bootstrap refits {bootstrap:.2f} s, a jackknife refit {1e3 * jackknife:.2f} ms")
    if "gls" in all_sizes[200, 4][2]:
        gls = all_sizes[200, 4][2]["gls"]["seconds"]
        extra["bootstrap_gls"] = bootstrap / gls
        extra["jackknife_limit"] = max(3.0, 1e3 * gls / 150)
    if options.large:
        extra["constant"] = after_pass_of_many()
        show("\nFrom Parquet, in processes of their own")
        found = large_fits(
            [("whole", 100_000), ("chunks", 100_000), ("chunks", 300_000), ("chunks", 1_000_000)]
        )
        extra["peak_mb"] = found["whole", 100_000]["peak_mb"]
        extra["flat"] = found["chunks", 1_000_000]["peak_mb"] / found["chunks", 100_000]["peak_mb"]
    show(f"\n{'target':56} {'':>8} {'reached':>9}")
    for label, target, value, reached in verdicts(all_sizes, extra):
        show(f"{label:56} {target:>8} {value:9.2f} {'yes' if reached else 'NO'}")


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="add 100,000 and 1,000,000 subjects")
    parser.add_argument("--largest", type=int, default=100_000, help="leave larger sizes out")
    parser.add_argument("--peers", help="an interpreter that has mixedlm-rs and mixedlm")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds for one other fit")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1: times are for one BLAS thread")
    if options.child:
        child(*options.child)
    else:
        measure(options)


if __name__ == "__main__":
    main()
