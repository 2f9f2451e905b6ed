"""Rows as a database hands them over, made text batch by batch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from analysis.errors import Issue
from analysis.readers.table.text_table import STORED, TextTable
from analysis.rules import refusal

__all__ = ["Received"]

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?")
_BARE_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?")
_CLOCK, _ZULU = r".{10}T[\d:.]+Z?", r".{10}T[\d:.]+Z"


def _text(value: Any) -> str:
    """A value as text; equal numbers are written alike, whatever their type."""
    if value is None:
        return ""
    if not isinstance(value, int | float | Decimal):
        return str(value)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return str(number)
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _time(told: tuple[str | None, str | None]) -> str:
    """The date and time as ISO 8601; the date alone where there is no time; else as it is.

    Raises
    ------
    ReliefError
        ``omop.numeric-time``.
    """
    text = (told[0] or "").strip() or (told[1] or "").strip()
    if _BARE_NUMBER.fullmatch(text):
        raise refusal("omop.numeric-time")
    if not _MOMENT.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _other_day(told: tuple[str | None, str | None], time: str) -> bool:
    """Whether a local time lies on another day than the date beside it."""
    date = (told[1] or "").strip()[:10]
    both_local = _DATE.fullmatch(date) and _DATE.match(time) and not time.endswith("Z")
    return bool(both_local) and not time.startswith(date)


def _quoted(column: list[str]) -> list[bytes]:
    """Cells as JSON writes them, so that cells side by side cannot be taken for others."""
    words = {text: json.dumps(text).encode() for text in set(column)}
    return [words[text] for text in column]


class Received:
    """The cells of a table as they come in, held as compact text.

    Parameters
    ----------
    names : sequence of str
        Columns of the table; one that ends in ``_datetime`` comes as two columns of a row,
        the time and the date, both as text.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._parts: list[pa.RecordBatch] = []
        self._digests = bytearray()
        self._other_days: dict[str, list[np.ndarray]] = {name: [] for name in names}
        self._stored: list[str] = []

    def take(self, rows: Sequence[sa.Row]) -> None:
        """Take a batch of rows in."""
        if not rows:
            return
        given = iter(zip(*rows, strict=True))
        cells = {}
        for name in self.names:
            column = next(given)
            if name.endswith("_datetime"):
                cells[name] = self._times(name, list(zip(column, next(given), strict=True)))
            else:
                words = {value: _text(value) for value in set(column)}
                cells[name] = [words[value] for value in column]
        for row in zip(*(_quoted(column) for column in cells.values()), strict=True):
            self._digests += hashlib.sha256(b",".join(row)).digest()
        fields = {name: pa.array(column, pa.string()) for name, column in cells.items()}
        self._parts.append(pa.RecordBatch.from_pydict(fields))

    def _times(self, name: str, told: list[tuple[str | None, str | None]]) -> list[str]:
        times = {pair: _time(pair) for pair in set(told)}
        other = {pair: _other_day(pair, time) for pair, time in times.items()}
        self._other_days[name].append(np.array([other[pair] for pair in told]))
        self._stored.extend(str(pair[0]) if other[pair] else "" for pair in told)
        # The date is what the data model requires; a time beside it must be of that day.
        return [str(pair[1]).strip()[:10] if other[pair] else times[pair] for pair in told]

    def table(self, file: str, timezone: str | None, notes: Sequence[Issue]) -> TextTable:
        """Everything received, as one table; ``notes`` come first among its issues.

        Raises
        ------
        ReliefError
            ``omop.no-rows``.
        """
        if not self._parts:
            raise refusal("omop.no-rows", file=file)
        cells = pa.Table.from_batches(self._parts).to_pandas()
        if len(self._stored) == len(cells) and any(self._stored):
            # Two forms of one day are two, however little is known of when.
            cells[STORED] = self._stored
        table = TextTable(file, cells, np.arange(1, len(cells) + 1), self._content(), ())
        found = list(notes)
        for name in self.names:
            if name.endswith("_datetime"):
                cells[name] = self._dates(table, name, timezone, found)
        return replace(table, issues=tuple(found))

    def _content(self) -> str:
        """A hash of the names and of all rows, whatever the order of the rows."""
        # In place: the hashes are most of what is held besides the cells.
        digests = np.frombuffer(self._digests, dtype="V32")
        digests.view("S32").sort()
        found = hashlib.sha256(json.dumps(self.names).encode())
        found.update(digests.data)
        return found.hexdigest()

    def _dates(
        self, table: TextTable, name: str, timezone: str | None, found: list[Issue]
    ) -> pd.Series:
        """The times of a column, cut to dates where they are midnight: the time is not known.

        So the convention of OMOP has it, whose true midnight is 00:00:01.
        """
        times = table.cells[name]
        found += table.note("omop.date-differs", np.concatenate(self._other_days[name]), name)
        local = _local(times, timezone)
        clocked = local.str.fullmatch(_CLOCK).to_numpy(bool)
        midnight = local.str[10:].isin(["T00:00:00", "T00:00:00Z"]).to_numpy()
        if clocked.any() and midnight[clocked].all():
            found += table.note("time.midnight", midnight, name)
            return times.mask(midnight, local.str[:10])
        found += table.note("omop.midnight", midnight, name)
        return times.mask(midnight, local.str[:10])


def _local(times: pd.Series, timezone: str | None) -> pd.Series:
    """Times in UTC as the clock of a zone shows them; others, and without a zone, as they are."""
    if timezone is None:
        return times
    zone = ZoneInfo(timezone)

    def shown(text: str) -> str:
        moment = datetime.fromisoformat(text).astimezone(zone)
        return moment.replace(tzinfo=None).isoformat()

    inside = times.str.fullmatch(_ZULU).to_numpy(bool)
    words = {text: shown(text) for text in times[inside].unique()}
    return times.map(words).where(inside, times) if words else times
