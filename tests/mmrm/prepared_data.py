"""What the tests of this room share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.mmrm.conftest import trial

ROLES = {"subject": "subject", "visit": "visit"}
FORMULA = "y ~ baseline * visit + arm * visit"


def data(seed: int = 3) -> pd.DataFrame:
    table = trial(40, 4, seed=seed)
    number = table["subject"].str[1:].astype(int)
    return table.assign(
        dose=(number % 3).astype(float), w=np.random.default_rng(seed).uniform(0.5, 2, len(table))
    ).assign(y=lambda t: t["y"] + 60)
