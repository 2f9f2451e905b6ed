"""Fixtures that the tests of this room share."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import evidence
from analysis.evidence import build as builder
from analysis.paths import PUBLISHED


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return evidence.load()


@pytest.fixture
def text() -> pd.DataFrame:
    return pd.read_csv(PUBLISHED / builder.TABLE, dtype=str, keep_default_na=False)
