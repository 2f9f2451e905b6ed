"""A table that R saved (.rda), as CSV: enough of R's format for a data frame, and no more.

The layout is that of "Serialization Formats" in R Internals: big-endian XDR, version 2 or 3,
after a compression that the first bytes tell.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["csv_of"]

_PACKED = ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress))
# Types of R's objects, and the bits of a type's word that say what follows it.
_SYMBOL, _PAIRS, _CHARACTERS, _LOGICAL, _INTEGER, _REAL, _STRINGS, _LIST = (
    1, 2, 9, 10, 13, 14, 16, 19,
)  # fmt: skip
_REFERENCE, _NIL, _COMPACT = 255, 254, 238
_HAS_ATTRIBUTES, _HAS_TAG = 1 << 9, 1 << 10
_NA_INTEGER = -(2**31)


def csv_of(content: bytes) -> bytes:
    """The one data frame in a file of R's ``save``, a row a line; factors by label, NA empty.

    Raises
    ------
    ValueError
        Where it is no such file, or holds anything but one data frame.
    """
    try:
        for magic, unpacked in _PACKED:
            if content.startswith(magic):
                content = unpacked(content)
        return _Reader(content).frame().to_csv(index=False).encode()
    except (struct.error, OSError, EOFError, lzma.LZMAError, KeyError, IndexError) as error:
        raise ValueError("not a data frame that R saved") from error


class _Vector:
    """A vector of R with its attributes."""

    def __init__(self, values: Any) -> None:
        self.values = values
        self.attributes: dict[str, Any] = {}


class _Reader:
    def __init__(self, content: bytes) -> None:
        if not content.startswith((b"RDX2\nX\n", b"RDX3\nX\n")):
            raise ValueError("not a file that R saved")
        self._bytes = io.BytesIO(content[7:])
        self._symbols: list[str] = []
        version = self._integer()
        self._bytes.read(8)  # the versions of R that wrote it and that can read it
        if version == 3:
            self._bytes.read(self._integer())  # the encoding of what is not UTF-8

    def frame(self) -> pd.DataFrame:
        saved = list(self._object().values())
        if len(saved) != 1 or "names" not in getattr(saved[0], "attributes", {}):
            raise ValueError("not one data frame")
        names = saved[0].attributes["names"].values
        return pd.DataFrame(dict(zip(names, map(_column, saved[0].values), strict=True)))

    def _integer(self) -> int:
        return int(struct.unpack(">i", self._bytes.read(4))[0])

    def _numbers(self, kind: str) -> np.ndarray:
        count = self._integer()
        return np.frombuffer(self._bytes.read(count * int(kind[-1])), dtype=kind)

    def _object(self) -> Any:
        flags = self._integer()
        kind = flags & 0xFF
        if kind == _NIL:
            return {}
        if kind == _REFERENCE:
            return self._symbols[(flags >> 8) - 1]
        if kind == _SYMBOL:
            self._symbols.append(self._object())
            return self._symbols[-1]
        if kind == _PAIRS:
            return self._pairs(flags)
        if kind == _CHARACTERS:
            length = self._integer()
            return None if length == -1 else self._bytes.read(length).decode("utf-8")
        if kind == _COMPACT:
            return self._compact()
        found = _Vector(self._values(kind))
        if flags & _HAS_ATTRIBUTES:
            found.attributes = self._object()
        return found

    def _pairs(self, flags: int) -> dict[str, Any]:
        if flags & _HAS_ATTRIBUTES:
            self._object()
        name = self._object() if flags & _HAS_TAG else ""
        return {name: self._object(), **self._object()}

    def _values(self, kind: int) -> Any:
        if kind in (_INTEGER, _LOGICAL):
            return self._numbers(">i4")
        if kind == _REAL:
            return self._numbers(">f8")
        if kind in (_STRINGS, _LIST):
            return [self._object() for _ in range(self._integer())]
        raise ValueError("a kind of object that no data frame needs")

    def _compact(self) -> _Vector:
        """R's sequences (ALTREP), which row names are: count, first, step."""
        self._object()
        count, first, step = self._object().values
        self._object()
        return _Vector(np.arange(count) * step + first)


def _column(vector: _Vector) -> Any:
    values = vector.values
    if "levels" in vector.attributes:
        labels = vector.attributes["levels"].values
        return [None if code == _NA_INTEGER else labels[code - 1] for code in values]
    if isinstance(values, list):
        return values
    if values.dtype == ">i4" and (values == _NA_INTEGER).any():
        return [None if value == _NA_INTEGER else str(value) for value in values]
    return values.astype(values.dtype.newbyteorder("="))
