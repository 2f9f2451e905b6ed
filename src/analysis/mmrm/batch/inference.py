"""Kenward-Roger, Satterthwaite and intervals of contrasts, for many trials at once.

The formulas of :mod:`analysis.mmrm.inference.kenward_roger` and
:mod:`analysis.mmrm.inference.satterthwaite`, with an axis over trials in front. Structures here
are linear in their parameters, so that the linear and the original form are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.batch.likelihood import Likelihoods
from analysis.mmrm.batch.linalg import times, transposed
from analysis.mmrm.batch.maximise import Optima


@dataclass(frozen=True)
class Fitted:
    """Trials that were fitted together.

    Attributes
    ----------
    likelihoods : Likelihoods
    theta, loglik : arrays of shape (T, t), (T,)
    gamma : array of shape (T, r)
        Estimates, with what least squares took out.
    phi, covariance : arrays of shape (T, r, r)
        Model-based covariance of the estimates, and the one that tests use.
    inverse : array of shape (T, G, P, K, K)
    theta_cov : array of shape (T, t, t)
    """

    likelihoods: Likelihoods
    theta: Array
    loglik: Array
    gamma: Array
    phi: Array
    covariance: Array
    inverse: Array
    theta_cov: Array

    @property
    def trials(self) -> Index:
        """Which trials they are."""
        return self.likelihoods.batch.trials

    def coefficients(self) -> Array:
        """Estimates in the columns of X, (T, p)."""
        return times(self.likelihoods.batch.transform, self.gamma)

    def vcov(self) -> Array:
        """Their covariance, (T, p, p)."""
        transform = self.likelihoods.batch.transform
        return np.asarray(transform @ self.covariance @ transposed(transform))

    def contrast(self, weights: Array, df: str) -> tuple[Array, Array, Array]:
        """Estimates, standard errors and degrees of freedom, each of shape (T, q).

        Parameters
        ----------
        weights : array of shape (T, q, p)
            On the columns of X.
        df : str
        """
        batch = self.likelihoods.batch
        rows = weights @ batch.transform
        estimate = times(rows, self.gamma)
        variance = ((rows @ self.covariance) * rows).sum(axis=2)
        if df == "residual":
            free = np.broadcast_to((batch.n_obs - batch.rank)[:, None], estimate.shape)
        else:
            free = self.satterthwaite(rows)
        free = np.where(rows.any(axis=2), free, np.nan)
        return estimate, np.sqrt(np.maximum(variance, 0.0)), free

    def satterthwaite(self, rows: Array) -> Array:
        """Degrees of freedom of contrasts on the effects of the batch, (T, q)."""
        batch, basis, v = self.likelihoods.batch, self.likelihoods.basis, self.inverse
        n, q, _ = rows.shape
        through = rows @ self.phi
        variance = (through * rows).sum(axis=2)
        if batch.layout is not None:
            through = through @ transposed(batch.layout)
        k = v.shape[-1]
        m = through.reshape(n, q, 1, 1, k, -1)
        # Of each contrast and pattern, what its variance takes from each pair of visits.
        taken = v[:, None] @ (m @ batch.w[:, None] @ transposed(m)) @ v[:, None]
        jac = basis.reshape(len(basis), k * k)
        gradient = (taken.sum(axis=3).reshape(n, q, -1, k * k) @ jac.T).reshape(n, q, -1)
        spread = ((gradient @ self.theta_cov) * gradient).sum(axis=2)
        known = spread > 0
        return np.where(known, 2 * variance**2 / np.where(known, spread, 1.0), np.inf)


def fitted(likelihoods: Likelihoods, optima: Optima, *, kenward_roger: bool) -> Fitted:
    """What is kept of the maxima of a batch."""
    some, states = likelihoods.take(optima.places), optima.states
    covariance = states.phi
    if kenward_roger:
        covariance = adjusted_covariances(some, optima)
    return Fitted(
        likelihoods=some,
        theta=states.theta,
        loglik=states.loglik,
        gamma=states.gamma + some.batch.offset,
        phi=states.phi,
        covariance=covariance,
        inverse=states.inverse,
        theta_cov=optima.theta_cov,
    )


def adjusted_covariances(likelihoods: Likelihoods, optima: Optima) -> Array:
    """Kenward and Roger's covariance of the estimates, (T, r, r).

    Parameters
    ----------
    likelihoods : Likelihoods
        Of the trials that have a maximum.
    optima : Optima
    """
    v, w, phi = optima.states.inverse, optima.theta_cov, optima.states.phi
    slope = optima.slopes.slope
    basis = likelihoods.basis
    n, n_groups, n_patterns, k, _ = v.shape
    t = len(basis)
    jac = basis.reshape(t, k * k)
    # sum_hl W_hl Sigma_h V Sigma_l of each pattern, by way of a matrix from (b, c) to (a, d).
    between = np.empty_like(v)
    for group in range(n_groups):
        here = slice(group * t, (group + 1) * t)
        fourfold = (jac.T @ w[:, here, here] @ jac).reshape(n, k, k, k, k)
        fourfold = fourfold.transpose(0, 2, 3, 1, 4).reshape(n, k * k, k * k)
        inner = v[:, group].reshape(n, n_patterns, k * k) @ fourfold
        between[:, group] = inner.reshape(n, n_patterns, k, k)
    w_qr = likelihoods.normal(v @ between @ v)
    r = phi.shape[1]
    p = transposed(np.linalg.cholesky(w)) @ slope.reshape(n, -1, r * r)
    p = p.reshape(n, -1, r)
    flat = (p @ phi).reshape(n, -1, r, r)
    # Symmetric, each of them: their sum is that of one long product.
    w_pp = transposed(p) @ transposed(flat).reshape(n, -1, r)
    middle = w_qr - w_pp
    return np.asarray(phi + phi @ (middle + transposed(middle)) @ phi)


def tested(estimate: Array, se: Array, df: Array, level: float) -> dict[str, Array]:
    """Estimate, standard error, df, interval, t and p; as `Inference.contrast` has them."""
    from scipy.special import stdtr, stdtrit  # slow to import

    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / se
    half = stdtrit(df, (1 + level) / 2) * se
    return {
        "estimate": estimate,
        "se": se,
        "df": df,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "t": t,
        "p_value": 2 * stdtr(df, -np.abs(t)),
    }
