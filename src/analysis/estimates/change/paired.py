"""Change in a person, before to after. Never the effect of a treatment by itself.

Five answers to "by how much", each of its own quantity: the mean, the median, the trimmed mean
of the changes, the difference of the trimmed means, the pseudomedian. None falls back on
another: a function does what its name says or refuses in a sentence.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis.estimates.intervals import median_interval, t_test
from analysis.estimates.table import row
from analysis.numbers import numbers, one_number
from analysis.quantity import Cell

__all__ = [
    "complete_pairs",
    "difference_of_trimmed_means",
    "hodges_lehmann",
    "paired_change",
    "sign_test",
    "trimmed_change",
]

TRIM = 0.2
# Changes equal but for rounding are one rank and one zero.
DECIMALS = 9


def complete_pairs(
    before: np.ndarray, after: np.ndarray, *, least: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """The scores as arrays, once every person has both and there are enough people.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Scores of the same people, points; matched as :mod:`analysis.numbers` says.
    least : int
        Fewest people.

    Raises
    ------
    ValueError
        When lengths differ, a half is missing, people are too few, or all changed by the same
        amount: nobody is ever dropped here.
    """
    before, after = numbers(before=before, after=after)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError("Paired scores need the same people before and after, a number each.")
    missing = int((~np.isfinite(before) | ~np.isfinite(after)).sum())
    if missing:
        raise ValueError(
            f"{missing} of {before.size} people lack one half of the pair; "
            "leave them out and count them."
        )
    if before.size < least:
        words = {3: "three", 5: "five"}.get(least, str(least))
        raise ValueError(f"A paired change needs at least {words} people; got {before.size}.")
    # Equal changes differ by rounding alone, and would give an endless t.
    spread = (after - before).std()
    if spread <= 1e-10 * np.abs(np.concatenate([before, after])).max(initial=1.0):
        raise ValueError("Every person changed by the same amount; no interval can be given.")
    return before, after


def paired_change(before: np.ndarray, after: np.ndarray, **words: Any) -> list[dict[str, Any]]:
    """Mean change with its t interval.

    Parameters
    ----------
    before, after : array_like, shape (n,)
        Scores of the same people, points; matched as :mod:`analysis.numbers` says.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of one row
        ``mean change`` in points (after minus before, paired t, n - 1 df); negative = fewer
        symptoms. Checked against :func:`scipy.stats.ttest_rel` and R's t.test.

    Raises
    ------
    ValueError
        As :func:`complete_pairs`.
    """
    before, after = complete_pairs(before, after)
    difference = after - before
    mean, sd = difference.mean(), difference.std(ddof=1)
    n = before.size
    return [_t_row(mean, sd / math.sqrt(n), n - 1, n, "mean change", "paired t", words)]


def sign_test(before: np.ndarray, after: np.ndarray, **words: Any) -> dict[str, Any]:
    """Median change, with the exact sign test of as many falls as rises.

    The interval is of order statistics (:func:`analysis.estimates.intervals.median_interval`)
    and counts everybody; the test leaves out those who did not change, and says how many.
    Checked against R's binom.test.

    Parameters as :func:`paired_change`.

    Returns
    -------
    row
        ``median change`` in points; negative = fewer symptoms. Infinite limits below six people.

    Raises
    ------
    ValueError
        As :func:`complete_pairs`.
    """
    from scipy import stats  # slow to import

    before, after = complete_pairs(before, after)
    change = np.round(after - before, DECIMALS)
    fell, rose = int((change < 0).sum()), int((change > 0).sum())
    counts = f"{fell} fell, {rose} rose, {change.size - fell - rose} unchanged and not in the test"
    return median_interval(change, estimand="median change", **words) | {
        "p_value": float(stats.binomtest(fell, fell + rose).pvalue),
        "method": f"exact sign test ({counts}), interval of order statistics",
    }


def trimmed_change(
    before: np.ndarray, after: np.ndarray, *, trim: float = TRIM, **words: Any
) -> dict[str, Any]:
    """Trimmed mean of the changes: the mean change of the people in the middle.

    Standard error from the winsorised variance, t with (people kept) - 1 df (Tukey &
    McLaughlin 1963; Wilcox 2012, section 4.3.1, ISBN 978-0-12-386983-8). SciPy trims two
    independent groups only. Equals R's mean(trim=) and a direct computation.

    Parameters
    ----------
    before, after, **words
        As :func:`paired_change`.
    trim : float
        Share taken off each end, 0.2 by custom.

    Returns
    -------
    row
        ``trimmed mean of changes`` in points; negative = fewer symptoms.

    Raises
    ------
    ValueError
        As :func:`complete_pairs`, with fewer than five people, when the share takes nobody off
        or nearly everybody, or when the people kept all changed alike.
    """
    from scipy import stats  # slow to import

    before, after = complete_pairs(before, after, least=5)
    change = after - before
    cut = _cut(change.size, trim)
    variance = _winsorised(change, cut).var(ddof=1)
    estimate, se, df = _trimmed(change.size, cut, stats.trim_mean(change, trim), variance)
    method = f"{100 * trim:g} % trimmed mean of the changes, winsorised SE"
    return _t_row(estimate, se, df, change.size, "trimmed mean of changes", method, words)


def difference_of_trimmed_means(
    before: np.ndarray, after: np.ndarray, *, trim: float = TRIM, **words: Any
) -> dict[str, Any]:
    """Yuen's test for dependent scores: trimmed mean after minus trimmed mean before.

    Compares two typical people, where :func:`trimmed_change` describes the typical change; the
    two differ when changes are skewed. Wilcox 2012, section 5.9.5 (ISBN 978-0-12-386983-8);
    the formula of WRS2::yuend. No Python library keeps it. Checked against the formulas
    written out in R.

    Parameters
    ----------
    before, after, **words
        As :func:`paired_change`.
    trim : float
        Share taken off each end of each set of scores.

    Returns
    -------
    row
        ``difference of trimmed means`` in points; negative = fewer symptoms.

    Raises
    ------
    ValueError
        As :func:`trimmed_change`.
    """
    from scipy import stats  # slow to import

    before, after = complete_pairs(before, after, least=5)
    n = before.size
    cut = _cut(n, trim)
    covariance = np.cov(_winsorised(before, cut), _winsorised(after, cut))
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    difference = stats.trim_mean(after, trim) - stats.trim_mean(before, trim)
    estimate, se, df = _trimmed(n, cut, difference, variance)
    method = f"Yuen for dependent scores, {100 * trim:g} % trimmed means"
    return _t_row(estimate, se, df, n, "difference of trimmed means", method, words)


def hodges_lehmann(before: np.ndarray, after: np.ndarray, **words: Any) -> dict[str, Any]:
    """Hodges-Lehmann estimate of the change, with the exact Wilcoxon interval and test.

    The estimate is the median of the Walsh averages (means of any two changes), everybody
    counted. The interval runs between order statistics of these averages by the exact
    distribution of the signed-rank sum: exact for symmetric changes without ties; with ties the
    closed interval covers at least as often as it says (Noether 1967, JASA 62:184-188). The
    test gives tied changes their mean rank, leaves out people who did not change (Wilcoxon) and
    takes the exact distribution of these ranks over all signs, at any number of people. SciPy's
    exact Wilcoxon test knows no ties and gives no interval. Checked against R's wilcox.test and
    exactRankTests::wilcox.exact.

    Parameters as :func:`paired_change`.

    Returns
    -------
    row
        ``pseudomedian of changes`` in points; negative = fewer symptoms. Infinite limits below
        six people: no interval of 95 % exists. ``method`` counts zeros and ties.

    Raises
    ------
    ValueError
        As :func:`complete_pairs`.
    """
    from scipy import stats  # slow to import

    before, after = complete_pairs(before, after)
    change = np.round(after - before, DECIMALS)
    n = change.size
    i, j = np.triu_indices(n)
    averages = np.sort((change[i] + change[j]) / 2)
    # P(W <= w) with whole ranks; k averages lie outside the interval on each side.
    outside = int(np.searchsorted(np.cumsum(_rank_sums(np.arange(1, n + 1))), 0.025))
    open_ended = outside == 0
    moved = change[change != 0]
    ranks = np.round(2 * stats.rankdata(np.abs(moved))).astype(int)
    return row(
        estimand="pseudomedian of changes",
        n=n,
        estimate=float(np.median(averages)),
        ci_low=-math.inf if open_ended else float(averages[outside - 1]),
        ci_high=math.inf if open_ended else float(averages[-outside]),
        p_value=_signed_rank_p(moved, ranks),
        method=f"Hodges-Lehmann, exact Wilcoxon{_ties_and_zeros(change, moved)}",
        # Its limits are means of two people's changes.
        cell=Cell.of(words.get("contrast", ""), n, own_values=True),
        **words,
    )


def _t_row(
    estimate: float, se: float, df: int, n: int, estimand: str, method: str, words: dict[str, Any]
) -> dict[str, Any]:
    columns = t_test(estimate, se, df)
    cell = Cell.of(words.get("contrast", ""), n, parameters=1, plain_mean=True)
    known = {"cell": cell} | words
    return row(estimand=estimand, n=n, **columns, method=method, **known)


def _cut(n: int, trim: float) -> int:
    """People taken off each end."""
    trim = one_number(trim, "trim")
    cut = math.floor(trim * n) if 0 < trim < 0.5 else 0
    if cut < 1 or n - 2 * cut < 3:
        raise ValueError(
            f"Trimming {trim:g} off each end of {n} people must take somebody off and leave at "
            "least three."
        )
    return cut


def _winsorised(values: np.ndarray, cut: int) -> np.ndarray:
    """The values with the `cut` smallest and largest drawn in to the next."""
    ordered = np.sort(values)
    return np.clip(values, ordered[cut], ordered[-cut - 1])


def _trimmed(n: int, cut: int, estimate: float, variance: float) -> tuple[float, float, int]:
    """Estimate, standard error and df from the winsorised variance."""
    kept = n - 2 * cut
    if variance <= 1e-20:
        raise ValueError("The people kept by trimming all changed alike; no interval can be given.")
    return estimate, math.sqrt((n - 1) * variance / (kept * (kept - 1))), kept - 1


def _rank_sums(ranks: np.ndarray) -> np.ndarray:
    """Probability of each sum of a random half of whole ranks, from 0 to their sum."""
    chance = np.ones(1)
    for rank in ranks:
        chance = np.pad(chance, (0, rank)) + np.pad(chance, (rank, 0))
        chance /= 2
    return chance


def _signed_rank_p(moved: np.ndarray, ranks: np.ndarray) -> float:
    """Two-sided P of a signed-rank sum as far from its mean; ranks are doubled to be whole."""
    chance = _rank_sums(ranks)
    sums = np.arange(chance.size)
    off = abs(2 * int(ranks[moved > 0].sum()) - int(ranks.sum()))
    return float(min(1.0, chance[np.abs(2 * sums - ranks.sum()) >= off].sum()))


def _ties_and_zeros(change: np.ndarray, moved: np.ndarray) -> str:
    zeros, tied = change.size - moved.size, moved.size - np.unique(np.abs(moved)).size
    parts = []
    if zeros:
        parts.append(f"{zeros} unchanged: in the estimate and interval, not in the test")
    if tied:
        parts.append("tied changes share their mean rank")
    if zeros or tied:
        parts.append("interval covers at least 95 %")
    return f" ({'; '.join(parts)})" if parts else ""
