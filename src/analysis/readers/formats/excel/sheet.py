"""One sheet of a workbook (.xlsx, .xlsm, .ods) as text: no cell is guessed at."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from analysis.disclosure.file_names import shown_name, shown_sheet
from analysis.errors import Issue
from analysis.readers.formats.excel.layout import (
    BLANK,
    DATE,
    NUMBER,
    TEXT,
    TIME,
    Grid,
    one_header,
    refuse_layout,
)
from analysis.readers.formats.excel.workbook import MOST_CELLS, Marks, kind_of, marks, unpacked
from analysis.readers.formats.file_bytes import file_bytes
from analysis.readers.table.identifiers import refuse_identifiers
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["filled_sheets", "read_sheet"]

_NOT_A_WORKBOOK = {
    "text": "delimited text", "html": "a web page", "xml": "XML",
    "xls": "a workbook of Excel 97 to 2003 (.xls)",
}  # fmt: skip
# Excel keeps 15 digits of a number; what followed them is gone.
# Texts of a column that are dates, and how many must be.
_WRITTEN_DATE, _MOSTLY = r"\s*\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}(?!\d)", 0.9
_LOST_DIGITS = 1e15


def read_sheet(
    path: Path, *, sheet: str | None = None, columns: Collection[str] | None = None
) -> TextTable:
    """Read one sheet of a workbook: every cell as text, blank stays blank.

    Numbers are written in the shortest way that gives the same number back (``3``, never
    ``3.0``), truth values as ``TRUE`` and ``FALSE``, real dates in ISO 8601 as far as they
    tell: a date whose time is midnight is a date alone. Serial numbers stay numbers.

    Parameters
    ----------
    path : Path
        The file. Its kind is told by its content, not by its name.
    sheet : str, optional
        Name of the sheet; needed where several visible sheets hold something.
    columns : collection of str, optional
        The columns that the study reads: only there does a cell that cannot hold what was
        typed end the reading. All of them unless given.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.empty``, ``file.repeated-column``, ``file.no-rows``,
        ``identifier.column``, or a STOP of rules/spreadsheets.toml.
    """
    file = shown_name(path)
    raw = _bytes(path, file)
    kind = _kind(raw, file)
    # First, since the library would run out of memory over a cell far outside.
    found = _marks(raw, kind, file)
    with _library(file):
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        chosen, notes = _choose(book, sheet, file)
        grid = _grid(chosen.to_python(skip_empty_area=False))
        ranges = chosen.merged_cell_ranges or ()
    where = {"file": file, "sheet": shown_sheet(chosen.name, book.sheet_names.index(chosen.name))}
    if chosen.name not in found:
        raise refusal("workbook.damaged", file=file)
    own = found[chosen.name]
    merged = [start for start, _ in ranges] + own.merged
    if (one := one_header(grid)) is not grid:
        refuse_identifiers([text.strip() for text in grid.text[grid.head]], file)
        grid = one
        notes.append(issue("file.two-headers", file=file, row=grid.head + 1))
    refuse_layout(grid, merged, **where)
    notes += _marked(own, file, [name.strip() for name in grid.text[grid.head]])
    notes += _struck(own, grid.head, **where)
    return _table(grid, file, hashlib.sha256(raw).hexdigest(), notes, columns)


def filled_sheets(path: Path) -> list[str]:
    """Names of the visible sheets that hold something.

    Raises
    ------
    ReliefError
        As :func:`read_sheet` for a file that is no workbook.
    """
    file = shown_name(path)
    raw = _bytes(path, file)
    _marks(raw, _kind(raw, file), file)
    with _library(file):
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        visible = [
            one.name
            for one in book.sheets_metadata
            if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
        ]
        return [name for name in visible if book.get_sheet_by_name(name).end is not None]


def _bytes(path: Path, file: str) -> bytes:
    raw = file_bytes(path, file)
    if not raw:
        raise refusal("file.empty", file=file)
    return raw


def _kind(raw: bytes, file: str) -> str:
    """What the file is, or the refusal of what only has a workbook's name."""
    kind = kind_of(raw)
    if kind == "locked":
        raise refusal("workbook.locked", file=file)
    if kind in _NOT_A_WORKBOOK:
        raise refusal("workbook.other-format", file=file, what=_NOT_A_WORKBOOK[kind])
    if kind is None:
        raise refusal("workbook.damaged", file=file)
    try:
        bursts = not unpacked(raw)
    except ValueError:
        raise refusal("workbook.damaged", file=file) from None
    if bursts:
        raise refusal("workbook.unpacks-too-large", file=file)
    return kind


@contextmanager
def _silent() -> Iterator[None]:
    """A failure inside the library's compiled part is printed by it, with what it met."""
    own = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(own, 2)
        os.close(own)


@contextmanager
def _library(file: str) -> Iterator[None]:
    """What the library says of a workbook that it cannot read, in our words."""
    try:
        with _silent():
            yield
    except PasswordError:
        raise refusal("workbook.locked", file=file) from None
    except CalamineError:
        raise refusal("workbook.damaged", file=file) from None
    except BaseException as error:
        # A failure inside the library's compiled part has no other name.
        if type(error).__name__ != "PanicException":
            raise
        raise refusal("workbook.damaged", file=file) from None


def _marks(raw: bytes, kind: str, file: str) -> dict[str, Marks]:
    try:
        found = marks(raw, kind)
    except ValueError:
        raise refusal("workbook.damaged", file=file) from None
    for number, (name, own) in enumerate(found.items()):
        if own.height * own.width > MOST_CELLS:
            where = shown_sheet(name, number)
            raise refusal(
                "sheet.too-large", file=file, sheet=where, height=own.height, width=own.width
            )
    return found


def _choose(
    book: CalamineWorkbook, sheet: str | None, file: str
) -> tuple[CalamineSheet, list[Issue]]:
    """The declared sheet, or the only visible one that holds something."""
    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    shown = {one.name: shown_sheet(one.name, n) for n, one in enumerate(sheets)}
    if sheet is not None and sheet not in shown:
        raise refusal("sheet.unknown", file=file, sheets=", ".join(shown.values()))
    hidden = {one.name for one in sheets if one.visible != SheetVisibleEnum.Visible}
    filled = [name for name in shown if book.get_sheet_by_name(name).end is not None]
    usable = [name for name in filled if name == sheet or (sheet is None and name not in hidden)]
    if not usable:
        raise refusal("file.empty", file=file)
    if len(usable) > 1:
        names = ", ".join(shown[name] for name in usable)
        raise refusal("sheet.several", file=file, count=len(usable), sheets=names)
    (name,) = usable
    others = [shown[other] for other in filled if other in hidden and other != name]
    notes = []
    if others:
        names = ", ".join(others)
        notes.append(issue("sheet.hidden", file=file, count=len(others), sheets=names))
    return book.get_sheet_by_name(name), notes


# --- cells to text --------------------------------------------------------------------------


def _number(value: float) -> str:
    """A number in full, in the fewest digits that give it back."""
    return "0" if value == 0 else str(np.format_float_positional(value, trim="-"))


def _moment(value: datetime) -> str:
    # A serial number holds seconds only to some microseconds.
    near = value + timedelta(microseconds=500_000)
    text = near.replace(microsecond=0).isoformat()
    return text[:10] if text.endswith("T00:00:00") else text.removesuffix(":00")


def _clock(value: time) -> str:
    return value.isoformat("seconds").removesuffix(":00")


_WRITTEN: dict[type, tuple[int, Callable[[Any], str]]] = {
    str: (TEXT, lambda text: text.replace("\r\n", "\n").replace("\r", "\n")),
    bool: (TEXT, lambda truth: "TRUE" if truth else "FALSE"),
    int: (NUMBER, str),
    float: (NUMBER, _number),
    date: (DATE, date.isoformat),
    datetime: (DATE, _moment),
    time: (TIME, _clock),
    timedelta: (TIME, str),
}


def _grid(rows: list[list[Any]]) -> Grid:
    shape = (len(rows), len(rows[0]))
    text, kind = np.empty(shape, dtype=object), np.empty(shape, dtype=np.int8)
    for number, column in enumerate(zip(*rows, strict=True)):
        text[:, number] = [_WRITTEN[type(cell)][1](cell) for cell in column]
        kind[:, number] = [_WRITTEN[type(cell)][0] if cell != "" else BLANK for cell in column]
    return Grid(text, kind)


# --- the table ------------------------------------------------------------------------------


def _marked(found: Marks, file: str, header: list[str]) -> list[Issue]:
    """What the sheet holds that is no value: one line a rule, with its first cell."""
    notes = []
    told = (("cell.error-value", found.errors), ("cell.not-computed", found.uncomputed))
    for rule, cells in told:
        if cells:
            row, column = min(cells, key=lambda cell: (cell[1], cell[0]))
            name = header[column] if column < len(header) else ""
            notes.append(issue(rule, file=file, row=row + 1, column=name or None, count=len(cells)))
    if found.hidden_rows:
        notes.append(issue("sheet.hidden-rows", file=file, count=found.hidden_rows))
    return notes


def _struck(found: Marks, head: int, *, file: str, sheet: str) -> list[Issue]:
    """Rows with cells that are struck through, below the names."""
    cells = {(row, column) for row, column in found.struck if row > head}
    rows = {row for row, _ in cells}
    if not rows:
        return []
    told = issue(
        "sheet.struck",
        file=file,
        row=min(rows) + 1,
        count=len(rows),
        rows=len(rows),
        cells=len(cells),
        sheet=sheet,
    )
    return [told]


def _table(
    grid: Grid, file: str, sha256: str, notes: list[Issue], columns: Collection[str] | None
) -> TextTable:
    """The table below the row of names, without rows that are blank or columns without a name."""
    head = grid.head
    header = [text.strip() for text in grid.text[head]]
    refuse_identifiers(header, file)
    repeated = [n for n, name in enumerate(header, 1) if name and name in header[: n - 1]]
    if repeated:
        columns_told = ", ".join(map(str, repeated[:5]))
        raise refusal("file.repeated-column", file=file, row=head + 1, columns=columns_told)
    text, kind = grid.text[head + 1 :], grid.kind[head + 1 :]
    filled = (kind != BLANK).any(axis=1)
    if not filled.any():
        raise refusal("file.no-rows", file=file)
    last = int(np.flatnonzero(filled)[-1])
    blank = np.flatnonzero(~filled[:last])
    if len(blank):
        row = head + 2 + int(blank[0])
        notes.append(issue("file.blank-row", file=file, row=row, count=len(blank)))
    nameless = [n for n, name in enumerate(header) if not name and (kind[:, n] != BLANK).any()]
    if nameless:
        told = ", ".join(str(n + 1) for n in nameless[:5])
        notes.append(
            issue("file.unnamed-column", file=file, row=head + 1, count=len(nameless), columns=told)
        )
    rows = np.flatnonzero(filled) + head + 2
    named = {name: n for n, name in enumerate(header) if name}
    cells = {name: pd.Series(text[filled, n], dtype="str") for name, n in named.items()}
    table = TextTable(file, pd.DataFrame(cells), rows, sha256, ())
    for name, n in named.items():
        if columns is None or name in columns:
            _refuse_cells(table, name, kind[filled, n])
        # Times of day and lengths of time tell no date.
        notes += table.note("cell.no-date", kind[filled, n] == TIME, name)
    return replace(table, issues=tuple(notes))


def _refuse_cells(table: TextTable, name: str, kind: np.ndarray) -> None:
    """Refuse a column where Excel made dates of other things, or cut the digits of numbers."""
    dates = kind == DATE
    # In a column of times, a few cells that are none are set aside one by one later, and those
    # that are dates as text are read as such.
    others = table.cells[name][(kind != BLANK) & ~dates]
    written = others.str.match(_WRITTEN_DATE).mean() if len(others) else 0.0
    few = (2 * dates.sum() <= (kind != BLANK).sum()) & (written < _MOSTLY)
    table.refuse("cell.unexpected-date", dates & few, name)
    numbers = kind == NUMBER
    long = np.zeros(len(kind), dtype=bool)
    long[numbers] = [abs(float(cell)) >= _LOST_DIGITS for cell in table.cells[name][numbers]]
    table.refuse("cell.lost-digits", long, name)
