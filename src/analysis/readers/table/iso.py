"""ISO 8601 date-times, parsed by the million: the bytes of equally long texts, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from analysis.config.precision import DAY, HOUR, MINUTE, MONTH

__all__ = ["LOCAL", "MICROSECONDS", "Told", "parse_iso"]

MICROSECONDS = 1_000_000
# Stands for an offset from UTC that was not written.
LOCAL = np.iinfo(np.int64).min
# So many texts at a time: their bytes stay in the processor's cache.
_CHUNK = 1 << 17
_LONGEST = 64
# Bytes of the body, without the zone, and how much of the time it tells.
_SHAPES = {7: MONTH, 10: DAY, 13: HOUR, 16: MINUTE, 19: MINUTE}
_FRACTION = 20
_MARKS = {4: b"-", 7: b"-", 10: b"T ", 13: b":", 16: b":", 19: b"."}


@dataclass(frozen=True)
class Told:
    """Times as written, one a text.

    Attributes
    ----------
    known : ndarray of bool
        Texts that are a time; the other arrays mean nothing where they are not.
    local : ndarray of int
        First microsecond of the time on the clock that was read, since 1970-01-01T00:00.
    precision : ndarray of int
        ``MINUTE``, ``HOUR``, ``DAY`` or ``MONTH``.
    offset : ndarray of int
        Microseconds that this clock is ahead of UTC, or ``LOCAL``.
    """

    known: np.ndarray
    local: np.ndarray
    precision: np.ndarray
    offset: np.ndarray

    def only(self, mask: np.ndarray) -> Told:
        """The times of a mask."""
        return Told(self.known[mask], self.local[mask], self.precision[mask], self.offset[mask])

    def enter(self, places: np.ndarray, other: Told) -> None:
        """Put what other texts tell into the places where these are, if it is a time."""
        at = places[other.known]
        self.known[at] = True
        for name in ("local", "precision", "offset"):
            getattr(self, name)[at] = getattr(other, name)[other.known]

    @classmethod
    def nothing(cls, count: int) -> Told:
        """So many texts, none of them a time."""
        return cls(
            np.zeros(count, dtype=bool),
            np.zeros(count, dtype=np.int64),
            np.full(count, MINUTE, dtype=np.int8),
            np.full(count, LOCAL, dtype=np.int64),
        )


def parse_iso(texts: pa.LargeStringArray) -> Told:
    """Read ``2025-03-04T10:20:30.5+01:00``, or cut short after the month, day, hour, or minute.

    A blank may stand for the T; a zone is ``Z``, ``+01:00`` or ``+0100`` and follows an hour.

    Parameters
    ----------
    texts : LargeStringArray
        Without missing values.
    """
    told = Told.nothing(len(texts))
    ends = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    for low in range(0, len(texts), _CHUNK):
        starts = ends[low : low + _CHUNK + 1]
        lengths = np.diff(starts)
        for length in np.unique(lengths):
            if _LONGEST >= length >= min(_SHAPES):
                rows = np.flatnonzero(lengths == length)
                bytes_ = data[starts[rows][:, None] + np.arange(length)]
                for among, width, offset in _by_zone(bytes_):
                    _read_body(bytes_[among, :width], offset, told, low + rows[among])
    return told


def _by_zone(text: np.ndarray) -> Iterator[tuple[np.ndarray, int, np.ndarray]]:
    """Rows by the zone at their end: which, how long they are without it, and the offsets."""
    length = text.shape[1]
    left = np.ones(len(text), dtype=bool)
    if length > 13:
        zulu = text[:, -1] == ord("Z")
        yield np.flatnonzero(zulu), length - 1, np.zeros(zulu.sum(), np.int64)
        left &= ~zulu
    for width, colon in ((6, True), (5, False)):
        if length < 13 + width:
            continue
        sign = text[:, -width]
        zoned = left & ((sign == ord("+")) | (sign == ord("-")))
        if colon:
            zoned &= text[:, -3] == ord(":")
        rows = np.flatnonzero(zoned)
        hours, known = _number(text[rows, -width + 1 : length - width + 3])
        minutes, plain = _number(text[rows, -2:])
        known &= plain & (hours <= 14) & (minutes <= 59)
        ahead = np.where(sign[rows] == ord("+"), 1, -1) * (hours * 60 + minutes) * 60 * MICROSECONDS
        yield rows[known], length - width, ahead[known]
        left &= ~zoned
    yield np.flatnonzero(left), length, np.full(left.sum(), LOCAL)


def _number(digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of digits as numbers, and which rows hold nothing but digits."""
    values = np.zeros(len(digits), np.int64)
    plain = np.ones(len(digits), dtype=bool)
    for column in digits.T:
        digit = column - np.uint8(ord("0"))
        plain &= digit <= 9
        values = values * 10 + digit
    return values, plain


@cache
def _months() -> np.ndarray:
    """Days from 1970-01-01 to the first of each month, from January of year 0 on."""
    months = np.arange(-1970 * 12, (10_000 - 1970) * 12 + 1).astype("M8[M]")
    return months.astype("M8[D]").astype(np.int64)


def _read_body(text: np.ndarray, offset: np.ndarray, told: Told, rows: np.ndarray) -> None:
    """Read what is left without the zone, and enter the times among it."""
    width = text.shape[1]
    precision = _SHAPES.get(width, MINUTE if width > _FRACTION else None)
    if precision is None or not len(rows):
        return
    known = np.ones(len(rows), dtype=bool)
    for place, marks in _MARKS.items():
        if place < width:
            known &= np.isin(text[:, place], np.frombuffer(marks, np.uint8))

    def field(low: int, high: int, first: int, last: int) -> np.ndarray:
        values, plain = _number(text[:, low:high])
        np.logical_and(known, plain & (values >= first) & (values <= last), out=known)
        return np.where(known, values, first)

    year, month = field(0, 4, 1, 9999), field(5, 7, 1, 12)
    first_day = _months()[year * 12 + month - 1]
    local = first_day
    if width >= 10:
        day = field(8, 10, 1, 31)
        local = first_day + day - 1
        known &= local < _months()[year * 12 + month]
    local = local * 24
    local = (local + field(11, 13, 0, 23) if width >= 13 else local) * 60
    local = (local + field(14, 16, 0, 59) if width >= 16 else local) * 60
    local = (local + field(17, 19, 0, 59) if width >= 19 else local) * MICROSECONDS
    if width > _FRACTION:
        kept = min(width, _FRACTION + 6)
        local += field(_FRACTION, kept, 0, MICROSECONDS) * 10 ** (_FRACTION + 6 - kept)
        known &= _number(text[:, _FRACTION:])[1]
    entered = rows[known]
    told.known[entered] = True
    told.local[entered] = local[known]
    told.precision[entered] = precision
    told.offset[entered] = offset[known]
