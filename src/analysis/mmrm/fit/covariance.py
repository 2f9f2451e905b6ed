"""Covariance structures of the visits, with first and second derivatives.

Every structure is written in the parameters that SAS PROC MIXED prints, because the
Kenward-Roger formula with second derivatives depends on the parametrisation:

=========  =============================================  ==========================
structure  covariance of visits a and b                   parameters
=========  =============================================  ==========================
``us``     s_ab                                           K(K+1)/2 (co)variances
``cs``     c + (a = b) r                                  c, r
``toep``   s_|a-b|                                        K (co)variances by lag
``csh``    sqrt(v_a v_b) rho                              K variances, rho
``ar1``    v rho^|a-b|                                    v, rho
``ar1h``   sqrt(v_a v_b) rho^|a-b|                        K variances, rho
``toeph``  sqrt(v_a v_b) rho_|a-b|                        K variances, K-1 rho
``ad``     v rho_a ... rho_(b-1)                          v, K-1 rho
``adh``    sqrt(v_a v_b) rho_a ... rho_(b-1)              K variances, K-1 rho
``sp_exp`` v exp(-distance / range)                       v, range
=========  =============================================  ==========================

Compound symmetry admits a negative correlation down to -1/(K-1). Derivatives are checked
against finite differences, fits against listings of SAS PROC MIXED and R.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.fit.correlations import CORRELATIONS, Derivatives, lags, pairs, scaled
from analysis.mmrm.fit.unseen_visits import held_values

LINEAR = ("us", "cs", "toep")
STRUCTURES = ("us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh", "sp_exp")


@dataclass(frozen=True)
class Covariance:
    """Covariance matrices of the units (groups, or subjects with their own times).

    Parameters
    ----------
    kind : str
        One of `STRUCTURES`.
    n_visits : int
        Size K of a complete subject's covariance matrix.
    labels : sequence of str
        Names of the visits, used in the names of the parameters.
    groups : sequence of str
        Each group has its own copy of the parameters.
    distance : array of shape (U, K, K), optional
        Distances in time between the visits of a unit, for ``sp_exp`` only.
    unit_group : array of int, shape (U,), optional
        The group of each unit, for ``sp_exp``; otherwise units are the groups.
    seen : array of bool, shape (G, K), optional
        Visits that somebody of each group had. What a group says nothing of is no parameter
        of its covariance (:mod:`analysis.mmrm.fit.unseen_visits`).
    """

    kind: str
    n_visits: int
    labels: Sequence[str]
    groups: Sequence[str] = ("",)
    distance: Array | None = None
    unit_group: Index | None = None
    seen: Mask | None = None

    @property
    def per_group(self) -> int:
        """Number of parameters of one group."""
        k = self.n_visits
        return {
            "us": k * (k + 1) // 2,
            "cs": min(2, k),
            "toep": k,
            "csh": k + (k > 1),
            "ar1": 1 + (k > 1),
            "ar1h": k + (k > 1),
            "toeph": 2 * k - 1,
            "ad": k,
            "adh": 2 * k - 1,
            "sp_exp": 2,
        }[self.kind]

    @property
    def n_params(self) -> int:
        """Number of parameters of all groups."""
        return self.per_group * len(self.groups) if self._free is None else len(self._free)

    def names(self) -> list[str]:
        """Names of the parameters, group after group."""
        k, visits = self.n_visits, self.labels
        variances = [f"variance {v}" for v in visits]
        if self.kind == "us":
            own = [
                f"variance {visits[a]}" if a == b else f"covariance {visits[b]}, {visits[a]}"
                for a, b in pairs(k)
            ]
        elif self.kind == "cs":
            own = ["covariance", "residual variance"][-self.per_group :]
        elif self.kind == "toep":
            own = ["variance", *(f"covariance at lag {d}" for d in range(1, k))]
        elif self.kind == "sp_exp":
            own = ["variance", "range"]
        else:
            own = variances if self.kind.endswith("h") else ["variance"]
            steps = {
                "toeph": [f"correlation at lag {d}" for d in range(1, k)],
                "ad": [f"correlation {visits[d]}, {visits[d + 1]}" for d in range(k - 1)],
            }
            steps["adh"] = steps["ad"]
            own = own + steps.get(self.kind, ["correlation"] if k > 1 else [])
        if len(self.groups) == 1:
            return list(own)
        every = [f"{group}: {name}" for group in self.groups for name in own]
        return every if self._free is None else [every[h] for h in self._free]

    def matrices(self, theta: Array) -> Array:
        """Covariance matrices of the units, shape (U, K, K)."""
        if self.kind == "sp_exp":
            return self._spatial(theta, order=0)[0]
        return np.stack([self._one(part, order=0)[0] for part in self._split(theta)])

    def derivatives(self, theta: Array) -> Derivatives:
        """Matrices (U, K, K), first (U, t, K, K) and second (U, t, t, K, K) derivatives.

        The second derivatives are None where the matrix is linear in its parameters.
        """
        if self.kind == "sp_exp":
            return self._spatial(theta, order=2)
        own, units, k = self.per_group, len(self.groups), self.n_visits
        every = own * units
        sigma = np.empty((units, k, k))
        first = np.zeros((units, every, k, k))
        second = None if self.kind in LINEAR else np.zeros((units, every, every, k, k))
        for u, part in enumerate(self._split(theta)):
            here = slice(u * own, (u + 1) * own)
            sigma[u], first[u, here], two = self._one(part, order=2)
            if second is not None and two is not None:
                second[u, here, here] = two
        if self._free is not None:
            first = first[:, self._free]
            second = None if second is None else second[:, self._free][:, :, self._free]
        return sigma, first, second

    def start(self, moments: Array) -> Array:
        """Starting values from a positive definite matrix for each group, (G, K, K)."""
        every = np.concatenate([self._start_one(matrix) for matrix in moments])
        return every if self._free is None else every[self._free]

    # One group

    def _split(self, theta: Array) -> Array:
        if self._free is not None:
            every = self._held.copy()
            every[self._free] = theta
            theta = every
        return theta.reshape(len(self.groups), self.per_group)

    @cached_property
    def _held(self) -> Array:
        """Values of the parameters that are none, and NaN for those that are estimated."""
        if self.seen is None or self.kind == "sp_exp":
            return np.full(self.per_group * len(self.groups), np.nan)
        return np.concatenate([held_values(self.kind, seen) for seen in self.seen])

    @cached_property
    def _free(self) -> Index | None:
        """Places of the parameters that are estimated; None where all are."""
        free = np.flatnonzero(np.isnan(self._held))
        return None if len(free) == len(self._held) else free

    def _one(self, theta: Array, order: int) -> Derivatives:
        if self.kind in LINEAR:
            basis = self.basis
            return (theta @ basis.reshape(len(theta), -1)).reshape(basis.shape[1:]), basis, None
        n_variances = self.n_visits if self.kind.endswith("h") else 1
        correlation = CORRELATIONS[self.kind.removesuffix("h")]
        return scaled(theta[:n_variances], correlation(theta[n_variances:], self.n_visits))

    @cached_property
    def basis(self) -> Array:
        """Matrices that the parameters of a linear structure multiply, shape (t, K, K)."""
        k = self.n_visits
        lag = lags(k)
        if self.kind == "cs":
            return np.stack([np.ones((k, k)), np.eye(k)])[-self.per_group :]
        if self.kind == "toep":
            return np.stack([(lag == d).astype(float) for d in range(k)])
        basis = np.zeros((self.per_group, k, k))
        for h, (a, b) in enumerate(pairs(k)):
            basis[h, a, b] = basis[h, b, a] = 1.0
        return basis

    def _start_one(self, matrix: Array) -> Array:
        k = self.n_visits
        variances = np.diag(matrix)
        scale = np.sqrt(variances)
        correlation = matrix / np.outer(scale, scale)
        lag = lags(k)
        mean = float(variances.mean())
        # Kept inside the positive definite region of every structure.
        common = float(correlation[lag > 0].mean()) if k > 1 else 0.0
        common = min(max(common, -0.5 / max(k - 1, 1)), 0.95)
        by_lag = np.array([correlation[lag == d].mean() for d in range(k)])
        if np.linalg.eigvalsh(by_lag[lag]).min() < 0.01:
            by_lag = common ** lag[0] if common > 0 else np.eye(k)[0]
        next_visit = np.clip(np.diag(correlation, 1), -0.95, 0.95)
        neighbour = float(next_visit.mean()) if k > 1 else 0.0
        if self.kind == "us":
            return np.array([matrix[a, b] for a, b in pairs(k)])
        if self.kind == "cs":
            return np.array([common * mean, mean * (1 - common)])[-self.per_group :]
        if self.kind == "toep":
            return mean * by_lag
        if self.kind == "sp_exp":
            return np.array([mean, self._start_range(neighbour)])
        tails = {
            "cs": [common] * (k > 1),
            "ar1": [neighbour] * (k > 1),
            "toep": by_lag[1:],
            "ad": next_visit,
        }
        head = variances if self.kind.endswith("h") else [mean]
        return np.concatenate([head, tails[self.kind.removesuffix("h")]])

    # Spatial exponential

    def _start_range(self, neighbour: float) -> float:
        if self.distance is None:
            return 1.0
        typical = float(np.median(self.distance[self.distance > 0]))
        return typical / -np.log(min(max(neighbour, 0.05), 0.9))

    def _spatial(self, theta: Array, order: int) -> Derivatives:
        if self.distance is None or self.unit_group is None:
            raise ValueError("covariance 'sp_exp' needs the times of the visits: give time=.")
        variance, reach = self._split(theta)[self.unit_group].T[:, :, None, None]
        if np.any(reach <= 0):
            raise np.linalg.LinAlgError("the range of the correlation must be positive")
        decay = np.exp(-self.distance / reach)
        sigma = variance * decay
        units, k = decay.shape[:2]
        if order == 0:
            return sigma, np.empty(0), None
        slope = decay * self.distance / reach**2
        bend = slope * (self.distance / reach**2 - 2 / reach)
        first = np.zeros((units, self.n_params, k, k))
        second = np.zeros((units, self.n_params, self.n_params, k, k))
        unit = np.arange(units)
        v, r = 2 * self.unit_group, 2 * self.unit_group + 1
        first[unit, v], first[unit, r] = decay, variance * slope
        second[unit, v, r] = second[unit, r, v] = slope
        second[unit, r, r] = variance * bend
        return sigma, first, second


def distances(times: Array) -> Array:
    """Euclidean distances between a unit's visits, (U, K, K), zero where a visit is absent."""
    gap = times[:, :, None, :] - times[:, None, :, :]
    return np.nan_to_num(np.sqrt((gap**2).sum(axis=-1)))


def mean_distances(structure: Covariance, visit: Index, times: Array) -> Covariance:
    """A spatial structure at the mean observed time of each visit, one unit a group."""
    count = np.bincount(visit)
    mean = np.stack([np.bincount(visit, column) / count for column in times.T], axis=1)
    n_groups = len(structure.groups)
    return replace(
        structure,
        distance=np.repeat(distances(mean[None]), n_groups, axis=0),
        unit_group=np.arange(n_groups),
    )
