"""A column of times as bounds in hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.config.precision import DAY, MINUTE

__all__ = ["Clock"]


@dataclass(frozen=True)
class Clock:
    """Bounds of a column of times in hours, and how much of each time was told."""

    low: np.ndarray
    high: np.ndarray
    precision: np.ndarray

    @classmethod
    def exact(cls, hours: np.ndarray) -> Clock:
        """Times that are known to the minute."""
        return cls(hours, hours.copy(), np.full(len(hours), MINUTE))

    @property
    def day_only(self) -> np.ndarray:
        """Times known to the day or less."""
        return (self.precision >= DAY) & ~np.isnan(self.low)

    @property
    def all_day_only(self) -> bool:
        """Whether times are known, and every one of them to the day or less."""
        known = ~np.isnan(self.low)
        return bool(known.any() and (self.precision[known] >= DAY).all())

    def without(self, mask: np.ndarray) -> Clock:
        """The clock with the times of a mask taken out."""
        return Clock(
            np.where(mask, np.nan, self.low), np.where(mask, np.nan, self.high), self.precision
        )

    def pick(self, keep: np.ndarray) -> Clock:
        """The clock with only the times of a mask."""
        return self if keep.all() else Clock(self.low[keep], self.high[keep], self.precision[keep])
