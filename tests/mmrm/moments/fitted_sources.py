"""What the tests of this room share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

FORMULA = "y ~ baseline * visit + arm * visit"
SAME = 1e-10


def fit(data: Any, formula: str = FORMULA, **options: Any) -> MMRM:
    return mmrm(formula, data, subject="subject", visit="visit", **options)


def data(n: int = 60) -> pd.DataFrame:
    table = trial(n, 4, seed=50)
    return table.assign(w=np.random.default_rng(0).uniform(0.5, 2, len(table)))


def chunks(table: pd.DataFrame, rows: int) -> list[pd.DataFrame]:
    return [table.iloc[i : i + rows] for i in range(0, len(table), rows)]


def agree(one: MMRM, two: MMRM) -> None:
    for a, b in (
        (one.loglik, two.loglik),
        (one.params, two.params),
        (one.vcov, two.vcov),
        (one.differences("arm", by="visit"), two.differences("arm", by="visit")),
        (one.lsmeans("arm", weights="proportional"), two.lsmeans("arm", weights="proportional")),
    ):
        pair = [
            v.select_dtypes("number") if isinstance(v, pd.DataFrame) else np.asarray(v)
            for v in (a, b)
        ]
        scale = np.abs(np.asarray(pair[0])).max()
        np.testing.assert_allclose(*pair, rtol=SAME, atol=SAME * scale)
    assert (one.n_obs, one.n_excluded, one.n_subjects) == (
        two.n_obs,
        two.n_excluded,
        two.n_subjects,
    )
