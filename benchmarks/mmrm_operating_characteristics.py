"""Coverage and level of the Kenward-Roger interval in small trials with dropout at random.

Two arms, four visits, change from baseline; unstructured covariance. After each visit a
subject may drop out, the more likely the worse the last score seen, about 20 % by the last
visit. Model: change ~ baseline * visit + arm * visit; estimate: difference at the last visit.
A trial whose fit falls back to a simpler covariance counts as it would in use; a trial
without any fit is counted apart: it neither rejects nor covers.

Run: ``make operating-characteristics``; with ``ARGS="--out FILE"`` the results are written with
the command and the seed that made them, as in ``docs/mmrm_operating_characteristics.md``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from analysis.mmrm.design.matrix import Design, build_design
from analysis.mmrm.fit.maximise import ConvergenceError, fit_with_fallback, ladder
from analysis.mmrm.inference.contrasts import Inference, KeptRows
from analysis.mmrm.moments.cross_products import accumulate
from analysis.mmrm.spec import check_size, make_structure

VISITS = 4
SD = np.array([6.0, 7.0, 8.0, 9.0])
CORRELATION = 0.7 ** np.abs(np.subtract.outer(range(VISITS), range(VISITS)))
METHODS = ("kenward-roger", "satterthwaite")
HITS = ("reject", "cover")
EFFECTS = (0.0, -6.0)
HALF_Z = 1.959963984540054


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


def run(n_per_arm: int, trials: int, effect: float, seed: int | Sequence[int]) -> dict[str, float]:
    """Rejection of no effect and coverage of the effect at 5 %, by df method.

    "z" is the unadjusted standard error with the normal quantile, as a contrast to the others.
    """
    design = template(n_per_arm)
    rng = np.random.default_rng(seed)
    weights = np.zeros((1, len(design.template.recipe.names)))
    for j, name in enumerate(design.template.recipe.names):
        weights[0, j] = name.startswith("arm") and (":" not in name or f"week {VISITS}" in name)
    counts = dict.fromkeys(
        ["no_fit", "fallback", *(f"{what} {m}" for m in (*METHODS, "z") for what in HITS)],
        0.0,
    )
    missing = 0.0
    for _ in range(trials):
        trial = draw(design, effect, rng)
        missing += 1 - np.sum(trial.visit == VISITS - 1) / trial.n_subjects
        try:
            moments, columns, patterns = accumulate(trial)
            check_size(trial, moments, "us")
            structure = make_structure("us", trial.template, patterns, moments)
            optimum = fit_with_fallback(moments, structure, reml=True, fallback=ladder("us"))
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
        # The last method's standard error is the unadjusted one.
        estimate, half = row["estimate"][0], HALF_Z * row["se"][0]
        counts["reject z"] += float(abs(estimate) > half)
        counts["cover z"] += float(abs(estimate - effect) <= half)
    rates = {name: value / trials for name, value in counts.items()}
    return {"n_per_arm": n_per_arm, "effect": effect, "dropout": missing / trials, **rates}


def page(rows: list[dict[str, float]], trials: int, command: str) -> str:
    """The results as a page of docs: a table with Monte Carlo intervals, and what was asked."""
    head = ["a arm", "true difference", "dropout", "no fit", "fallback"]
    head += [f"{method}: {what}" for method in (*METHODS, "z") for what in ("rejects", "covers")]
    lines = [f"| {' | '.join(head)} |", "|" + " ---: |" * len(head)]
    for row in rows:
        cells = [f"{row['n_per_arm']}", f"{row['effect']:g}"]
        cells += [f"{100 * row[name]:.1f}" for name in ("dropout", "no_fit", "fallback")]
        cells += [_share(row[f"{w} {m}"], trials) for m in (*METHODS, "z") for w in HITS]
        lines.append(f"| {' | '.join(cells)} |")
    outside = sum(
        not (0.94 <= row["cover kenward-roger"] <= 0.96)
        or (row["effect"] == 0 and not 0.04 <= row["reject kenward-roger"] <= 0.06)
        for row in rows
    )
    table = "\n".join(lines)
    return f"""# Level and coverage of the mixed model in small trials

Written by `{command}`; do not edit.

Simulated trials: two arms, {VISITS} visits, change from baseline, unstructured covariance
(standard deviations {", ".join(f"{sd:g}" for sd in SD)}; correlation 0.7 to the power of the lag),
dropout at random (the worse the last score seen, the likelier), difference of the arms at the
last visit. Model `change ~ baseline * visit + arm * visit`, REML. {trials:,} trials a row.
All figures are percentages; in brackets the 95 % Monte Carlo interval (Wilson).

"Rejects" is the two-sided 5 % test of no difference: the level where the true difference is 0,
the power elsewhere. "Covers" is the 95 % interval. A fit that fell back to a simpler covariance
counts as in use; a trial without a fit counts as neither. "z" takes the unadjusted standard
error and the normal quantile, which is what small trials must not do.

{table}

Asked of Kenward-Roger: coverage of 94 to 96 % and a level of 4 to 6 %. Rows outside: {outside}.
"""


def _share(value: float, trials: int) -> str:
    interval = binomtest(round(value * trials), trials).proportion_ci(method="wilson")
    return f"{100 * value:.2f} [{100 * interval.low:.2f}, {100 * interval.high:.2f}]"


def main() -> None:
    """Print one row for each size and effect, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=12000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 15, 30])
    parser.add_argument("--seed", type=int, default=20240501)
    parser.add_argument("--out", type=Path, help="a Markdown file to write the results to")
    options = parser.parse_args()
    rows = [
        # A stream for each cell, whichever other cells are run.
        run(size, options.trials, effect, [options.seed, size, i])
        for size in options.sizes
        for i, effect in enumerate(EFFECTS)
    ]
    sys.stdout.write(pd.DataFrame(rows).round(4).to_string(index=False) + "\n")
    if options.out:
        arguments = (
            f"--trials {options.trials} --sizes {' '.join(map(str, options.sizes))} "
            f"--seed {options.seed} --out {options.out}"
        )
        command = f'make operating-characteristics ARGS="{arguments}"'
        options.out.write_text(page(rows, options.trials, command), encoding="utf-8")


if __name__ == "__main__":
    main()
