"""A declared column of times in hours: each row by the zone and the format that hold for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analysis.config import Table
from analysis.config.precision import DAY, MINUTE
from analysis.readers.clock import Clock
from analysis.readers.formats.open_table import kind_of
from analysis.readers.reading import FEW, Reading
from analysis.readers.table.iso import LOCAL, MICROSECONDS
from analysis.readers.table.text_table import TextTable
from analysis.readers.table.times import Instants, instants
from analysis.readers.table.zones import ahead, offsets_in_words
from analysis.rules import catalogue, refusal

__all__ = ["clock_of", "hours_ahead"]

# A date with a name in it.
_IN_WORDS = r"[^\W\d_]{3}.*\b(?:19|20)\d\d\b|\b(?:19|20)\d\d\b.*[^\W\d_]{3}"


@dataclass(frozen=True)
class _Way:
    """Rows of a table, and how their times are declared to be written."""

    rows: np.ndarray
    zone: str | None
    form: str | None


def clock_of(
    reading: Reading, table: TextTable, time: str | None, hours: str | None, spec: Table
) -> Clock:
    """Bounds in hours on the file's clock; all NaN where no column is declared."""
    if time is not None:
        return _dated(reading, table, time, spec)
    if hours is None:
        return Clock.exact(np.full(len(table.cells), np.nan))
    return Clock.exact(reading.number(table, hours, spec, "hours"))


def _dated(reading: Reading, table: TextTable, column: str, spec: Table) -> Clock:
    """A column of times; what was found on the way is noted.

    Raises
    ------
    ReliefError
        What :func:`analysis.readers.table.times.instants` refuses; ``time.mixed-zones``,
        ``time.in-words``, ``time.none-readable``, ``time.site-without``, ``time.header-zone``.
    """
    cells = table.category(column)
    missing = reading.missing(cells)
    low, high = np.full((2, len(cells)), np.nan)
    precision = np.full(len(cells), MINUTE)
    offset = np.full(len(cells), LOCAL)
    found: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(cells), bool))
    zoned: frozenset[bool] = reading.zoned.get(spec.source(), frozenset())
    ways = _ways(reading, table, column, spec, ~missing)

    def read(way: _Way, zone: str | None) -> Instants:
        return instants(
            cells.mask(missing | ~way.rows),
            file=table.file,
            name=column,
            timezone=zone,
            datetime_format=way.form,
            excel_epoch=spec.excel_epoch,
            date_cells=kind_of(Path(spec.path)) == "excel",
            around=reading.around,
        )

    named = table.zones.get(column)
    if named == "" and spec.timezone is None:
        reading.note("time.header-zone-unknown", table, ~missing, column)
    for way in ways:
        # Without a declared zone the file's own is what is to be declared.
        one = read(way, way.zone or named)
        if named and way.zone != named and False in one.zoned:
            other = read(way, named).low if way.zone else np.nan
            found["time.header-zone"] |= ~np.isnan(one.low) & (one.low != other)
        for own, told in ((low, one.low), (high, one.high), (precision, one.precision),
                          (offset, one.offset)):  # fmt: skip
            own[way.rows] = told[way.rows]
        zoned |= one.zoned
        for rule, mask in _findings(one, spec).items():
            found[rule] |= mask
    # Another table may be another program's, whose local times have a declared zone.
    reading.zoned[spec.source()] = zoned
    if len(zoned) == 2:
        raise refusal("time.mixed-zones", file=table.file, column=column)
    wrong = found["time.unreadable"]
    if wrong.sum() >= FEW and np.isnan(low).all():
        in_words = cells.astype("str").str.contains(_IN_WORDS)[wrong].mean() > 0.5
        table.refuse("time.in-words" if in_words else "time.none-readable", wrong, column)
    declared = ", ".join(sorted({way.zone for way in ways if way.zone})) or "none"
    _against_header(reading, table, column, spec, found.pop("time.header-zone", None), declared)
    offsets = offset[offset != LOCAL]
    if len(np.unique(offsets)) > 1:
        found["time.mixed-offsets"] |= True
    for rule, mask in found.items():
        words: dict[str, Any] = {
            "n": int(mask.sum()),
            "declared": declared,
            "offsets": len(np.unique(offsets)),
            "written": offsets_in_words(offset[mask & (offset != LOCAL)]),
        }
        asked = catalogue()[rule].fields
        reading.note(rule, table, mask, column, **{key: words[key] for key in asked})
    return Clock(low, high, precision)


def _findings(read: Instants, spec: Table) -> dict[str, np.ndarray]:
    """Rules about rows, and the rows of each."""
    known = ~np.isnan(read.low)
    own = read.offset != LOCAL
    # A zone that is declared for this very table, and letters that people write all the year, are
    # to be looked at; a program's own offset is right beside a study in another zone.
    doubted = read.differs & (read.in_letters | (spec.timezone is not None))
    return {
        "time.unreadable": read.wrong,
        "time.implausible": read.implausible,
        "time.nonexistent": read.nonexistent,
        "time.clock-change": (read.high > read.low) & (read.precision == MINUTE),
        "time.hour-only": (read.precision > MINUTE) & (read.precision < DAY),
        "time.next-day": read.next_day,
        "time.midnight": (read.precision >= DAY) & known & read.midnight,
        "time.zone-differs": doubted,
        "time.own-zone": ~doubted & own & (read.differs | (spec.timezone is not None)),
    }


def _against_header(
    reading: Reading, table: TextTable, column: str, spec: Table, other: np.ndarray | None,
    declared: str,
) -> None:  # fmt: skip
    """Say where the rows below the names tell another zone than study.toml."""
    if other is None or not other.any():
        return
    named = table.zones[column]
    if spec.timezone is None:
        table.refuse("time.header-zone", other, column, named=named, declared=declared)
    reading.note("time.header-zone-differs", table, other, column,
                 n=int(other.sum()), named=named, declared=declared)  # fmt: skip


def _ways(
    reading: Reading, table: TextTable, column: str, spec: Table, filled: np.ndarray
) -> list[_Way]:
    """How the times of each row are declared: for all alike, or for each site its own way.

    Raises
    ------
    ReliefError
        ``time.site-without`` where a site is not in the declared list.
    """
    section = reading.config.study
    zone = spec.timezone or section.timezone
    form = spec.datetime_format or section.datetime_format
    by_site = [set(told) for told in (zone, form) if isinstance(told, dict)]
    if not by_site:
        return [_Way(np.ones(len(filled), bool), _at(zone, ""), _at(form, ""))]
    listed = sorted(set.intersection(*by_site))
    ids = table.column(spec.subject)
    sites = ids.map(reading.sites)
    without = ~sites.isin(listed).to_numpy()
    told = filled & ~ids.isin(list(reading.set_aside)).to_numpy()
    for key, own in (("timezone", zone), ("datetime_format", form)):
        if isinstance(own, dict):
            absent = ~sites.isin(list(own)).to_numpy()
            table.refuse("time.site-without", absent & told, column, key=key)
    # Whoever is set aside counts in no result, whatever their time is read as.
    whose = sites.mask(without, listed[0]).to_numpy()
    return [_Way(whose == site, _at(zone, site), _at(form, site)) for site in listed]


def _at(told: str | dict[str, str] | None, site: str) -> str | None:
    return told[site] if isinstance(told, dict) else told


def hours_ahead(reading: Reading, spec: Table, ids: pd.Series, hours: np.ndarray) -> np.ndarray:
    """Hours that the clock of each person's times is ahead of UTC then; NaN without a zone."""
    told = spec.timezone or reading.config.study.timezone
    zones = told if isinstance(told, dict) else {"": told} if told else {}
    sites = ids.map(reading.sites).to_numpy() if isinstance(told, dict) else np.full(len(ids), "")
    found = np.full(len(ids), np.nan)
    utc = (hours * 3600).round().astype("M8[s]").astype("M8[us]").astype(np.int64)
    for site, zone in zones.items():
        own = sites == site
        found[own] = ahead(utc[own], ZoneInfo(zone)) / MICROSECONDS / 3600
    return found
