"""REML and ML log-likelihood with analytic gradient and three information matrices.

In the orthonormal basis, V the inverse covariance of a pattern, e the residuals at the
generalised least squares estimate and Phi the inverse of ``A = sum X'VX``:

``-2 loglik = (N - r) log 2 pi + sum log|Sigma| + log|X'VX| + sum e'Ve``

(ML leaves ``log|X'VX|`` out and counts N). First and second derivatives with respect to
the elements of Sigma need, for each pattern, only the K x K sums ``S = V (sum ee') V`` and
``H[a, b] = tr(Phi X'V_a V_b'X)``, and over all patterns the tensor of ``(VX)_a' (VX)_b``.
The chain rule then leads to any structure. Formulas follow Lindstrom and Bates (1988,
doi:10.1080/01621459.1988.10478693) and, for the average information, Gilmour, Thompson and
Cullis (1995, doi:10.2307/2533274).

Checked: values against the same formulas written with one large matrix and against listings of
SAS PROC MIXED and R; gradient and Hessian against finite differences to 1e-6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mmrm.arrays import Array
from analysis.mmrm.fit.covariance import Covariance
from analysis.mmrm.moments.cross_products import Moments


@dataclass(frozen=True)
class State:
    """The likelihood at one value of the covariance parameters.

    Attributes
    ----------
    loglik : float
        With all constants, in the columns of X as the user wrote them.
    gamma, phi : arrays of shape (r,), (r, r)
        Estimate and its model-based covariance, in the orthonormal basis.
    inverse : array of shape (P, K, K)
        Inverse covariance of each pattern, zero at absent visits.
    weighted : array of shape (R, K, r + 1)
        ``V z`` of each stand-in subject.
    """

    theta: Array
    loglik: float
    gamma: Array
    phi: Array
    phi_root: Array
    inverse: Array
    weighted: Array


@dataclass(frozen=True)
class Derivatives:
    """Derivatives of the log-likelihood with respect to the covariance parameters.

    Attributes
    ----------
    gradient : array of shape (t,)
    observed, expected, average : arrays of shape (t, t)
        Information matrices: minus the Hessian, its expectation, and the mean of the two
        without the terms that cancel.
    slope : array of shape (t, r, r)
        ``X'V (dSigma/dtheta_h) V X``, so that ``dPhi/dtheta_h = Phi slope_h Phi``.
    """

    gradient: Array
    observed: Array
    expected: Array
    average: Array
    slope: Array


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood of a covariance structure, given the moments."""

    moments: Moments
    covariance: Covariance
    reml: bool = True

    @property
    def method(self) -> str:
        """What is maximised: reml or ml."""
        return "reml" if self.reml else "ml"

    def at(self, theta: Array) -> State:
        """Log-likelihood, estimates and inverse covariances.

        Raises
        ------
        numpy.linalg.LinAlgError
            When a covariance matrix is not positive definite.
        """
        m = self.moments
        inverse, log_det = self._inverse(self.covariance.matrices(theta))
        weighted = inverse[m.pattern] @ m.z
        q = m.z.shape[2]
        cross = m.z.reshape(-1, q).T @ weighted.reshape(-1, q)
        normal = (cross[:-1, :-1] + cross[:-1, :-1].T) / 2
        root = np.linalg.cholesky(normal)
        phi_root = np.linalg.inv(root).T
        phi = phi_root @ phi_root.T
        gamma = phi @ cross[:-1, -1]
        solution = np.append(-gamma, 1.0)
        quadratic = float(solution @ cross @ solution)
        free = m.n_obs - (m.rank if self.reml else 0)
        minus2 = free * np.log(2 * np.pi) + float(m.count @ log_det) + quadratic - m.log_weights
        if self.reml:
            minus2 += 2 * float(np.log(np.diag(root)).sum()) + 2 * m.basis.log_det
        return State(theta, -minus2 / 2, gamma, phi, phi_root, inverse, weighted)

    def _inverse(self, sigma: Array) -> tuple[Array, Array]:
        """Inverse and log determinant of each pattern's part of the covariance."""
        m = self.moments
        both = m.visits[:, :, None] & m.visits[:, None, :]
        absent = ~m.visits[:, :, None] & np.eye(m.visits.shape[1], dtype=bool)
        part = np.where(both, sigma[m.unit], absent.astype(float))
        root = np.linalg.cholesky(part)
        log_det = 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        half = np.linalg.inv(root)
        return np.where(both, half.swapaxes(1, 2) @ half, 0.0), log_det

    def derivatives(self, state: State) -> Derivatives:
        """Gradient, observed, expected and average information at a state."""
        m, t = self.moments, self.covariance.n_params
        _, first, second = self.covariance.derivatives(state.theta)
        x, residual, s, h = self._sums(state)
        k, r = m.visits.shape[1], m.rank
        outer = m.count[:, None, None] * state.inverse
        grad_sigma = s + h - outer
        gradient = np.zeros(t)
        observed, expected, average = np.zeros((3, t, t))
        slope, cross = np.zeros((t, r, r)), np.zeros((t, r))
        for unit in range(len(first)):
            mine = np.flatnonzero(m.unit == unit)
            if not len(mine):
                continue
            active = np.flatnonzero(np.any(first[unit] != 0, axis=(1, 2)))
            jac = first[unit, active].reshape(len(active), k * k)
            v = state.inverse[mine]
            total = grad_sigma[mine].sum(axis=0)
            gradient[active] += jac @ total.ravel() / 2
            block = np.ix_(active, active)
            whole, fixed, by_s = (jac @ _pair(v, part[mine]) @ jac.T for part in (outer, h, s))
            observed[block] += 2 * (by_s + fixed) - whole
            expected[block] += whole - 2 * fixed
            average[block] += by_s
            if second is not None:
                here = second[unit][block]
                observed[block] -= np.einsum("htab,ab->ht", here, total)
            rows = slice(None) if len(first) == 1 else m.unit[m.pattern] == unit
            xu, eu = x[rows].reshape(-1, k * r), residual[rows]
            pairs = (xu.T @ xu).reshape(k, r, k, r).transpose(0, 2, 1, 3).reshape(k * k, r * r)
            slope[active] += (jac @ pairs).reshape(-1, r, r)
            mixed = (xu.T @ eu).reshape(k, r, k).transpose(0, 2, 1).reshape(k * k, r)
            cross[active] += jac @ mixed
        slope = (slope + slope.swapaxes(1, 2)) / 2
        through = cross @ state.phi_root
        observed -= 2 * through @ through.T
        average -= through @ through.T
        if self.reml:
            whitened = (state.phi_root.T @ slope @ state.phi_root).reshape(t, r * r)
            product = whitened @ whitened.T
            observed -= product
            expected += product
        return Derivatives(
            gradient, _symmetric(observed) / 2, expected / 2, _symmetric(average) / 2, slope
        )

    def _sums(self, state: State) -> tuple[Array, Array, Array, Array]:
        """``VX`` and ``Ve`` of each row, and S and H of each pattern."""
        x = state.weighted[:, :, :-1]
        residual = state.weighted @ np.append(-state.gamma, 1.0)
        s = self._by_pattern(residual[:, :, None] * residual[:, None, :])
        if not self.reml:
            return x, residual, s, np.zeros_like(s)
        half = x @ state.phi_root
        return x, residual, s, self._by_pattern(half @ half.swapaxes(1, 2))

    def _by_pattern(self, rows: Array) -> Array:
        return np.asarray(np.add.reduceat(rows, self.moments.starts, axis=0))


def _pair(v: Array, s: Array) -> Array:
    """Matrix of the form (E, F) -> sum over patterns of tr(E V F S), (K^2, K^2)."""
    k = v.shape[1]
    product = v.reshape(-1, k * k).T @ s.reshape(-1, k * k)
    return np.asarray(product.reshape(k, k, k, k).transpose(2, 0, 1, 3).reshape(k * k, k * k))


def _symmetric(matrix: Array) -> Array:
    return (matrix + matrix.T) / 2
