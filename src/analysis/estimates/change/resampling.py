"""Resampled intervals and tests of a paired change, without a loop over resamples.

SciPy has both (:func:`scipy.stats.bootstrap`, :func:`scipy.stats.permutation_test`), draws one
person at a time and calls the statistic on every resample. Here sums of several people are
looked up in a table, which is several times faster for the bootstrap and some hundred times for
sign flips; the interval of the sign-flip test has no home elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from analysis.estimates.change.paired import complete_pairs
from analysis.estimates.table import row
from analysis.numbers import as_numbers, one_number, share_of_one
from analysis.quantity import Cell

__all__ = ["BCa", "bca", "bca_change", "sign_flip"]

Seed = int | np.random.Generator
# A table of the sums of any two people: at most 2 MB a column.
PAIRED_UP_TO = 512
BATCH = 200_000  # people drawn at once, so that the work stays in the cache
ENUMERATED_UP_TO = 20


@dataclass(frozen=True)
class BCa:
    """A bias-corrected and accelerated bootstrap interval."""

    estimate: float
    se: float
    low: float
    high: float
    z0: float  # bias correction
    a: float  # acceleration
    resamples: int


def bca(
    columns: np.ndarray,
    function: Callable[[np.ndarray], np.ndarray],
    *,
    resamples: int = 10_000,
    seed: Seed,
    level: float = 0.95,
) -> BCa:
    """BCa interval of a function of means.

    Efron 1987, doi:10.1080/01621459.1987.10478410; acceleration by the jackknife, ties with the
    estimate counted half (as SciPy does). Means, SDs, correlations and standardised changes are
    functions of means; medians are not. Checked against SciPy on one set of resamples, boot
    (R), and Efron & Tibshirani 1993, table 14.2.

    Parameters
    ----------
    columns : ndarray of float, shape (n,) or (n, k)
        One row a person.
    function : callable
        From means of shape (..., k), or (...) for one column, to the statistic, shape (...).
    resamples : int
        Bootstrap samples, 1,000 or more.
    seed : int or Generator
        The order of people does not matter: they are sorted first.
    level : float
        Of the interval.

    Returns
    -------
    BCa

    Raises
    ------
    ValueError
        When people or resamples are too few, a value is missing, or the statistic does not
        vary over resamples or lies outside them all: then no BCa interval exists.
    """
    table = as_numbers(columns, "columns")
    table = table[:, None] if table.ndim == 1 else table
    if len(table) < 3 or not np.isfinite(table).all():
        raise ValueError("A bootstrap needs at least three people with complete values.")
    if not one_number(resamples, "resamples") >= 1000:
        raise ValueError(f"An interval needs at least 1,000 resamples; got {resamples}.")
    table = table[np.lexsort(table.T[::-1])]
    single = np.ndim(columns) == 1

    def statistic(means: np.ndarray) -> np.ndarray:
        return np.asarray(function(means[..., 0] if single else means), float)

    drawn = statistic(_resampled_means(table, resamples, np.random.default_rng(seed)))
    estimate = float(statistic(table.mean(axis=0)))
    left_out = statistic((table.sum(axis=0) - table) / (len(table) - 1))
    return _bca(estimate, drawn, left_out, level)


def _bca(estimate: float, drawn: np.ndarray, left_out: np.ndarray, level: float) -> BCa:
    """The interval from the statistic, its resamples, and its values with one person left out."""
    if not (np.isfinite(drawn).all() and np.isfinite(left_out).all()):
        raise ValueError("The statistic is not defined on every resample; people are too few.")
    near = 1e-12 * max(1.0, abs(estimate))
    share = ((drawn < estimate - near).mean() + (drawn <= estimate + near).mean()) / 2
    u = left_out.mean() - left_out
    if not 0 < share < 1 or not np.square(u).sum() > 0:
        raise ValueError("The resamples do not surround the estimate; no BCa interval exists.")
    z0 = float(special.ndtri(share))
    a = float((u**3).sum() / (6 * np.square(u).sum() ** 1.5))
    level = share_of_one(level, "level")
    z = z0 + special.ndtri([(1 - level) / 2, (1 + level) / 2])
    low, high = np.quantile(drawn, special.ndtr(z0 + z / (1 - a * z)))
    return BCa(estimate, float(drawn.std(ddof=1)), float(low), float(high), z0, a, drawn.size)


def _resampled_means(table: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Means of bootstrap samples, shape (resamples, k).

    Two people drawn are one of n^2 pairs with equal chances, so that half the draws do; 64
    random bits give two draws, whose chances are equal to n^2 / 2^32, 0.006 % at most.
    """
    n = len(table)
    paired = n <= PAIRED_UP_TO
    looked_up = (table[:, None] + table).reshape(n * n, -1) if paired else table
    words, rest = divmod(n, 4 if paired else 2)
    columns = np.ascontiguousarray(looked_up.T)
    sums, ones = np.zeros((resamples, len(columns))), np.ones(words)
    step = max(1, BATCH // n)
    for start in range(0, resamples, step):
        part = sums[start : start + step]
        for index in _two_each(len(looked_up), (len(part), words), rng):
            for k, column in enumerate(columns):
                part[:, k] += column.take(index) @ ones  # quicker than a sum over rows
        if rest:
            part += table[rng.integers(0, n, (len(part), rest))].sum(axis=1)
    return sums / n


def _two_each(
    below: int, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of random indices from one of 64-bit words (Lemire's multiply and shift)."""
    high = rng.integers(0, 2**64 - 1, shape, dtype=np.uint64, endpoint=True)
    low = high & np.uint64(0xFFFFFFFF)
    high >>= np.uint64(32)
    for half in (low, high):
        half *= np.uint64(below)
        half >>= np.uint64(32)
    return low.view(np.int64), high.view(np.int64)


def bca_change(
    before: np.ndarray,
    after: np.ndarray,
    *,
    resamples: int = 10_000,
    seed: Seed,
    **words: Any,
) -> dict[str, Any]:
    """Mean change with its BCa bootstrap interval.

    Parameters
    ----------
    before, after, **words
        As :func:`analysis.estimates.change.paired.paired_change`.
    resamples, seed
        As :func:`bca`.

    Returns
    -------
    row
        ``mean change`` in points; negative = fewer symptoms. The interval covers too rarely
        in few people: see docs/operating_characteristics.md.

    Raises
    ------
    ValueError
        As :func:`analysis.estimates.change.paired.complete_pairs` and :func:`bca`.
    """
    before, after = complete_pairs(before, after)
    found = bca(after - before, lambda mean: mean, resamples=resamples, seed=seed)
    return row(
        estimand="mean change",
        n=before.size,
        estimate=found.estimate,
        se=found.se,
        ci_low=found.low,
        ci_high=found.high,
        method=f"BCa bootstrap, {resamples:,} resamples",
        cell=Cell.of(words.get("contrast", ""), before.size, parameters=1),
        **words,
    )


def sign_flip(
    before: np.ndarray,
    after: np.ndarray,
    *,
    draws: int | None = None,
    seed: Seed | None = None,
    **words: Any,
) -> dict[str, Any]:
    """Mean change with the test and interval of flipping signs.

    If nothing happened, a person's change is as likely as its opposite. The P value is the
    share of sign patterns with a mean at least as far from 0 (the observed pattern is one of
    them); the interval holds the shifts that the two one-sided tests at 2.5 % do not reject,
    which are order statistics of means of subsets of people (Hartigan 1969,
    doi:10.1080/01621459.1969.10501057). Exact for changes symmetric about their mean, with all
    patterns or with drawn ones. The sums over people are added up from bytes of eight signs.

    Parameters
    ----------
    before, after, **words
        As :func:`analysis.estimates.change.paired.paired_change`.
    draws : int, optional
        Random sign patterns besides the observed one, 999 or more. Without it all 2^n patterns,
        for at most 20 people.
    seed : int or Generator
        With ``draws`` only. The order of people does not matter.

    Returns
    -------
    row
        ``mean change`` in points; negative = fewer symptoms. Infinite limits below six people.

    Raises
    ------
    ValueError
        As :func:`analysis.estimates.change.paired.complete_pairs`; when all patterns of more than
        20 people are asked for; when draws come without a seed or are too few.
    """
    before, after = complete_pairs(before, after)
    change = np.sort(after - before)
    if draws is None:
        sums, sizes = _all_subsets(change)
        method = f"sign flips, all {sums.size:,} patterns"
    else:
        sums, sizes = _drawn_subsets(change, draws, seed)
        method = f"sign flips, {draws:,} random patterns"
    total = float(change.sum())
    near = 1e-12 * float(np.abs(change).sum())
    low, high = _subset_limits(sums, sizes)
    return row(
        estimand="mean change",
        n=change.size,
        estimate=total / change.size,
        ci_low=low,
        ci_high=high,
        p_value=float((np.abs(total - 2 * sums) >= abs(total) - near).mean()),
        method=method,
        # Its limits are means of subsets of the people, and a subset may be one of them.
        cell=Cell.of(words.get("contrast", ""), change.size, own_values=True),
        **words,
    )


def _all_subsets(change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and size of every set of people whose signs flip, the empty one first."""
    if change.size > ENUMERATED_UP_TO:
        raise ValueError(
            f"All sign patterns of {change.size} people are too many; give draws and a seed "
            f"(all patterns are for at most {ENUMERATED_UP_TO} people)."
        )
    sums, sizes = np.zeros(1), np.zeros(1, np.int8)
    for value in change:
        sums, sizes = np.concatenate([sums, sums + value]), np.concatenate([sizes, sizes + 1])
    return sums, sizes


def _drawn_subsets(
    change: np.ndarray, draws: int, seed: Seed | None
) -> tuple[np.ndarray, np.ndarray]:
    """Sum and size of random sets of people, after the empty one."""
    if seed is None or draws < 999:
        raise ValueError("Random sign patterns need a seed and at least 999 draws.")
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(float)
    eights = np.pad(change, (0, -change.size % 8)).reshape(-1, 8)
    members = np.pad(np.ones(change.size), (0, -change.size % 8)).reshape(-1, 8)
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 256, (len(eights), draws), dtype=np.uint8)
    sums, sizes = np.zeros(draws + 1), np.zeros(draws + 1)
    for pattern, values, people in zip(signs, eights, members, strict=True):
        sums[1:] += (bits @ values)[pattern]
        sizes[1:] += (bits @ people)[pattern]
    return sums, sizes


def _subset_limits(sums: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """Order statistics of subset means: shifts that neither one-sided test at 2.5 % rejects."""
    outside = math.floor(0.025 * sums.size)
    means = np.divide(sums, sizes, out=np.full(sums.size, -np.inf), where=sizes > 0)
    low = np.partition(means, outside)[outside]
    means[sizes == 0] = np.inf
    high = np.partition(means, -outside - 1)[-outside - 1]
    return float(low), float(high)
