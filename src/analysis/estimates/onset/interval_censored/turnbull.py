"""Turnbull's estimator: the distribution of a time known only to lie between two visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.estimates.onset.interval_censored.turnbull_solver import Runs, maximise
from analysis.estimates.table import row
from analysis.numbers import aligned, as_numbers, numbers

# The masses are sums to 1 in double precision; a likelihood term keeps eight digits or more.
LIGHTEST = 1e-8


@dataclass(frozen=True, eq=False)
class NPMLE:
    """Where the time can lie and with what probability, as :func:`turnbull` found it.

    The masses are unique: each region ends where somebody's interval ends, so that, from the
    first region on, the likelihood fixes the cumulative sum at each boundary between regions
    (the condition of rank of Gentleman & Geyer 1994, doi:10.1093/biomet/81.3.618, always holds
    on a line). What is not unique is where in a region its mass lies; ``lower`` and ``upper``
    are the envelope of all that are equally likely.

    Attributes
    ----------
    lo, hi : ndarray of float, shape (regions,)
        The innermost regions ``(lo, hi]`` in order, hours; ``lo == hi`` is that very time, and
        ``hi`` infinite is beyond all follow-up.
    mass : ndarray of float, shape (regions,)
        Probability of each region, summing to 1. Where in a region it lies the data do not say.
    n : float
        Weight of all people, their number when nobody is weighted.
    log_likelihood : float
    gap : float
        Largest derivative of the log-likelihood by a mass, over n, minus 1: the
        Karush-Kuhn-Tucker conditions hold when it is 0, and n times it bounds how far the
        log-likelihood is below its maximum.
    iterations : int
    converged : bool
        The gap is within the tolerance.
    """

    lo: np.ndarray
    hi: np.ndarray
    mass: np.ndarray
    n: float
    log_likelihood: float
    gap: float
    iterations: int
    converged: bool

    def lower(self, t: Any) -> np.ndarray:
        """Least P(T <= t), the mass of the regions that end by t; the shape of t (hours)."""
        return self._cumulative()[np.searchsorted(self.hi, _times(t), side="right")]

    def upper(self, t: Any) -> np.ndarray:
        """Largest P(T <= t), the mass of the regions that begin before t; the shape of t."""
        return self._cumulative()[self._begun(_times(t))]

    def span(self, left: Any, right: Any) -> tuple[np.ndarray, np.ndarray]:
        """First region that each interval of the data covers, and the one after its last."""
        left, right = (_times(limits) for limits in numbers(left=left, right=right))
        ended = np.searchsorted(self.hi, left, side="right")
        exact = np.searchsorted(self.hi, left, side="left")
        return np.where(left < right, ended, exact), self._begun(right)

    def _begun(self, t: np.ndarray) -> np.ndarray:
        """How many regions begin before t or are t itself."""
        begins = np.where(self.lo < self.hi, self.lo, np.nextafter(self.lo, -np.inf))
        return np.searchsorted(begins, t, side="left")

    def _cumulative(self) -> np.ndarray:
        return np.concatenate([[0.0], np.cumsum(self.mass)])

    def rows(self, times: Any, **words: Any) -> list[dict[str, Any]]:
        """The estimated share by each time, least and most where the data do not fix it.

        Parameters
        ----------
        times : array_like of float
            Hours.
        **words
            Text columns of the table of estimates.

        Returns
        -------
        list of rows
            ``share by t h`` where lower and upper agree, otherwise ``share by t h, least`` and
            ``share by t h, most``. No interval: see :mod:`.confidence_intervals`.

        Raises
        ------
        ValueError
            When the estimate did not converge.
        """
        if not self.converged:
            raise ValueError(
                f"Turnbull's estimate stopped at a gap of {self.gap:.1e}; allow more iterations."
            )
        found = []
        for t in np.atleast_1d(_times(times)).tolist():
            least, most = float(self.lower(t)), float(self.upper(t))
            known = most - least <= 1e-9
            for end, share in (("", least),) if known else ((", least", least), (", most", most)):
                found.append(
                    row(
                        estimand=f"share by {t:g} h{end}",
                        n=self.n,
                        estimate=share,
                        method="Turnbull NPMLE, intervals (last without, first with]",
                        **words,
                    )
                )
        return found


def turnbull(
    left: Any,
    right: Any,
    weights: Any = None,
    *,
    tolerance: float = 1e-10,
    max_iterations: int = 500,
) -> NPMLE:
    """Nonparametric maximum likelihood estimate of a distribution from censored times.

    Turnbull 1976 (doi:10.1111/j.2517-6161.1976.tb01597.x) with half-open intervals: a person
    without onset at 4 h and with it at 24 h has ``4 < T <= 24``, and shares no time with a person
    of ``24 < T <= 72``. Software that takes both ends in (lifelines does) lets those two share
    the time 24 h, piles probability up there and says nothing. R's interval and survival are
    half-open as we are.

    Parameters
    ----------
    left, right : array_like, shape (n,)
        Of the same people, matched as :mod:`analysis.numbers` says: hours of the last
        assessment without and the first with onset. ``right`` infinite: never
        seen. ``left == right``: that very time. ``left`` may be -inf.
    weights : array_like of float, shape (n,), optional
        How many people each interval stands for, not negative; 1 by default.
    tolerance : float
        Of the gap of the Karush-Kuhn-Tucker conditions.
    max_iterations : int
        Newton steps allowed; ten are usual.

    Returns
    -------
    NPMLE
        The order of the people does not matter.

    Raises
    ------
    ValueError
        When there is nobody, lengths differ, a limit is missing, or an interval ends before it
        begins.

    Notes
    -----
    Written here because neither SciPy nor statsmodels has it. Checked against the published
    estimate of the breast cosmesis data (Fay & Shaw 2010, doi:10.18637/jss.v036.i02), ``survfit``
    of R's survival 3.5.3 with type ``interval2``, Kaplan-Meier of SciPy, and the conditions of the
    maximum on drawn intervals. 10,000 people take a tenth of a second (benchmarks/turnbull.py).
    """
    left, right, weight = _checked(left, right, weights)
    lo, hi, runs = _regions(left, right, weight)
    solution = maximise(runs, tolerance, max_iterations)
    mass = solution.mass
    return NPMLE(
        lo=lo,
        hi=hi,
        mass=mass,
        n=runs.total,
        log_likelihood=float(runs.weight @ np.log(runs.likelihoods(mass))),
        gap=solution.gap,
        iterations=solution.iterations,
        converged=solution.gap <= tolerance,
    )


def _times(t: Any) -> np.ndarray:
    hours = as_numbers(t, "t")
    if np.isnan(hours).any():
        raise ValueError("A time to read the estimate at is missing; give hours.")
    return hours


def _checked(left: Any, right: Any, weights: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The intervals as arrays, refused when they are not intervals."""
    same = aligned("weights", left=left, right=right, weights=weights)
    left, right = as_numbers(same["left"], "left"), as_numbers(same["right"], "right")
    weight = np.ones(left.shape) if weights is None else as_numbers(same["weights"], "weights")
    if left.ndim != 1 or not left.shape == right.shape == weight.shape:
        raise ValueError("Left limits, right limits and weights need one value per person each.")
    if not (np.isfinite(weight) & (weight >= 0)).all() or not weight.sum() > 0:
        raise ValueError("Weights must be finite, none negative, and somebody must count.")
    if weight[weight > 0].min() < LIGHTEST * weight.sum():
        raise ValueError(
            f"A weight is under {LIGHTEST:g} of all; its share would be lost in rounding."
        )
    missing = int((np.isnan(left) | np.isnan(right)).sum())
    if missing:
        raise ValueError(
            f"{missing} of {left.size} intervals lack a limit; give infinity for a time never "
            "seen, or leave them out and count them."
        )
    wrong = int(((left > right) | (left == np.inf) | (right == -np.inf)).sum())
    if wrong:
        raise ValueError(
            f"{wrong} of {left.size} intervals hold no time; each needs last without <= first with."
        )
    counted = weight > 0
    return left[counted], right[counted], weight[counted]


def _regions(
    left: np.ndarray, right: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Runs]:
    """Innermost regions, and the run of regions that each person's interval covers.

    Limits become places on a line where each time v has a place before it, 2k, and one after,
    2k + 1: ``(v`` and ``v]`` are the place after, an exact time is from before to after. Two
    intervals that meet at a place share nothing.
    """
    values = np.unique(np.concatenate([left, right]))
    begin = 2 * np.searchsorted(values, left) + (left < right)
    end = 2 * np.searchsorted(values, right) + 1
    begins, ends = np.unique(begin), np.unique(end)
    next_end = ends[np.searchsorted(ends, begins, side="right")]
    innermost = np.append(begins[1:] >= next_end[:-1], True)
    lo, hi = begins[innermost], next_end[innermost]
    start, stop = np.searchsorted(lo, begin), np.searchsorted(hi, end, side="right")
    size = lo.size + 1
    distinct, which = np.unique(start * size + stop, return_inverse=True)
    runs = Runs(distinct // size, distinct % size, np.bincount(which, weight), lo.size)
    return values[lo // 2], values[hi // 2], runs
