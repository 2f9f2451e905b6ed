"""Date-times to hours: zones and precision by declared rules. Dates go no further than this module."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analysis.errors import ReliefError

__all__ = ["Instants", "instants"]

_ISO = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}.*")


@dataclass(frozen=True)
class Instants:
    """Times as bounds in hours on one absolute clock, and what was found on the way.

    ``low`` equals ``high`` where the text tells the minute; they span the local day where
    it tells only the date, and an hour where the clock went back. NaN where nothing could
    be read. ``wrong`` marks cells that are neither blank nor a time, ``nonexistent`` those
    in the hour that the clock skipped.
    """

    low: np.ndarray
    high: np.ndarray
    day_only: np.ndarray
    wrong: np.ndarray
    nonexistent: np.ndarray


def _hours(moment: datetime) -> float:
    return moment.timestamp() / 3600


def _local(naive: datetime, zone: ZoneInfo) -> tuple[float, float, bool]:
    """Bounds of a local time in hours, and whether the zone's clock ever shows it."""
    early = naive.replace(tzinfo=zone, fold=0)
    late = naive.replace(tzinfo=zone, fold=1)
    exists = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive
    return _hours(early), _hours(late), exists


def _parse(text: str, form: str | None) -> tuple[datetime, bool, bool] | None:
    """A date-time, whether it has a zone, and whether it is only a date; None when neither."""
    try:
        if form is not None:
            moment = datetime.strptime(text, form)
            return moment, moment.tzinfo is not None, "%H" not in form and "%I" not in form
        match = _ISO.fullmatch(text)
        if match is None:
            return None
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment, match["zone"] is not None, match["clock"] is None


def instants(
    column: pd.Series, *, file: str, name: str, timezone: str | None, datetime_format: str | None
) -> Instants:
    """Read a column of date-times.

    Parameters
    ----------
    column : Series of str
        ISO 8601 (``2025-03-04T10:20``, with or without seconds and zone, or a date alone),
        or the declared ``datetime_format``.
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
        ``time.mixed-zones`` where some cells carry a zone and others do not,
        ``time.no-zone`` where zoneless times have no declared zone.
    """
    codes, uniques = pd.factorize(column)
    shape = len(uniques)
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    day_only, wrong, nonexistent = (np.zeros(shape, dtype=bool) for _ in range(3))
    zoned: set[bool] = set()
    zone = ZoneInfo(timezone) if timezone else None
    if datetime_format is None and any(_SLASHED.fullmatch(text) for text in uniques):
        share = column.map(lambda text: bool(_SLASHED.fullmatch(text))).sum()
        raise ReliefError(
            "time.ambiguous-order",
            f"{file}, column {name!r}: {share} date(s) are written with slashes or points, whose "
            'order of day and month is not known; declare datetime_format, such as "%d/%m/%Y %H:%M".',
        )
    for index, text in enumerate(uniques):
        if not text:
            continue
        parsed = _parse(text, datetime_format)
        if parsed is None:
            wrong[index] = True
            continue
        moment, has_zone, only_date = parsed
        day_only[index] = only_date
        if not only_date:
            zoned.add(has_zone)
        if has_zone:
            low[index] = high[index] = _hours(moment)
            continue
        if zone is None:
            raise ReliefError(
                "time.no-zone",
                f"{file}, column {name!r}: times have no zone; "
                'declare timezone = "..." under [study] in study.toml.',
            )
        if only_date:
            low[index] = _local(moment, zone)[0]
            high[index] = _local(moment + timedelta(days=1), zone)[0]
        else:
            low[index], high[index], exists = _local(moment, zone)
            nonexistent[index] = not exists
    if len(zoned) == 2:
        raise ReliefError(
            "time.mixed-zones",
            f"{file}, column {name!r}: some times carry a zone and others do not; "
            "export all of them with their zone, or all local.",
        )
    low[nonexistent] = high[nonexistent] = np.nan
    if not shape:
        empty = np.full(len(column), np.nan)
        none = np.zeros(len(column), dtype=bool)
        return Instants(empty, empty.copy(), none, none.copy(), none.copy())
    return Instants(low[codes], high[codes], day_only[codes], wrong[codes], nonexistent[codes])
