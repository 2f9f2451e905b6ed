"""How long the mixed model takes, from data frame and formula to LS-mean differences.

Times are medians of CPU time with one BLAS thread, ratios are within one run on one machine.
statsmodels' MixedLM with a random intercept is the yardstick that is always installed; it
fits a simpler covariance (compound symmetry) and has no small-sample degrees of freedom, so
the comparison favours it. Where the package mixedlm-rs is installed, its fit alone (random
visits, the same unstructured covariance, no Kenward-Roger, no LS means) is timed as well and
its log-likelihood printed. R's gls, glmmTMB and lmerTest are not called from here.

Run: ``OMP_NUM_THREADS=1 python benchmarks/mmrm.py`` (``--large`` adds 100,000 subjects).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pandas as pd

from analysis.mmrm import MMRM, mmrm
from analysis.mmrm.design import build_design
from analysis.mmrm.moments import accumulate

FORMULA = "change ~ baseline * visit + arm * visit"


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


def ours(data: pd.DataFrame) -> MMRM:
    """Coefficients, Kenward-Roger and differences by visit."""
    fit = mmrm(FORMULA, data, subject="subject", visit="visit")
    fit.coefficients()
    fit.differences("arm", by="visit")
    return fit


def mixedlm(data: pd.DataFrame) -> None:
    """Random intercept by statsmodels: the nearest model that it fits reliably."""
    import statsmodels.formula.api as smf

    used = data.dropna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        smf.mixedlm(FORMULA, used, groups=used["subject"]).fit(reml=True)


def rust(data: pd.DataFrame) -> float:
    """Log-likelihood of the unstructured model by mixedlm-rs."""
    import mixedlm_rs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = mixedlm_rs.mixedlm(
            FORMULA, data.dropna(), groups="subject", re_formula="~ 0 + visit"
        )
        return float(model.fit().llf)


def cpu(function: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds after one call to warm up."""
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def main() -> None:
    """Print one row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="add 100,000 subjects")
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != "1":
        parser.error("set OMP_NUM_THREADS=1: times are for one BLAS thread")
    sizes = [(200, 4, 0.1, True), (1000, 6, 0.1, True), (1000, 10, 0.12, False)]
    sizes += [(10_000, 8, 0.05, False)]
    if options.large:
        sizes.append((100_000, 8, 0.05, False))
    rows = []
    for n, visits, missing, compare in sizes:
        data = trial(n, visits, missing)
        repeats = 5 if n <= 1000 else 1
        total = cpu(lambda data=data: ours(data), repeats)
        design = build_design(FORMULA, data, subject="subject", visit="visit")
        passing = cpu(lambda design=design: accumulate(design), repeats)
        fit = ours(data)
        row = {
            "subjects": n,
            "visits": visits,
            "patterns": len(accumulate(design)[0].visits),
            "mmrm_s": total,
            "of which pass_s": passing,
            "steps": fit._optimum.steps,
            "peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        if compare:
            yardstick = cpu(lambda data=data: mixedlm(data), 1)
            row |= {"MixedLM_s": yardstick, "ratio": yardstick / total}
        row["loglik"] = fit.loglik
        if find_spec("mixedlm_rs") is not None and n <= 10_000:
            seconds = cpu(lambda data=data: rust(data), 1)
            row |= {"rs_s": seconds, "rs_ratio": seconds / total, "rs_loglik": rust(data)}
        if n == 200:
            draws = cpu(lambda fit=fit: fit.bootstrap(200, np.random.default_rng(0)), 1)
            row["bootstrap_ms"] = 1e3 * draws / 200
            row["jackknife_ms"] = 1e3 * cpu(fit.jackknife, 1) / n
        rows.append(row)
    table = pd.DataFrame(rows).set_index(["subjects", "visits"]).T
    table = table.to_string(float_format=lambda v: f"{v:.7f}" if abs(v) > 1e3 else f"{v:.4g}")
    sys.stdout.write(table + "\n")


if __name__ == "__main__":
    main()
