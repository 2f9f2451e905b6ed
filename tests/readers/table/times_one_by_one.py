"""Date-times read one by one with the standard library: what the fast reader must equal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analysis.config.precision import DAY, HOUR, MINUTE, MONTH, format_precision

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])"
    r"(?:-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>[01]\d|2[0-3])"
    r"(?::(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d(?:\.\d+)?))?)?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?)?",
    re.ASCII,
)
_GAP = re.compile(r"(:\d\d(?:\.\d+)?)\s+(Z|[+-]\d\d:?\d\d)$", re.ASCII)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?!\d)", re.ASCII)
# Years that a study of this kind cannot lie in are misread or mistyped, and zones end there too.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
# The widest a calendar day can lie in UTC when its zone is not known.
_EAST, _WEST = 14.0, 12.0


@dataclass(frozen=True)
class _Parsed:
    """One time as written: its first moment and how much of it was told."""

    moment: datetime
    precision: int
    next_day: bool = False


def _by_format(text: str, form: str, precision: int) -> _Parsed | None:
    try:
        return _Parsed(datetime.strptime(text, form), precision)
    except ValueError:
        pass
    # ISO 8601 once wrote the end of a day so; a declared format is the leave to read it.
    midnight, times = _MIDNIGHT.subn("00:00", text)
    if times != 1:
        return None
    try:
        moment = datetime.strptime(midnight, form)
        following = moment + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        return None
    return _Parsed(following, precision, next_day=True)


def _by_iso(text: str) -> _Parsed | None:
    # Behind minutes a blank may stand before the zone.
    text = _GAP.sub(r"\1\2", text)
    match = _ISO.fullmatch(text)
    if match is None or match["year"] == "0000":
        return None
    if match["day"] is None:
        return _Parsed(datetime.fromisoformat(f"{text}-01"), MONTH)
    precision = DAY if match["hour"] is None else HOUR if match["minute"] is None else MINUTE
    try:
        return _Parsed(datetime.fromisoformat(text), precision)
    except ValueError:
        return None


def _hours(moment: datetime) -> float:
    return moment.timestamp() / 3600


def _end(moment: datetime, precision: int) -> datetime:
    """The first moment after the hour, day or month that begins with ``moment``."""
    if precision == HOUR:
        return moment + timedelta(hours=1)
    if precision == DAY:
        return moment + timedelta(days=1)
    return datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1)


def _bounds(parsed: _Parsed, zone: ZoneInfo | None) -> tuple[float, float, bool] | None:
    """Bounds in hours and whether the zone's clock ever shows the time; None without a zone."""
    moment, precision = parsed.moment, parsed.precision
    if moment.tzinfo is not None:
        low = _hours(moment)
        return low, low + (precision == HOUR), True
    if zone is None:
        if precision < DAY:
            return None
        low = _hours(moment.replace(tzinfo=UTC))
        high = _hours(_end(moment, precision).replace(tzinfo=UTC))
        return low - _EAST, high + _WEST, True
    early = moment.replace(tzinfo=zone, fold=0)
    if precision >= DAY:
        return _hours(early), _hours(_end(moment, precision).replace(tzinfo=zone)), True
    exists = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    return _hours(early), _hours(early.replace(fold=1)) + (precision == HOUR), exists


def _dates_in_disguise(parsed: list[_Parsed | None]) -> tuple[list[_Parsed | None], bool]:
    """Take times for dates where every one of several is midnight: a program filled them in."""
    clocked = [one for one in parsed if one is not None and one.precision < DAY]
    if len(clocked) < 2 or any(
        one.moment.timetz().replace(tzinfo=None) != time() for one in clocked
    ):
        return parsed, False
    dates = [
        one if one is None or one.precision >= DAY
        else _Parsed(one.moment.replace(tzinfo=None), DAY)
        for one in parsed
    ]  # fmt: skip
    return dates, True


def one_by_one(
    texts: list[str], timezone: str | None, form: str | None = None
) -> dict[str, object]:
    """What :class:`analysis.readers.table.times.Instants` must hold for distinct texts."""
    if form is None:
        parsed = [_by_iso(text) for text in texts]
    else:
        precision = format_precision(form)
        assert precision is not None
        parsed = [_by_format(text, form, precision) if text else None for text in texts]
    parsed, midnight = _dates_in_disguise(parsed)
    zone = ZoneInfo(timezone) if timezone else None
    low, high = np.full(len(texts), np.nan), np.full(len(texts), np.nan)
    implausible, nonexistent = (np.zeros(len(texts), dtype=bool) for _ in range(2))
    for index, one in enumerate(parsed):
        if one is None:
            continue
        if not _FIRST_YEAR <= one.moment.year < _LAST_YEAR:
            implausible[index] = True
            continue
        bounds = _bounds(one, zone)
        assert bounds is not None
        low[index], high[index], exists = bounds
        nonexistent[index] = not exists
    low[nonexistent] = high[nonexistent] = np.nan
    clocked = [one.moment for one in parsed if one is not None and one.precision < DAY]
    return {
        "low": low,
        "high": high,
        "precision": [MINUTE if one is None else one.precision for one in parsed],
        "wrong": [bool(text) and one is None for text, one in zip(texts, parsed, strict=True)],
        "implausible": implausible,
        "nonexistent": nonexistent,
        "next_day": [one is not None and one.next_day for one in parsed],
        "zoned": frozenset(moment.tzinfo is not None for moment in clocked),
        "offsets": len({moment.utcoffset() for moment in clocked} - {None}),
        "midnight": midnight,
    }
