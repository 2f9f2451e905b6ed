"""Write synthetic.csv: two made-up trials that the R scripts and the tests read.

Run: ``python tests/reference/mmrm/synthetic.py > tests/reference/mmrm/synthetic.csv``.

"large" has 60 subjects, five visits and gaps at random; "small" has 16 subjects, four visits and
dropout, where the adjustment of Kenward and Roger matters; "complete" has 12 subjects and three
visits. A subject's mean and the order of its visits make the covariance, so that a random
intercept is a fair model; times are not whole hours. Values have four decimals.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

SEED = 20260401


def trial(name: str, n: int, visits: int, gaps: float, dropout: float) -> pd.DataFrame:
    """One row a subject and visit; rows without an outcome are absent."""
    rng = np.random.default_rng([SEED, n])
    k = np.arange(visits)
    sd = 4 + 0.8 * k
    sigma = (0.35 + 0.4 * 0.6 ** np.abs(k[:, None] - k)) * np.outer(sd, sd)
    np.fill_diagonal(sigma, sd**2)
    baseline, arm = rng.normal(30, 6, n), np.arange(n) % 2
    site = rng.integers(0, 3, n)
    y = rng.standard_normal((n, visits)) @ np.linalg.cholesky(sigma).T
    y += 5 + 0.4 * baseline[:, None] - arm[:, None] * (1 + k) + 2.0 * (site == 1)[:, None]
    y[:, 1:][rng.random((n, visits - 1)) < gaps] = np.nan
    last = np.where(rng.random(n) < dropout, rng.integers(1, visits, n), visits)
    y[k[None, :] >= last[:, None]] = np.nan
    weight = rng.uniform(0.5, 2.0, (n, visits))
    hours = 24.0 * k[None, :] + 2 + rng.uniform(-2, 2, (n, visits))
    table = pd.DataFrame(
        {
            "trial": name,
            "subject": np.repeat([f"{name[0]}{i:02d}" for i in range(n)], visits),
            "visit": np.tile([f"V{a + 1}" for a in k], n),
            "arm": np.repeat(np.where(arm == 1, "drug", "control"), visits),
            "site": np.repeat(np.array(["A", "B", "C"])[site], visits),
            "baseline": np.repeat(baseline, visits),
            "hours": hours.ravel(),
            "weight": weight.ravel(),
            "y": y.ravel(),
        }
    )
    return table.dropna()


def main() -> None:
    """Write the three trials as one table."""
    trials = [
        trial("large", 60, 5, gaps=0.15, dropout=0.0),
        trial("small", 16, 4, gaps=0.0, dropout=0.3),
        trial("complete", 12, 3, gaps=0.0, dropout=0.0),
    ]
    pd.concat(trials).to_csv(sys.stdout, index=False, float_format="%.4f")


if __name__ == "__main__":
    main()
