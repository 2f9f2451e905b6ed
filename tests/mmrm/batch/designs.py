"""Thirty designs of trials, easy and hard, and random trials of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

# A ladder that is written out is followed without a warning.
ROLES = {"subject": "subject", "visit": "visit", "fallback": ("toeph", "ar1h", "cs")}
FREE = "y ~ baseline * visit + arm * visit"


@dataclass(frozen=True)
class TrialDesign:
    """People, visits, what is missing, the model, and how alike the visits of a person are."""

    n: int
    k: int
    missing: str = "none"
    formula: str = FREE
    rho: float = 0.5
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = " ".join(f"{key}={value}" for key, value in self.options.items())
        return f"{self.n} x {self.k}, missing {self.missing}, {self.formula}, {said}"


ONE = "y ~ baseline + arm"
COMMON = "y ~ baseline + arm * visit"
BY_ARM = {"group": "arm"}
WEIGHTED = {"weights": "w"}
DESIGNS = (
    TrialDesign(60, 1, formula=ONE),
    TrialDesign(12, 1, "some", ONE),
    TrialDesign(40, 1, "some", ONE, options=BY_ARM),
    TrialDesign(30, 2),
    TrialDesign(60, 2, "some"),
    TrialDesign(30, 2, "leaving"),
    TrialDesign(24, 2, "some", rho=0.95),
    TrialDesign(60, 2, "some", options=BY_ARM),
    TrialDesign(30, 2, "some", "y ~ arm", options={"df": "satterthwaite"}),
    TrialDesign(60, 2, "some", COMMON),
    TrialDesign(60, 2, "leaving", options=WEIGHTED),
    TrialDesign(12, 2, "some"),
    TrialDesign(8, 2, "some", "y ~ arm * visit"),
    TrialDesign(60, 3, "some"),
    TrialDesign(40, 3, "leaving", "y ~ baseline * arm * visit"),
    TrialDesign(60, 3, "some", COMMON, options={"covariance": "cs"}),
    TrialDesign(40, 3, "some", options={"covariance": "toep", "df": "satterthwaite"}),
    TrialDesign(60, 3, "leaving", options={"method": "ml", "df": "satterthwaite"}),
    TrialDesign(80, 3, "some", "y ~ dose * visit + arm * visit", options=BY_ARM),
    TrialDesign(40, 3, "some", "y ~ changing + arm * visit"),
    TrialDesign(13, 3, "leaving"),
    TrialDesign(60, 4),
    TrialDesign(60, 4, "some"),
    TrialDesign(60, 4, "leaving"),
    TrialDesign(90, 4, "leaving", options=BY_ARM),
    TrialDesign(60, 4, "leaving", COMMON, options=WEIGHTED),
    TrialDesign(44, 4, "much", options={"df": "residual"}),
    TrialDesign(60, 4, "some", options={"df": "between-within"}),
    TrialDesign(60, 4, "some", options={"covariance": "ar1h"}),
    TrialDesign(70, 5, "leaving", rho=0.9),
)


def random_trials(design: TrialDesign, count: int, seed: int) -> pd.DataFrame:
    """So many trials of a design, one row a trial, subject and visit; absent outcomes are NaN."""
    rng = np.random.default_rng([seed, design.n, design.k, len(str(design))])
    n, k = design.n, design.k
    lag = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    root = np.linalg.cholesky(0.5 * design.rho + 0.5 * design.rho**lag)
    sd = 8 + 2.0 * np.arange(k)
    baseline = rng.normal(45, 9, (count, n))
    arm = rng.permuted(np.tile(np.arange(n) % 2, (count, 1)), axis=1)
    y = 10 + 0.6 * baseline[..., None] + sd * (rng.normal(size=(count, n, k)) @ root.T)
    y -= 5 * arm[..., None]
    y[_absent(design, rng, (count, n, k))] = np.nan
    cells = pd.MultiIndex.from_product([range(count), [f"s{i}" for i in range(n)], range(k)])
    rows = cells.to_frame(index=False, name=["trial", "subject", "visit"])
    return rows.assign(
        visit=pd.Categorical.from_codes(
            rows["visit"], [f"visit {a + 1}" for a in range(k)], ordered=True
        ),
        arm=np.repeat(np.where(arm, "drug", "control").ravel(), k),
        baseline=np.repeat(baseline.ravel(), k),
        dose=np.repeat(rng.integers(0, 3, count * n).astype(float), k),
        changing=rng.normal(size=len(rows)),
        w=rng.uniform(0.5, 2.0, len(rows)),
        y=y.ravel(),
    )


def _absent(design: TrialDesign, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    draws = rng.random(shape)
    if design.missing == "none":
        return np.zeros(shape, bool)
    if design.missing == "leaving":
        gone = np.maximum.accumulate(draws < 0.07, axis=2)
        gone[..., 0] &= draws[..., 0] < 0.01
        return gone
    return draws < {"some": 0.08, "much": 0.25}[design.missing]
