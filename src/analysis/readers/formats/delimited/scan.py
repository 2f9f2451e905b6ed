"""One pass over delimited text: what its first rows tell, and its cells row by row."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.decode import CHUNK, Text
from analysis.readers.table.gathered import ENCODED, Gathered
from analysis.readers.table.header_rows import joined_names
from analysis.readers.table.identifiers import positions, refuse_identifiers
from analysis.rules import refusal

__all__ = [
    "Layout",
    "RestOfFile",
    "cells",
    "find_separator",
    "first_rows",
    "read_header",
    "unreadable",
    "words",
]

_MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# Rows that must have as many cells as the header where the separator is found out.
_FIRST_ROWS = 100
# No row is longer than two blocks of the parser.
_BLOCK = 8 << 20


@dataclass(frozen=True)
class Layout:
    """How a file is to be read, once its first rows have told."""

    path: Path
    separator: str
    encoding: str | None
    header: tuple[str, ...]
    # Rows that the names stand in.
    heads: int = 1


@dataclass(frozen=True)
class RestOfFile:
    """The columns of a file that were not kept, to be asked for rows.

    ``first`` is the number of the first row under the header, ``skipped`` the numbers of
    blank lines below it, ``sha256`` of the bytes that were read.
    """

    layout: Layout
    first: int
    skipped: np.ndarray
    sha256: str

    def rows(self, wanted: np.ndarray) -> Iterator[pd.DataFrame]:
        """All named columns of the rows of these numbers, in order, piece by piece.

        Raises
        ------
        ReliefError
            ``file.changed`` where the file is no longer the one that was read.
        """
        places = wanted - self.first - np.searchsorted(self.skipped, wanted)
        named = [number for number, name in enumerate(self.layout.header) if name]
        start = 0
        with closing(Text(self.layout.path, self.layout.encoding)) as text:
            for batch in _batches(text, self.layout, named, pa.string(), _Skipped(self.layout)):
                low, high = np.searchsorted(places, [start, start + len(batch)])
                if high > low:
                    yield batch.take(pa.array(places[low:high] - start)).to_pandas()
                start += len(batch)
            if text.finish() != self.sha256:
                raise refusal("file.changed", file=text.file)


@dataclass
class _Skipped:
    """Lines that the parser hands back because their number of cells is not the header's."""

    layout: Layout
    blank: array[int] = field(default_factory=lambda: array("q"))
    ragged: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0

    def __call__(self, row: pa_csv.InvalidRow) -> str:
        """Note a line and leave it out."""
        if not row.text.strip(self.layout.separator + " \t\r\n"):
            self.blank.append(row.number)
        else:
            self.count += 1
            self.ragged = self.ragged or [(row.number, row.actual_columns)]
        return "skip"


def _batches(
    text: Text, layout: Layout, columns: list[int], kind: pa.DataType, skipped: _Skipped
) -> Iterator[pa.RecordBatch]:
    """The rows under the header, some thousands at a time; columns are named by position."""
    # Positions as names: a header may leave a name out.
    names = [str(number) for number in range(len(layout.header))]
    kept = [names[number] for number in columns]
    reader = pa_csv.open_csv(
        text,
        # One thread: only then does the parser know the number of a bad row.
        read_options=pa_csv.ReadOptions(
            column_names=names,
            skip_rows_after_names=layout.heads,
            use_threads=False,
            block_size=_BLOCK,
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=layout.separator,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=skipped,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(kept, kind), strings_can_be_null=False, include_columns=kept
        ),
    )
    with reader:
        yield from reader


def first_rows(text: Text, separator: str) -> list[list[str]]:
    """The first records of a file, blank ones included; none where the first is malformed."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text.head), delimiter=separator, strict=True):
            rows.append(row)
            if len(rows) == _FIRST_ROWS:
                break
    except csv.Error:
        return rows
    # The last row of what is only the head of a file may be cut short.
    return rows[:-1] if len(text.head) >= CHUNK // 4 else rows


def find_separator(text: Text) -> str:
    """The mark with which the first rows have as many cells as the header; a comma if none.

    Raises
    ------
    ReliefError
        ``file.separator`` where several marks do.
    """
    if text.told:
        return text.told
    found = []
    for mark in _MARKS:
        header, *rows = first_rows(text, mark) or [[]]
        widths = {len(row) for row in rows if any(map(str.strip, row))}
        if len(header) > 1 and widths <= {len(header)}:
            found.append(mark)
    if len(found) > 1:
        raise refusal("file.separator", file=text.file, marks=words(found))
    return found[0] if found else ","


def words(marks: Sequence[str]) -> str:
    """Separators in words."""
    return " or ".join(_MARKS[mark] for mark in marks)


def unreadable(file: str, why: str) -> ReliefError:
    """The error for a file that is no delimited text."""
    return refusal("file.unreadable", file=file, why=why)


def read_header(text: Text, separator: str) -> tuple[tuple[str, ...], int]:
    """Names of the columns, without white space around them, and how many rows they stand in.

    A name may be left out.

    Raises
    ------
    ReliefError
        ``file.one-column``, ``file.repeated-column``, ``file.unreadable`` or
        ``identifier.column``.
    """
    file = text.file
    lines = io.StringIO(text.head)
    try:
        first = next(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        raise unreadable(file, "row 1, perhaps an unclosed quotation mark") from None
    if lines.tell() == len(text.head) >= CHUNK // 4:
        raise unreadable(file, "row 1 is longer than a megabyte")
    rows = first_rows(text, separator)[:2]
    both = joined_names(*rows) if len(rows) == 2 else None
    header = both or [name.strip() for name in first]
    if both:
        refuse_identifiers([name.strip() for name in first], file)
    if len(header) < 2:
        found = [mark for mark in _MARKS if mark != separator and mark in header[0]]
        hint = f"; it looks separated by {words(found)}" if found else ""
        raise refusal("file.one-column", file=file, row=1, hint=hint)
    refuse_identifiers(header, file)
    repeated = [n for n, name in enumerate(header, 1) if name and name in header[: n - 1]]
    if repeated:
        raise refusal("file.repeated-column", file=file, row=1, columns=positions(repeated))
    return tuple(header), 2 if both else 1


def _unclosed(text: Text, layout: Layout) -> bool:
    """Whether a quotation mark is never closed, which would swallow the rows after it."""
    if text.marks % 2 == 0:
        return False
    # A cell that no parser block could hold is as good as unclosed.
    limit = csv.field_size_limit(2 * _BLOCK)
    try:
        with closing(Text(layout.path, layout.encoding)) as again:
            lines = io.TextIOWrapper(io.BufferedReader(again, CHUNK), "utf-8", newline="\n")
            for _ in csv.reader(lines, delimiter=layout.separator, strict=True):
                pass
    except csv.Error:
        return True
    finally:
        csv.field_size_limit(limit)
    return False


def cells(
    text: Text, layout: Layout, columns: list[int]
) -> tuple[list[pd.Series], np.ndarray, np.ndarray]:
    """Columns by position, the numbers of their rows, and the numbers of blank lines."""
    file, above = text.file, text.above
    gathered, skipped, failed = [Gathered() for _ in columns], _Skipped(layout), False
    count = 0
    try:
        for batch in _batches(text, layout, columns, ENCODED, skipped):
            count += len(batch)
            for column, piece in zip(gathered, batch.columns, strict=True):
                column.add(piece)
    except pa.ArrowInvalid:
        failed = True
    text.finish()
    if _unclosed(text, layout):
        raise unreadable(file, "an unclosed quotation mark")
    if failed:
        raise unreadable(file, "a cell of several megabytes, perhaps")
    if skipped.ragged:
        number, found = skipped.ragged[0]
        raise refusal("file.ragged", file=file, row=number + above, cells=found,
                      columns=len(layout.header), count=skipped.count)  # fmt: skip
    blank = np.frombuffer(skipped.blank, dtype=np.int64) if skipped.blank else np.array([], int)
    rows = np.arange(1 + layout.heads, 1 + layout.heads + count + len(blank))
    if len(blank):
        rows = np.delete(rows, blank - 1 - layout.heads)
    return [column.series() for column in gathered], rows + above, blank + above
