"""How much faster many trials are fitted at once than one by one by a prepared model.

60 people, 2 and 4 visits, unstructured covariance, Kenward-Roger, the difference of the arms
averaged over the visits; all scores there, leaving (15 % by the last visit), or one in ten
missing anywhere. Times are of the processor with one BLAS thread, medians over rounds; single
fits are timed before and after, and the ratio is to the faster. Target: at least 10 times the
rate of prepared single fits, from a table and from arrays. Exit code 1 where it is missed, or
where an estimate, standard error or degree of freedom differs by more than 1e-8.

Run: ``OMP_NUM_THREADS=1 PYTHONPATH=src python benchmarks/mmrm_many.py`` (a minute).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.mmrm import ModelSpec, many, many_arrays, prepare

N, TRIALS, SINGLES, ROUNDS, TARGET = 60, 1000, 60, 5, 10.0
FORMULA = "change ~ baseline * visit + treated * visit"
ROLES = {"subject": "subject", "visit": "visit"}
MISSING = ("none", "leaving", "anywhere")


def drawn(k: int, missing: str) -> dict[str, np.ndarray]:
    """Arrays of all trials."""
    rng = np.random.default_rng([k, MISSING.index(missing)])
    root = np.linalg.cholesky(0.5 * np.eye(k) + 0.5)
    baseline = rng.normal(45, 10, (TRIALS, N))
    y = -0.4 * baseline[..., None] + 10 * rng.normal(size=(TRIALS, N, k)) @ root.T
    if missing == "leaving":
        gone = np.maximum.accumulate(rng.random(y.shape) < 1 - 0.85 ** (1 / k), axis=2)
        y[gone] = np.nan
    elif missing == "anywhere":
        y[rng.random(y.shape) < 0.1] = np.nan
    return {"y": y, "baseline": baseline, "treated": np.arange(N) % 2 * 1.0}


def table_of(arrays: dict[str, np.ndarray]) -> pd.DataFrame:
    """The same, one row a trial, subject and visit."""
    trials, n, k = arrays["y"].shape
    visits = pd.CategoricalDtype([f"visit {a + 1}" for a in range(k)], ordered=True)
    return pd.DataFrame(
        {
            "trial": np.repeat(np.arange(trials), n * k),
            "subject": np.tile(np.repeat(np.arange(n), k), trials),
            "visit": pd.Categorical.from_codes(np.tile(np.arange(k), trials * n), dtype=visits),
            "baseline": np.repeat(arrays["baseline"], k),
            "treated": np.tile(np.repeat(arrays["treated"], k), trials),
            "change": arrays["y"].ravel(),
        }
    )


def milliseconds(run: Callable[[], object], trials: int) -> float:
    """Median processor time a trial."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        taken.append((time.process_time() - start) / trials)
    return 1e3 * statistics.median(taken)


def one_by_one(
    spec: ModelSpec, rows: list[pd.DataFrame], weights: dict[str, float]
) -> pd.DataFrame:
    """Each trial fitted by the prepared model."""
    return pd.DataFrame([spec.fit(own).contrast(weights) for own in rows])


def compare(k: int, missing: str) -> bool:
    """Print the times; whether the target is met and the numbers are the same."""
    arrays = drawn(k, missing)
    table = table_of(arrays)
    spec = prepare(FORMULA, table, **ROLES)
    later = [term for term in spec.template.recipe.names if term.startswith("treated:")]
    weights = {"treated": 1.0} | dict.fromkeys(later, 1 / k)
    columns = {name: arrays[name] for name in ("baseline", "treated")}
    rows = [own for _, own in table[table["trial"] < SINGLES].groupby("trial")]
    single = lambda: one_by_one(spec, rows, weights)  # noqa: E731
    before = milliseconds(single, SINGLES)
    from_arrays = milliseconds(
        lambda: many_arrays(spec, arrays["y"], **columns).contrast(weights), TRIALS
    )
    from_table = milliseconds(
        lambda: many(FORMULA, table, trial="trial", **ROLES).contrast(weights), TRIALS
    )
    each = min(before, milliseconds(single, SINGLES))
    fits = many(FORMULA, table, trial="trial", **ROLES)
    ours, own = fits.contrast(weights)[:SINGLES], single()
    apart = max(
        float(np.max(np.abs(ours[name] - own[name]) / unit))
        for name, unit in (("estimate", own["se"]), ("se", own["se"]), ("df", own["df"]))
    )
    alone = float((fits.how != "at once").mean())
    print(
        f"{k} visits, missing {missing:9s} one by one {each:5.2f} ms, arrays {from_arrays:5.3f} ms "
        f"({each / from_arrays:4.1f} times), table {from_table:5.3f} ms "
        f"({each / from_table:4.1f} times); {alone:.1%} went alone; apart {apart:.0e}"
    )
    return each / max(from_arrays, from_table) >= TARGET and apart < 1e-8


def main() -> int:
    """Print everything; 1 where a target is missed."""
    print(f"{N} people, {TRIALS} trials, {SINGLES} of them one by one; target {TARGET:g} times")
    met = [compare(k, missing) for k in (2, 4) for missing in MISSING]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
