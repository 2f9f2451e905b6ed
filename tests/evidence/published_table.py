"""What the tests of this room share."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

REFERENCE = Path(__file__).parents[1] / "reference" / "evidence" / "expected.toml"
EXPECTED = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))


def check(name: str, value: float) -> None:
    expected = EXPECTED[name]
    assert value == pytest.approx(expected["value"], abs=expected["tolerance"]), expected["by"]


def put(text: pd.DataFrame, row_id: str, /, **cells: str) -> pd.DataFrame:
    out = text.copy()
    for column, cell in cells.items():
        out.loc[text["row"] == row_id, column] = cell
    return out
