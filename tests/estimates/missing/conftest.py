"""The antidepressant trial as reference-based imputation takes it, and rbmi's listing of it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.estimates.missing import Trial
from tests.parallel_trial import made_up

LISTING = Path(__file__).parents[2] / "reference" / "estimates" / "rbmi.toml"


@pytest.fixture(scope="session")
def rbmi() -> dict[str, Any]:
    """What rbmi's vignettes print."""
    return tomllib.loads(LISTING.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def antidepressant(open_data: Callable[[str], Path]) -> pd.DataFrame:
    """Change of HAMD-17 by visit (columns 4 to 7), with baseline, drug and gender; wide."""
    file = open_data("antidepressant-trial") / "antidepressant_data.csv"
    table = pd.read_csv(file)
    wide = table.pivot(index="PATIENT", columns="VISIT", values="CHANGE")
    people = table.groupby("PATIENT")[["BASVAL", "THERAPY", "GENDER"]].first()
    return wide.join(people)


@pytest.fixture(scope="session")
def antidepressant_trial(antidepressant: pd.DataFrame) -> Trial:
    """The trial with baseline alone as covariate: the model of rbmi's vignettes."""
    drug = (antidepressant["THERAPY"] == "DRUG").to_numpy()
    return Trial(
        antidepressant[[4, 5, 6, 7]].to_numpy(),
        antidepressant["BASVAL"].to_numpy(),
        drug,
        ("4", "5", "6", "7"),
    )


@pytest.fixture(scope="session")
def small_trial() -> Trial:
    """Fifteen an arm, three visits, scores missing at the end and in between."""
    return made_up(30, seed=11)
