"""Kenward-Roger: a covariance adjusted for the estimated Sigma, and its degrees of freedom.

``Phi_A = Phi + 2 Phi { sum_hl W_hl (Q_hl - P_h Phi P_l - R_hl / 4) } Phi`` with
``P_h = -X'V Sigma_h V X``, ``Q_hl = X'V Sigma_h V Sigma_l V X``,
``R_hl = X'V Sigma_hl V X`` and W the inverse of the observed information (Kenward and
Roger 1997, doi:10.2307/2533558). The linear form leaves R out (2009,
doi:10.1016/j.csda.2008.12.013); it does not depend on the parametrisation of Sigma, and is
what SAS gives for an unstructured covariance, where R is zero. The original form uses the
parameters of :mod:`analysis.mmrm.fit.covariance`, which are those of SAS.

Checked against the same formulas written with one large matrix, listings of SAS PROC MIXED,
and the tests that it must equal on complete data: paired t, repeated-measures ANOVA, and
Hotelling's T squared as an F with its exact degrees of freedom.
"""

from __future__ import annotations

import numpy as np

from analysis.mmrm.arrays import Array
from analysis.mmrm.fit.maximise import Optimum
from analysis.mmrm.inference.satterthwaite import independent


def adjusted_covariance(optimum: Optimum, *, original: bool = False) -> Array:
    """Small-sample covariance of the estimates in the orthonormal basis, shape (r, r).

    Parameters
    ----------
    optimum : Optimum
        A REML fit.
    original : bool
        With the second derivatives of Sigma.
    """
    state, moments = optimum.state, optimum.likelihood.moments
    w, phi = optimum.theta_cov, state.phi
    _, first, second = optimum.likelihood.covariance.derivatives(state.theta)
    k = moments.visits.shape[1]
    # sum_hl W_hl (Sigma_h V Sigma_l - Sigma_hl / 4) of each pattern.
    between = np.zeros_like(state.inverse)
    for unit in range(len(first)):
        mine = np.flatnonzero(moments.unit == unit)
        active = np.flatnonzero(np.any(first[unit] != 0, axis=(1, 2)))
        jac = first[unit, active].reshape(len(active), k * k)
        # sum_hl W_hl Sigma_h[a, b] Sigma_l[c, d], as a matrix from (b, c) to (a, d).
        fourfold = jac.T @ w[np.ix_(active, active)] @ jac
        fourfold = fourfold.reshape(k, k, k, k).transpose(0, 3, 1, 2).reshape(k * k, k * k)
        inner = state.inverse[mine].reshape(len(mine), k * k) @ fourfold.T
        between[mine] = inner.reshape(-1, k, k)
        if original and second is not None:
            between[mine] -= np.einsum("ht,htab->ab", w, second[unit]) / 4
    x = state.weighted[:, :, :-1]
    r = x.shape[2]
    w_qr = x.reshape(-1, r).T @ (between[moments.pattern] @ x).reshape(-1, r)
    # The signs of the P_h cancel.
    values, vectors = np.linalg.eigh(w)
    p = np.tensordot(vectors.T, optimum.derivatives.slope, axes=1)
    p = p * np.sqrt(np.abs(values))[:, None, None]
    w_pp = np.einsum("tab,t,tbc->ac", p @ phi, np.sign(values), p, optimize=True)
    middle = w_qr - w_pp
    return np.asarray(phi + phi @ (middle + middle.T) @ phi)


def several_df(
    contrasts: Array, estimates: Array, adjusted: Array, optimum: Optimum
) -> tuple[float, int, float]:
    """Scaled F statistic, numerator and denominator degrees of freedom.

    Parameters
    ----------
    contrasts : array of shape (q, r)
    estimates : array of shape (q,)
    adjusted : array of shape (r, r)
        From `adjusted_covariance`.
    optimum : Optimum

    Notes
    -----
    For one contrast the scale is 1 and the denominator is Satterthwaite's.
    """
    phi, w = optimum.state.phi, optimum.theta_cov
    values, vectors = independent(contrasts @ phi @ contrasts.T)
    rows = vectors.T @ contrasts
    q = len(values)
    # In the basis where the contrasts are independent with variance one, Theta is I.
    white = rows @ phi / np.sqrt(values)[:, None]
    theta_p = white @ optimum.derivatives.slope @ white.T
    traces = np.trace(theta_p, axis1=1, axis2=2)
    flat = theta_p.reshape(len(theta_p), -1)
    a1 = float(traces @ w @ traces)
    a2 = float(np.sum((flat.T @ w) * flat.T))
    m, lambda_ = _moment_match(a1, a2, q)
    estimate = vectors.T @ estimates
    wald = float(estimate @ np.linalg.solve(rows @ adjusted @ rows.T, estimate))
    return lambda_ * wald / q, q, m


def _moment_match(a1: float, a2: float, q: int) -> tuple[float, float]:
    """Denominator m and scale lambda that match mean and variance of the Wald statistic.

    Symbols are those of section 3 of the paper; its l, the number of contrasts, is q.
    """
    if a2 <= 0:
        return np.inf, 1.0
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    base = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / base, (q - g) / base, (q + 2 - g) / base
    expectation = 1 / (1 - a2 / q)
    variance = 2 / q * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    rho = variance / (2 * expectation**2)
    m = 4 + (q + 2) / (q * rho - 1)
    return m, m / (expectation * (m - 2))
