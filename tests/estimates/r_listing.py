"""Values that R printed for made-up pairs: tests/reference/estimates/paired.R."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[1] / "reference" / "estimates"
PAIRS = ("no ties", "ties and zeros", "thirty")


def listed(case: str) -> dict[str, float]:
    """Name to value of one case."""
    table = pd.read_csv(REFERENCE / "paired.csv", comment="#")
    own = table[table["case"] == case]
    return dict(zip(own["name"], own["value"], strict=True))


def pairs(case: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores before and after."""
    table = pd.read_csv(REFERENCE / "paired_scores.csv")
    own = table[table["case"] == case]
    return own["before"].to_numpy(float), own["after"].to_numpy(float)
