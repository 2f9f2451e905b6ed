"""Random-intercept models of many trials at once, one of the common analyses.

``change ~ baseline + visit + arm + (1 | person)`` by restricted maximum likelihood over the ratio
of the variances, one dimension, with each person's rows made independent by taking out a share of
their mean. Only sums over people with as many rows are needed. Checked against statsmodels'
MixedLM; written since that takes a hundred times as long a trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.claims.primary_analysis import Scores

__all__ = ["random_intercepts"]

Array = NDArray[np.float64]
# Between these the logarithm of the ratio is looked for, from one of these points.
LOG_RATIOS = np.linspace(-9.0, 9.0, 10)


@dataclass(frozen=True)
class _Sums:
    """Cross-products of [x y]: of the rows (T, q, q), and of means of people with m rows.

    ``means`` has shape (T, k, q, q), ``people`` (T, k), ``rows`` (T,).
    """

    gram: Array
    means: Array
    people: Array
    rows: Array

    def at(self, log_ratio: Array, trial: NDArray[np.intp]) -> tuple[Array, Array, Array, Array]:
        """-2 log-likelihood without its constants, and what the estimates follow from."""
        m = np.arange(1, self.means.shape[1] + 1)
        spread = m * np.exp(log_ratio)[:, None]
        share = m * spread / (1 + spread)
        gram = self.gram[trial] - np.einsum("tm,tmij->tij", share, self.means[trial])
        xx, xy = gram[:, :-1, :-1], gram[:, :-1, -1]
        beta = np.linalg.solve(xx, xy[..., None])[..., 0]
        rest = np.maximum(gram[:, -1, -1] - (xy * beta).sum(axis=1), 1e-300)
        df = self.rows[trial] - xx.shape[1]
        log_det = np.linalg.slogdet(xx)[1] + (self.people[trial] * np.log1p(spread)).sum(axis=1)
        return df * np.log(rest) + log_det, beta, xx, rest / df


def random_intercepts(several: Sequence[Scores]) -> tuple[Array, Array]:
    """Difference between the arms in each trial, and its standard error.

    Returns
    -------
    estimates, ses : arrays of shape (trials,)
        Points; NaN where the model has no residual.
    """
    estimates, ses = np.full((2, len(several)), np.nan)
    found = [_cross_products(scores) for scores in several]
    for shape in {parts[0].shape for parts in found if parts is not None}:
        places = np.array([i for i, parts in enumerate(found)
                           if parts is not None and parts[0].shape == shape])  # fmt: skip
        sums = _Sums(*(np.stack(part) for part in
                       zip(*(found[place] for place in places), strict=True)))  # fmt: skip
        trial = np.arange(len(places))
        _, beta, xx, variance = sums.at(_most_likely(sums, trial), trial)
        estimates[places] = beta[:, 1]
        ses[places] = np.sqrt(variance * np.linalg.inv(xx)[:, 1, 1])
    return estimates, ses


def _most_likely(sums: _Sums, trial: NDArray[np.intp]) -> Array:
    """Logarithm of the ratio at which each trial's likelihood is highest."""
    from scipy.optimize.elementwise import find_minimum  # slow to import

    grid = np.stack([sums.at(np.full(len(trial), x), trial)[0] for x in LOG_RATIOS])
    lowest = grid.argmin(axis=0)
    inside = (lowest > 0) & (lowest < len(LOG_RATIOS) - 1)
    best = LOG_RATIOS[lowest]
    if not inside.any():
        return best

    def height(log_ratio: Array, number: Array) -> Array:
        return sums.at(log_ratio, number.astype(np.intp))[0]

    around = tuple(LOG_RATIOS[lowest[inside] + step] for step in (-1, 0, 1))
    best[inside] = find_minimum(height, around, args=(trial[inside].astype(float),)).x
    return best


def _cross_products(scores: Scores) -> tuple[Array, Array, Array, float] | None:
    """The sums of one trial; None where the model has no residual or a column too many."""
    change = scores.score - scores.baseline[:, None]
    seen = np.isfinite(change)
    k = change.shape[1]
    visits = np.flatnonzero(seen.any(axis=0))
    person, visit = np.nonzero(seen)
    dummies = visit[:, None] == visits[1:]
    both = np.column_stack(
        [np.ones(len(person)), scores.treated[person], scores.baseline[person], dummies,
         change[person, visit]]
    )  # fmt: skip
    products, columns = both.T @ both, both.shape[1] - 1
    if len(both) <= columns:
        return None
    if np.linalg.matrix_rank(products[:-1, :-1], hermitian=True) < columns:
        return None
    m = seen.sum(axis=1)
    first = np.concatenate([[0], np.cumsum(m[m > 0])[:-1]])
    means = np.add.reduceat(both, first, axis=0) / m[m > 0, None]
    alike = [means[m[m > 0] == rows] for rows in range(1, k + 1)]
    people = np.array([len(part) for part in alike], dtype=float)
    return products, np.stack([part.T @ part for part in alike]), people, float(len(both))
