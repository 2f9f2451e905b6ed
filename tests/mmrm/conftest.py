"""Trials and fits that the tests of the mixed model share."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.fits import fit

REFERENCE = Path(__file__).parents[1] / "reference" / "mmrm"
TIMES = ["VISITN", "VISITN2"]


@pytest.fixture(scope="session")
def fev(open_data: Callable[[str], Path]) -> pd.DataFrame:
    data = pd.read_csv(open_data("fev") / "fev_data.csv")
    return data.assign(AVISIT=pd.Categorical(data["AVISIT"], ["VIS1", "VIS2", "VIS3", "VIS4"]))


@pytest.fixture(scope="session")
def sas() -> dict[str, Any]:
    return tomllib.loads((REFERENCE / "fev.toml").read_text())


def trial(
    n: int = 40, visits: int = 4, *, missing: float = 0.2, seed: int = 0, rho: float = 0.5
) -> pd.DataFrame:
    """A made-up two-arm trial, its visits declared; the first of a subject is never missing."""
    rng = np.random.default_rng(seed)
    k = np.arange(visits)
    sd = 1 + 0.3 * k
    cov = rho ** np.abs(k[:, None] - k) * np.outer(sd, sd)
    errors = rng.multivariate_normal(np.zeros(visits), cov, size=n)
    baseline = rng.normal(30, 6, n)
    arm = np.arange(n) % 2
    y = 20 + 0.4 * baseline[:, None] - arm[:, None] * k + errors
    y[:, 1:][rng.random((n, visits - 1)) < missing] = np.nan
    labels = [f"VIS{a + 8}" for a in range(visits)]
    return pd.DataFrame(
        {
            "subject": np.repeat([f"s{i}" for i in range(n)], visits),
            "visit": pd.Categorical(labels * n, labels),
            "arm": np.repeat(np.where(arm == 1, "drug", "control"), visits),
            "baseline": np.repeat(baseline, visits),
            "hours": np.tile(2.0 * k, n),
            "y": y.ravel(),
        }
    )


@pytest.fixture(scope="module")
def result() -> MMRM:
    return fit(trial(40, 4, seed=20))
