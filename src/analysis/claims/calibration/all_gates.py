"""From gates 1 to 6, which calibration runs, to all seven: what gate 7 leaves of each word.

A trial keeps its word where the row of its own design passes, which need not be the row of the
design it was drawn at: its loss, and how far its arms differ in SD, are its own.
"""

from __future__ import annotations

import json
from functools import cache

import pandas as pd

from analysis.claims.calibration.design import design_of
from analysis.claims.calibration.gate import row_says
from analysis.claims.calibration.pieces import LETTERS
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import CONTRADICTED, SUPPORTED

__all__ = ["kept_by_gate_7"]


def kept_by_gate_7(table: pd.DataFrame, rules: Definitions) -> pd.DataFrame:
    """How many trials of each row keep their word by all seven gates.

    Parameters
    ----------
    table : DataFrame
        As :func:`analysis.claims.calibration.counts.read_table` gives it.
    rules : Definitions

    Returns
    -------
    DataFrame
        Rows of onset, with supported_by_all and contradicted_by_all (trials).
    """

    @cache
    def passes(row: str, letter: str) -> bool:
        size, _, asked = row.partition("@")
        if not size:
            return False
        contradicted = letter == LETTERS[CONTRADICTED]
        reason = row_says(int(size), design_of(asked), rules, table, contradicted=contradicted)
        return bool(reason.passed)

    def kept(by_row: str, letter: str) -> int:
        counts: dict[str, int] = json.loads(by_row)
        own = {key.removesuffix(f" {letter}"): n for key, n in counts.items()
               if key.endswith(f" {letter}")}  # fmt: skip
        return sum(n for row, n in own.items() if passes(row, letter))

    onset = table[table["claim"] == "onset"]
    return onset.assign(
        supported_by_all=[kept(told, LETTERS[SUPPORTED]) for told in onset["by_row"]],
        contradicted_by_all=[kept(told, LETTERS[CONTRADICTED]) for told in onset["by_row"]],
    )
