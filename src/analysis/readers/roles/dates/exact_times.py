"""Times of one table that are known to the minute, beside each person's first infusion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.config import Table

__all__ = ["ExactTimes"]

_MORNING, _EVENING = 6, 20
_DAY = 24 * 60


@dataclass(frozen=True)
class ExactTimes:
    """Exact times of one table on one clock.

    Attributes
    ----------
    spec, file :
        The table and what messages call it.
    believed : bool
        The file or the declaration tells the zone of these times.
    who : ndarray of int, (n,)
        Place of the person among those whose first infusion has an exact start.
    at : ndarray, (n,)
        In hours on the file's clock.
    ahead : ndarray, (n,)
        Hours that the table's zone is ahead of UTC then, NaN without a zone.
    start, end : ndarray, (n,)
        Of the person's first infusion, like ``at``; the end may be NaN.
    visit : ndarray of object, (n,), or None
        What visits are called, where files tell it.
    """

    spec: Table
    file: str
    believed: bool
    who: np.ndarray
    at: np.ndarray
    ahead: np.ndarray
    start: np.ndarray
    end: np.ndarray
    visit: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.who)

    def part(self, rows: np.ndarray) -> ExactTimes:
        """Some of the times, by a mask."""
        return replace(
            self,
            who=self.who[rows],
            at=self.at[rows],
            ahead=self.ahead[rows],
            start=self.start[rows],
            end=self.end[rows],
            visit=None if self.visit is None else self.visit[rows],
        )

    @cached_property
    def complete(self) -> ExactTimes:
        """Those with a zone, of people whose infusion has an end."""
        rows = ~(np.isnan(self.ahead) | np.isnan(self.end))
        return self if rows.all() else self.part(rows)

    @property
    def on_local_clock(self) -> bool:
        """Whether hours of the day are those of the place: not where offsets alone are told."""
        return not self.believed or not bool(np.isnan(self.ahead).all())

    @cached_property
    def people(self) -> int:
        """How many people have a time here."""
        return len(np.unique(self.who))

    @cached_property
    def _minute(self) -> np.ndarray:
        return np.asarray(((self.at + np.nan_to_num(self.ahead)) * 60).round().astype(np.int64))

    @property
    def local(self) -> pd.DatetimeIndex:
        """The times as the table's own clock shows them."""
        return pd.DatetimeIndex(self._minute.astype("M8[m]").astype("M8[s]"))

    @property
    def day(self) -> np.ndarray:
        """The day on that clock, counted from 1970."""
        return np.asarray(self._minute // _DAY)

    @property
    def hour(self) -> np.ndarray:
        """The hour of the day on that clock, with its fraction."""
        return np.asarray(self._minute % _DAY / 60)

    def out_of_hours(self, moved: np.ndarray | float = 0.0) -> float:
        """The share before six or from eight in the evening on, moved by so many hours."""
        hour = (self.hour + moved) % 24
        return float(((hour < _MORNING) | (hour >= _EVENING)).mean())
