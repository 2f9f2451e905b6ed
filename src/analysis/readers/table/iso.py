"""ISO 8601 date-times by the million, by pandas; which texts are one is said here.

pandas alone also reads 20250304, 2025, and 2025-3-4, and knows neither how much of a time was told
nor the clock that a time with an offset was read on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.config.precision import DAY, HOUR, MINUTE, MONTH

__all__ = ["LOCAL", "MICROSECONDS", "Told", "parse_iso"]

MICROSECONDS = 1_000_000
# Stands for an offset from UTC that was not written.
LOCAL = np.iinfo(np.int64).min
_CLOCK = r"[T ][0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?)?"
_BODY = rf"^[0-9]{{4}}-[0-9]{{2}}(?:-[0-9]{{2}}(?:{_CLOCK})?)?$"
_ZONED = rf"^(?P<body>[0-9-]{{10}}{_CLOCK})(?P<zone>Z|[+-][0-9]{{2}}:?[0-9]{{2}})$"
# How much of the time so many letters tell; from the minute on, no more is told.
_SHAPES = np.full(17, MINUTE, np.int8)
_SHAPES[[7, 10, 13]] = MONTH, DAY, HOUR
_MICROSECOND = len("2025-03-04T10:20:30.123456")
_LONGEST = 64


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
    plain = np.asarray(pc.match_substring_regex(texts, _BODY))
    _enter(told, np.flatnonzero(plain), texts.filter(pa.array(plain)), None)
    rest = np.flatnonzero(~plain)
    if len(rest):
        parts = pc.extract_regex(texts.take(pa.array(rest)), _ZONED)
        zoned = np.asarray(parts.is_valid())
        bodies, zones = (
            pc.struct_field(parts, name).filter(pa.array(zoned)) for name in ("body", "zone")
        )
        words = zones.dictionary_encode()
        ahead = np.array([_offset(str(word)) for word in words.dictionary.to_pylist()], np.int64)
        _enter(told, rest[zoned], bodies, ahead[np.asarray(words.indices)])
    return told


def _offset(zone: str) -> int:
    """Microseconds ahead of UTC, or ``LOCAL`` where no zone is so far."""
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        return LOCAL
    return (1 if zone[0] == "+" else -1) * (hours * 60 + minutes) * 60 * MICROSECONDS


def _enter(
    told: Told, places: np.ndarray, bodies: pa.LargeStringArray, ahead: np.ndarray | None
) -> None:
    """Enter the times of texts without their zones."""
    lengths = np.asarray(pc.binary_length(bodies))
    # Cut, not rounded, to what is kept; pandas would count nanoseconds, and no year before 1678.
    cut = pc.utf8_slice_codeunits(bodies, 0, _MICROSECOND)
    read = pd.to_datetime(
        pd.Series(cut.to_pandas(), dtype="str"), format="ISO8601", errors="coerce"
    )
    moments = read.to_numpy().astype("M8[us]")
    # There is no year 0.
    known = (moments >= np.datetime64("0001-01-01")) & (lengths <= _LONGEST)
    if ahead is not None:
        known &= ahead != LOCAL
        told.offset[places[known]] = ahead[known]
    told.known[places] = known
    told.local[places[known]] = moments.astype(np.int64)[known]
    told.precision[places[known]] = _SHAPES[np.minimum(lengths, len(_SHAPES) - 1)][known]
