"""The log-likelihood of many trials at once, with gradient and three information matrices.

The formulas of :mod:`analysis.mmrm.fit.likelihood`, for covariances that are linear in their
parameters (us, cs, toep), with an axis over trials T in front: G groups, P patterns, K visits,
t parameters of all groups, r effects. Checked against it on random trials.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.batch.linalg import (
    definite_inverses,
    definite_root,
    log_det_of,
    symmetric,
    times,
    transposed,
)
from analysis.mmrm.batch.sums import Batch


@dataclass(frozen=True)
class States:
    """The likelihood of each trial at one value of its parameters.

    Attributes
    ----------
    theta : array of shape (T, t)
    loglik : array of shape (T,)
        Minus infinite where a covariance is not positive definite.
    gamma, phi : arrays of shape (T, r), (T, r, r)
        Estimates beyond `Batch.offset`, and their model-based covariance.
    inverse : array of shape (T, G, P, K, K)
        Zero at absent visits.
    """

    theta: Array
    loglik: Array
    gamma: Array
    phi: Array
    inverse: Array


@dataclass(frozen=True)
class Slopes:
    """Derivatives of the log-likelihood of each trial in the covariance parameters.

    Attributes
    ----------
    gradient : array of shape (T, t)
    observed, expected : arrays of shape (T, t, t)
        Information matrices.
    slope : array of shape (T, t, r, r)
        ``X'V (dSigma/dtheta_h) V X``.
    """

    gradient: Array
    observed: Array
    expected: Array
    slope: Array

    @property
    def average(self) -> Array:
        """Average information."""
        return (self.observed + self.expected) / 2


@dataclass(frozen=True)
class Likelihoods:
    """The log-likelihood of a structure that is linear in its parameters.

    Attributes
    ----------
    basis : array of shape (t of one group, K, K)
        What the parameters multiply.
    """

    batch: Batch
    basis: Array
    reml: bool

    def take(self, places: Index | Mask) -> Likelihoods:
        """Of some of the trials."""
        return Likelihoods(self.batch.take(places), self.basis, self.reml)

    def covariances(self, theta: Array) -> Array:
        """Covariance matrices of the groups, (T, G, K, K)."""
        n_groups, t = self.batch.w.shape[1], len(self.basis)
        k = self.basis.shape[1]
        flat = theta.reshape(-1, t) @ self.basis.reshape(t, -1)
        return np.asarray(flat.reshape(len(theta), n_groups, k, k))

    def at(self, theta: Array) -> States:
        """Log-likelihoods, estimates and inverse covariances."""
        b = self.batch
        inverse, log_det, fine = self._inverse(self.covariances(theta))
        normal = self.normal(inverse)
        root, definite = definite_root(normal)
        phi = symmetric(np.linalg.inv(np.where(definite[:, None, None], normal, np.eye(b.rank))))
        right = self._effects((b.wy @ inverse).sum(axis=(1, 2)))
        gamma = times(phi, right)
        # Where a step is so long that this overflows, it is no step: what is not finite is refused.
        with np.errstate(over="ignore", invalid="ignore"):
            quadratic = (inverse * b.yy).sum(axis=(1, 2, 3, 4)) - (right * gamma).sum(axis=1)
        free = b.n_obs - (b.rank if self.reml else 0)
        minus2 = free * np.log(2 * np.pi) + (b.count * log_det).sum(axis=(1, 2)) + quadratic
        minus2 -= b.log_weights
        if self.reml:
            minus2 += log_det_of(root) - 2 * b.log_det
        fine = fine & definite & np.isfinite(minus2)
        return States(theta, np.where(fine, -minus2 / 2, -np.inf), gamma, phi, inverse)

    def normal(self, between: Array) -> Array:
        """``sum X' B X`` for a matrix B of each pattern, (T, r, r)."""
        b = self.batch
        n, _, _, k, _ = between.shape
        c = b.w.shape[-1]
        pairs = transposed(between.reshape(n, -1, k * k)) @ b.w.reshape(n, -1, c * c)
        full = pairs.reshape(n, k, k, c, c).transpose(0, 1, 3, 2, 4).reshape(n, k * c, k * c)
        if b.layout is not None:
            full = transposed(b.layout) @ full @ b.layout
        return symmetric(full)

    def spread(self, phi: Array) -> Array:
        """``x_a' phi x_b`` added up over the subjects of each pattern, (T, G, P, K, K)."""
        b = self.batch
        n, n_groups, n_patterns, c, _ = b.w.shape
        k = b.seen.shape[-1]
        if b.layout is not None:
            phi = b.layout @ phi @ transposed(b.layout)
        pairs = phi.reshape(n, k, c, k, c).transpose(0, 1, 3, 2, 4).reshape(n, k * k, c * c)
        found = pairs @ transposed(b.w.reshape(n, -1, c * c))
        return np.asarray(transposed(found).reshape(n, n_groups, n_patterns, k, k))

    def parameters(self, matrices: Array) -> Array:
        """Parameters of the covariances nearest to some matrices, (T, G, K, K)."""
        t, k, _ = self.basis.shape
        flat = self.basis.reshape(t, k * k)
        nearest = np.linalg.solve(flat @ flat.T, flat @ matrices.reshape(-1, k * k).T)
        return np.asarray(nearest.T.reshape(len(matrices), -1))

    def expected_step(self, states: States) -> Array:
        """Parameters after an EM step of an unstructured covariance.

        The mean over subjects of what is expected of the products of their residuals, given
        those seen (Laird and Ware 1982, doi:10.2307/2529876).
        """
        s, h, outer, _ = self._sums(states)
        sigma = self.covariances(states.theta)
        subjects = np.maximum(self.batch.count.sum(axis=2), 1.0)[..., None, None]
        return self.parameters(sigma + sigma @ (s + h - outer).sum(axis=2) @ sigma / subjects)

    def derivatives(self, states: States) -> Slopes:
        """Gradient, observed and expected information."""
        v = states.inverse
        n, n_groups, n_patterns, k, _ = v.shape
        own = len(self.basis)
        jac = self.basis.reshape(own, k * k)
        s, h, outer, rest = self._sums(states)
        total = (s + h - outer).sum(axis=2).reshape(n, n_groups, k * k)
        gradient = (total @ jac.T / 2).reshape(n, -1)
        expected = self._blocks(jac @ _pair(v, outer - 2 * h) @ jac.T)
        observed = self._blocks(jac @ _pair(v, 2 * (s + h) - outer) @ jac.T)
        # V E_h V of each pattern.
        wide = self.basis.transpose(1, 0, 2).reshape(k, own * k)
        turned = (v @ wide).reshape(n, n_groups, n_patterns, k * own, k) @ v
        slope = self._slope(turned.reshape(n, n_groups, n_patterns, k, own, k))
        cross = self._cross(v, rest @ v)
        observed = observed - 2 * (cross @ states.phi) @ transposed(cross)
        if self.reml:
            r = slope.shape[-1]
            product = (slope.reshape(n, -1, r) @ states.phi).reshape(n, -1, r, r)
            flat = transposed(product).reshape(n, -1, r * r)
            product = product.reshape(n, -1, r * r) @ transposed(flat)
            observed = observed - product
            expected = expected + product
        observed, expected = symmetric(observed) / 2, symmetric(expected) / 2
        return Slopes(gradient, observed, expected, slope)

    def _sums(self, states: States) -> tuple[Array, Array, Array, Array]:
        """S, H and count times V of each pattern, and sums of columns times residuals."""
        b, v = self.batch, states.inverse
        means = states.gamma if b.layout is None else times(b.layout, states.gamma)
        beta = transposed(means.reshape(len(v), 1, 1, v.shape[-1], -1))
        rest = b.wy - b.w @ beta
        s = v @ (b.yy - transposed(b.wy) @ beta - transposed(beta) @ rest) @ v
        h = v @ self.spread(states.phi) @ v if self.reml else np.zeros_like(v)
        return s, h, b.count[..., None, None] * v, rest

    def _inverse(self, sigma: Array) -> tuple[Array, Array, Mask]:
        """Inverse and log determinant of each pattern's part, and whether all are definite."""
        seen = self.batch.seen
        both = seen[..., :, None] & seen[..., None, :]
        absent = ~seen[..., :, None] & np.eye(seen.shape[-1], dtype=bool)
        part = np.where(both, sigma[:, :, None], absent.astype(float))
        inverse, log_det, definite = definite_inverses(part)
        return np.where(both, inverse, 0.0), log_det, np.asarray(definite.all(axis=(1, 2)))

    def _effects(self, by_column: Array) -> Array:
        """Sums over columns and visits, (T, c, K), as sums over effects, (T, r)."""
        layout, vectors = self.batch.layout, transposed(by_column).reshape(len(by_column), -1)
        return vectors if layout is None else times(transposed(layout), vectors)

    def _blocks(self, own: Array) -> Array:
        """Matrices of the groups along the diagonal of one, (T, t, t)."""
        n, n_groups, t, _ = own.shape
        if n_groups == 1:
            return np.asarray(own[:, 0])
        whole = np.zeros((n, n_groups, t, n_groups, t))
        for group in range(n_groups):
            whole[:, group, :, group] = own[:, group]
        return whole.reshape(n, n_groups * t, n_groups * t)

    def _slope(self, turned: Array) -> Array:
        b = self.batch
        n, n_groups, n_patterns, k, t, _ = turned.shape
        c = b.w.shape[-1]
        flat = transposed(turned.reshape(n, n_groups, n_patterns, -1))
        pairs = (flat @ b.w.reshape(n, n_groups, n_patterns, c * c)).reshape(
            n, n_groups, k, t, k, c, c
        )
        full = pairs.transpose(0, 1, 3, 2, 5, 4, 6).reshape(n, n_groups * t, k * c, k * c)
        if b.layout is None:
            return full
        layout = b.layout[:, None]
        return np.asarray(transposed(layout) @ full @ layout)

    def _cross(self, v: Array, rest: Array) -> Array:
        """``X'V E_h V e``, (T, t, r), from V and the sums of columns times ``V e``."""
        n, n_groups, n_patterns, k, _ = v.shape
        c, t = rest.shape[-2], len(self.basis)
        flat = n, n_groups, n_patterns, -1
        # Visits (a, b) of E_h in front: V[k, a] (V e)[b, i].
        pairs = transposed(v.reshape(flat)) @ transposed(rest).reshape(flat)
        pairs = pairs.reshape(n, n_groups, k, k, k, c).transpose(0, 1, 3, 4, 2, 5)
        full = self.basis.reshape(t, k * k) @ pairs.reshape(n, n_groups, k * k, k * c)
        full = full.reshape(n, n_groups * t, k * c)
        return full if self.batch.layout is None else np.asarray(full @ self.batch.layout)


def _pair(v: Array, s: Array) -> Array:
    """Matrix of the form (E, F) -> sum over patterns of tr(E V F S), (T, G, K^2, K^2)."""
    n, n_groups, n_patterns, k, _ = v.shape
    flat = n, n_groups, n_patterns, k * k
    product = (transposed(v.reshape(flat)) @ s.reshape(flat)).reshape(n, n_groups, k, k, k, k)
    return product.transpose(0, 1, 4, 2, 3, 5).reshape(n, n_groups, k * k, k * k)
