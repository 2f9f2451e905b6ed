"""Residuals and simulated outcomes, row by row.

With ``Sigma_i = L L'`` of the subject's visits, the normalised residuals are ``L^-1 e_i`` (as
in nlme): the first visit's is its Pearson residual, each further one is conditional on those
before it. Simulated outcomes are ``X_i beta + L z`` with independent standard normal z; the
estimates are taken as they are, without their own uncertainty.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array
from analysis.mmrm.inference.contrasts import Inference
from analysis.mmrm.inference.resampling import generator


def rows_of_residuals(inference: Inference, kind: str) -> pd.Series:
    """Residuals of the rows used, in the order of the data and with its index."""
    design = inference.kept_rows().design
    residual = design.y - _means(inference)
    if kind == "pearson":
        sigma = _row_covariances(inference)
        variance = sigma[design.subject, design.visit, design.visit]
        residual = residual / np.sqrt(variance)
    elif kind == "normalized":
        wide = design.wide(residual)
        root = np.linalg.cholesky(_row_covariances(inference))
        white = np.linalg.solve(root, wide[:, :, None])[:, :, 0]
        residual = white[design.subject, design.visit]
    elif kind != "response":
        raise ValueError(f"kind must be response, pearson or normalized, not '{kind}'.")
    return design.as_they_came(residual, kind)


def simulate_outcomes(inference: Inference, n: int, rng: np.random.Generator | int) -> Array:
    """Draws of the outcomes of the rows used, (n, rows), in the order the rows came."""
    rng = generator(n, rng)
    kept = inference.kept_rows()
    design = kept.design
    root = np.linalg.cholesky(_row_covariances(inference))
    noise = rng.standard_normal((n, *kept.columns.observed.shape))
    errors = np.einsum("iab,sib->sia", root, noise)
    outcomes = _means(inference) + errors[:, design.subject, design.visit]
    return np.asarray(outcomes[:, np.argsort(design.order)])


def _means(inference: Inference) -> Array:
    basis = inference.optimum.likelihood.moments.basis
    beta = basis.coefficients(inference.optimum.state.gamma)
    return np.asarray(inference.kept_rows().design.x[:, basis.kept] @ beta)


def _row_covariances(inference: Inference) -> Array:
    """Covariance of each subject, (n, K, K), one on the diagonal of absent visits."""
    optimum = inference.optimum
    kept = inference.kept_rows()
    observed, patterns = kept.columns.observed, kept.patterns
    sigma = optimum.likelihood.covariance.matrices(optimum.state.theta)
    sigma = sigma[patterns.unit][patterns.of_subject]
    if kept.design.weights is not None:
        root = np.sqrt(kept.design.wide(kept.design.weights, absent=1.0))
        sigma = sigma / root[:, :, None] / root[:, None, :]
    both = observed[:, :, None] & observed[:, None, :]
    return np.where(both, sigma, np.eye(observed.shape[1]))
