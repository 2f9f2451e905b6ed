"""Coverage and level of the Kenward-Roger interval in small trials with dropout at random.

Two arms, four visits, change from baseline; unstructured covariance. After each visit a
subject may drop out, the more likely the worse the last score seen, about 20 % by the last
visit. Model: change ~ baseline * visit + arm * visit; estimate: difference at the last visit.
A trial whose fit falls back to a simpler covariance counts as it would in use; a trial
without any fit is counted apart and never as a success.

Run: ``python benchmarks/mmrm_operating_characteristics.py --trials 12000``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.mmrm.design import Design, build_design
from analysis.mmrm.fit import ConvergenceError, fit_with_fallback
from analysis.mmrm.inference import Inference, KeptRows
from analysis.mmrm.moments import accumulate
from analysis.mmrm.spec import check_size, make_structure

VISITS = 4
SD = np.array([6.0, 7.0, 8.0, 9.0])
CORRELATION = 0.7 ** np.abs(np.subtract.outer(range(VISITS), range(VISITS)))
METHODS = ("kenward-roger", "satterthwaite")


def template(n_per_arm: int) -> Design:
    """The design of a trial without dropout; baseline and outcome are filled in later."""
    n = 2 * n_per_arm
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), VISITS),
            "visit": np.tile([f"week {a + 1}" for a in range(VISITS)], n),
            "arm": np.repeat(np.arange(n) % 2, VISITS).astype(str),
            "baseline": np.repeat(rng.normal(size=n), VISITS),
            "change": rng.normal(size=n * VISITS),
        }
    )
    return build_design(
        "change ~ baseline * visit + arm * visit", frame, subject="subject", visit="visit"
    )


def draw(design: Design, effect: float, rng: np.random.Generator) -> Design:
    """One trial: outcomes, then dropout that depends on the last outcome seen."""
    n = design.n_subjects
    baseline = rng.normal(size=n)
    errors = rng.standard_normal((n, VISITS)) @ np.linalg.cholesky(CORRELATION).T * SD
    arm = np.arange(n) % 2
    change = -3.0 + 0.5 * SD * baseline[:, None] + errors
    change[:, -1] += effect * arm
    seen = np.ones((n, VISITS), dtype=bool)
    for a in range(1, VISITS):
        worse = (errors[:, a - 1] / SD[a - 1]).clip(-3, 3)
        leaves = rng.random(n) < 1 / (1 + np.exp(2.75 - 0.7 * worse))
        seen[:, a] = seen[:, a - 1] & ~leaves
    keep = seen.ravel()
    return replace(
        design,
        y=change.ravel()[keep],
        subject=design.subject[keep],
        visit=design.visit[keep],
        group=design.group[keep],
        codes={name: codes[keep] for name, codes in design.codes.items()},
        numbers={"baseline": np.repeat(baseline, VISITS)[keep]},
        order=design.order[keep],
    )


def run(n_per_arm: int, trials: int, effect: float, seed: int) -> dict[str, float]:
    """Rejection of no effect and coverage of the effect at 5 %, by df method."""
    design = template(n_per_arm)
    rng = np.random.default_rng(seed)
    weights = np.zeros((1, len(design.columns)))
    for j, name in enumerate(design.columns):
        weights[0, j] = name.startswith("arm") and (":" not in name or f"week {VISITS}" in name)
    counts = dict.fromkeys(
        ["no_fit", "fallback", *(f"{what} {m}" for m in METHODS for what in ("reject", "cover"))],
        0.0,
    )
    missing = 0.0
    for _ in range(trials):
        trial = draw(design, effect, rng)
        missing += 1 - np.sum(trial.visit == VISITS - 1) / trial.n_subjects
        try:
            moments, columns, patterns = accumulate(trial)
            check_size(trial, moments)
            structure = make_structure("us", trial.template, patterns)
            optimum = fit_with_fallback(moments, structure, reml=True, fallback=True)
        except (ConvergenceError, ValueError):
            counts["no_fit"] += 1
            continue
        counts["fallback"] += bool(optimum.failed)
        kept = KeptRows(trial, columns, patterns)
        for method in METHODS:
            inference = Inference(trial, kept, optimum, method, "model")
            row = inference.contrast(weights, 0.95)
            counts[f"reject {method}"] += float(row["p_value"][0] < 0.05)
            low, high = row["ci_low"][0], row["ci_high"][0]
            counts[f"cover {method}"] += float(low <= effect <= high)
    rates = {name: value / trials for name, value in counts.items()}
    return {"n_per_arm": n_per_arm, "effect": effect, "dropout": missing / trials, **rates}


def main() -> None:
    """Print one row for each size and effect."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=12000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 15, 30])
    parser.add_argument("--seed", type=int, default=20240501)
    options = parser.parse_args()
    rows = [
        run(size, options.trials, effect, options.seed + i)
        for i, size in enumerate(options.sizes)
        for effect in (0.0, -6.0)
    ]
    sys.stdout.write(pd.DataFrame(rows).round(4).to_string(index=False) + "\n")


if __name__ == "__main__":
    main()
