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
    """Whether a simulated coverage or level is kept, but for Monte Carlo error.

    By limits of 99.9 %, since some thirty cells are tried: 1.7 times the reach of 95 %.
    """
    if row["quantity"] == "level":
        return row["value"] - 1.7 * (row["value"] - row["mc_low"]) <= row["nominal"]
    return row["value"] + 1.7 * (row["mc_high"] - row["value"]) >= row["nominal"]
