"""Did onset come sooner in one arm? Weighted log-rank tests for interval-censored times."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any, Literal

import numpy as np
from scipy import special

from analysis.estimates.onset.interval_censored.turnbull import turnbull
from analysis.estimates.table import row
from analysis.numbers import aligned, as_numbers, numbers

Scores = Literal["sun", "finkelstein", "wilcoxon"]
Method = Literal["exact", "monte carlo", "asymptotic"]
MOST_ARRANGEMENTS = 1_000_000
# Sums of the same scores in another order differ by rounding; they count as equal.
TIE = 1e-9


def rank_scores(left: Any, right: Any, scores: Scores = "sun") -> np.ndarray:
    """One score a person from the estimate of all together; they sum to 0.

    High: onset seen early. Low: none until late.

    Parameters
    ----------
    left, right : array_like of float, shape (n,)
        Intervals as :func:`.turnbull` takes them, hours.
    scores : {"sun", "finkelstein", "wilcoxon"}
        ``sun`` (Sun 1996, doi:10.1002/(SICI)1097-0258(19960715)15:13<1387::AID-SIM268>3.0.CO;2-R)
        are those of the log-rank test when times are exact or right-censored; ``finkelstein``
        (1986, doi:10.2307/2530698) those of grouped proportional hazards; ``wilcoxon`` (Fay 1996,
        doi:10.2307/2533044) weigh early differences more.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    ValueError
        When :func:`.turnbull` refuses the intervals or does not converge, or for unknown scores.
    """
    left, right = numbers(left=left, right=right)
    estimate = turnbull(left, right)
    if not estimate.converged:
        raise ValueError("Turnbull's estimate of all people together did not converge.")
    survival = np.append(np.cumsum(estimate.mass[::-1])[::-1], 0.0)
    start, stop = estimate.span(left, right)
    if scores == "wilcoxon":
        return survival[start] + survival[stop] - 1
    if scores == "sun":
        at_risk = survival[:-1]
        hazard = np.divide(estimate.mass, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
        slope = -survival * np.concatenate([[0.0], np.cumsum(hazard)])
    elif scores == "finkelstein":
        slope = survival * np.log(survival, out=np.zeros_like(survival), where=survival > 0)
    else:
        raise ValueError(f"Scores are sun, finkelstein or wilcoxon; got {scores!r}.")
    return (slope[start] - slope[stop]) / (survival[start] - survival[stop])


def rank_test(
    left: Any,
    right: Any,
    treated: Any,
    *,
    scores: Scores = "sun",
    method: Method,
    strata: Any = None,
    resamples: int = 9999,
    seed: int | np.random.Generator | None = None,
    **words: Any,
) -> dict[str, Any]:
    """Weighted log-rank test between two arms in its permutation form.

    The sum of the scores of the treated against all ways of dealing out the arms (Fay & Shaw 2010,
    doi:10.18637/jss.v036.i02). The visits and dropout must not depend on the arm; it is the
    form to prefer with few people (Fay 1996). Neither SciPy nor statsmodels has it.

    Parameters
    ----------
    left, right : array_like of float, shape (n,)
        Intervals as :func:`.turnbull` takes them, hours.
    treated : array_like of bool, shape (n,)
    scores : {"sun", "finkelstein", "wilcoxon"}
        See :func:`rank_scores`.
    method : {"exact", "monte carlo", "asymptotic"}
        All arrangements (a million at most), a random sample of them, or the normal limit.
    strata : array_like, shape (n,), optional
        Scores and arrangements are within a stratum (site).
    resamples : int
        Arrangements of ``monte carlo``.
    seed : int or Generator
        Of ``monte carlo``; no effect otherwise.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    row
        Estimate: onsets of the treated over those expected (positive = sooner or more), its
        permutation SE, and the two-sided p-value.

    Raises
    ------
    ValueError
        When an arm is empty, all scores are equal, ``exact`` would need over a million
        arrangements, or ``monte carlo`` has no seed.

    Notes
    -----
    Checked against the published breast cosmesis tests (Fay & Shaw 2010, section 4), SciPy's
    log-rank test of right-censored times and its permutation test.
    """
    same = aligned("strata", left=left, right=right, treated=treated, strata=strata)
    left, right = as_numbers(same["left"], "left"), as_numbers(same["right"], "right")
    treated = np.asarray(same["treated"])
    groups = np.zeros(left.shape, int) if strata is None else np.asarray(same["strata"])
    if treated.dtype != bool or not treated.shape == groups.shape == left.shape:
        raise ValueError("Arms need True (treated) or False for each person, strata a label each.")
    if treated.all() or not treated.any():
        raise ValueError("A test between arms needs people in both.")
    parts = []
    for stratum in np.unique(groups):
        here = groups == stratum
        values, arm = rank_scores(left[here], right[here], scores), treated[here]
        # The order of the rows must not decide which arrangements a seed gives.
        parts.append((np.sort(values), int(arm.sum()), float(values[arm].sum())))
    observed = sum(part[2] for part in parts) - _expected(parts)
    variance = sum(_variance(values, size) for values, size, _ in parts)
    if not variance > 0:
        raise ValueError("All scores are equal: nothing tells the arms apart.")
    p_value, text = _p_value(observed, variance, parts, method, resamples, seed)
    return row(
        estimand=f"responses over expected ({scores} scores)",
        n=left.size,
        estimate=observed,
        se=math.sqrt(variance),
        p_value=p_value,
        method=f"interval-censored {scores} scores, permutation form, {text}"
        + (f", {len(parts)} strata" if len(parts) > 1 else ""),
        **words,
    )


Parts = list[tuple[np.ndarray, int, float]]


def _expected(parts: Parts) -> float:
    """Mean of the sum of scores over all arrangements; 0 but for rounding."""
    return sum(size * float(values.mean()) for values, size, _ in parts)


def _variance(values: np.ndarray, size: int) -> float:
    """Of the sum of ``size`` scores drawn without replacement."""
    n = values.size
    return 0.0 if n < 2 else size * (n - size) / n * float(values.var(ddof=1))


def _p_value(
    observed: float,
    variance: float,
    parts: Parts,
    method: Method,
    resamples: int,
    seed: int | np.random.Generator | None,
) -> tuple[float, str]:
    """Two-sided: arrangements at least as far from expectation as the one observed."""
    if method == "asymptotic":
        z = observed / math.sqrt(variance)
        return float(2 * special.ndtr(-abs(z))), f"normal limit, z = {z:.4f}"
    if method == "exact":
        sums = _all_sums(parts) - _expected(parts)
        far = int((np.abs(sums) >= abs(observed) - TIE).sum())
        return far / sums.size, f"all {sums.size} arrangements"
    if method != "monte carlo":
        raise ValueError(f"The method is exact, monte carlo or asymptotic; got {method!r}.")
    if seed is None:
        raise ValueError("A Monte Carlo test needs a seed, so that it can be repeated.")
    rng = np.random.default_rng(seed)
    sums = np.zeros(resamples)
    for values, size, _ in parts:
        shuffled = rng.permuted(np.tile(values, (resamples, 1)), axis=1)
        sums += shuffled[:, :size].sum(axis=1)
    far = int((np.abs(sums - _expected(parts)) >= abs(observed) - TIE).sum())
    return (far + 1) / (resamples + 1), f"{resamples} random arrangements"


def _all_sums(parts: Parts) -> np.ndarray:
    """The sum of the scores of the treated in every arrangement of every stratum."""
    arrangements = math.prod(math.comb(values.size, size) for values, size, _ in parts)
    if arrangements > MOST_ARRANGEMENTS:
        raise ValueError(
            f"{arrangements} arrangements are too many to list; use monte carlo with a seed."
        )
    sums = np.zeros(1)
    for values, size, _ in parts:
        chosen = np.array(list(combinations(range(values.size), size)), int)
        sums = np.add.outer(sums, values[chosen].sum(axis=1)).ravel()
    return sums
