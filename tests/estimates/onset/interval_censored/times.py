"""What the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parents[3] / "reference" / "estimates"


def listing(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / name, comment="#")


COSMESIS = listing("breast_cosmesis.csv")
VISITS = pd.DataFrame(
    {
        "left": [0, 0, 4, 4, 24, 0, 4, 72, 24, 168],
        "right": [4, 4, 24, 24, 72, 24, 72, 168, np.inf, np.inf],
        "arm": "visits",
    }
)


def arm(name: str) -> tuple[np.ndarray, np.ndarray]:
    chosen = pd.concat([COSMESIS, VISITS]).query("arm == @name")
    return chosen["left"].to_numpy(float), chosen["right"].to_numpy(float)
