"""Values of R beside the estimators of who improves, and what simulations must hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

REFERENCE = Path(__file__).parents[1] / "reference" / "estimates"


def cases() -> dict[str, dict[str, float]]:
    """Name and value of what ``who.R`` printed, by case."""
    listing = pd.read_csv(REFERENCE / "who.csv", comment="#")
    return {
        case: dict(zip(own["name"], own["value"], strict=True))
        for case, own in listing.groupby("case", sort=False)
    }


def clusters() -> pd.DataFrame:
    """The made-up clusters that ``who.R`` analysed."""
    return pd.read_csv(REFERENCE / "who_clusters.csv", comment="#")


def keeps(row: dict[str, Any]) -> bool:
    """Whether a simulated coverage or level is within Monte Carlo error of being kept."""
    if row["quantity"] == "level":
        return row["mc_low"] <= row["nominal"]
    return row["mc_high"] >= row["nominal"]
