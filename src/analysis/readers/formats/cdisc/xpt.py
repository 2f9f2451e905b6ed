"""SAS transport files (XPT, version 5 and 8) as text.

Record Layout of a SAS Data Set in SAS Transport (XPORT) Format, SAS Institute (TS-140), and its
sequel for version 8. Read here rather than by ReadStat, which says nothing of special missing
values, of numbers stored in fewer than eight bytes, or of a file that was cut off, and which
would hold every cell as an object.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.errors import Issue, ReliefError
from analysis.readers.formats.cdisc.values import as_table, check_names, sas_text
from analysis.readers.formats.file_bytes import file_bytes
from analysis.readers.table.gathered import Gathered
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["read_xpt"]

_RECORD = 80
_HEADER = b"HEADER RECORD*******%b HEADER RECORD!!!!!!!"
_VERSIONS = {
    5: (b"LIBRARY", b"MEMBER ", b"DSCRPTR", b"NAMESTR", b"OBS    "),
    8: (b"LIBV8  ", b"MEMBV8 ", b"DSCPTV8", b"NAMSTV8", b"OBSV8  "),
}
_CPORT = b"**COMPRESSED**"
_NUMERIC, _CHARACTER = 1, 2
# Special missing values are stored as their letter (or underscore) followed by zeros.
_SPECIAL = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_", dtype=np.uint8)
_PLAIN_MISSING = ord(".")
_AT_ONCE = 100_000


@dataclass(frozen=True)
class _Variable:
    name: str
    numeric: bool
    length: int
    start: int
    form: str

    @property
    def digits(self) -> int:
        """Decimal digits that so many bytes of a hexadecimal float tell: one is the exponent."""
        return int(((self.length - 1) * 8 - 3) * np.log10(2))


@dataclass(frozen=True)
class _Layout:
    variables: list[_Variable]
    records: np.ndarray
    # Whether the file told how many observations it holds.
    counted: bool


def _header(version: int, position: int) -> bytes:
    return _HEADER % _VERSIONS[version][position]


def _damaged(file: str, what: str) -> ReliefError:
    return refusal("xpt.damaged", file=file, what=what)


def _version(raw: bytes, file: str) -> int:
    """5 or 8, after checks of what the whole file must look like."""
    if not raw.strip():
        raise refusal("file.empty", file=file)
    if raw.startswith(_CPORT):
        raise refusal("xpt.cport", file=file)
    version = next((v for v in _VERSIONS if raw.startswith(_header(v, 0))), None)
    if version is None:
        raise refusal("xpt.not-transport", file=file)
    if len(raw) % _RECORD:
        raise refusal("xpt.truncated", file=file)
    return version


def _find(raw: bytes, header: bytes, start: int) -> int:
    """Where the next such header begins, -1 without one; headers stand at whole records."""
    at = raw.find(header, start)
    while at >= 0 and at % _RECORD:
        at = raw.find(header, at + 1)
    return at


def _after(raw: bytes, header: bytes, start: int, file: str) -> int:
    """Where the record after the next such header begins."""
    at = _find(raw, header, start)
    if at < 0:
        raise _damaged(file, "a header record is missing")
    return at + _RECORD


def _variable(entry: bytes, version: int, file: str) -> _Variable:
    """One variable of the NAMESTR block, whose numbers are big-endian."""
    kind, _, length, _ = struct.unpack(">hhhh", entry[:8])
    start = struct.unpack(">i", entry[84:88])[0]
    short, long = entry[8:16], entry[88:120] if version == 8 else b""
    try:
        name = (long.rstrip(b"\0 ") or short.rstrip(b"\0 ")).decode("ascii")
        form = entry[56:64].rstrip(b"\0 ").decode("ascii")
    except UnicodeDecodeError:
        raise _damaged(file, "the name of a variable is not plain text") from None
    longest = 8 if kind == _NUMERIC else 32767
    if kind not in (_NUMERIC, _CHARACTER) or not 1 + (kind == _NUMERIC) <= length <= longest:
        raise _damaged(file, "a variable is neither a number nor text")
    if not name.isprintable() or not name.strip() or start < 0:
        raise _damaged(file, "a variable has no name or no place")
    return _Variable(name, kind == _NUMERIC, length, start, form)


def _variables(raw: bytes, version: int, file: str) -> tuple[list[_Variable], int]:
    """All variables, and where the records after them begin."""
    member = _after(raw, _header(version, 1), _RECORD, file)
    _after(raw, _header(version, 2), member, file)
    start = _after(raw, _header(version, 3), member, file)
    size, number = raw[member - 6 : member - 2], raw[start - 32 : start - 22]
    if not number.isdigit() or size not in (b"0140", b"0136"):
        raise _damaged(file, "the number of variables is not told")
    count, step = int(number), int(size)
    end = start + count * step
    if count < 1 or end > len(raw):
        raise _damaged(file, "fewer variables than the header tells")
    entries = [raw[at : at + step] for at in range(start, end, step)]
    variables = [_variable(entry, version, file) for entry in entries]
    ends = np.cumsum([variable.length for variable in variables])
    if [v.start for v in variables] != [0, *ends[:-1]]:
        raise _damaged(file, "variables overlap or leave room between them")
    return variables, end


def _layout(raw: bytes, file: str) -> _Layout:
    """Variables and observations, as many as the bytes hold."""
    version = _version(raw, file)
    variables, end = _variables(raw, version, file)
    start = _after(raw, _header(version, 4), end, file)
    if _find(raw, _header(version, 1), start) >= 0:
        raise refusal("xpt.several", file=file)
    width = sum(variable.length for variable in variables)
    size = len(raw) - start
    # The last record is filled up with blanks, in which no observation can be told.
    last = raw[max(start, len(raw) - _RECORD + 1) :]
    blanks = len(last) - len(last.rstrip(b" "))
    count = -(-(size - blanks) // width)
    stated = re.fullmatch(rb" *(\d+) *", raw[start - 32 : start])
    # Version 8 may tell the number of observations; version 5 never does.
    counted = version == 8 and stated is not None and int(stated[1]) > 0
    if stated and counted:
        count = int(stated[1])
    if not size - blanks <= count * width <= size:
        raise refusal("xpt.truncated", file=file)
    data = np.frombuffer(raw, np.uint8, count * width, start)
    return _Layout(variables, data.reshape(count, width), counted)


def _floats(cells: np.ndarray) -> tuple[np.ndarray, int]:
    """Hexadecimal floats of IBM as doubles, NaN where missing, and how many are missing specially.

    A sign, seven bits of exponent to the base 16 (64 more than meant), and a fraction.
    """
    whole = np.zeros((len(cells), 8), dtype=np.uint8)
    whole[:, : cells.shape[1]] = cells
    bits = whole.view(">u8").ravel().astype(np.uint64)
    fraction = bits & np.uint64(2**56 - 1)
    exponent = 4 * (whole[:, 0] & 0x7F).astype(np.int32) - 4 * 64 - 56
    values = np.ldexp(fraction.astype(float), exponent) * np.where(whole[:, 0] & 0x80, -1.0, 1.0)
    special = (fraction == 0) & np.isin(whole[:, 0], _SPECIAL)
    values[special | ((fraction == 0) & (whole[:, 0] == _PLAIN_MISSING))] = np.nan
    return values, int(special.sum())


def _texts(cells: np.ndarray, encoding: str, file: str) -> pa.DictionaryArray:
    """Text of a fixed width without its trailing blanks."""
    own = pa.py_buffer(np.ascontiguousarray(cells))
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(cells.shape[1]), len(cells), [None, own])
    encoded = fixed.dictionary_encode()
    stripped = [value.rstrip(b" \0") for value in encoded.dictionary.to_pylist()]
    if any(b"\0" in value for value in stripped):
        raise _damaged(file, "there are zero bytes in text")
    try:
        words = pa.array([value.decode(encoding) for value in stripped], pa.string())
    except (UnicodeError, LookupError):
        raise refusal("xpt.encoding", file=file) from None
    return pa.DictionaryArray.from_arrays(encoded.indices, words)


def _columns(layout: _Layout, encoding: str, file: str) -> tuple[dict[str, pd.Series], int]:
    """Cells by column as text, and how many of them are special missing values."""
    gathered = {variable.name: Gathered() for variable in layout.variables}
    special = 0
    for first in range(0, len(layout.records), _AT_ONCE):
        records = layout.records[first : first + _AT_ONCE]
        for variable in layout.variables:
            cells = records[:, variable.start : variable.start + variable.length]
            if variable.numeric:
                values, more = _floats(cells)
                special += more
                texts = sas_text(values, variable.form, variable.digits)
                piece = pa.array(texts, pa.string()).dictionary_encode()
            else:
                piece = _texts(cells, encoding, file)
            gathered[variable.name].add(piece)
    return {name: column.series() for name, column in gathered.items()}, special


def read_xpt(path: Path, *, encoding: str | None = None) -> TextTable:
    """Read a SAS transport file, version 5 or 8, as text.

    Parameters
    ----------
    path : Path
        The file. Its name, never its folder, appears in messages.
    encoding : str, optional
        As declared; otherwise UTF-8, of which ASCII is a part.

    Returns
    -------
    TextTable
        Text without trailing blanks, numbers as the shortest plain decimals, dates and times
        in ISO 8601 by their SAS formats, missing values blank. ``rows`` is the observation's
        number plus 1, as if a header stood above.

    Raises
    ------
    ReliefError
        ``file.missing``, ``file.not-opened``, ``file.empty``, ``file.no-rows``,
        ``identifier.column``, ``file.repeated-column``, ``xpt.not-transport``, ``xpt.cport``,
        ``xpt.truncated``, ``xpt.several``, ``xpt.damaged`` or ``xpt.encoding``.
    """
    file = path.name
    raw = file_bytes(path, file)
    layout = _layout(raw, file)
    check_names([variable.name for variable in layout.variables], file)
    columns, special = _columns(layout, encoding or "utf-8", file)
    found: list[Issue] = []
    if not layout.counted:
        found.append(issue("xpt.not-counted", file=file, count=len(layout.records)))
    if special:
        found.append(issue("xpt.special-missing", file=file, count=special))
    return as_table(file, columns, hashlib.sha256(raw).hexdigest(), found)
