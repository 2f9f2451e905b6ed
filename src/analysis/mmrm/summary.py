"""A fit as plain text."""

from __future__ import annotations

import pandas as pd

from analysis.mmrm.inference.contrasts import Inference


def summary_text(inference: Inference, fixed: pd.DataFrame, covariance: pd.DataFrame) -> str:
    """The model, its fit, and the tables of fixed effects and of covariance parameters."""
    optimum, rows = inference.optimum, inference.rows
    likelihood, moments = optimum.likelihood, optimum.likelihood.moments
    head = [
        f"Mixed model for repeated measures: {rows.template.roles.formula}",
        f"covariance {likelihood.covariance.kind}, {likelihood.method.upper()}, "
        f"df {inference.df}, vcov {inference.vcov}",
        f"{moments.n_subjects} subjects, {moments.n_obs} rows used, {rows.n_excluded} left out",
        f"-2 log-likelihood {-2 * optimum.state.loglik:.4f}, AIC {optimum.aic:.2f}, "
        f"BIC {optimum.bic:.2f}",
    ]
    if optimum.failed:
        head.append(f"did not converge: {', '.join(optimum.failed)}")
    if inference.aliased:
        head.append(f"aliased and left out: {', '.join(inference.aliased)}")
    tables = [table.to_string(float_format=_four) for table in (fixed, covariance)]
    return "\n".join([*head, "", "Fixed effects", tables[0], "", "Covariance", tables[1]])


def _four(value: float) -> str:
    return f"{value:.4f}"
