"""SAS transport files (XPT, version 5 and 8) as text.

The layout is checked before the C library sees the bytes: Record Layout of a SAS Data Set in
SAS Transport (XPORT) Format, SAS Institute (TS-140), and its sequel for version 8.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyreadstat

from analysis.errors import ReliefError
from analysis.readers.cdisc import as_table, check_names, sas_text
from analysis.readers.text import TextTable
from analysis.rules import issue, refusal
from analysis.study import Issue

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
        return min(15, int(((self.length - 1) * 8 - 3) * np.log10(2)))


@dataclass(frozen=True)
class _Layout:
    variables: list[_Variable]
    records: np.ndarray

    def cells(self, variable: _Variable) -> np.ndarray:
        """Bytes of one variable, one row an observation."""
        return self.records[:, variable.start : variable.start + variable.length]


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
    count, rest = divmod(len(raw) - start, width)
    stated = re.fullmatch(rb" *(\d+) *", raw[start - 32 : start])
    if version == 8 and stated and int(stated[1]):
        # Version 8 may tell the number of observations; version 5 never does.
        count = int(stated[1])
        rest = len(raw) - start - count * width
    padding = raw[len(raw) - rest :] if rest >= 0 else b"?"
    if rest >= _RECORD or padding.strip(b" \0"):
        raise refusal("xpt.truncated", file=file)
    data = np.frombuffer(raw, np.uint8, count * width, start)
    return _Layout(variables, data.reshape(count, width))


def _special(layout: _Layout) -> int:
    """How many cells hold a special missing value, ``.A`` to ``.Z`` or ``._``."""
    cells = (layout.cells(variable) for variable in layout.variables if variable.numeric)
    return sum(int((np.isin(c[:, 0], _SPECIAL) & ~c[:, 1:].any(axis=1)).sum()) for c in cells)


def _hides_text(layout: _Layout) -> bool:
    """Whether text goes on after a zero byte, where the C library would end it."""
    for variable in (v for v in layout.variables if not v.numeric):
        cells = layout.cells(variable)
        zero = cells == 0
        if zero.any():
            after = np.logical_or.accumulate(zero, axis=1)
            if (after & ~zero & (cells != ord(" "))).any():
                return True
    return False


def _columns(raw: bytes, layout: _Layout, encoding: str | None, file: str) -> list[pa.ChunkedArray]:
    try:
        frame, _ = pyreadstat.read_xport(
            io.BytesIO(raw), disable_datetime_conversion=True, encoding=encoding,
            output_format="dict",
        )  # fmt: skip
    except UnicodeDecodeError:
        raise refusal("xpt.encoding", file=file) from None
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as error:
        if "character set" in str(error) or "encoding" in str(error):
            raise refusal("xpt.encoding", file=file) from None
        raise _damaged(file, "the SAS reader refuses it") from None
    read = len(next(iter(frame.values()), ()))
    if list(frame) != [v.name for v in layout.variables] or _lost(layout, read):
        raise _damaged(file, "the SAS reader finds other variables or observations")
    columns = []
    for variable, values in zip(layout.variables, frame.values(), strict=True):
        if variable.numeric:
            texts = sas_text(np.asarray(values, float), variable.form, variable.digits)
        else:
            texts = np.array([value.rstrip(" ") for value in values], dtype=object)
        columns.append(pa.chunked_array([pa.array(texts, pa.string())]))
    return columns


def _lost(layout: _Layout, read: int) -> bool:
    """Whether observations were not read; blank ones at the end are padding of the file."""
    return read > len(layout.records) or bool((layout.records[read:] != ord(" ")).any())


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
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise refusal("file.missing", file=file) from None
    except (OSError, ValueError):
        raise refusal("file.not-opened", file=file) from None
    layout = _layout(raw, file)
    if _hides_text(layout):
        raise _damaged(file, "text goes on after a zero byte")
    names = [variable.name for variable in layout.variables]
    check_names(names, file)
    columns = _columns(raw, layout, encoding, file)
    found: list[Issue] = []
    if special := _special(layout):
        found.append(issue("xpt.special-missing", file=file, count=special))
    return as_table(file, names, columns, hashlib.sha256(raw).hexdigest(), found)
