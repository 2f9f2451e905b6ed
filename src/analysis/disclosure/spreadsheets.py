"""Tables written for spreadsheet programs, which take some texts for formulas and run them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.writing import write_atomic

__all__ = ["write_csv", "write_xlsx"]

# Texts that begin so are run as formulas (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def _inert(value: Any) -> Any:
    """A text that no program takes for a formula; a number stays a number."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _safe(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its index as columns, every text inert, names too."""
    named = table if isinstance(table.index, pd.RangeIndex) else table.reset_index()
    texts = [n for n in named if not pd.api.types.is_numeric_dtype(named[n])]
    shown = named.copy()
    for name in texts:
        shown[name] = named[name].map(_inert)
    return shown.rename(columns=lambda name: _inert(str(name)))


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV (UTF-8, commas), safe to open in a spreadsheet program."""
    # Texts in quotation marks: a carriage return among them would end a row otherwise.
    text = _safe(table).to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    return write_atomic(path, text)


def write_xlsx(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as a workbook of one sheet, which holds no formula and no author."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook()
    sheet: Any = book.active
    book.properties.creator = None
    shown = _safe(table)
    for row in [list(shown.columns), *shown.itertuples(index=False)]:
        cells = [None if not isinstance(cell, str) and pd.isna(cell) else cell for cell in row]
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", c) if isinstance(c, str) else c for c in cells])
    out = io.BytesIO()
    book.save(out)
    return write_atomic(path, out.getvalue())
