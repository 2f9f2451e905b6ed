"""A fluctuation seen at a few hours only: exact draws of its values there, and of sums between.

Severity is asked about at a dozen hours of a thousand. Hour by hour the fluctuation is
autoregressive, so what it is at the next hour that is asked about, and its sum up to there, are
normal given what it was at the last one. What was drawn before anybody was let in, the value at
the end of a long window and the sum over it, is put in afterwards: a free draw plus what the
known numbers add (conditioning by kriging; Hoffman & Ribak 1991 doi:10.1086/186160).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.simulate.people.together import Source

__all__ = ["Asked", "Fluctuation"]

Array = NDArray[np.float64]
Hours = NDArray[np.int64]


@dataclass(frozen=True)
class _Steps:
    """What a step of 0, 1, 2, … hours does to a stationary fluctuation of SD 1.

    The value after it is ``keep`` times the value before plus a shock of SD ``shock``; the sum
    over the hours of the step is ``carried`` times the value before, plus ``shared`` times that
    shock, plus a number of its own of SD ``own``.
    """

    keep: Array
    shock: Array
    carried: Array
    shared: Array
    own: Array


@dataclass(frozen=True)
class Asked:
    """Hours that are asked about, since the start of each person's window, and their order.

    Attributes
    ----------
    since : ndarray of int, shape (n, 1 + k)
        The window's end first, then the hours as they are asked.
    in_order : ndarray of int, shape (n, 1 + k)
        The same from the earliest to the last.
    back : ndarray of int, shape (n, 1 + k)
        Where each of ``since`` stands in ``in_order``.
    """

    since: Hours
    in_order: Hours
    back: Hours

    @classmethod
    def about(cls, end: Hours, window: int, hours: Hours) -> Asked:
        """Hours (n, k) in any order, none before the start of the windows that end at ``end``."""
        start = end - window
        since = np.column_stack([np.full(len(end), window), hours - start[:, None]])
        order = np.argsort(since, axis=1, kind="stable")
        back = np.empty_like(order)
        np.put_along_axis(back, order, np.arange(order.shape[1])[None, :], 1)
        return cls(since, np.take_along_axis(since, order, 1), back)


@dataclass(frozen=True)
class Fluctuation:
    """A stationary fluctuation of mean 0 and SD 1, e-folding in ``hours``, seen hourly.

    ``window`` is how many hours the known sum holds, ``longest`` the longest step or distance
    from the window's start that is ever asked about.
    """

    hours: float
    window: int
    longest: int

    def window_and_end(self, n: int, rng: Source) -> Array:
        """Of each of n people the value at a window's end and the sum over the window, (n, 2)."""
        z = rng.standard_normal((n, 2))
        (_, shared), (_, variance) = self._known
        total = shared * z[:, 0] + np.sqrt(variance - shared**2) * z[:, 1]
        return np.column_stack([z[:, 0], total])

    def seen(self, known: Array, asked: Asked, rng: Source) -> tuple[Array, Array]:
        """Values at the hours asked about, and sums over all hours since the window's start.

        Parameters
        ----------
        known : ndarray of float, shape (n, 2)
            What :meth:`window_and_end` gave.
        asked : Asked
            About n people at k hours each.
        rng : Generator or Together

        Returns
        -------
        tuple of ndarray of float, shape (n, k)
        """
        since = asked.since
        values, sums = (np.take_along_axis(table, asked.back, 1)
                        for table in self._free(asked.in_order, rng))  # fmt: skip
        # What is known less what was drawn, in the units of what it adds an hour.
        gap = (known - np.column_stack([values[:, 0], sums[:, 0]])) @ np.linalg.inv(self._known)
        for table, weights in zip((values, sums), self._adds, strict=True):
            added = weights[:, since[:, 1:]]
            table[:, 1:] += gap[:, :1] * added[0] + gap[:, 1:] * added[1]
        return values[:, 1:], sums[:, 1:]

    def _free(self, since: Hours, rng: Source) -> tuple[Array, Array]:
        """The same at hours in their order since the window's start, with nothing known."""
        n, k = since.shape
        z = np.ascontiguousarray(rng.standard_normal((n, k + 1, 2)).T)
        values, sums = np.empty((2, k, n))
        value, total = z[0, 0], np.zeros(n)
        steps = np.diff(since, axis=1, prepend=0).T
        table = self._steps
        for at, step in enumerate(steps):
            shock = table.shock[step] * z[0, at + 1]
            total = total + table.carried[step] * value + table.shared[step] * shock
            total += table.own[step] * z[1, at + 1]
            value = table.keep[step] * value + shock
            values[at], sums[at] = value, total
        return values.T, sums.T

    @property
    def _steps(self) -> _Steps:
        return _steps(self.hours, self.longest)

    @property
    def _known(self) -> Array:
        """Covariance of what is known: the value at the window's end, the sum over the window."""
        return _known(self.hours, self.window)

    @property
    def _adds(self) -> tuple[Array, Array]:
        """Covariance with what is known, by hours since the window's start: of value and sum."""
        return _adds(self.hours, self.window, self.longest)


@cache
def _steps(hours: float, longest: int) -> _Steps:
    keep = float(np.exp(-1 / hours))
    step = np.arange(longest + 1.0)
    power: Array = keep**step
    shock = np.sqrt(1 - power**2)
    # Sums over the step of what each hour's shock still adds, and of its square.
    once = (1 - power) / (1 - keep)
    twice = (1 - power**2) / (1 - keep**2)
    shared = (1 - keep**2) / (1 - keep) * (once - keep * twice)
    spread = (1 - keep**2) / (1 - keep) ** 2 * (step - 2 * keep * once + keep**2 * twice)
    # No step, no shock: nothing to share.
    slope: Array = np.divide(shared, shock**2, out=np.zeros(len(step)), where=step > 0)
    own = np.sqrt(np.maximum(spread - slope * shared, 0.0))
    return _Steps(power, shock, np.asarray(keep * once, float), slope, own)


@cache
def _known(hours: float, window: int) -> Array:
    value, total = _adds(hours, window, window)
    return np.array([[1.0, value[1, -1]], [value[1, -1], total[1, -1]]])


@cache
def _adds(hours: float, window: int, longest: int) -> tuple[Array, Array]:
    keep = np.exp(-1 / hours)
    since = np.arange(longest + 1)
    of_value = keep ** np.abs(since - window)
    of_sum = (keep ** np.abs(since[:, None] - np.arange(1, window + 1))).sum(axis=1)
    value = np.stack([of_value, of_sum])
    total = np.cumsum(value, axis=1) - value[:, :1]
    return value, total
