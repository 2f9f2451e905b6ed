"""Whether people differ more in how they change under treatment, and what the next one will do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis.estimates.intervals import t_quantile
from analysis.estimates.table import row
from analysis.numbers import as_numbers
from analysis.quantity import Cell

__all__ = ["next_person", "variance_ratio"]


def variance_ratio(treated: np.ndarray, control: np.ndarray, **words: Any) -> list[dict[str, Any]]:
    """Ratio of the variances in two arms, with an interval that does not need normal scores.

    If people respond differently to a treatment, their changes spread wider than in the control
    arm, unless effect and course without treatment cancel out. A ratio near 1 is therefore no
    sign of distinct responders, and no proof against them (antidepressants: about 1.00,
    Munkholm 2020, PMC7451660). The interval pools the kurtosis of both arms about trimmed
    means, at the variance ratio of the limit itself (Bonett 2006,
    doi:10.1177/0146621605279551, as he extends it to unequal variances in the R package
    statpsych; checked against the example of its manual).

    Parameters
    ----------
    treated, control : ndarray of float, shapes (n,) and (m,)
        Change, or score, in points.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of two rows
        ``variance ratio`` (treated over control; 1 is no difference) and its logarithm
        ``log variance ratio``, which is what is pooled over studies.

    Raises
    ------
    ValueError
        When an arm has fewer than five people, a value is not finite, or an arm does not vary.
    """
    arms = [_finite(treated), _finite(control)]
    n = [len(values) for values in arms]
    if min(n) < 5:
        raise ValueError(
            f"A variance ratio needs at least five participants per arm; got {min(n)}."
        )
    variances = [values.var(ddof=1) for values in arms]
    # Equal values differ by rounding alone, and would give an endless ratio.
    size = [float(np.abs(values).max()) for values in arms]
    if any(v <= (1e-10 * most) ** 2 for v, most in zip(variances, size, strict=True)):
        raise ValueError("Everyone in one arm has the same value; there is no variance to compare.")
    log_ratio = math.log(variances[0] / variances[1])
    low, high = (_limit(arms, log_ratio, side) for side in (-1.0, 1.0))
    method = "robust to kurtosis (Bonett)"
    cell = Cell.of(words.get("contrast", ""), *n, parameters=4)
    common = {"n": sum(n), "method": method, "cell": cell, **words}
    return [
        row(
            estimand="variance ratio",
            estimate=math.exp(log_ratio),
            ci_low=math.exp(low),
            ci_high=math.exp(high),
            **common,
        ),
        row(
            estimand="log variance ratio",
            estimate=log_ratio,
            ci_low=low,
            ci_high=high,
            **common,
        ),
    ]


def _limit(arms: list[np.ndarray], log_ratio: float, side: float) -> float:
    """One limit of the log variance ratio: where it is its own kurtosis's ratio."""
    from scipy import stats  # slow to import

    z = stats.norm.ppf(0.975)
    n = np.array([len(values) for values in arms], float)
    # Trimming and the factor below are Bonett's corrections for small samples.
    centres = [stats.trim_mean(values, 0.5 / math.sqrt(len(values) - 4)) for values in arms]
    fourth = [((values - centre) ** 4).sum() for values, centre in zip(arms, centres, strict=True)]
    squares = [values.var(ddof=1) * (len(values) - 1) for values in arms]
    small = math.log(n[0] / (n[0] - z)) - math.log(n[1] / (n[1] - z))
    ratio, limit = 1.0, log_ratio
    for _ in range(100):
        # The control arm brought to the treated arm's spread under this ratio.
        kurtosis = n.sum() * (fourth[0] + ratio**2 * fourth[1])
        kurtosis /= (squares[0] + ratio * squares[1]) ** 2
        se = math.sqrt(((kurtosis - (n - 3) / n) / (n - 1)).sum())
        limit, before = log_ratio + small + side * z * se, limit
        ratio = math.exp(limit)
        if abs(limit - before) < 1e-12:
            break
    return limit


def next_person(change: np.ndarray, *, level: float = 0.95, **words: Any) -> list[dict[str, Any]]:
    """Between what limits the change of the next such person will lie.

    Not a confidence interval: it does not shrink to the mean with more people. It foretells
    the change, not how much of it the infusion brought.

    Parameters
    ----------
    change : ndarray of float, shape (n,)
        Points, negative = fewer symptoms.
    level : float
        Probability that the next person lies inside, between 0 and 1.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of two rows
        Mean with the t prediction interval (normal changes), and the median with the k-th
        lowest to k-th highest change, which holds for any distribution with probability
        (n + 1 - 2k) / (n + 1) (Wilks 1941, doi:10.1214/aoms/1177731788); infinite where there
        are too few people for the level: 39 are needed for 95 %, 9 for 80 %.

    Raises
    ------
    ValueError
        When fewer than two people are given or a change is not finite.
    """
    ordered = np.sort(_finite(change))
    n = len(ordered)
    if n < 2:
        raise ValueError(f"A prediction interval needs at least two people; got {n}.")
    mean, sd = float(ordered.mean()), float(ordered.std(ddof=1))
    reach = t_quantile(n - 1, level=level) * sd * math.sqrt(1 + 1 / n)
    rank = int((n + 1) * (1 - level) / 2 + 1e-9)
    low, high = (ordered[rank - 1], ordered[-rank]) if rank else (-np.inf, np.inf)
    held = f"{100 * (n + 1 - 2 * rank) / (n + 1):.3g} %" if rank else "too few participants"
    common = {"n": n, **words}
    return [
        row(
            estimand=f"change of the next participant, {100 * level:g} % prediction interval, "
            "normal",
            estimate=mean,
            df=n - 1,
            ci_low=mean - reach,
            ci_high=mean + reach,
            method="mean, t prediction interval",
            cell=Cell.of(words.get("contrast", ""), n, parameters=2),
            **common,
        ),
        row(
            estimand=f"change of the next participant, {100 * level:g} % prediction interval, any "
            "distribution",
            estimate=float(np.median(ordered)),
            ci_low=float(low),
            ci_high=float(high),
            method=f"median, interval between order statistics ({held})",
            cell=Cell.of(words.get("contrast", ""), n, own_values=True),
            **common,
        ),
    ]


def _finite(values: np.ndarray) -> np.ndarray:
    """The values as floats, once all are numbers."""
    values = as_numbers(values, "change")
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("One finite value a person is expected; leave people out and count them.")
    return values
