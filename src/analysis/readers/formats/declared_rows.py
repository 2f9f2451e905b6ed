"""The rows of a table that study.toml chooses, and the columns that it joins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.config import Table
from analysis.config.source import PLUS
from analysis.readers.table.numbers import as_declared
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["joined", "matching"]

_ISO_DATE = r"\d{4}-\d\d-\d\d"


def joined(table: TextTable, spec: Table) -> TextTable:
    """The table with a column for each date and time of day that study.toml joins by a plus.

    A date without a time of day stays a date; a time of day without a date says nothing.
    """
    cells = table.cells
    for name in spec.joined():
        day, _, clock = name.partition(PLUS)
        if name not in cells and {day, clock} <= set(cells):
            date, hour = table.column(day), table.column(clock)
            both = date + np.where(date.str.fullmatch(_ISO_DATE), "T", " ") + hour
            cells = cells.assign(**{name: both.where(hour != "", date).mask(date == "", "")})
    return replace(table, cells=cells)


def matching(table: TextTable, spec: Table) -> TextTable:
    """The rows whose columns hold what ``where`` asks for; how many are left out is said.

    Raises
    ------
    ReliefError
        ``file.no-matching-row`` where there is none.
    """
    keep = np.ones(len(table.rows), dtype=bool)
    for column, wanted in spec.where.items():
        texts = [wanted] if isinstance(wanted, str) else wanted
        wanted_texts = [text.strip() for text in texts]
        keep &= as_declared(table.category(column), wanted_texts).isin(wanted_texts).to_numpy()
    if not keep.any():
        asked = ", ".join(f"{column} = {wanted!r}" for column, wanted in spec.where.items())
        raise refusal("file.no-matching-row", file=table.file, declared=asked)
    left_out = int((~keep).sum())
    if not left_out:
        return table
    said = issue("row.not-chosen", file=table.file, count=left_out)
    return replace(table.pick(keep), issues=(*table.issues, said))
