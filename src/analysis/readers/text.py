"""Delimited text, read as text: encodings, rows, cells, before anything is made of them."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from analysis.errors import ReliefError
from analysis.readers.identifiers import refuse_identifiers
from analysis.study import Issue

__all__ = ["TextTable", "numbers", "read_text"]

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MARKS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_LONGEST_NUMBER = 30


@dataclass(frozen=True)
class TextTable:
    """A file's cells as text, and for each row its 1-based number with the header counted.

    Rows are numbered as a spreadsheet numbers them: a blank row counts, and a cell that
    holds line breaks is one row.
    """

    file: str
    cells: pd.DataFrame
    rows: np.ndarray
    sha256: str
    issues: tuple[Issue, ...]

    def column(self, name: str) -> pd.Series:
        """One column, stripped of surrounding white space.

        Raises
        ------
        ReliefError
            ``column.missing``: names the file and the column that study.toml declares.
        """
        if name not in self.cells:
            raise ReliefError(
                "column.missing",
                f"{self.file}, row 1: no column {name!r}, which study.toml declares; "
                "mend the name there or in the file.",
            )
        return self.cells[name].str.strip()

    def pick(self, keep: np.ndarray) -> TextTable:
        """The table with only the rows of a mask; its issues stay behind."""
        cells = self.cells[keep].reset_index(drop=True)
        return replace(self, cells=cells, rows=self.rows[keep], issues=())


def _decode(raw: bytes, file: str, declared: str | None) -> tuple[str, list[Issue]]:
    if not raw.strip():
        raise ReliefError("file.empty", f"{file} is empty; export it again.")
    marked = next((name for bom, name in _BOMS.items() if raw.startswith(bom)), None)
    encoding = declared or marked or "utf-8"
    try:
        text = raw.decode(encoding)
        text.encode("utf-8")
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        row = raw[:start].count(b"\n") + 1
        raise ReliefError(
            "file.encoding",
            f"{file} is not {encoding} text (first at line {row}); declare its encoding in "
            'study.toml, such as encoding = "cp1252".',
        ) from None
    if "\x00" in text:
        raise ReliefError(
            "file.binary",
            f"{file} holds bytes that no text has; export it as delimited text, or declare its "
            'encoding in study.toml, such as encoding = "utf-16".',
        )
    notes = []
    if marked and declared is None:
        said = f"{file} was read as {encoding} by its byte-order mark."
        notes.append(Issue("file.bom", "NOTE", "row", said, file))
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ReliefError("file.empty", f"{file} is empty; export it again.")
    return text, notes


def _unreadable(file: str, why: str) -> ReliefError:
    return ReliefError(
        "file.unreadable",
        f"{file} cannot be read as delimited text ({why}); mend it or export it again.",
    )


def _header(text: str, file: str, separator: str) -> list[str]:
    try:
        first = next(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error:
        raise _unreadable(file, "row 1, perhaps an unclosed quotation mark") from None
    header = [name.strip() for name in first]
    if len(header) < 2:
        found = next((mark for mark in _MARKS if mark != separator and mark in header[0]), None)
        hint = f"; it looks separated by {_MARKS[found]}" if found else ""
        raise ReliefError(
            "file.one-column",
            f"{file}, row 1: a single column{hint}; declare its separator (and decimal) in "
            "study.toml.",
        )
    refuse_identifiers(header, file)
    repeated = [n for n, name in enumerate(header, 1) if name and name in header[: n - 1]]
    if repeated:
        raise ReliefError(
            "file.repeated-column",
            f"{file}, row 1: column {', '.join(map(str, repeated[:5]))} has the name of a column "
            "before it; "
            "give each column a name of its own.",
        )
    return header


def _unclosed(text: str, separator: str) -> bool:
    """Whether a quotation mark is never closed, which would swallow the rows after it."""
    if text.count('"') % 2 == 0:
        return False
    limit = csv.field_size_limit(len(text) + 1)
    try:
        for _ in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            pass
    except csv.Error:
        return True
    finally:
        csv.field_size_limit(limit)
    return False


def _cells(
    text: str, header: list[str], file: str, separator: str, above: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """All rows as text and their numbers; ``above`` blank rows stand before the header."""
    if _unclosed(text, separator):
        raise _unreadable(file, "an unclosed quotation mark")
    blank: list[int] = []
    ragged: list[tuple[int, int]] = []

    def keep(row: pa_csv.InvalidRow) -> str:
        if row.text.strip(separator + " \t\r\n"):
            ragged.append((row.number, row.actual_columns))
        else:
            blank.append(row.number)
        return "skip"

    # Positions as names: a header may leave a name out.
    names = [str(number) for number in range(len(header))]
    try:
        table = pa_csv.read_csv(
            io.BytesIO(text.encode("utf-8")),
            # One thread: only then does the parser know the number of a bad row.
            read_options=pa_csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        raise _unreadable(file, "a cell of more than a megabyte, perhaps") from None
    if ragged:
        number, cells = ragged[0]
        raise ReliefError(
            "file.ragged",
            f"{file}, row {number + above}: {cells} cells where the header has {len(header)} "
            f"({len(ragged)} such row(s)); mend the row or quote cells that hold the separator.",
        )
    everything = np.arange(2, 2 + table.num_rows + len(blank))
    rows = np.setdiff1d(everything, blank, assume_unique=True) + above
    return table.to_pandas().set_axis(header, axis=1), rows


def _without_blanks(table: TextTable, first: int) -> TextTable:
    """Pass over blank rows, from ``first`` on, and columns without a name, and say so."""
    file, cells = table.file, table.cells
    nameless = [number for number, name in enumerate(cells.columns, 1) if not name]
    notes = []
    if nameless:
        said = (
            f"{file}, row 1: column {', '.join(map(str, nameless[:5]))} has no name and was "
            "passed over; "
            "give it one if it matters."
        )
        notes.append(
            Issue("file.unnamed-column", "NOTE", "row", said, file, 1, count=len(nameless))
        )
        cells = cells.loc[:, [bool(name) for name in cells.columns]]
    empty = np.ones(len(cells), dtype=bool)
    for name in cells:
        # Column by column, and only while some row is still empty: most tables have none.
        if not empty.any():
            break
        empty &= (cells[name].str.strip() == "").to_numpy()
    last = int(table.rows[-1]) if len(table.rows) else first
    blank = np.setdiff1d(np.arange(first, last + 1), table.rows[~empty])
    if len(blank):
        said = f"{file}: blank rows were passed over."
        notes.append(
            Issue("file.blank-row", "NOTE", "row", said, file, int(blank[0]), count=len(blank))
        )
    kept = TextTable(file, cells, table.rows, table.sha256, ()).pick(~empty)
    return replace(kept, issues=(*table.issues, *notes))


def read_text(path: Path, *, separator: str = ",", encoding: str | None = None) -> TextTable:
    """Read delimited text without guessing a type: every cell stays text, blank stays blank.

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    separator : str
        The one separator of the file, an ASCII character.
    encoding : str, optional
        As declared; otherwise UTF-8, or UTF-16 where a byte-order mark says so.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.empty``, ``file.encoding``, ``file.binary``,
        ``file.unreadable``, ``file.one-column``, ``file.repeated-column``,
        ``file.ragged``, ``file.no-rows`` or ``identifier.column``.
    """
    file = path.name
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ReliefError(
            "file.missing", f"{file} is declared in study.toml but is not in its folder; mend path."
        ) from None
    except (OSError, ValueError):
        raise ReliefError(
            "file.missing", f"{file} cannot be opened; check that it is a file and its permissions."
        ) from None
    text, notes = _decode(raw, file, encoding)
    body = text.lstrip("\n")
    above = len(text) - len(body)
    header = _header(body, file, separator)
    cells, rows = _cells(body, header, file, separator, above)
    found = TextTable(file, cells, rows, hashlib.sha256(raw).hexdigest(), tuple(notes))
    table = _without_blanks(found, above + 2)
    if table.cells.empty:
        raise ReliefError("file.no-rows", f"{file} has a header and no rows; export it again.")
    return table


def numbers(
    column: pd.Series,
    *,
    decimal: str = ".",
    missing_codes: tuple[str, ...] = (),
    codes_by_value: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Text to numbers by a declared rule.

    Parameters
    ----------
    column : Series of str
    decimal : str
        "." or ",".
    missing_codes : tuple of str
        Declared codes for a missing value, compared as text.
    codes_by_value : bool
        Compare codes by value too, so that the code ``-9`` is also met by ``-9.0``. Not
        for hours, where -9 with decimals is a time.

    Returns
    -------
    values : ndarray of float
        NaN where the cell is blank, holds a missing code, or is not a plain number.
    wrong : ndarray of bool
        Cells that hold something which is neither blank, nor a missing code, nor a number.
    """
    codes, uniques = pd.factorize(column)
    values = np.full(len(uniques), np.nan)
    bad = np.zeros(len(uniques), dtype=bool)
    declared = set(missing_codes)
    by_value = {float(code) for code in declared if codes_by_value and _NUMBER.fullmatch(code)}
    for index, text in enumerate(uniques):
        text = text.strip()
        if not text or text in declared:
            continue
        if decimal == ",":
            # A point in a decimal-comma file would be a thousands mark: never guessed away.
            text = "?" if "." in text else text.replace(",", ".")
        if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
            bad[index] = True
        elif float(text) not in by_value:
            values[index] = float(text)
    if not len(uniques):
        return np.full(len(column), np.nan), np.zeros(len(column), dtype=bool)
    return values[codes], bad[codes]
