"""Change in a person, before to after. Never the effect of a treatment by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from analysis.estimates.table import row

__all__ = ["expected_regression_to_the_mean", "hedges_correction", "paired_change"]


def hedges_correction(df: float) -> float:
    """Exact small-sample factor J(df) of a standardised mean, 1 in the limit.

    ``Gamma(df / 2) / (sqrt(df / 2) * Gamma((df - 1) / 2))``, df above 1 (Hedges 1981,
    doi:10.3102/10769986006002107).

    Raises
    ------
    ValueError
        When df is 1 or less: the factor does not exist.
    """
    if df <= 1:
        raise ValueError(f"The small-sample factor needs more than 1 degree of freedom; got {df}.")
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def paired_change(before: np.ndarray, after: np.ndarray, **words: Any) -> list[dict[str, Any]]:
    """Mean change with its t interval, and the same change standardised two ways.

    Parameters
    ----------
    before, after : ndarray of float, shape (n,)
        Scores of the same people in the same order, points.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``mean change`` in points (after minus before, paired t, n - 1 df);
        ``d_z`` (change over the SD of change, Hedges-corrected; interval from the
        noncentral t, Cumming & Finch 2001 doi:10.1177/0013164401614002, its limits
        corrected by the same factor);
        ``d_av`` (change over the mean of the two SDs, Hedges-corrected, no interval).
        Negative = fewer symptoms.

    Raises
    ------
    ValueError
        When lengths differ, a half is missing, fewer than three people are given, or all
        changed by the same amount: the function never drops a person by itself.
    """
    before, after = _complete_pairs(before, after)
    n = before.size
    if n < 3:
        raise ValueError(f"A paired change needs at least three people; got {n}.")
    difference = after - before
    mean, sd = difference.mean(), difference.std(ddof=1)
    # Equal changes differ by rounding alone, and would give an endless t.
    if sd <= 1e-10 * np.abs(np.concatenate([before, after])).max(initial=1.0):
        raise ValueError("Every person changed by the same amount; no interval can be given.")
    df, se = n - 1, sd / math.sqrt(n)
    reach, t = stats.t.ppf(0.975, df) * se, mean / se
    factor = hedges_correction(df)
    low, high = (limit / math.sqrt(n) * factor for limit in _noncentral_limits(t, df))
    average_sd = (before.std(ddof=1) + after.std(ddof=1)) / 2
    common = {"n": n, **words}
    return [
        row(
            estimand="mean change",
            estimate=mean,
            se=se,
            df=df,
            ci_low=mean - reach,
            ci_high=mean + reach,
            p_value=2 * stats.t.sf(abs(t), df),
            method="paired t",
            **common,
        ),
        row(
            estimand="d_z",
            estimate=mean / sd * factor,
            df=df,
            ci_low=low,
            ci_high=high,
            method="change over SD of change, Hedges-corrected, noncentral t",
            **common,
        ),
        row(
            estimand="d_av",
            estimate=mean / average_sd * factor,
            method="change over mean of the two SDs, Hedges-corrected",
            **common,
        ),
    ]


def _complete_pairs(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The scores as arrays, once every person has both."""
    before, after = np.asarray(before, float), np.asarray(after, float)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError(
            "Paired scores need the same people before and after; "
            f"got {before.size} and {after.size}."
        )
    missing = int((~np.isfinite(before) | ~np.isfinite(after)).sum())
    if missing:
        raise ValueError(
            f"{missing} of {before.size} people lack one half of the pair; "
            "leave them out and count them."
        )
    return before, after


def _noncentral_limits(t: float, df: float) -> tuple[float, float]:
    """Noncentrality parameters at which the observed t sits at 97.5 % and 2.5 %."""
    size = abs(t)
    reach = 6 * math.sqrt(1 + size**2 / (2 * df)) + 1

    def below(shift: float, tail: float) -> float:
        share = stats.nct.cdf(size, df, shift)
        # SciPy returns NaN far out in a tail, where the share is 0 or 1 to all digits.
        return (float(shift < size) if math.isnan(share) else share) - tail

    low, high = (
        brentq(below, size - reach, size + reach, args=(tail,), xtol=1e-10)
        for tail in (0.975, 0.025)
    )
    return (low, high) if t >= 0 else (-high, -low)


def expected_regression_to_the_mean(
    *,
    threshold: float,
    mean: float,
    sd: float,
    r_baseline: float,
    r_after: float,
    sd_outcome: float | None = None,
) -> float:
    """Fall that selection alone brings, in points, positive = fewer symptoms.

    People with a screening score of at least ``threshold`` are taken in; the outcome is
    measured at baseline and after: ``(r_baseline - r_after) * sd_outcome * phi(z) / (1 - Phi(z))``
    with ``z = (threshold - mean) / sd``, all of the unselected population (Chuang-Stein &
    Tong 1997, doi:10.1177/096228029700600204). With screening itself as baseline,
    ``r_baseline`` is 1.

    Raises
    ------
    ValueError
        When an SD is not positive or a correlation not between -1 and 1.
    """
    outcome_sd = sd if sd_outcome is None else sd_outcome
    # Written so that a NaN is refused too.
    if not (sd > 0 and outcome_sd > 0 and -1 <= r_after <= 1 and -1 <= r_baseline <= 1):
        raise ValueError("SDs must be positive and correlations lie between -1 and 1.")
    z = (threshold - mean) / sd
    return (
        (r_baseline - r_after) * outcome_sd * math.exp(stats.norm.logpdf(z) - stats.norm.logsf(z))
    )
