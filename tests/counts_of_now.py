"""The committed counts as though they were of the rules and code of now, whatever they are of."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.claims.calibration import gate
from analysis.claims.calibration.counts import read_table
from analysis.claims.definitions import load_definitions
from analysis.paths import CALIBRATION

__all__ = ["counts_of_now"]


def counts_of_now(patch: pytest.MonkeyPatch) -> pd.DataFrame:
    """As read_counts gives them, none pending, also where gate 7 asks."""
    patch.setattr(gate, "is_current", lambda table, rules=None: pd.Series(True, table.index))
    table = read_table(CALIBRATION / "table.csv")
    return table.assign(pending=False, decisions_sha256=load_definitions().decisions_sha256)
