"""For how long: loss of response, share in response, half-life of the mean effect, repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special

from analysis.estimates.intervals import t_quantile
from analysis.estimates.onset.courses import FAILED, MISSING, Courses
from analysis.estimates.table import row
from analysis.numbers import as_numbers, numbers

__all__ = ["half_life", "in_response", "loss_intervals"]

HALF_LIFE = "half-life of the mean difference, hours"
# Rates of decay searched, per hour: from half-lives of a century to those of a second.
# Least eigenvalue of a correlation matrix that is not singular but for rounding.
SINGULAR = 1e-10
# Sure of a sign by both sides of 99.9 %: at 95 % several windows would refuse sound samples.
SURE = 0.9995
RATES = np.log(2) / np.logspace(np.log10(876600.0), np.log10(1 / 3600), 2001)


def loss_intervals(courses: Courses) -> pd.DataFrame:
    """Half-open intervals (left, right] of hours from the first visit in response to its loss.

    Only people seen in response, each from the first visit at which it was seen. The response
    began before that visit and the loss before it was seen, so this is the length of response
    as visits can tell it, and nothing finer. People are picked by having responded: arms are
    described here and not compared (compare :func:`in_response`).

    Parameters
    ----------
    courses : Courses
        A failing event (composite) is a loss no later than the event's latest hour; an event
        treated as missing or as the end of treatment censors.

    Returns
    -------
    DataFrame
        The responders with left, right (hours since that visit; inf where no loss was seen)
        and began (scheduled hours of that visit). A missed visit widens the interval.
    """
    k = len(courses.nominal)
    fate = courses.fate[:, :k]
    crossed = np.where(fate >= MISSING, np.nan, courses.crossed)
    who = (crossed == 1).any(axis=1)
    first = (crossed == 1).argmax(axis=1)
    later = np.arange(k) > first[:, None]
    lost = later & (crossed == 0)
    at = np.where(lost.any(axis=1), lost.argmax(axis=1), k)
    held = (np.arange(k) < at[:, None]) & (crossed == 1)
    left = np.fmax.reduce(np.where(held, courses.low, np.nan), axis=1, initial=0.0)
    ends = np.hstack([courses.high, np.full((len(at), 1), np.inf)])
    right = np.fmin(np.take_along_axis(ends, at[:, None], axis=1)[:, 0], courses.failed)
    begin_low, begin_high = (
        np.take_along_axis(bound, first[:, None], axis=1)[:, 0]
        for bound in (courses.low, courses.high)
    )
    table = courses.people.assign(
        left=np.maximum(left - begin_high, 0.0),
        right=right - begin_low,
        began=courses.nominal[first],
    )
    return table[who]


def in_response(courses: Courses) -> pd.DataFrame:
    """Whether each person is in response at each scheduled visit, by the declared strategies.

    Returns
    -------
    DataFrame
        One row a person and visit that is known: the people's columns, nominal (hours) and
        responds (bool). A failing event counts as not in response from then on; visits after
        an event treated as missing or as end of treatment have no row.
    """
    k = len(courses.nominal)
    fate = courses.fate[:, :k]
    state = np.where(fate == FAILED, 0.0, np.where(fate >= MISSING, np.nan, courses.crossed))
    who, when = np.nonzero(~np.isnan(state))
    people = courses.people.iloc[who].reset_index(drop=True)
    return people.assign(nominal=courses.nominal[when], responds=state[who, when] == 1)


def half_life(
    hours: np.ndarray,
    differences: np.ndarray,
    covariance: np.ndarray,
    *,
    df: float = np.inf,
    level: float = 0.95,
    **words: Any,
) -> dict[str, Any]:
    """Half-life of a mean difference that decays exponentially, with a Fieller-type interval.

    The difference is d0 * 2**(-t / half-life) at hours t; d0 is fitted by generalised least
    squares for each half-life, and the interval holds the half-lives whose least weighted
    squares lie within the t quantile squared of the best. For two windows it is Fieller's
    interval of their ratio (Fieller 1954, J R Stat Soc B 16:175), which no delta method
    matches near no effect.

    Parameters
    ----------
    hours : ndarray of float, shape (k,)
        At least two, from the full effect on: a rising effect has no half-life.
    differences : ndarray of float, shape (k,)
        Points.
    covariance : ndarray of float, shape (k, k)
        Of the differences; those of one model, since a person is in several windows.
    df : float
        Degrees of freedom of t; the smallest of the differences' own.
    level : float

    Returns
    -------
    row
        Hours. The upper limit is infinite where the data do not show a decay, the lower 0 where
        they do not show that anything is left (from 0 to infinity where there is no effect to
        begin with); the estimate is infinite where the difference does not shrink.

    Raises
    ------
    ValueError
        When lengths differ, a number is missing, hours do not increase, the covariance is not
        symmetric and positive definite, df are not positive, or one difference lies below 0 and
        another above it, each by its own 99.9 % interval: no decay turns benefit into harm. Signs
        that differ within their error are what an effect that is gone looks like, and are taken.
    """
    hours, d = numbers(hours=hours, differences=differences)
    v = as_numbers(covariance, "covariance")
    if len(hours) < 2 or d.shape != hours.shape or v.shape != (len(hours), len(hours)):
        raise ValueError("Give as many hours as differences, at least two, and their covariance.")
    if not (np.isfinite(d).all() and np.isfinite(v).all() and (np.diff(hours) > 0).all()):
        raise ValueError("Hours must increase, and differences and covariance be complete.")
    _refuse_odd(d, v, df)
    weight = np.linalg.inv(v)

    def misfit(rate: Any) -> Any:
        x = np.exp(-np.multiply.outer(rate, hours - hours[0]))
        return d @ weight @ d - (x @ weight @ d) ** 2 / ((x @ weight) * x).sum(axis=-1)

    rates = np.concatenate([[0.0], RATES])
    values = misfit(rates)
    best = _refined(misfit, rates, int(values.argmin()))
    limit = misfit(best) + t_quantile(df, level=level) ** 2
    inside = np.flatnonzero(values <= limit)
    slow, fast = _edges(misfit, rates, inside, limit, best)
    return row(
        estimand=HALF_LIFE,
        estimate=_life(best),
        df=df,
        ci_low=0.0 if fast is None else _life(fast),
        ci_high=_life(slow),
        method="exponential decay from the first window on, generalised least squares, "
        "Fieller-type interval",
        **words,
    )


def _refuse_odd(d: np.ndarray, v: np.ndarray, df: float) -> None:
    """Refuse what no error or no decay can look like."""
    sd = np.sqrt(np.maximum(np.diagonal(v), 0.0))
    # Correlations, so that a small variance is not taken for none.
    r = v / np.outer(sd, sd) if sd.all() else np.zeros_like(v)
    if not (np.allclose(r, r.T) and np.linalg.eigvalsh(r).min() > SINGULAR):
        raise ValueError(
            "The covariance must be symmetric and positive definite: no difference known without "
            "error, none made of the others."
        )
    if not df > 0:
        raise ValueError("Degrees of freedom must be positive.")
    beyond = d[np.abs(d) > special.stdtrit(df, SURE) * sd]
    if len(np.unique(np.sign(beyond))) > 1:
        raise ValueError(
            "The difference changes sign beyond its error; that is no decay, and has no half-life."
        )


def _life(rate: float) -> float:
    return float(np.log(2) / rate) if rate > 0 else np.inf


def _refined(misfit: Any, rates: np.ndarray, place: int) -> float:
    """The rate of least misfit near a place of the grid; the ends of the grid stay."""
    if place in (0, len(rates) - 1):
        return float(rates[place])
    found = optimize.minimize_scalar(
        misfit, bounds=(rates[place - 1], rates[place + 1]), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    return float(found.x)


def _edges(
    misfit: Any, rates: np.ndarray, inside: np.ndarray, limit: float, best: float
) -> tuple[float, float | None]:
    """Slowest and fastest rate within the limit; None where the fastest has no end."""

    def crossing(a: float, b: float) -> float:
        return float(optimize.brentq(lambda rate: misfit(rate) - limit, a, b, xtol=1e-14))

    first, last = (int(inside[0]), int(inside[-1])) if len(inside) else (0, 0)
    if not len(inside):
        near = int(np.searchsorted(rates, best))
        return crossing(rates[near - 1], best), crossing(best, rates[near])
    slow = 0.0 if first == 0 else crossing(rates[first - 1], rates[first])
    fast = None if last == len(rates) - 1 else crossing(rates[last], rates[last + 1])
    return slow, fast
