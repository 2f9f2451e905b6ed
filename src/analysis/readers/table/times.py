"""Date-times to hours: zones and precision by declared rules. Dates go no further than here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.config.precision import DAY, format_precision
from analysis.readers.table.column_texts import Column
from analysis.readers.table.date_order import other_way_round, swapped_on_opening
from analysis.readers.table.declared_times import parse_format, parse_serials
from analysis.readers.table.iso import LOCAL, MICROSECONDS, Told, parse_iso
from analysis.readers.table.undeclared import FEW, refuse_counts, refuse_slashes
from analysis.readers.table.zone_words import UNKNOWN, split_zones, without_zone
from analysis.readers.table.zones import ahead, bounds
from analysis.rules import refusal

__all__ = ["Instants", "instants"]

# Years that a study of this kind cannot lie in are misread or mistyped, and zones end there too.
_FIRST, _LAST = (np.datetime64(year, "us").astype(np.int64) for year in ("1900", "2200"))
# So many times are moved to UTC at once.
_CHUNK = 1 << 20
_DAY = 24 * 3600 * MICROSECONDS
# Days since 1900 or 1904, as spreadsheets count them, from 1954 or 1958 to 2119 or 2123.
# Dates that begin with the year have one order; a clock of twelve hours tells its half.
_YEAR = r"^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:$|[ T])"
_HALVES = (" %I:%M:%S %p", " %I:%M %p")
_YEAR_FIRST = tuple(
    f"%Y{mark}%m{mark}%d{clock}"
    for mark, clocks in (("/", (" %H:%M:%S", " %H:%M", "")), ("/", _HALVES), ("-", _HALVES))
    for clock in clocks
)
_NUMBER = r"^[0-9]{4,14}(?:[.][0-9]+)?$"
_SERIAL = r"^[2-7][0-9]{4}(?:[.,][0-9]+)?$"


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
    offset : ndarray of int
        Microseconds ahead of UTC that a time with a clock was written with, or ``LOCAL``.
    differs, in_letters : ndarray of bool
        Written with another offset than the declared zone's at that moment; and by letters
        other than UTC, such as ``EST``, or by an abbreviation of the declared zone.
    zoned : frozenset of bool
        Whether times with a clock carry a zone: empty, one, or both kinds.
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
    offset: np.ndarray
    differs: np.ndarray
    in_letters: np.ndarray
    zoned: frozenset[bool]
    midnight: bool

    @property
    def offsets(self) -> int:
        """How many different offsets from UTC were written."""
        return len(np.unique(self.offset[self.offset != LOCAL]))

    @property
    def day_only(self) -> np.ndarray:
        """Times known to the day or less."""
        return self.precision >= DAY


def _plain(
    texts: pa.LargeStringArray, form: str | None, date_cells: bool
) -> tuple[Told, np.ndarray]:
    """Times without a zone of their own, or with one of ISO 8601; which were written as 24:00."""
    next_day = np.zeros(len(texts), dtype=bool)
    # Real dates of a workbook come as ISO text, whatever is declared of typed ones.
    iso = form is None or (date_cells and not form.startswith("%Y-"))
    told = parse_iso(texts) if iso else Told.nothing(len(texts))
    forms = _YEAR_FIRST if form is None else (form,) if form else ()
    for one in forms:
        left = np.flatnonzero(~told.known & np.asarray(pc.not_equal(texts, "")))
        if form is None:
            some = texts.take(pa.array(left))
            left = left[pc.match_substring_regex(some, _YEAR).to_numpy(zero_copy_only=False)]
        if len(left):
            more, next_day[left] = parse_format(texts.take(pa.array(left)), one)
            told.enter(left, more)
    return told, next_day


def _read(
    column: Column,
    form: str | None,
    epoch: Literal[1900, 1904] | None,
    zone: ZoneInfo | None,
    date_cells: bool,
    around: float,
) -> tuple[Told, np.ndarray, np.ndarray]:
    """Times as written, which were written as 24:00, and which with a zone in letters."""
    filled = np.asarray(pc.not_equal(column.texts, ""))
    # A zone's name tells its offset, which no directive of Python's does.
    named_form = bool(form) and form != without_zone(str(form)) and not str(form).endswith("%z")
    if date_cells and swapped_on_opening(column.texts):
        raise refusal("time.swapped", file=column.file, column=column.name)
    told, next_day = _plain(column.texts, "" if named_form else form, date_cells)
    in_letters = np.zeros(len(filled), dtype=bool)
    left = np.flatnonzero(filled & ~told.known)
    if len(left):
        places, bodies, offsets, letters = split_zones(column.texts.take(pa.array(left)), zone)
        named, next_day[left[places]] = _plain(bodies, form and without_zone(form), date_cells)
        unknown = np.zeros(len(filled), dtype=bool)
        unknown[left[places[named.known & (offsets == UNKNOWN)]]] = True
        count = int(column.rows(unknown).sum())
        if count >= FEW:
            raise refusal("time.zone-word", file=column.file, column=column.name, count=count)
        named.known[offsets == UNKNOWN] = False
        told.enter(left[places], named)
        told.offset[left[places]] = np.where(named.known, offsets, LOCAL)
        in_letters[left[places]] = letters
    left = np.flatnonzero(filled & ~told.known)
    if form is None:
        refuse_slashes(column, filled & ~told.known)
    elif len(left):
        other = np.zeros(len(filled), dtype=bool)
        other[left] = other_way_round(column.texts.take(pa.array(left)), form)
        count = int(column.rows(other).sum())
        if count >= FEW:
            raise refusal("time.other-order", file=column.file, column=column.name, count=count)
    if epoch is None:
        refuse_counts(column, column.match(_NUMBER, filled & ~told.known), around)
    serials = column.match(_SERIAL, filled & ~told.known)
    if serials.any():
        if epoch is None:
            raise refusal(
                "time.excel-serial",
                file=column.file,
                column=column.name,
                count=int(column.rows(serials).sum()),
            )
        parse_serials(column.texts, serials, epoch, told)
    return told, next_day, in_letters


def _dates_in_disguise(column: Column, told: Told, zone: ZoneInfo | None) -> bool:
    """Take times for dates where every one of several is midnight: a program filled them in.

    A date that went through another zone is the zone's own midnight, written in UTC.
    """
    clocked = told.known & (told.precision < DAY)
    if not clocked.any():
        return False
    if (told.local[clocked] % _DAY).any():
        shown = _shown(told, clocked, zone)
        if shown is None or (shown % _DAY).any():
            return False
        told.local[clocked] = shown
    if pc.count_distinct(column.texts.filter(pa.array(clocked))).as_py() < 2:
        return False
    told.precision[clocked] = DAY
    told.offset[clocked] = LOCAL
    return True


def _shown(told: Told, clocked: np.ndarray, zone: ZoneInfo | None) -> np.ndarray | None:
    """Times as a zone's own clock shows them; None unless all were written with an offset."""
    if zone is None or (told.offset[clocked] == LOCAL).any():
        return None
    utc = told.local[clocked] - told.offset[clocked]
    # A look at the first is enough for most columns.
    for some in (utc[:1], utc):
        if some.min() < _FIRST or some.max() >= _LAST:
            return None
        shown = some + ahead(some, zone)
        if (shown % _DAY).any():
            return None
    return shown


def instants(
    column: pd.Series,
    *,
    file: str,
    name: str,
    timezone: str | None,
    datetime_format: str | None,
    excel_epoch: Literal[1900, 1904] | None = None,
    date_cells: bool = False,
    around: float = np.nan,
) -> Instants:
    """Read a column of date-times.

    Parameters
    ----------
    column : Series of str
        Or a categorical of them. ISO 8601 (``2025-03-04T10:20``, with or without seconds and
        zone, or cut short: ``2025-03-04T10``, ``2025-03-04``, ``2025-03``), or the declared
        ``datetime_format``. A missing cell counts as a blank one.
    file, name : str
        For messages.
    timezone : str or None
        IANA zone of times written without one.
    datetime_format : str or None
        ``strptime`` format, where the study declares one.
    excel_epoch : {1900, 1904} or None
        First year of a spreadsheet's day numbers, where the study declares it.
    date_cells : bool
        Whether real dates, as ISO text, may stand among texts of the declared format.
    around : float
        Hours since 1970 of the middle of the study, where it is known already.

    Raises
    ------
    ReliefError
        ``time.ambiguous-order`` for slashed dates without a declared format,
        ``time.zone-word`` for times behind which stands a word that names no known zone,
        ``time.epoch`` and ``time.excel-serial`` for numbers of days or seconds without a declared
        epoch, ``time.no-zone`` where zoneless times have no declared zone, ``time.format`` for a
        format that cannot be used.
    """
    cells = Column.of(column, file, name)
    zone = ZoneInfo(timezone) if timezone else None
    if datetime_format and format_precision(datetime_format) is None:
        raise refusal("time.format")
    told, next_day, in_letters = _read(
        cells, datetime_format, excel_epoch, zone, date_cells, around
    )
    wrong = np.asarray(pc.not_equal(cells.texts, "")) & ~told.known
    midnight = _dates_in_disguise(cells, told, zone)
    clocked = told.known & (told.precision < DAY)
    plausible = told.known & (told.local >= _FIRST) & (told.local < _LAST)
    if timezone is None and (plausible & clocked & (told.offset == LOCAL)).any():
        raise refusal("time.no-zone", file=file, column=name)
    low, high = np.full(len(wrong), np.nan), np.full(len(wrong), np.nan)
    nonexistent = np.zeros(len(wrong), dtype=bool)
    rows = np.flatnonzero(plausible)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        first, last, nonexistent[part] = bounds(told.only(part), zone)
        low[part], high[part] = first / MICROSECONDS / 3600, last / MICROSECONDS / 3600
    low[nonexistent] = high[nonexistent] = np.nan
    offset = np.where(clocked, told.offset, LOCAL)
    differs = plausible & (offset != LOCAL) & (zone is not None)
    if zone is not None and differs.any():
        utc = told.local[differs] - offset[differs]
        differs[differs] = ahead(utc, zone) != offset[differs]
    return Instants(
        cells.rows(low),
        cells.rows(high),
        cells.rows(told.precision),
        cells.rows(wrong),
        cells.rows(told.known & ~plausible),
        cells.rows(nonexistent),
        cells.rows(next_day),
        cells.rows(offset),
        cells.rows(differs),
        cells.rows(in_letters),
        frozenset((offset[clocked] != LOCAL).tolist()),
        midnight,
    )
