"""Delimited text, read as text: rows and cells, before anything is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import Issue, ReliefError
from analysis.readers.formats.delimited import scan
from analysis.readers.formats.delimited.decode import NotUtf8, Text
from analysis.readers.formats.delimited.encoding import detect
from analysis.readers.formats.delimited.scan import (
    Layout,
    RestOfFile,
    find_separator,
    read_header,
    unreadable,
    words,
)
from analysis.readers.table.identifiers import positions
from analysis.readers.table.text_table import TextTable, blank_rows
from analysis.rules import issue, refusal

__all__ = ["read_text"]


def _empty(table: TextTable) -> np.ndarray:
    """Rows with nothing in any named column, kept or not."""
    empty = blank_rows(table.cells)
    if table.whole_rows is not None and empty.any():
        pieces = map(blank_rows, table.whole_rows(table.rows[empty]))
        empty[empty] = np.concatenate([*pieces])
    return empty


def _without_blanks(table: TextTable, skipped: np.ndarray, notes: list[Issue]) -> TextTable:
    """Pass over rows with nothing in them, and say so; ``skipped`` are blank lines."""
    empty = _empty(table)
    last = table.rows[-1] if len(table.rows) else 0
    blank = np.sort(np.concatenate([table.rows[empty], skipped[skipped < last]]))
    if len(blank):
        notes.append(issue("file.blank-row", file=table.file, row=int(blank[0]), count=len(blank)))
    return replace(table.pick(~empty), issues=tuple(notes))


def _read(
    path: Path, separator: str | None, encoding: str | None, columns: Sequence[str] | None
) -> TextTable:
    notes: list[Issue] = []
    with closing(Text(path, encoding)) as text:
        file = text.file
        if text.marked:
            notes.append(issue("file.bom", file=file, encoding=text.marked))
        layout = Layout(path, separator or find_separator(text), encoding, ())
        if separator is None and layout.separator != "," and not text.told:
            mark = words([layout.separator])
            notes.append(issue("file.separator-detected", file=file, mark=mark))
        if text.told:
            notes.append(issue("file.separator-line", file=file, row=1))
        header, heads = read_header(text, layout.separator)
        if heads > 1:
            notes.append(issue("file.two-headers", file=file, row=2))
        layout = replace(layout, header=header, heads=heads)
        named = [number for number, name in enumerate(layout.header) if name]
        if not named:
            raise unreadable(file, "row 1 names no column")
        if nameless := [n for n, name in enumerate(layout.header, 1) if not name]:
            which, count = positions(nameless), len(nameless)
            notes.append(issue("file.unnamed-column", file=file, row=1, count=count, columns=which))
        wanted = [n for n in named if columns is None or layout.header[n] in columns] or named[:1]
        series, rows, skipped = scan.cells(text, layout, wanted)
        sha256, first = text.finish(), text.above + 1 + heads
    cells = pd.DataFrame(
        {layout.header[number]: one for number, one in zip(wanted, series, strict=True)},
        copy=False,
    )
    rest = None if wanted == named else RestOfFile(layout, first, skipped, sha256).rows
    names = tuple(layout.header[number] for number in named)
    whole = TextTable(file, cells, rows, sha256, (), rest, names=names)
    table = _without_blanks(whole, skipped, notes)
    if not len(table.rows):
        raise refusal("file.no-rows", file=file)
    return table


def read_text(
    path: Path,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    columns: Sequence[str] | None = None,
) -> TextTable:
    """Read delimited text without guessing a type: every cell stays text, blank stays blank.

    The file is read once, in pieces, and held as codes where values repeat.

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    separator : str, optional
        The one separator of the file, an ASCII character; otherwise the one of comma,
        semicolon, tab and bar with which the first rows have as many cells as the header.
    encoding : str, optional
        As declared; otherwise by the byte-order mark, otherwise UTF-8, otherwise what the
        letters suggest, which is flagged.
    columns : sequence of str, optional
        Keep these columns alone; those that are not there are left out.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.not-opened``, ``file.empty``, ``file.encoding``,
        ``file.binary``, ``file.separator``, ``file.unreadable``, ``file.one-column``,
        ``file.repeated-column``, ``file.ragged``, ``file.no-rows`` or ``identifier.column``.
    """
    try:
        return _read(path, separator, encoding, columns)
    except NotUtf8 as error:
        found = detect(path)
        if found is None:
            raise ReliefError(error.rule, error.message) from None
    table = _read(path, separator, found, columns)
    said = issue("file.encoding-detected", file=table.file, encoding=found)
    return replace(table, issues=(said, *table.issues))
