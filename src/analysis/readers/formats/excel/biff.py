"""Error cells of an Excel 97 workbook (.xls), which python-calamine hands out as blank.

Sizes that a damaged file claims are checked on the way: the library believes them and dies.
Records after Microsoft's [MS-XLS], the container after [MS-CFB].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["OLE", "Damaged", "errors"]

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOF, _EOF, _SHEET, _FORMULA, _ERROR = 0x0809, 0x000A, 0x0085, 0x0006, 0x0205
_STRINGS, _EXTENT = 0x00FC, 0x0200
_CELLS = {_FORMULA, _ERROR, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x027E}
_MOST_ROWS, _MOST_COLUMNS = 1 << 16, 1 << 8
_END = 0xFFFFFFFA
_DIRECTORY_ENTRY = 128
_Cells = list[tuple[int, int]]


class Damaged(ValueError):
    """The file breaks off or points outside itself."""


def errors(raw: bytes) -> dict[str, tuple[_Cells, _Cells]]:
    """Cells that hold an error, and formulas without a value, by the name of the sheet.

    A formula without a value is not told from one that gives an empty text.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    dict
        Errors and formulas of each sheet, as (row, column) from 0.

    Raises
    ------
    Damaged
        Where the file breaks off.
    """
    try:
        book = _workbook(raw)
        return {name: _cells(book, start) for name, start in _sheets(book)}
    except (struct.error, IndexError, UnicodeError, OverflowError, MemoryError) as error:
        raise Damaged("damaged") from error


def _chain(table: list[int], start: int) -> list[int]:
    found, sector = [], start
    while sector < _END:
        found.append(sector)
        if len(found) > len(table):
            raise Damaged("a loop")
        sector = table[sector]
    return found


def _integers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))


def _workbook(raw: bytes) -> bytes:
    """The stream that holds the workbook, put together from its sectors."""
    shift, small_shift = struct.unpack_from("<HH", raw, 30)
    counts = struct.unpack_from("<IIII", raw, 40)[:2] + struct.unpack_from("<III", raw, 64)[::2]
    if shift not in (9, 12) or small_shift != 6 or max(counts) > len(raw) >> shift:
        raise Damaged("an impossible header")
    size = 1 << shift
    directory, cutoff, small_start = (struct.unpack_from("<I", raw, at)[0] for at in (48, 56, 60))

    def sectors(numbers: list[int]) -> bytes:
        return b"".join(raw[(n + 1) * size : (n + 2) * size] for n in numbers)

    where = _integers(raw[76:512])
    more = struct.unpack_from("<I", raw, 68)[0]
    while more < _END and len(where) < len(raw) // 4:
        *own, more = _integers(sectors([more]))
        where += own
    table = _integers(sectors([number for number in where if number < _END]))
    entries = sectors(_chain(table, directory))
    start, length = _entry(entries, ("Workbook", "Book"), len(raw))
    if length >= cutoff:
        return sectors(_chain(table, start))[:length]
    # Short streams lie in sectors of 64 bytes inside the root's own stream.
    root = sectors(_chain(table, _entry(entries, ("Root Entry",), len(raw))[0]))
    small = _integers(sectors(_chain(table, small_start)))
    return b"".join(root[n * 64 : (n + 1) * 64] for n in _chain(small, start))[:length]


def _entry(entries: bytes, names: tuple[str, ...], most: int) -> tuple[int, int]:
    """First sector and length of a stream of the directory."""
    for at in range(0, len(entries), _DIRECTORY_ENTRY):
        used = struct.unpack_from("<H", entries, at + 64)[0]
        start, length = struct.unpack_from("<II", entries, at + 116)
        if length > most:
            raise Damaged("a stream longer than the file")
        if entries[at : at + max(used - 2, 0)].decode("utf-16-le") in names:
            return start, length
    raise Damaged("no workbook")


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Records from a place on, to the end of the part that begins there."""
    depth = 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        at += 4 + length
    raise Damaged("breaks off")


def _sheets(book: bytes) -> Iterator[tuple[str, int]]:
    """Names of the sheets and where each begins."""
    for kind, data in _records(book, 0):
        if kind == _STRINGS and struct.unpack_from("<I", data, 4)[0] > len(book):
            raise Damaged("more texts than bytes")
        if kind == _SHEET:
            wide = data[7] & 1
            text = data[8 : 8 + data[6] * (1 + wide)]
            name = text.decode("utf-16-le" if wide else "latin-1")
            yield name, struct.unpack_from("<I", data)[0]


def _cells(book: bytes, start: int) -> tuple[_Cells, _Cells]:
    wrong, uncomputed, depth = [], [], 0
    for kind, data in _records(book, start):
        # A chart inside the sheet is a part of its own.
        depth += (kind == _BOF) - (kind == _EOF)
        if kind == _EXTENT:
            top, bottom, left, right = struct.unpack_from("<IIHH", data)
            if not (top <= bottom <= _MOST_ROWS and left <= right <= _MOST_COLUMNS):
                raise Damaged("an impossible extent")
        if kind in _CELLS and struct.unpack_from("<2xH", data)[0] >= _MOST_COLUMNS:
            raise Damaged("a cell outside any sheet")
        if depth != 1 or kind not in (_ERROR, _FORMULA):
            continue
        place = struct.unpack_from("<HH", data)
        if kind == _ERROR:
            if data[7]:
                wrong.append(place)
        elif data[12:14] == b"\xff\xff" and data[6] == 2:
            wrong.append(place)
        elif data[12:14] == b"\xff\xff" and data[6] == 3:
            uncomputed.append(place)
    return wrong, uncomputed
