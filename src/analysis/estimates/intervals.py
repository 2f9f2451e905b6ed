"""Intervals that estimators share: t of an estimate with its standard error, order statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from analysis.estimates.table import row
from analysis.numbers import as_numbers, one_number, share_of_one
from analysis.quantity import Cell

__all__ = ["chi2_quantile", "median_interval", "t_interval", "t_quantile", "t_test", "two_sided_p"]


def t_quantile(df: float, *, level: float = 0.95) -> float:
    """Standard errors from the estimate to a limit; infinite ``df`` gives the normal quantile."""
    return float(special.stdtrit(one_number(df, "df"), (1 + share_of_one(level, "level")) / 2))


def chi2_quantile(level: float, df: float) -> float:
    """What a chi-squared variable stays below with probability ``level``."""
    return float(2 * special.gammaincinv(df / 2, share_of_one(level, "level")))


def two_sided_p(t: float, df: float) -> float:
    """Chance under no effect of a t statistic as far from 0."""
    return float(2 * special.stdtr(df, -abs(t)))


def t_interval(estimate: float, se: float, df: float, *, level: float = 0.95) -> dict[str, float]:
    """Columns estimate, se, df, ci_low and ci_high of the table of estimates."""
    reach = t_quantile(df, level=level) * se
    return {"estimate": float(estimate), "se": float(se), "df": df,
            "ci_low": float(estimate - reach), "ci_high": float(estimate + reach)}  # fmt: skip


def t_test(estimate: float, se: float, df: float, *, level: float = 0.95) -> dict[str, float]:
    """The columns of :func:`t_interval` and the two-sided ``p_value``, NaN where ``se`` is 0."""
    p = two_sided_p(estimate / se, df) if se > 0 else math.nan
    return {**t_interval(estimate, se, df, level=level), "p_value": p}


def median_interval(values: Any, **words: Any) -> dict[str, Any]:
    """Median with a distribution-free 95 % interval from order statistics.

    The k-th smallest and k-th largest value, k from the binomial (sign test); infinite
    where fewer than six values are too few for the level (Conover 1999, section 3.2).

    Parameters
    ----------
    values : array_like, shape (n,)
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        In the units of the values.

    Raises
    ------
    ValueError
        When no value is given or one is not finite.
    """
    ordered = np.sort(as_numbers(values, "values"))
    if ordered.ndim != 1 or not len(ordered) or not np.isfinite(ordered).all():
        raise ValueError("A median needs at least one value, all of them finite.")
    n = len(ordered)
    below = int(np.searchsorted(special.bdtr(np.arange(n + 1), n, 0.5), 0.025))
    low, high = (ordered[below - 1], ordered[-below]) if below > 0 else (-np.inf, np.inf)
    return row(
        n=n,
        estimate=float(np.median(ordered)),
        ci_low=float(low),
        ci_high=float(high),
        method="median, 95 % interval from order statistics",
        cell=Cell({words.get("contrast") or "people": n}, own_values=True),
        **words,
    )
