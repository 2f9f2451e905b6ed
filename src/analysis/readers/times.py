"""Date-times to hours: zones and precision by declared rules. Dates go no further than here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analysis.errors import ReliefError

__all__ = ["DAY", "HOUR", "MINUTE", "MONTH", "Instants", "format_precision", "instants"]

# How much of a time the text tells.
MINUTE, HOUR, DAY, MONTH = range(4)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])"
    r"(?:-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>[01]\d|2[0-3])"
    r"(?::(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d(?:\.\d+)?))?)?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?)?)?",
    re.ASCII,
)
_SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}(?:\D.*)?", re.ASCII | re.DOTALL)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?!\d)", re.ASCII)
# Years that a study of this kind cannot lie in are misread or mistyped, and zones end there too.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
# The widest a calendar day can lie in UTC when its zone is not known.
_EAST, _WEST = 14.0, 12.0


@dataclass(frozen=True)
class Instants:
    """Times as bounds in hours on one absolute clock, and what was found on the way.

    Attributes
    ----------
    low, high : ndarray of float
        Equal where the text tells the minute; they span the hour, the local day or the
        month where it tells no more, and an hour where the clock went back. NaN where
        nothing could be read.
    precision : ndarray of int
        ``MINUTE``, ``HOUR``, ``DAY`` or ``MONTH``.
    wrong, implausible, nonexistent : ndarray of bool
        Neither blank nor a time; in a year that cannot be meant; in the hour that the
        clock skipped.
    next_day : ndarray of bool
        Written as 24:00 and read as 00:00 of the next day.
    zoned : frozenset of bool
        Whether times with a clock carry a zone: empty, one, or both kinds.
    offsets : int
        How many different offsets from UTC were written.
    midnight : bool
        Every time told was midnight, so that all were taken for dates.
    """

    low: np.ndarray
    high: np.ndarray
    precision: np.ndarray
    wrong: np.ndarray
    implausible: np.ndarray
    nonexistent: np.ndarray
    next_day: np.ndarray
    zoned: frozenset[bool]
    offsets: int
    midnight: bool

    @property
    def day_only(self) -> np.ndarray:
        """Times known to the day or less."""
        return self.precision >= DAY


@dataclass(frozen=True)
class _Parsed:
    """One time as written: its first moment and how much of it was told."""

    moment: datetime
    precision: int
    next_day: bool = False


def format_precision(form: str) -> int | None:
    """How much of a time a ``strptime`` format tells; None where it is unusable.

    Unusable are formats that do not tell the date, tell an hour without its half of the day,
    or name the zone in letters, whose meaning depends on the computer.
    """
    sample = datetime(2025, 3, 4, 14, 5, 6, tzinfo=UTC)
    if "%Z" in form.replace("%%", ""):
        return None
    try:
        back = datetime.strptime(sample.strftime(form), form)
    except (ValueError, re.error, KeyError, IndexError):
        return None
    if back.date() != sample.date():
        return None
    told = {(14, 5): MINUTE, (14, 0): HOUR, (0, 0): DAY}
    return told.get((back.hour, back.minute))


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


def _refuse_slashes(column: pd.Series, file: str, name: str) -> None:
    """Day and month in an order that nobody declared: never guessed."""
    slashed = column.map(lambda text: _SLASHED.fullmatch(text) is not None).to_numpy(bool)
    if slashed.any():
        raise ReliefError(
            "time.ambiguous-order",
            f"{file}, column {name!r}: {int(slashed.sum())} of {len(slashed)} times are written "
            "with slashes "
            "or points, whose order of day and month is not known; declare datetime_format under "
            '[study], such as "%d/%m/%Y %H:%M".',
        )


def _parse(uniques: pd.Index, form: str | None) -> list[_Parsed | None]:
    if form is None:
        return [_by_iso(text) for text in uniques]
    precision = format_precision(form)
    if precision is None:
        raise ReliefError(
            "config.value",
            "study.toml, [study] datetime_format must tell year, month and day, and the half of "
            'the day with an hour of twelve, as in "%d/%m/%Y %H:%M".',
        )
    return [_by_format(text, form, precision) if text else None for text in uniques]


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


def instants(
    column: pd.Series, *, file: str, name: str, timezone: str | None, datetime_format: str | None
) -> Instants:
    """Read a column of date-times.

    Parameters
    ----------
    column : Series of str
        ISO 8601 (``2025-03-04T10:20``, with or without seconds and zone, or cut short:
        ``2025-03-04T10``, ``2025-03-04``, ``2025-03``), or the declared ``datetime_format``.
    file, name : str
        For messages.
    timezone : str or None
        IANA zone of times written without one.
    datetime_format : str or None
        ``strptime`` format, where the study declares one.

    Raises
    ------
    ReliefError
        ``time.ambiguous-order`` for slashed dates without a declared format,
        ``time.no-zone`` where zoneless times have no declared zone, ``config.value`` for a
        format that cannot be used.
    """
    codes, uniques = pd.factorize(column)
    if not len(uniques):
        codes, uniques = np.zeros(len(column), dtype=int), pd.Index([""])
    if datetime_format is None:
        _refuse_slashes(column, file, name)
    parsed, midnight = _dates_in_disguise(_parse(uniques, datetime_format))
    zone = ZoneInfo(timezone) if timezone else None
    low, high = np.full(len(uniques), np.nan), np.full(len(uniques), np.nan)
    implausible, nonexistent = (np.zeros(len(uniques), dtype=bool) for _ in range(2))
    for index, one in enumerate(parsed):
        if one is None:
            continue
        if not _FIRST_YEAR <= one.moment.year < _LAST_YEAR:
            implausible[index] = True
            continue
        bounds = _bounds(one, zone)
        if bounds is None:
            raise ReliefError(
                "time.no-zone",
                f"{file}, column {name!r}: times have no zone; "
                'declare timezone = "..." under [study] in study.toml.',
            )
        low[index], high[index], exists = bounds
        nonexistent[index] = not exists
    low[nonexistent] = high[nonexistent] = np.nan
    wrong = np.array(
        [bool(text) and one is None for text, one in zip(uniques, parsed, strict=True)]
    )
    clocked = [one.moment for one in parsed if one is not None and one.precision < DAY]
    return Instants(
        low[codes],
        high[codes],
        np.array([MINUTE if one is None else one.precision for one in parsed])[codes],
        wrong[codes],
        implausible[codes],
        nonexistent[codes],
        np.array([one is not None and one.next_day for one in parsed])[codes],
        frozenset(moment.tzinfo is not None for moment in clocked),
        len({moment.utcoffset() for moment in clocked} - {None}),
        midnight,
    )
