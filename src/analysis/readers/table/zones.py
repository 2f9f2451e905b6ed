"""Local times to UTC, by pandas and the tz database."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analysis.config.precision import DAY, HOUR, MONTH
from analysis.config.source import is_zone
from analysis.readers.table.iso import LOCAL, MICROSECONDS, Told

__all__ = ["ahead", "bounds", "named_zone", "offsets_in_words"]

_HOUR = 3600 * MICROSECONDS
_DAY = 24 * _HOUR
# The widest a calendar day can lie in UTC when its zone is not known.
_EAST, _WEST = 14 * _HOUR, 12 * _HOUR


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
    clock = (told.precision < DAY)[local]
    first, skipped = _utc(told.local[local], zone)
    # The clock that is shown twice counts until it is shown again; a day ends where it ends.
    last, _ = _utc(end[local], zone, ~clock)
    low[local], high[local], nonexistent[local] = first, last, clock & skipped
    return low, high, nonexistent


def ahead(utc: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    """How far a zone's clock is ahead of UTC at moments, all in microseconds."""
    moments = pd.DatetimeIndex(utc.astype("M8[us]"))
    shown = moments.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return (shown.to_numpy() - moments.to_numpy()).astype("m8[us]").astype(np.int64)


def offsets_in_words(offsets: np.ndarray) -> str:
    """Different offsets from UTC in microseconds, as they are written: ``UTC, -05:00``."""
    minutes = [int(one) // (60 * MICROSECONDS) for one in np.unique(offsets)]
    told = [f"{'-' if m < 0 else '+'}{abs(m) // 60:02d}:{abs(m) % 60:02d}" for m in minutes]
    return ", ".join("UTC" if one == "+00:00" else one for one in told)


def named_zone(text: str) -> str | None:
    """The IANA name of a zone that a file names, ``UTC`` for ``Z``; None for anything else."""
    name = "UTC" if text == "Z" else text
    return name if is_zone(name) else None


def _end(told: Told) -> np.ndarray:
    """The first microsecond after the hour, day or month that is told."""
    lasts = np.select([told.precision == HOUR, told.precision == DAY], [_HOUR, _DAY], 0)
    end = told.local + lasts
    months = told.precision == MONTH
    month = (told.local[months] // _DAY).astype("M8[D]").astype("M8[M]")
    end[months] = (month + np.timedelta64(1, "M")).astype("M8[D]").astype(np.int64) * _DAY
    return end


def _utc(
    local: np.ndarray, zone: ZoneInfo, first: np.ndarray | bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Local times in UTC, at their first or second occurrence, and which the clock skips.

    A time that is skipped is the moment at which the clock went on.
    """
    shown = pd.DatetimeIndex(local.astype("M8[us]"))
    # pandas calls the first occurrence, as a rule in summer time, the ambiguous one that is True.
    occurrence = np.broadcast_to(np.asarray(first), len(local)).copy()
    there = shown.tz_localize(zone, ambiguous=occurrence, nonexistent="NaT")
    skipped = np.asarray(there.isna())
    if skipped.any():
        there = shown.tz_localize(zone, ambiguous=occurrence, nonexistent="shift_forward")
    return there.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[us]").astype(
        np.int64
    ), skipped
