"""The whole distribution of change: its cumulative shares with a band that holds everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy import special

from analysis.estimates.intervals import t_quantile, two_sided_p
from analysis.estimates.table import row
from analysis.numbers import as_numbers, share_of_one
from analysis.quantity import Cell

__all__ = ["ChangeDistribution", "band_coverage", "change_distribution", "compare_distributions"]


@dataclass(frozen=True)
class ChangeDistribution:
    """Cumulative shares of people by change, with limits that hold together at every point.

    Attributes
    ----------
    points : ndarray of float, shape (k,)
        The changes that occur, ascending, points.
    share, low, high : ndarray of float, shape (k,)
        Share of people at or below each, and its simultaneous limits, 0 to 1. From one point
        to just below the next the lower limit is ``low`` and the upper one is ``high``.
    start_high : float
        Upper limit below the smallest change; the lower one is 0 there.
    n : int
        People.
    method : str
    """

    points: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    start_high: float
    n: int
    method: str

    def at(self, change: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Share at or below any changes (points), and its simultaneous limits."""
        place = np.searchsorted(self.points, as_numbers(change, "change"), side="right")
        first = (0.0, 0.0, self.start_high)
        share, low, high = (
            np.concatenate([[start], values])[place]
            for start, values in zip(first, (self.share, self.low, self.high), strict=True)
        )
        return share, low, high

    def rows(self, change: np.ndarray, **words: Any) -> list[dict[str, Any]]:
        """Rows of the table of estimates, one a change asked for; the limits hold together."""
        return [
            row(
                estimand=f"share with a change of {point:g} points or lower",
                n=self.n,
                estimate=share,
                ci_low=low,
                ci_high=high,
                method=self.method,
                **words,
            )
            for point, share, low, high in zip(change, *self.at(change), strict=True)
        ]


def change_distribution(change: np.ndarray, *, level: float = 0.95) -> ChangeDistribution:
    """Cumulative distribution of change with a simultaneous band, exact at every sample size.

    The band gives every order statistic an interval of the beta distribution at one local
    level, chosen so that all hold together at ``level`` (Aldor-Noiman et al. 2013,
    doi:10.1080/00031305.2013.847865; Weine et al. 2023, doi:10.18637/jss.v106.i10). Unlike the
    band of Kolmogorov it narrows in the tails, where the people are who worsened or gained
    most. Tied scores make it conservative. Own code, since SciPy has the Kolmogorov band alone;
    checked against SciPy's ``kstwo`` through the probability that both share
    (:func:`band_coverage`), and by simulation.

    Parameters
    ----------
    change : ndarray of float, shape (n,)
        Points, negative = fewer symptoms.
    level : float
        Of the whole band, between 0 and 1.

    Returns
    -------
    ChangeDistribution

    Raises
    ------
    ValueError
        When nobody is given or a change is not finite.
    """
    ordered = _finite(change)
    n = len(ordered)
    lower, upper = _limits(n, share_of_one(level, "level"))
    points, last = np.unique(ordered, return_counts=True)
    below = np.cumsum(last)
    # From the i-th value to just below the next, the true share is at least the i-th order
    # statistic of n uniform values, and at most the next.
    return ChangeDistribution(
        points=points,
        share=below / n,
        low=lower[below - 1],
        high=np.append(upper, 1.0)[below],
        start_high=float(upper[0]),
        n=n,
        method=f"cumulative share, simultaneous {100 * level:g} % band, equal local levels",
    )


@cache
def _limits(n: int, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits of the n uniform order statistics that hold together at the level."""
    from scipy.optimize import brentq  # slow to import

    order = np.arange(1, n + 1)

    def limits(local: float) -> tuple[np.ndarray, np.ndarray]:
        tails = (special.betaincinv(order, n + 1 - order, q) for q in (local / 2, 1 - local / 2))
        return next(tails), next(tails)

    def short(log_local: float) -> float:
        return band_coverage(*limits(math.exp(log_local))) - level

    # Bonferroni's level holds all too often, and more than the whole level never.
    most = math.log(min(1.0, 2 * (1 - level)))
    local = brentq(short, math.log((1 - level) / (2 * n)), most, xtol=1e-9)
    return limits(math.exp(local))


def band_coverage(lower: np.ndarray, upper: np.ndarray) -> float:
    """Probability that each of n uniform order statistics lies between its limits.

    The count of values below t is a Poisson process given its end, walked from limit to limit
    (Moscovich & Nadler 2017, doi:10.1016/j.spl.2016.11.027, without their speed-ups).

    Parameters
    ----------
    lower, upper : ndarray of float, shape (n,)
        Ascending limits of the smallest, second, ... value, 0 to 1.

    Returns
    -------
    float
    """
    from scipy import signal, stats  # slow to import

    n = len(lower)
    times = np.unique(np.clip(np.concatenate([lower, upper, [1.0]]), 0.0, 1.0))
    # At time t at least the values whose upper limit lies at or before t have come, and no
    # more than those whose lower limit lies before it.
    least = np.searchsorted(upper, times, side="right")
    most = np.searchsorted(lower, times, side="left")
    least[-1], most[-1] = n, n
    count = np.arange(n + 1)
    held = (count == 0).astype(float)
    for step, fewest, highest in zip(np.diff(times, prepend=0.0), least, most, strict=True):
        held = signal.convolve(held, stats.poisson.pmf(count, n * step), method="direct")[: n + 1]
        held[(count < fewest) | (count > highest)] = 0.0
    return float(held[n] / stats.poisson.pmf(n, n))


def compare_distributions(
    change: np.ndarray,
    other: np.ndarray,
    *,
    resamples: int = 9999,
    seed: int,
    **words: Any,
) -> list[dict[str, Any]]:
    """Whether change is spread alike in two arms, and who changes further, person by person.

    Parameters
    ----------
    change, other : ndarray of float, shapes (n,) and (m,)
        Changes of the treated and of the others, points.
    resamples : int
        Permutations of arms for the test of the whole distribution.
    seed : int
        Of the permutations; the order of people does not matter.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of two rows
        ``any difference between the distributions``: the k-sample Anderson-Darling statistic,
        midrank form for ties, p-value by permutation (SciPy's ``anderson_ksamp``; Scholz &
        Stephens 1987, doi:10.1080/01621459.1987.10478517). ``probability that a person's
        change is lower than another's``: ties count half, 0.5 is no difference; t interval
        and p-value of Brunner & Munzel 2000,
        doi:10.1002/(SICI)1521-4036(200001)42:1<17::AID-BIMJ17>3.0.CO;2-U (p-value as SciPy's
        ``brunnermunzel``, which gives no interval). Where the arms do not overlap, ranks have
        no standard error: the row says so and has no limits.

    Raises
    ------
    ValueError
        When an arm has fewer than two people, a change is not finite, or all people of both
        arms changed alike.
    """
    from scipy import stats  # slow to import

    ours, theirs = _finite(change), _finite(other)
    if min(len(ours), len(theirs)) < 2:
        raise ValueError("Each arm needs at least two people to be compared.")
    if min(ours[0], theirs[0]) == max(ours[-1], theirs[-1]):
        raise ValueError("All people of both arms changed alike; there is nothing to compare.")
    test = stats.anderson_ksamp(
        [ours, theirs],
        variant="midrank",
        method=stats.PermutationMethod(n_resamples=resamples, rng=np.random.default_rng(seed)),
    )
    words = {"cell": Cell.of(words.get("contrast", ""), len(ours), len(theirs)), **words}
    whole = row(
        estimand="any difference between the distributions of change",
        n=len(ours) + len(theirs),
        estimate=float(test.statistic),
        p_value=float(test.pvalue),
        method=f"Anderson-Darling statistic, midranks, {resamples} permutations",
        **words,
    )
    return [whole, _brunner_munzel(ours, theirs, words)]


def _brunner_munzel(ours: np.ndarray, theirs: np.ndarray, words: dict[str, Any]) -> dict[str, Any]:
    """How likely one of ours lies below one of theirs, with the interval of ranks."""
    n, m = len(ours), len(theirs)
    parts = [
        _placements(ours, theirs, lambda mine, values: values > mine),
        _placements(theirs, ours, lambda mine, values: values < mine),
    ]
    estimate = float(parts[0].mean())
    spread = np.array([part.var(ddof=1) / len(part) for part in parts])
    words = {"estimand": "probability that a participant's change is lower than another's"} | words
    if not spread.sum() > 0:
        told = "the arms do not overlap: ranks give no standard error"
        return row(n=n + m, estimate=estimate, method=told, **words)
    se = math.sqrt(spread.sum())
    df = spread.sum() ** 2 / (spread**2 / (np.array([n, m]) - 1)).sum()
    reach = t_quantile(df) * se
    return row(
        n=n + m,
        estimate=estimate,
        se=se,
        df=df,
        ci_low=max(0.0, estimate - reach),
        ci_high=min(1.0, estimate + reach),
        p_value=two_sided_p((estimate - 0.5) / se, df),
        method="Brunner-Munzel, ties count half",
        **words,
    )


def _placements(
    values: np.ndarray, others: np.ndarray, better: Callable[[Any, Any], Any]
) -> np.ndarray:
    """For each value, the share of the others that it does better than, ties half."""
    mine = values[:, None]
    return (better(mine, others) + 0.5 * (mine == others)).mean(axis=1)


def _finite(change: np.ndarray) -> np.ndarray:
    """The changes in ascending order, once there are some and all are numbers."""
    ordered = np.sort(as_numbers(change, "change"))
    if ordered.ndim != 1 or not len(ordered) or not np.isfinite(ordered).all():
        raise ValueError(
            "A distribution needs one finite change a person; leave people out and count them."
        )
    return ordered
