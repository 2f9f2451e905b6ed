"""Delimited text, read as text: rows and cells, before anything is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import ReliefError
from analysis.readers import scan
from analysis.readers.decode import NotUtf8, Text
from analysis.readers.letters import detect
from analysis.readers.numbers import decimal_commas, numbers
from analysis.readers.scan import (
    Elsewhere,
    Layout,
    find_separator,
    positions,
    read_header,
    unreadable,
    words,
)
from analysis.rules import issue, refusal
from analysis.study import Issue

__all__ = ["TextTable", "decimal_commas", "exact_copies", "numbers", "read_text"]


@dataclass(frozen=True)
class TextTable:
    """A file's cells as text, and for each row its 1-based number with the header counted.

    Rows are numbered as a spreadsheet numbers them: a blank row counts, and a cell that
    holds line breaks is one row.

    Attributes
    ----------
    file : str
        Name of the file, without its folder.
    cells : DataFrame
        Text, blank where blank. Columns are ``str``, or categoricals where values repeat.
    rows : ndarray of int
        Numbers of the rows.
    sha256 : str
        Of the file's bytes.
    issues : tuple of Issue
        What reading found.
    elsewhere : Elsewhere, optional
        Where the columns are that were not kept.
    subject : str, optional
        The column of the person's identifier, once it is known.
    """

    file: str
    cells: pd.DataFrame
    rows: np.ndarray
    sha256: str
    issues: tuple[Issue, ...]
    elsewhere: Elsewhere | None = None
    subject: str | None = None

    def column(self, name: str) -> pd.Series:
        """One column as ``str``, stripped of surrounding white space.

        Raises
        ------
        ReliefError
            ``column.missing``: names the file and the column that study.toml declares.
        """
        return self.category(name).astype("str")

    def category(self, name: str) -> pd.Series:
        """One column, stripped, as a categorical where it is kept as one: small and fast.

        A categorical takes no value that is not among its categories; :meth:`column` does.

        Raises
        ------
        ReliefError
            As :meth:`column`.
        """
        if name not in self.cells:
            raise refusal("column.missing", file=self.file, row=1, name=name)
        column = self.cells[name]
        if not isinstance(column.dtype, pd.CategoricalDtype):
            return column.str.strip()
        texts = column.cat.categories.astype("str")
        stripped = texts.str.strip()
        if stripped.equals(texts):
            return column
        # Values that differed only in white space are one value now.
        places, values = pd.factorize(stripped)
        codes = np.append(places, -1)[column.cat.codes.to_numpy()]
        dtype = pd.CategoricalDtype(pd.Index(values, dtype="str"))
        return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), column.index, name=name)

    def spaced(self, name: str) -> np.ndarray:
        """Cells of a column with white space around their text."""
        return _each(self.cells[name], lambda texts: texts != texts.str.strip())

    def pick(self, keep: np.ndarray) -> TextTable:
        """The table with only the rows of a mask; its issues stay behind."""
        if keep.all():
            return replace(self, issues=())
        cells = self.cells[keep].reset_index(drop=True)
        return replace(self, cells=cells, rows=self.rows[keep], issues=())


def _each(column: pd.Series, test: Callable[[pd.Series], pd.Series]) -> np.ndarray:
    """Which cells pass a test of their text; each different text is tested once."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = column.cat.categories.astype("str").to_series()
        return test(texts).to_numpy()[column.cat.codes.to_numpy()]
    return test(column).to_numpy()


def _blank(column: pd.Series) -> np.ndarray:
    """Cells with nothing but white space."""
    return _each(column, lambda texts: texts.str.strip() == "")


def _empty(table: TextTable) -> np.ndarray:
    """Rows with nothing in any named column, kept or not."""
    empty = np.ones(len(table.rows), dtype=bool)
    for name in table.cells:
        # Column by column, and only while some row is still empty: most tables have none.
        if not empty.any():
            return empty
        empty &= _blank(table.cells[name])
    if table.elsewhere is not None and empty.any():
        pieces = table.elsewhere.rows(table.rows[empty])
        empty[empty] = [
            blank
            for piece in pieces
            for blank in np.all([_blank(piece[name]) for name in piece], axis=0)
        ]
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
        if separator is None and layout.separator != ",":
            mark = words([layout.separator])
            notes.append(issue("file.separator-detected", file=file, mark=mark))
        layout = replace(layout, header=read_header(text, layout.separator))
        named = [number for number, name in enumerate(layout.header) if name]
        if not named:
            raise unreadable(file, "row 1 names no column")
        if nameless := [n for n, name in enumerate(layout.header, 1) if not name]:
            which, count = positions(nameless), len(nameless)
            notes.append(issue("file.unnamed-column", file=file, row=1, count=count, columns=which))
        wanted = [n for n in named if columns is None or layout.header[n] in columns] or named[:1]
        series, rows, skipped = scan.cells(text, layout, wanted)
        sha256, first = text.finish(), text.above + 2
    cells = pd.DataFrame(
        {layout.header[number]: one for number, one in zip(wanted, series, strict=True)},
        copy=False,
    )
    elsewhere = None if wanted == named else Elsewhere(layout, first, skipped, sha256)
    table = _without_blanks(TextTable(file, cells, rows, sha256, (), elsewhere), skipped, notes)
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


def exact_copies(table: TextTable, among: np.ndarray) -> np.ndarray:
    """Rows of a mask that repeat an earlier row of it in every named column of the file.

    Where only some columns were kept, the file is read once more, for these rows alone.

    Parameters
    ----------
    among : ndarray of bool
        One a row of the table.

    Returns
    -------
    ndarray of bool, one a row of the table
    """
    if table.elsewhere is None:
        rows = table.cells[among]
    else:
        digests = [_digests(piece) for piece in table.elsewhere.rows(table.rows[among])]
        rows = pd.DataFrame(np.concatenate(digests) if digests else [])
    copies = np.zeros(len(among), dtype=bool)
    copies[among] = rows.duplicated().to_numpy()
    return copies


def _digests(rows: pd.DataFrame) -> np.ndarray:
    """128 bits a row: two rows that differ have the same ones by no chance worth counting."""
    keys = ("0123456789abcdef", "fedcba9876543210")
    return np.column_stack([pd.util.hash_pandas_object(rows, False, hash_key=key) for key in keys])
