"""Local times to UTC: a whole day at once where the clock stood still, else time by time."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from analysis.config.precision import DAY, HOUR, MONTH
from analysis.readers.table.iso import LOCAL, MICROSECONDS, Told

__all__ = ["bounds"]

_HOUR = 3600 * MICROSECONDS
_DAY = 24 * _HOUR
_EPOCH = datetime(1970, 1, 1)
# The widest a calendar day can lie in UTC when its zone is not known.
_EAST, _WEST = 14 * _HOUR, 12 * _HOUR
# Stands for the offset of a day on which it changes.
_CHANGES = np.iinfo(np.int64).max


def bounds(told: Told, zone: ZoneInfo | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bounds of times in microseconds of UTC, and which of them the zone's clock never shows.

    Parameters
    ----------
    told : Told
        Times alone, of the years 1900 to 2199; without a zone those with a clock need an offset.
    zone : ZoneInfo or None
        Of times without an offset.

    Returns
    -------
    low, high : ndarray of int
        Equal for a time told to the minute, but an hour apart where the clock went back.
    nonexistent : ndarray of bool
    """
    end = _end(told)
    low, high = told.local - told.offset, end - told.offset
    nonexistent = np.zeros(len(low), dtype=bool)
    local = told.offset == LOCAL
    if zone is None:
        low[local], high[local] = told.local[local] - _EAST, end[local] + _WEST
        return low, high, nonexistent
    first, second = _offsets(told.local[local], zone)
    low[local] = told.local[local] - first
    # The clock that is shown twice counts until it is shown again; a day ends where it ends.
    clock = (told.precision < DAY)[local]
    until = np.where(clock, second, 0)
    until[~clock] = _offsets(end[local][~clock], zone)[0]
    high[local] = end[local] - until
    # Before a gap the earlier reading of it is behind the later one (PEP 495).
    nonexistent[local] = clock & (first < second)
    return low, high, nonexistent


def _end(told: Told) -> np.ndarray:
    """The first microsecond after the hour, day or month that is told."""
    lasts = np.select([told.precision == HOUR, told.precision == DAY], [_HOUR, _DAY], 0)
    end = told.local + lasts
    months = told.precision == MONTH
    month = (told.local[months] // _DAY).astype("M8[D]").astype("M8[M]")
    end[months] = (month + np.timedelta64(1, "M")).astype("M8[D]").astype(np.int64) * _DAY
    return end


def _offsets(local: np.ndarray, zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from UTC of local times, at their first and at their second occurrence."""
    if not len(local):
        return local, local
    day = local // _DAY
    start = int(day.min())
    seen = np.zeros(int(day.max()) - start + 1, dtype=bool)
    seen[day - start] = True
    whole = np.zeros(len(seen), np.int64)
    for place in np.flatnonzero(seen):
        whole[place] = _whole_day(int(start + place), zone)
    first = whole[day - start]
    second = first.copy()
    odd = first == _CHANGES
    times, places = np.unique(local[odd], return_inverse=True)
    by_fold = [np.array([_at(int(t), zone, f) for t in times], np.int64) for f in (0, 1)]
    first[odd], second[odd] = by_fold[0][places], by_fold[1][places]
    return first, second


@lru_cache(1 << 17)
def _whole_day(day: int, zone: ZoneInfo) -> int:
    """The offset that holds from midnight to midnight, or ``_CHANGES``.

    Since 1900 no clock of the tz database has changed twice within two days, so that a day
    with one offset at both ends has no other in between.
    """
    ends = {_at(midnight * _DAY, zone, fold) for midnight in (day, day + 1) for fold in (0, 1)}
    return ends.pop() if len(ends) == 1 else _CHANGES


def _at(local: int, zone: ZoneInfo, fold: int) -> int:
    """The zone's offset at a local time."""
    moment = (_EPOCH + timedelta(microseconds=local)).replace(tzinfo=zone, fold=fold)
    offset = moment.utcoffset()
    return offset // timedelta(microseconds=1) if offset is not None else 0
