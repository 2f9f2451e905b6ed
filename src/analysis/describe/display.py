"""How numbers and tables are shown: rounded, with true minus signs, sentences in full."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

__all__ = ["rounded", "sentences"]


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or not math.isfinite(value)


def number(value: Any, digits: int = 3) -> str:
    """A number with three significant digits, a true minus sign, an en dash where it is missing.

    Whole numbers below a million keep all their digits. NaN, infinities, None and NA count
    as missing.
    """
    if _missing(value):
        return "–"
    value = float(value)
    if value.is_integer() and abs(value) < 1e6:
        text = f"{value:.0f}"
    else:
        # The exponent after rounding: 9.996 has three significant digits as 10.0.
        exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
    return "0" if text == "-0" else text.replace("-", "−")


def p_value(value: Any) -> str:
    """A p-value as :func:`number` writes it, "< 0.001" below that."""
    return "< 0.001" if not _missing(value) and value < 0.001 else number(value)


class _Sentences:
    """A table whose cells hold sentences: set to the left, one row a line as text."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def _repr_html_(self) -> str:
        # Notebooks set cells to the right; the text of a cell is escaped, so the tags are safe.
        html = self.table.to_html()
        for tag in ("<td>", "<th>"):
            html = html.replace(tag, f'{tag[:-1]} style="text-align: left; vertical-align: top">')
        return html

    def __repr__(self) -> str:
        rows = self.table.astype(str).itertuples()
        return "\n".join(" | ".join(map(str, row)) for row in rows)


def sentences(table: pd.DataFrame) -> _Sentences:
    """The table to display where its cells hold sentences."""
    return _Sentences(table)


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Every number to three significant digits, as text, en dash for what is missing."""
    shown = table.copy()
    for column in shown.select_dtypes("number"):
        shown[column] = [number(value) for value in shown[column]]
    return shown
