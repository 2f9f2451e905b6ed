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
_NEAR, _MOST_STEPS = 1e-9, 60


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
        gram, beta, rest, df = self._fitted(m * spread / (1 + spread), trial)
        xx = gram[:, :-1, :-1]
        log_det = np.linalg.slogdet(xx)[1] + (self.people[trial] * np.log1p(spread)).sum(axis=1)
        return df * np.log(rest) + log_det, beta, xx, rest / df

    def slope(self, log_ratio: Array, trial: NDArray[np.intp]) -> Array:
        """Its derivative by the logarithm of the ratio."""
        m = np.arange(1, self.means.shape[1] + 1)
        spread = m * np.exp(log_ratio)[:, None]
        share = spread / (1 + spread)
        gram, beta, rest, df = self._fitted(m * share, trial)
        moved = -np.einsum("tm,tmij->tij", m * share * (1 - share), self.means[trial])
        residual = np.concatenate([-beta, np.ones((len(beta), 1))], axis=1)
        of_rest = np.einsum("ti,tij,tj->t", residual, moved, residual)
        inverse = np.linalg.inv(gram[:, :-1, :-1])
        of_det = np.einsum("tij,tji->t", inverse, moved[:, :-1, :-1])
        return df * of_rest / rest + of_det + (self.people[trial] * share).sum(axis=1)

    def _fitted(self, share: Array, trial: NDArray[np.intp]) -> tuple[Array, Array, Array, Array]:
        """Weighted cross products, coefficients, their sum of squares, and its freedom."""
        gram = self.gram[trial] - np.einsum("tm,tmij->tij", share, self.means[trial])
        xx, xy = gram[:, :-1, :-1], gram[:, :-1, -1]
        beta = np.linalg.solve(xx, xy[..., None])[..., 0]
        rest = np.maximum(gram[:, -1, -1] - (xy * beta).sum(axis=1), 1e-300)
        return gram, beta, rest, self.rows[trial] - xx.shape[1]


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
        gram = np.stack([found[place][0] for place in places])
        # A column too many, such as a visit that nobody has, leaves nothing to estimate.
        full = np.linalg.matrix_rank(gram[:, :-1, :-1], hermitian=True) == shape[0] - 1
        places = places[full]
        if not len(places):
            continue
        sums = _Sums(*(np.stack(part) for part in
                       zip(*(found[place] for place in places), strict=True)))  # fmt: skip
        trial = np.arange(len(places))
        _, beta, xx, variance = sums.at(_most_likely(sums, trial), trial)
        estimates[places] = beta[:, 1]
        ses[places] = np.sqrt(variance * np.linalg.inv(xx)[:, 1, 1])
    return estimates, ses


def _most_likely(sums: _Sums, trial: NDArray[np.intp]) -> Array:
    """Logarithm of the ratio at which each trial's likelihood is highest."""
    grid = np.stack([sums.at(np.full(len(trial), x), trial)[0] for x in LOG_RATIOS])
    lowest = grid.argmin(axis=0)
    inside = (lowest > 0) & (lowest < len(LOG_RATIOS) - 1)
    best = LOG_RATIOS[lowest]
    if not inside.any():
        return best

    # The root of the slope by secants, by halves where one leaves what holds it.
    left, right = LOG_RATIOS[lowest[inside] - 1], LOG_RATIOS[lowest[inside] + 1]
    own, at = trial[inside], best[inside]
    before, was = left, sums.slope(left, own)
    moving = np.ones(len(at), dtype=bool)
    for _ in range(_MOST_STEPS):
        slope = sums.slope(at, own)
        left, right = np.where(slope < 0, at, left), np.where(slope < 0, right, at)
        with np.errstate(divide="ignore", invalid="ignore"):
            following = at - slope * (at - before) / (slope - was)
        held = (following > left) & (following < right)
        following = np.where(held, following, (left + right) / 2)
        before, was, at = at, slope, np.where(moving & (slope != 0), following, at)
        moving &= np.abs(at - before) > _NEAR
        if not moving.any():
            break
    best[inside] = at
    return best


def _cross_products(scores: Scores) -> tuple[Array, Array, Array, float] | None:
    """The sums of one trial; None where the model has no residual."""
    change = scores.score - scores.baseline[:, None]
    seen = np.isfinite(change)
    k = change.shape[1]
    visits = np.flatnonzero(seen.any(axis=0))
    person, visit = np.nonzero(seen)
    columns = 2 + len(visits) + 1
    if len(person) < columns:
        return None
    both = np.zeros((len(person), columns))
    both[:, 0], both[:, 1], both[:, 2] = 1.0, scores.treated[person], scores.baseline[person]
    both[:, 3:-1] = visit[:, None] == visits[1:]
    both[:, -1] = change[seen]
    products = both.T @ both
    m = seen.sum(axis=1)
    first = np.concatenate([[0], np.cumsum(m[m > 0])[:-1]])
    means = np.add.reduceat(both, first, axis=0) / m[m > 0, None]
    alike = [means[m[m > 0] == rows] for rows in range(1, k + 1)]
    people = np.array([len(part) for part in alike], dtype=float)
    return products, np.stack([part.T @ part for part in alike]), people, float(len(both))
