"""Refits with subjects counted anew: bootstrap and jackknife from the sums, not the rows.

A draw with replacement (Efron 1979, doi:10.1214/aos/1176344552) changes only how often each
subject counts in the sum of its pattern. Checked against fits to the rows of the subjects drawn,
and to the rows without a subject.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import solve_triangular

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.batch.linalg import times
from analysis.mmrm.batch.maximise import climb_on_all
from analysis.mmrm.batch.subjects import Subjects
from analysis.mmrm.fit.maximise import ConvergenceError, Optimum, refit
from analysis.mmrm.moments.columns import SubjectColumns
from analysis.mmrm.moments.cross_products import (
    RANK_TOLERANCE,
    Moments,
    Patterns,
    expand,
    own_columns,
    square_root,
    stack,
)
from analysis.mmrm.threads import single_threaded

# Coefficients, shape (..., r), and covariance matrices of the groups, shape (..., g, k, k) (of
# the distinct times for ``sp_exp``), of one refit or of many.
Refit = tuple[Array, Array]
# Draws that are fitted at once.
TOGETHER = 128


class Refitter:
    """Fits the model of an optimum to other counts of the same subjects.

    Parameters
    ----------
    optimum : Optimum
        The fit whose structure, basis and starting values are used.
    columns, patterns
        What `analysis.mmrm.moments.cross_products.accumulate` found.
    """

    def __init__(self, optimum: Optimum, columns: SubjectColumns, patterns: Patterns) -> None:
        self._optimum = optimum
        self._moments = optimum.likelihood.moments
        self._u, self._patterns = columns.u, patterns
        basis = self._moments.basis
        x = columns.maps[:, :, basis.kept]
        flat = solve_triangular(basis.r, x.reshape(-1, x.shape[2]).T, trans="T").T
        x = flat.reshape(x.shape)
        y = columns.maps[:, :, -1] - x @ basis.c
        self._maps = np.concatenate([x, y[:, :, None]], axis=2)
        self._own = own_columns(columns.maps, patterns.visits)
        self._members = [
            np.flatnonzero(patterns.of_subject == p) for p in range(len(patterns.visits))
        ]
        self._obs = columns.observed.sum(axis=1)
        likelihood = optimum.likelihood
        self._subjects = Subjects.of(
            self._moments, likelihood.covariance, columns, patterns, self._maps,
            reml=likelihood.reml,
        )  # fmt: skip

    def by_content(self) -> Index:
        """Order of the subjects that depends on their data, not on their names or rows."""
        return np.lexsort([*self._u.T[::-1], self._patterns.of_subject])

    @single_threaded
    def bootstrap(self, n: int, rng: np.random.Generator | int, n_jobs: int = 1) -> Array:
        """Coefficients of `n` fits to as many subjects, drawn with replacement."""
        rng = generator(n, rng)
        order, size = self.by_content(), len(self._u)

        def draw() -> Array:
            counts = np.zeros(size)
            counts[order] = np.bincount(rng.integers(0, size, size), minlength=size)
            return counts

        if n_jobs == 1:
            return self.refits(np.stack([draw() for _ in range(n)]))[0]
        from joblib import Parallel, delayed

        # A few pieces a worker, each fitted at once.
        pieces = np.array_split(np.stack([draw() for _ in range(n)]), min(n, 4 * abs(n_jobs)))
        found = Parallel(n_jobs=n_jobs)(delayed(self.refits)(piece) for piece in pieces)
        return np.concatenate([coefficients for coefficients, _ in found])

    @single_threaded
    def jackknife(self) -> Array:
        """Coefficients without each subject in turn."""
        return self.refits_without_each()[0]

    def estimate(self, counts: Array) -> Array:
        """Coefficients when subject i counts ``counts[i]`` times, shape (r,); NaN if no fit."""
        return self.refit(counts)[0]

    def refit(self, counts: Array) -> Refit:
        """Coefficients and covariance when subject i counts ``counts[i]`` times; NaN if no fit."""
        parts = []
        for own, members in zip(self._own, self._members, strict=True):
            chosen = members[counts[members] > 0]
            parts.append(_compress(self._u[np.ix_(chosen, own)] * np.sqrt(counts[chosen])[:, None]))
        return self._fit(parts, counts)

    @single_threaded
    def refits(self, counts: Array) -> Refit:
        """Coefficients and covariances when subject i counts ``counts[d, i]`` times in draw d."""
        parts = [
            self._refits(counts[start : start + TOGETHER])
            for start in range(0, len(counts), TOGETHER)
        ]
        return np.concatenate([one for one, _ in parts]), np.concatenate([two for _, two in parts])

    def refits_without_each(self) -> Refit:
        """Fits without each subject in turn."""
        every = np.arange(len(self._u))
        parts = [
            self.refits((every != every[start : start + TOGETHER, None]).astype(float))
            for start in range(0, len(every), TOGETHER)
        ]
        return np.concatenate([one for one, _ in parts]), np.concatenate([two for _, two in parts])

    def _refits(self, counts: Array) -> Refit:
        """Fits of a few draws: at once, and one by one what does not converge at once."""
        if self._subjects is None:
            alone = np.arange(len(counts))
        else:
            likelihoods, fits = self._subjects.counted(counts)
            states, done = climb_on_all(likelihoods, self._optimum.state.theta)
            alone = np.flatnonzero(~(done & fits))
            gamma = times(likelihoods.batch.transform, states.gamma)
            basis = self._moments.basis
            coefficients = np.asarray(solve_triangular(basis.r, (gamma + basis.c).T)).T
            covariances = likelihoods.covariances(states.theta)
            if not len(alone):
                return coefficients, covariances
        found = [self.refit(counts[draw]) for draw in alone]
        if len(alone) == len(counts):
            return np.stack([one for one, _ in found]), np.stack([two for _, two in found])
        for draw, (one, two) in zip(alone, found, strict=True):
            coefficients[draw], covariances[draw] = one, two
        return coefficients, covariances

    def _fit(self, parts: list[Array], counts: Array) -> Refit:
        """Fit to square roots of the pattern sums, each over the columns the pattern uses."""
        old = self._moments
        size = np.array([counts[members].sum() for members in self._members])
        left = np.flatnonzero(size > 0)
        rows, pattern = stack(
            [parts[p] for p in left], [self._own[p] for p in left], self._u.shape[1]
        )
        visits = old.visits[left]
        moments = Moments(
            z=expand(rows, self._maps, visits[pattern]),
            pattern=pattern,
            visits=visits,
            count=size[left],
            unit=old.unit[left],
            basis=old.basis,
            n_obs=int(counts @ self._obs),
            n_subjects=int(counts.sum()),
            log_weights=0.0,
        )
        x = moments.z[:, :, :-1].reshape(-1, moments.rank)
        covariance = self._optimum.likelihood.covariance
        k = covariance.n_visits
        units = covariance.groups if covariance.unit_group is None else covariance.unit_group
        nothing = np.full(moments.rank, np.nan), np.full((len(units), k, k), np.nan)
        if np.linalg.eigvalsh(x.T @ x)[0] < RANK_TOLERANCE:
            return nothing
        likelihood = replace(self._optimum.likelihood, moments=moments)
        try:
            state = refit(likelihood, self._optimum.state.theta)
        except ConvergenceError:
            return nothing
        return moments.basis.coefficients(state.gamma), covariance.matrices(state.theta)


def generator(n: int, rng: np.random.Generator | int) -> np.random.Generator:
    """The generator of `n` draws, from a generator or a seed.

    Raises
    ------
    ValueError
        When there is no draw to make, or what is given is neither seed nor generator.
    """
    if not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"n must be at least 1, not {n}.")
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"rng must be a seed (a whole number) or a generator of NumPy, not {rng!r}."
        ) from error


def _compress(block: Array) -> Array:
    return square_root(block.T @ block) if len(block) > block.shape[1] else block
