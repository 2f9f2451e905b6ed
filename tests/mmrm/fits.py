"""What the tests of this room share."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.mmrm import mmrm

COLUMNS = ["estimate", "se", "df", "ci_low", "ci_high", "t", "p_value"]


def fit(data: pd.DataFrame, formula: str = "y ~ baseline * visit + arm * visit", **options: Any):
    return mmrm(formula, data, subject="subject", visit="visit", **options)
