"""One data set whose subjects are counted anew many times: the sums of every draw at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.batch.likelihood import Likelihoods
from analysis.mmrm.batch.linalg import transposed
from analysis.mmrm.batch.sums import INDEPENDENT, Batch
from analysis.mmrm.fit.covariance import LINEAR, Covariance
from analysis.mmrm.moments.columns import SubjectColumns
from analysis.mmrm.moments.cross_products import RANK_TOLERANCE, Moments, Patterns


@dataclass(frozen=True)
class Subjects:
    """Rows of n subjects, in the orthonormal basis of a fit.

    Attributes
    ----------
    w : array of shape (n, c)
        Distinct columns of X.
    rest : array of shape (n, K)
        What least squares leave of the outcome, zero where absent.
    members : list of arrays of int
        The subjects of each pattern.
    place : arrays of int, shape (patterns,)
        Group of each pattern, and its number within the group.
    visits : array of bool, shape (patterns, K)
    layout : array of shape (K c, r), or None
    transform : array of shape (r, r)
        From the effects of the batch to the orthonormal basis.
    """

    w: Array
    rest: Array
    members: list[Index]
    place: tuple[Index, Index]
    visits: Mask
    layout: Array | None
    transform: Array
    basis: Array
    reml: bool

    @classmethod
    def of(
        cls,
        moments: Moments,
        structure: Covariance,
        columns: SubjectColumns,
        patterns: Patterns,
        maps: Array,
        *,
        reml: bool,
    ) -> Subjects | None:
        """Subjects of a fit; None where its covariance is not linear in all its parameters.

        Parameters
        ----------
        maps : array of shape (K, m, r + 1)
            From distinct columns to the orthonormal basis and the residual outcome.
        """
        whole = structure.per_group * len(structure.groups) == structure.n_params
        if structure.kind not in LINEAR or not whole:
            return None
        n_visits, m, _ = maps.shape
        c, r = m - n_visits, moments.rank
        flat = np.ascontiguousarray(maps[:, :c, :r]).reshape(n_visits * c, r)
        layout: Array | None = flat
        transform: Array = np.eye(r)
        if r == n_visits * c and np.linalg.cond(flat) < 1 / INDEPENDENT:
            layout, transform = None, np.asarray(np.linalg.inv(flat), dtype=float)
        rest = np.einsum("nm,kmj->nkj", columns.u, maps[:, :, -1:])[..., 0] * columns.observed
        number = np.arange(len(patterns.unit)) - np.searchsorted(patterns.unit, patterns.unit)
        return cls(
            w=columns.u[:, :c],
            rest=rest,
            members=[np.flatnonzero(patterns.of_subject == p) for p in range(len(number))],
            place=(patterns.unit, number),
            visits=patterns.visits,
            layout=layout,
            transform=transform,
            basis=structure.basis,
            reml=reml,
        )

    def counted(self, counts: Array) -> tuple[Likelihoods, Mask]:
        """Likelihoods of draws in which subject i counts ``counts[d, i]`` times, (D, n).

        And which draws can tell all effects apart.
        """
        d, (c, k) = len(counts), (self.w.shape[1], self.rest.shape[1])
        shape = d, int(self.place[0].max()) + 1, int(self.place[1].max()) + 1
        both = np.concatenate([self.w, self.rest], axis=1)
        sums, count = np.zeros((*shape, c + k, c + k)), np.zeros(shape)
        seen = np.zeros((*shape[1:], k), bool)
        seen[self.place] = self.visits
        for group, number, members in zip(*self.place, self.members, strict=True):
            own = both[members]
            products = (own[:, :, None] * own[:, None, :]).reshape(len(own), -1)
            sums[:, group, number] = (counts[:, members] @ products).reshape(d, c + k, c + k)
            count[:, group, number] = counts[:, members].sum(axis=1)
        visits = np.broadcast_to(seen, (*shape, k))
        layout = self.layout
        if layout is not None:
            layout = np.broadcast_to(layout, (d, *layout.shape))
        r = len(self.transform)
        batch = Batch(
            trials=np.arange(d),
            w=np.ascontiguousarray(sums[..., :c, :c]),
            wy=np.ascontiguousarray(sums[..., :c, c:]),
            yy=np.ascontiguousarray(sums[..., c:, c:]),
            seen=visits,
            count=count,
            layout=layout,
            transform=np.broadcast_to(self.transform, (d, r, r)),
            offset=np.zeros((d, r)),
            log_det=np.zeros(d),
            log_weights=np.zeros(d),
            n_obs=(count[..., None] * visits).sum(axis=(1, 2, 3)),
            n_subjects=count.sum(axis=(1, 2)),
            closed=np.zeros(d, bool),
        )
        likelihoods = Likelihoods(batch, self.basis, self.reml)
        alike = visits[..., None] & np.eye(k, dtype=bool)
        gram = transposed(self.transform) @ likelihoods.normal(alike.astype(float))
        values = np.linalg.eigvalsh(gram @ self.transform)
        return likelihoods, np.asarray(values[:, 0] >= RANK_TOLERANCE)
