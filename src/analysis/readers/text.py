"""Delimited text, read as text: encodings, rows and cells, before any number or date is made of them."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from analysis.errors import ReliefError
from analysis.study import Issue

__all__ = ["TextTable", "numbers", "read_text"]

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Header names that hold direct identifiers (45 CFR 164.514(b)(2)); a study table needs none of them.
_IDENTIFYING = re.compile(
    r"(?:^|_)(?:dob|birth_?date|date_?of_?birth|(?:first|last|middle|full|maiden|sur|patient)_?name|name"
    r"|initials|e_?mail|(?:tele)?phone(?:_?\d+)?|mobile|fax|ssn|social_?security|mrn|medical_?record"
    r"|address|street|zip(?:_?code)?|post_?code|ip_?address)(?:$|_)"
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")


@dataclass(frozen=True)
class TextTable:
    """A file's cells as text, and for each row its 1-based number with the header counted."""

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
                f"{self.file} has no column {name!r}, which study.toml declares; "
                "mend the name there or in the file.",
            )
        return self.cells[name].str.strip()


def _decode(raw: bytes, file: str, declared: str | None) -> tuple[str, list[Issue]]:
    if not raw.strip():
        raise ReliefError("file.empty", f"{file} is empty; export it again.")
    encoding = declared or next(
        (name for bom, name in _BOMS.items() if raw.startswith(bom)), "utf-8"
    )
    try:
        text = raw.decode(encoding)
    except LookupError:
        raise ReliefError(
            "file.encoding", f"The encoding declared for {file} is not known; try utf-8 or cp1252."
        ) from None
    except UnicodeDecodeError:
        raise ReliefError(
            "file.encoding",
            f"{file} is not {encoding} text; declare its encoding in study.toml, "
            'such as encoding = "cp1252".',
        ) from None
    if "\x00" in text:
        raise ReliefError(
            "file.binary", f"{file} holds bytes that no text has; export it as delimited text."
        )
    notes = []
    if raw.startswith(tuple(_BOMS)) and declared is None:
        notes.append(
            Issue(
                "file.bom",
                "NOTE",
                "row",
                f"{file} was read as {encoding} by its byte-order mark.",
                file,
            )
        )
    return text.removeprefix("\ufeff"), notes


def _header(text: str, file: str, separator: str) -> list[str]:
    header = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=separator))]
    if len(header) < 2:
        found = next((mark for mark in ";\t|," if mark != separator and mark in header[0]), None)
        names = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
        hint = f"; it looks separated by {names[found]}s" if found else ""
        raise ReliefError(
            "file.one-column",
            f"{file} has a single column{hint}; declare its separator (and decimal) in study.toml.",
        )
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise ReliefError(
            "file.repeated-column",
            f"{file} has {len(repeated)} column name(s) more than once, first {repeated[0]!r}; "
            "give each column a name of its own.",
        )
    return [name or f"(unnamed {number})" for number, name in enumerate(header, 1)]


def refuse_identifiers(header: list[str], file: str) -> None:
    """Refuse a table whose header names a direct identifier.

    Raises
    ------
    ReliefError
        ``identifier.column``, naming the columns, never what is in them.
    """
    found = [n for n in header if _IDENTIFYING.search(re.sub(r"[^a-z0-9]+", "_", n.lower()))]
    if found:
        raise ReliefError(
            "identifier.column",
            f"{file} has {len(found)} column(s) that identify people by name "
            f"({', '.join(found[:3])}); remove them from the export, the analysis needs none.",
        )


def read_text(path: Path, *, separator: str = ",", encoding: str | None = None) -> TextTable:
    """Read delimited text without guessing a type: every cell stays text, blank stays blank.

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    separator : str
        The one separator of the file.
    encoding : str, optional
        As declared; otherwise UTF-8, or UTF-16 where a byte-order mark says so.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.empty``, ``file.encoding``, ``file.binary``,
        ``file.one-column``, ``file.repeated-column``, ``file.ragged``,
        ``file.no-rows`` or ``identifier.column``.
    """
    file = path.name
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ReliefError(
            "file.missing", f"{file} is declared in study.toml but is not in its folder."
        ) from None
    except OSError:
        raise ReliefError(
            "file.missing", f"{file} cannot be opened; check its permissions."
        ) from None
    text, notes = _decode(raw, file, encoding)
    header = _header(text, file, separator)
    refuse_identifiers(header, file)
    blank: list[int] = []
    ragged: list[tuple[int, int]] = []

    def keep(row: pa_csv.InvalidRow) -> str:
        if row.text.strip(separator + " \r\n"):
            ragged.append((row.number, row.actual_columns))
        else:
            blank.append(row.number)
        return "skip"

    try:
        table = pa_csv.read_csv(
            io.BytesIO(text.encode("utf-8")),
            # One thread: only then does the parser know the number of a bad row.
            read_options=pa_csv.ReadOptions(
                column_names=header, skip_rows_after_names=1, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        raise ReliefError(
            "file.unreadable",
            f"{file} cannot be read as delimited text (an unclosed quotation mark, perhaps); "
            "export it again.",
        ) from None
    if ragged:
        number, cells = ragged[0]
        raise ReliefError(
            "file.ragged",
            f"{file}, row {number}: {cells} cells where the header has {len(header)} "
            f"({len(ragged)} such row(s)); mend the row or quote cells that hold the separator.",
        )
    if table.num_rows == 0:
        raise ReliefError("file.no-rows", f"{file} has a header and no rows; export it again.")
    everything = np.arange(2, 2 + table.num_rows + len(blank))
    rows = np.setdiff1d(everything, blank, assume_unique=True)
    if blank:
        notes.append(
            Issue(
                "file.blank-row",
                "NOTE",
                "row",
                f"{file}: blank rows were passed over.",
                file,
                count=len(blank),
            )
        )
    cells = table.to_pandas()
    empty = (cells == "").all(axis=1).to_numpy()
    return TextTable(
        file,
        cells[~empty].reset_index(drop=True),
        rows[~empty],
        hashlib.sha256(raw).hexdigest(),
        tuple(notes),
    )


def numbers(
    column: pd.Series, *, decimal: str = ".", missing_codes: tuple[str, ...] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Text to numbers by a declared rule.

    Parameters
    ----------
    column : Series of str
    decimal : str
        "." or ",".
    missing_codes : tuple of str
        Declared codes for a missing value, compared as text and as numbers.

    Returns
    -------
    values : ndarray of float
        NaN where the cell is blank, holds a missing code, or is not a plain number.
    wrong : ndarray of bool
        Cells that hold something which is neither blank, nor a missing code, nor a number.
    """
    codes, uniques = pd.factorize(column)
    as_numbers = np.full(len(uniques), np.nan)
    bad = np.zeros(len(uniques), dtype=bool)
    declared = set(missing_codes)
    declared_numbers = {float(code) for code in declared if _NUMBER.fullmatch(code)}
    for index, text in enumerate(uniques):
        text = text.strip()
        if not text or text in declared:
            continue
        if decimal == ",":
            # A point in a decimal-comma file would be a thousands mark: never guessed away.
            text = "?" if "." in text else text.replace(",", ".")
        if not _NUMBER.fullmatch(text):
            bad[index] = True
        elif float(text) not in declared_numbers:
            as_numbers[index] = float(text)
    if not len(uniques):
        return np.full(len(column), np.nan), np.zeros(len(column), dtype=bool)
    return as_numbers[codes], bad[codes]
