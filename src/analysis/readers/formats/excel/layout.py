"""Whether a sheet is one plain table: names in its first row, and nothing else around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.readers.table.header_rows import joined_names
from analysis.rules import refusal

__all__ = ["BLANK", "DATE", "NUMBER", "TEXT", "TIME", "Grid", "one_header", "refuse_layout"]

# What a cell holds, by its type in the workbook.
BLANK, TEXT, NUMBER, DATE, TIME = range(5)
_SEPARATORS = (";", "\t", "|", ",")


@dataclass(frozen=True)
class Grid:
    """A sheet's cells from its first row and column on.

    Attributes
    ----------
    text : ndarray of str objects, rows by columns
    kind : ndarray of int8, the same shape
        ``BLANK``, ``TEXT``, ``NUMBER``, ``DATE`` (or date-time), ``TIME`` (of day, or a
        length of time).
    """

    text: np.ndarray
    kind: np.ndarray

    @property
    def filled(self) -> np.ndarray:
        """Cells that hold something."""
        return self.kind != BLANK

    @property
    def head(self) -> int:
        """The first row that holds something."""
        return int(np.argmax(self.filled.any(axis=1)))


def one_header(grid: Grid) -> Grid:
    """The sheet with its names in one row, where a survey platform wrote them in two."""
    rows = grid.text[grid.head : grid.head + 2]
    names = joined_names(*rows) if len(rows) == 2 else None
    if names is None:
        return grid
    text, kind, below = grid.text.copy(), grid.kind.copy(), grid.head + 1
    text[: below + 1], kind[: below + 1] = "", BLANK
    text[below], kind[below] = names, TEXT
    return Grid(text, kind)


def refuse_layout(grid: Grid, merged: list[tuple[int, int]], **where: Any) -> None:
    """Refuse a sheet whose rows cannot be told to be one table; nothing is guessed away.

    Parameters
    ----------
    grid : Grid
    merged : list of (row, column)
        Upper left cells of merged ranges, from 0.
    where
        ``file`` and ``sheet``, for the sentence.

    Raises
    ------
    ReliefError
        ``sheet.one-column``, ``sheet.merged``, ``sheet.title``, ``sheet.two-headers`` or
        ``sheet.notes``, with the row.
    """
    head, filled = grid.head, grid.filled
    names = filled[head]
    if names.sum() == 1 and any(mark in "".join(grid.text[head]) for mark in _SEPARATORS):
        raise refusal("sheet.one-column", row=head + 1, **where)
    # A title stands over the table alone, or beside a date: most columns have no name in it.
    used = np.asarray(filled[head + 1 :].any(axis=0))
    title = 2 * names[used].sum() < used.sum()
    spread = [row for row, column in merged if filled[row : row + 1, column : column + 1].any()]
    # No filling in makes names of a title that is merged over them.
    if spread and not (title and _names_below(grid, used)):
        raise refusal("sheet.merged", row=min(spread) + 1, count=len(spread), **where)
    if title:
        raise refusal("sheet.title", row=head + 1, **where)
    body = Grid(grid.text[head + 1 :], grid.kind[head + 1 :])
    if _names_again(body):
        raise refusal("sheet.two-headers", row=head + 2, **where)
    below = _below(body, grid.text[head])
    if below is not None:
        raise refusal("sheet.notes", row=head + 2 + below, **where)


def _names_below(grid: Grid, used: np.ndarray) -> bool:
    """Whether the first whole row below the first holds words alone, each its own."""
    filled = grid.filled[grid.head + 1 :, used]
    row = grid.head + 1 + int(np.argmax(2 * filled.sum(axis=1) >= used.sum()))
    words = grid.text[row][used & grid.filled[row]]
    plain = (grid.kind[row][used & grid.filled[row]] == TEXT).all()
    return bool(plain and len(set(words)) == len(words))


def _numeric(grid: Grid) -> np.ndarray:
    """Cells that hold a number or a date, written as such or as text."""
    plain = np.zeros(grid.text.shape, dtype=bool)
    texts = grid.kind == TEXT
    plain[texts] = [text.strip()[:1].isdigit() for text in grid.text[texts]]
    return plain | np.isin(grid.kind, (NUMBER, DATE, TIME))


def _names_again(body: Grid) -> bool:
    """Whether the first row names things too: words, each its own, over columns of numbers."""
    if len(body.kind) < 2:
        return False
    numeric, later = _numeric(body), body.filled[1:]
    columns = later.any(axis=0) & (numeric[1:] | ~later).all(axis=0)
    words = (body.kind[0] == TEXT) & ~numeric[0]
    if columns.sum() < 2 or not words[columns].all():
        return False
    # A word for a missing value comes again, in the row or below it; a name does not.
    names = list(body.text[0][columns])
    return len(set(names)) == len(names) and not np.isin(body.text[1:], names).any()


def _below(body: Grid, names: np.ndarray) -> int | None:
    """The first row that is no row of the table: a lone cell after a gap, or the names again."""
    filled = body.filled.sum(axis=1)
    gap = np.cumsum(filled == 0) > 0
    lone = gap & (filled == 1) & (len(names[names != ""]) > 2)
    again = (body.text == names).all(axis=1)
    odd = np.flatnonzero(lone | again)
    return int(odd[0]) if len(odd) else None
