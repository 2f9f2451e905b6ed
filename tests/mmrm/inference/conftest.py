"""Fixtures that the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import Fitted


@pytest.fixture(scope="module")
def fitted(open_data: Callable[[str], Path]) -> Fitted:
    @cache
    def data(name: str) -> pd.DataFrame:
        folder = r.FOLDERS.get(name)
        return r.STUDIES[name].read(name, open_data(folder) if folder else None)

    @cache
    def fit(name: str, kind: str, df: str, vcov: str = "model") -> MMRM:
        return r.fit(name, data(name), kind, "REML", df=df, vcov=vcov)

    return fit
