"""A fit as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.mmrm.results import MMRM


def summary_text(fit: MMRM, level: float) -> str:
    """The model, its fit, fixed effects, covariance parameters."""
    head = [
        f"Mixed model for repeated measures: {fit.formula}",
        f"covariance {fit.covariance_type}, {fit.method.upper()}, df {fit.df}, "
        f"vcov {fit.vcov_method}",
        f"{fit.n_subjects} subjects, {fit.n_obs} rows used, {fit.n_excluded} left out",
        f"-2 log-likelihood {-2 * fit.loglik:.4f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}",
    ]
    if fit.fallbacks:
        head.append(f"did not converge: {', '.join(fit.fallbacks)}")
    if fit.aliased:
        head.append(f"aliased and left out: {', '.join(fit.aliased)}")
    fixed = fit.coefficients(level=level).to_string(float_format=_four)
    covariance = fit.covariance_parameters(level=level).to_string(float_format=_four)
    return "\n".join([*head, "", "Fixed effects", fixed, "", "Covariance", covariance])


def _four(value: float) -> str:
    return f"{value:.4f}"
