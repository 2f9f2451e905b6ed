"""CDISC Dataset-JSON 1.1 as text: one JSON object, NDJSON, or NDJSON compressed (DSJC).

Specification: https://cdisc-org.github.io/DataExchange-DatasetJson/doc/dataset-json1-1.html
What a file is shows in its content; its name says nothing. Read by json row by row:
pandas.read_json makes a number of the text 007, and another of 1E5.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.readers.formats.cdisc.values import (
    as_table,
    check_names,
    date_kind,
    number_text,
    plain_number,
    sas_text,
)  # fmt: skip
from analysis.readers.formats.file_bytes import reading_file
from analysis.readers.table.gathered import Gathered
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["read_dataset_json"]

_VERSION = re.compile(r"1\.1(?:\.\d{1,3})?", re.ASCII)
_TYPES = {"string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time",
          "URI"}  # fmt: skip
_NUMERIC = ("integer", "decimal", "float", "double")
# SAS formats of the numbers that stand for dates, where a column names none.
_DATES = {"date": "E8601DA", "datetime": "E8601DT", "time": "E8601TM"}
_CHUNK = 1 << 20
_ROWS_AT_ONCE = 20_000
# Tables shrink some twentyfold; a file that inflates to more than this is not read.
LARGEST_INFLATED = 1 << 30
# A document is held in memory at several times its size; lines of rows are not.
LARGEST_DOCUMENT = 128 << 20
_MAGIC = (b"\x1f\x8b", b"\x78")


class _Number(str):
    """A number of the file as written, told apart from text that looks like one."""

    __slots__ = ()


class _Malformed(Exception):
    """Text that is no JSON, or not what the specification allows."""


def _bytes(path: Path, digest: Any) -> Iterator[bytes]:
    with reading_file(path.name), path.open("rb") as handle:
        while piece := handle.read(_CHUNK):
            digest.update(piece)
            yield piece


def _inflated(pieces: Iterator[bytes], file: str) -> Iterator[bytes]:
    """Bytes as they are, or decompressed: zlib as specified, gzip as CDISC's own files are."""
    first = next(pieces, b"")
    if not first:
        raise refusal("file.empty", file=file)
    pieces = chain([first], pieces)
    if not first.startswith(_MAGIC):
        yield from pieces
        return
    inflater, size = zlib.decompressobj(wbits=47), 0
    for piece in pieces:
        while piece and not inflater.eof:
            try:
                out = inflater.decompress(piece, _CHUNK)
            except zlib.error:
                raise refusal("dataset-json.compression", file=file) from None
            size += len(out)
            if size > LARGEST_INFLATED:
                limit = LARGEST_INFLATED >> 20
                raise refusal("dataset-json.too-large", file=file, limit=limit)
            yield out
            piece = inflater.unconsumed_tail
        if piece or inflater.unused_data:
            raise refusal("dataset-json.compression", file=file)
    if not inflater.eof:
        raise refusal("dataset-json.compression", file=file)


def _lines(pieces: Iterable[bytes], file: str) -> Iterator[bytes]:
    rest: list[bytes] = []
    size = 0
    for piece in pieces:
        # A megabyte of line ends is as good as one, and takes no time.
        first, *others = piece.split(b"\n") if piece.strip(b"\r\n") else (b"", b"")
        rest.append(first)
        size += len(first)
        for other in others:
            yield b"".join(rest)
            rest, size = [other], len(other)
        _refuse_large(size, file)
    yield b"".join(rest)


def _refuse_large(size: int, file: str) -> None:
    if size > LARGEST_DOCUMENT:
        limit = LARGEST_DOCUMENT >> 20
        raise refusal("dataset-json.large-document", file=file, limit=limit)


def _joined(lines: Iterable[bytes], file: str) -> bytes:
    """Lines of one document."""
    found, size = [], 0
    for line in lines:
        found.append(line)
        size += len(line) + 1
        _refuse_large(size, file)
    return b"\n".join(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that comes twice would drop what stood under the first."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Malformed
    return found


def _no_constant(name: str) -> None:
    raise _Malformed


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_no_constant, object_pairs_hook=_once
)


def _parsed(text: bytes) -> Any:
    """JSON with numbers as written; NaN and Infinity are none."""
    try:
        plain = text.decode("utf-8").strip()
        value, end = _DECODER.raw_decode(plain)
    except (ValueError, RecursionError):
        raise _Malformed from None
    if end < len(plain):
        raise _Malformed
    return value


def _document(lines: Iterator[bytes], file: str) -> tuple[dict[str, Any], Iterator[Any]]:
    """What describes the data set, and its rows: from the same object, or from lines after it."""
    first = next(lines).removeprefix(codecs.BOM_UTF8)
    try:
        about = _parsed(first)
    except _Malformed:
        # JSON laid out over several lines.
        try:
            about = _parsed(_joined(chain([first], lines), file))
        except _Malformed:
            raise refusal("dataset-json.syntax", file=file) from None
    if not isinstance(about, dict):
        raise refusal("dataset-json.not-dataset", file=file)
    if "rows" not in about:
        return about, _parsed_lines(lines, file)
    rows = about.pop("rows")
    if not isinstance(rows, list) or any(line.strip() for line in lines):
        raise refusal("dataset-json.syntax", file=file)
    return about, iter(rows)


def _parsed_lines(lines: Iterator[bytes], file: str) -> Iterator[Any]:
    for number, line in enumerate(lines, 2):
        if line.strip():
            try:
                yield _parsed(line)
            except _Malformed:
                raise refusal("dataset-json.syntax", file=file, row=number) from None


def _columns(about: dict[str, Any], file: str) -> list[dict[str, Any]]:
    """Descriptions of the columns, after checks of what the whole data set must say."""
    version = about.get("datasetJSONVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise refusal("dataset-json.version", file=file)
    records, columns = about.get("records"), about.get("columns")
    if not isinstance(records, _Number) or not re.fullmatch(r"\d{1,12}", records):
        raise refusal("dataset-json.no-attribute", file=file, attribute="records")
    if not isinstance(columns, list) or not columns:
        raise refusal("dataset-json.no-attribute", file=file, attribute="columns")
    for number, column in enumerate(columns, 1):
        name = column.get("name") if isinstance(column, dict) else None
        plain = type(name) is str and name.isprintable() and name.strip()
        if not plain or str(column.get("dataType")) not in _TYPES:
            raise refusal("dataset-json.column", file=file, column_number=number)
    return columns


def _checked(rows: Iterable[Any], width: int, file: str) -> Iterator[list[Any]]:
    for number, row in enumerate(rows, 2):
        if not isinstance(row, list) or len(row) != width:
            raise refusal("dataset-json.ragged", file=file, row=number, width=width)
        yield row


def _number(cell: str, column: dict[str, Any], form: str | None) -> str:
    """A number of the file: a SAS date where its column holds dates, or a plain decimal."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    if not np.isfinite(value):
        return cell
    if form:
        return str(sas_text(np.array([value]), form)[0])
    # A decimal is exact; a float has no more digits than a double can tell.
    exact = column["dataType"] == "decimal" or not re.search("[.eE]", cell)
    return plain_number(cell) if exact else str(number_text(np.array([value]))[0])


def _text(cell: Any, column: dict[str, Any], form: str | None) -> str:
    """One cell as text; ``form`` is the SAS format of numbers that stand for dates."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    date = form if isinstance(cell, _Number) else None
    if date or column["dataType"] in _NUMERIC:
        return _number(cell.strip(), column, date)
    return cell.rstrip(" ")


def _encoded(cells: tuple[Any, ...], column: dict[str, Any]) -> pa.DictionaryArray:
    """Some cells of a column as text, each distinct value converted once."""
    given = column.get("displayFormat")
    own = given if isinstance(given, str) and date_kind(given) else None
    form = own or _DATES.get(column["dataType"])
    # A number and text may look alike, and mean two things in a column of dates.
    keys = [(type(cell), cell) for cell in cells] if form else cells
    distinct = dict(zip(keys, cells, strict=True))
    texts = {key: _text(cell, column, form) for key, cell in distinct.items()}
    words = {text: code for code, text in enumerate(dict.fromkeys(texts.values()))}
    codes = {key: words[text] for key, text in texts.items()}
    indices = np.fromiter(map(codes.__getitem__, keys), np.int32, len(keys))
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(words), pa.string()))


def _gathered(
    rows: Iterator[list[Any]], columns: list[dict[str, Any]], file: str
) -> dict[str, pd.Series]:
    """Cells by column as text; no more than some thousand rows are ever held as objects."""
    gathered = [Gathered() for _ in columns]
    while block := list(islice(rows, _ROWS_AT_ONCE)):
        for number, cells in enumerate(zip(*block, strict=True)):
            # Arrays and objects cannot be told apart as keys, and lone surrogates are no text.
            try:
                gathered[number].add(_encoded(cells, columns[number]))
            except (TypeError, UnicodeError):
                place = number + 1
                raise refusal("dataset-json.cell", file=file, column_number=place) from None
    return {column["name"]: own.series() for column, own in zip(columns, gathered, strict=True)}


def read_dataset_json(path: Path) -> TextTable:
    """Read a Dataset-JSON 1.1 data set as text, from JSON, NDJSON or compressed NDJSON (DSJC).

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.

    Returns
    -------
    TextTable
        Text without trailing blanks; numbers as the shortest plain decimals; numbers that
        stand for SAS dates in ISO 8601; null and empty text both blank. ``rows`` is the
        record's number plus 1, as if a header stood above.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.not-opened``, ``file.empty``, ``file.no-rows``,
        ``identifier.column``, ``file.repeated-column``, or a rule of ``dataset-json``:
        compression, too-large, large-document, syntax, not-dataset, version, no-attribute,
        column, ragged, cell, records.
    """
    file, digest = path.name, hashlib.sha256()
    about, rows = _document(_lines(_inflated(_bytes(path, digest), file), file), file)
    columns = _columns(about, file)
    names = [column["name"] for column in columns]
    check_names(names, file)
    gathered = _gathered(_checked(rows, len(columns), file), columns, file)
    count = len(gathered[names[0]])
    if count != int(about["records"]):
        raise refusal("dataset-json.records", file=file, found=count)
    return as_table(file, gathered, digest.hexdigest(), [])
