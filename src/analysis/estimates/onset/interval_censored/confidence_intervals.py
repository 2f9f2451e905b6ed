"""How sure is the share with onset by an hour? Likelihood-ratio and bootstrap intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.estimates.intervals import chi2_quantile
from analysis.estimates.onset.interval_censored.turnbull import NPMLE, turnbull
from analysis.estimates.table import row
from analysis.numbers import numbers, one_number
from analysis.quantity import Cell

CRITICAL = chi2_quantile(0.95, 1)
# Where the search for a limit begins and how it widens: log of made-up people over real ones.
FIRST_PULL, STEP = -1.0, 1.5

Intervals = tuple[Any, Any]
Seed = int | np.random.Generator


@dataclass(frozen=True)
class _Share:
    """Least and largest estimate of a share and the limits of its interval."""

    least: float
    most: float
    low: float
    high: float


def likelihood_interval(left: Any, right: Any, t: float, **words: Any) -> dict[str, Any]:
    """Share with onset by hour t with its 95 % likelihood-ratio interval.

    All shares at which the likelihood, maximised over everything else, is within 3.84 / 2 of its
    maximum (Thomas & Grunkemeier 1975, doi:10.1080/01621459.1975.10480315, for right-censored
    times). The chi-squared limit holds on a grid of visits, whose number does not grow with the
    people; with a visit time of his own for each person the limit is another one, of smaller
    quantile (Banerjee & Wellner 2001, doi:10.1214/aos/1015345959), and the interval too wide.

    Parameters
    ----------
    left, right : array_like of float, shape (n,)
        Intervals as :func:`.turnbull` takes them, hours.
    t : float
        Hours.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        ``share by t h``. When t lies inside a region the data do not fix the share: the estimate
        is NaN, the method says between what it lies, and the interval spans both.

    Raises
    ------
    ValueError
        When :func:`.turnbull` refuses the intervals, or the hour is not finite.

    Notes
    -----
    Checked against the likelihood-ratio interval of a binomial share, which it is when everybody
    is seen around t, and against SciPy's constrained optimiser on a visit grid. By simulation
    (benchmarks/estimates/interval_censored.py) it covers a little under 95 % at 10 people.
    """
    left, right = numbers(left=left, right=right)
    t = one_number(t, "t")
    share = _by_likelihood(left, right, t)
    cell = _cell(words, "share between", (share, len(left)))
    told = "likelihood-ratio 95 % interval"
    return _as_row(f"share by {t:g} h", share, len(left), told, words, cell)


def likelihood_difference(
    treated: Intervals, control: Intervals, t: float, **words: Any
) -> dict[str, Any]:
    """Difference of two shares by hour t, from the likelihood-ratio limits of each arm.

    Distances to the limits are combined as Newcombe does for shares (MOVER: Zou & Donner 2008,
    doi:10.1002/sim.3095). Parameters, results and errors as :func:`likelihood_interval`, with
    (left, right) of each arm; treated minus control.
    """
    t = one_number(t, "t")
    (left, right), (other_left, other_right) = _hours_of(treated), _hours_of(control)
    first = _by_likelihood(left, right, t)
    second = _by_likelihood(other_left, other_right, t)
    least, most = first.least - second.most, first.most - second.least
    share = _Share(
        least,
        most,
        least - math.hypot(first.least - first.low, second.high - second.most),
        most + math.hypot(first.high - first.most, second.least - second.low),
    )
    n = len(treated[0]) + len(control[0])
    text = "likelihood-ratio limits of each arm combined (MOVER), 95 %"
    sizes = len(treated[0]), len(control[0])
    cell = _cell(words, "difference between", (first, sizes[0]), (second, sizes[1]))
    return _as_row(f"difference in share by {t:g} h", share, n, text, words, cell)


def bootstrap_interval(
    left: Any, right: Any, t: float, *, resamples: int = 1999, seed: Seed, **words: Any
) -> dict[str, Any]:
    """Share with onset by hour t with its 95 % percentile bootstrap interval.

    People are drawn with replacement; the limits are the 2.5 % point of the least and the 97.5 %
    point of the largest share of each draw. At an estimate of 0 or 1 the draws do not vary and
    the interval has no width: use :func:`likelihood_interval` there, and with few people.
    Parameters, results and errors as there, with the number of draws and a seed.
    """
    left, right = numbers(left=left, right=right)
    t = one_number(t, "t")
    draws = _draws(left, right, t, resamples, np.random.default_rng(seed))
    share = _percentiles(turnbull(left, right), t, draws)
    text = f"percentile bootstrap of {resamples} draws, 95 %"
    return _as_row(f"share by {t:g} h", share, len(left), text, words)


def bootstrap_difference(
    treated: Intervals,
    control: Intervals,
    t: float,
    *,
    resamples: int = 1999,
    seed: Seed,
    **words: Any,
) -> dict[str, Any]:
    """Difference of two shares by hour t with its 95 % percentile bootstrap interval.

    People are drawn within their arm. See :func:`bootstrap_interval`; treated minus control.
    """
    rng, t = np.random.default_rng(seed), one_number(t, "t")
    treated, control = _hours_of(treated), _hours_of(control)
    first = _draws(*treated, t, resamples, rng)
    second = _draws(*control, t, resamples, rng)
    one, two = turnbull(*treated), turnbull(*control)
    share = _Share(
        float(one.lower(t) - two.upper(t)),
        float(one.upper(t) - two.lower(t)),
        float(np.quantile(first[0] - second[1], 0.025)),
        float(np.quantile(first[1] - second[0], 0.975)),
    )
    n = len(treated[0]) + len(control[0])
    text = f"percentile bootstrap of {resamples} draws within arms, 95 %"
    return _as_row(f"difference in share by {t:g} h", share, n, text, words)


def _hours_of(intervals: Intervals) -> tuple[np.ndarray, np.ndarray]:
    left, right = numbers(left=intervals[0], right=intervals[1])
    return left, right


def _cell(words: dict[str, Any], made_of: str, *shares: tuple[_Share, int]) -> Cell:
    """The cell of shares by the people that they stand for, as few and as many as may be."""
    # A half is a half on every processor: its last digits must not decide which way it goes.
    counts = tuple(
        (round(round(n * end, 9)), n) for share, n in shares for end in (share.least, share.most)
    )
    people = (n for _, n in shares)
    return Cell.of(words.get("contrast", ""), *people, counts=counts, made_of=made_of)


def _as_row(
    estimand: str,
    share: _Share,
    n: int,
    text: str,
    words: dict[str, Any],
    cell: Cell | None = None,
) -> dict[str, Any]:
    known = share.most - share.least <= 1e-9
    between = "" if known else f"; estimate between {share.least:.4f} and {share.most:.4f}"
    return row(
        estimand=estimand,
        n=n,
        estimate=share.least if known else math.nan,
        ci_low=share.low,
        ci_high=share.high,
        method=f"Turnbull NPMLE, {text}{between}",
        **words,
        **({} if cell is None else {"cell": cell}),
    )


def _by_likelihood(left: np.ndarray, right: np.ndarray, t: float) -> _Share:
    if not math.isfinite(t):
        raise ValueError("A share is read off at an hour; give one within the follow-up.")
    best = turnbull(left, right)
    # Turning time round would turn the half-open ends round too, so each side is written out.
    all_by_t = (left >= t) & (right > t), lambda: turnbull(left, np.minimum(right, t))
    none_by_t = right <= t, lambda: turnbull(np.maximum(left, t), right)
    return _Share(
        least=float(best.lower(t)),
        most=float(best.upper(t)),
        low=_limit(best, left, right, (t, math.inf), t, none_by_t),
        high=_limit(best, left, right, (-math.inf, t), t, all_by_t),
    )


def _limit(
    best: NPMLE,
    left: np.ndarray,
    right: np.ndarray,
    pull: tuple[float, float],
    t: float,
    end: tuple[np.ndarray, Callable[[], NPMLE]],
) -> float:
    """The share by t at which the likelihood ratio is critical, on the side of the pull.

    Made-up people, of any number, whose time lies in ``pull`` move the estimate: it is then the
    one of greatest likelihood of the real people among all with its share by t (their part of
    the likelihood depends on that share alone). The number is the Lagrange multiplier.
    """
    from scipy.optimize import brentq  # slow to import

    against, at_end = end
    if not against.any() and 2 * (best.log_likelihood - at_end().log_likelihood) <= CRITICAL:
        return float(pull[1] == t)
    left, right = np.append(left, pull[0]), np.append(right, pull[1])

    def pulled(log_ratio: float) -> tuple[float, float]:
        people = best.n * math.exp(log_ratio)
        fit = turnbull(left, right, np.append(np.ones(left.size - 1), people))
        share = float(fit.upper(t) if pull[1] == t else fit.lower(t))
        moved = share if pull[1] == t else 1 - share
        real = fit.log_likelihood - people * math.log(moved)
        return 2 * (best.log_likelihood - real) - CRITICAL, share

    near = far = FIRST_PULL
    while pulled(near)[0] > 0:
        near -= STEP
    while pulled(far)[0] < 0:
        far += STEP
    return pulled(brentq(lambda ratio: pulled(ratio)[0], near, far, xtol=1e-8))[1]


def _draws(
    left: np.ndarray, right: np.ndarray, t: float, resamples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest share by t in each draw of as many people as there are."""
    pairs = np.column_stack([left, right])
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    n = counts.sum()
    weights = rng.multinomial(n, counts / n, size=resamples).astype(float)
    fits = [turnbull(distinct[:, 0], distinct[:, 1], weight) for weight in weights]
    return np.array([fit.lower(t) for fit in fits]), np.array([fit.upper(t) for fit in fits])


def _percentiles(best: NPMLE, t: float, draws: tuple[np.ndarray, np.ndarray]) -> _Share:
    return _Share(
        float(best.lower(t)),
        float(best.upper(t)),
        float(np.quantile(draws[0], 0.025)),
        float(np.quantile(draws[1], 0.975)),
    )
