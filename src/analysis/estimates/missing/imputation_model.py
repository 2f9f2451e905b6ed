"""The imputation model: the mixed model for repeated measures, and scores filled from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates.missing.conditional_normal import fill_alike
from analysis.estimates.missing.strategies import expected, merged_covariance
from analysis.estimates.missing.trial_data import Trial
from analysis.mmrm import MMRM, mmrm

__all__ = ["Parameters", "by_visit", "fitted", "imputed", "parameters_of", "terms_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """Means and covariances, of one model or of many at once.

    Attributes
    ----------
    coefficients : array of shape (..., 2 + c, k)
        At each visit: constant, slopes on the covariates, treated minus reference.
    covariance : array of shape (..., 2, k, k)
        Of the reference arm and of the treated; the same twice where it is common.
    """

    coefficients: Array
    covariance: Array


def fitted(
    trial: Trial, strategy: str = "MAR", *, same_covariance: bool = True, reml: bool = True
) -> tuple[MMRM, list[str]]:
    """The imputation model and the labels of its visits, fitted by :mod:`analysis.mmrm`.

    Each covariate and the arm have their own effect at every visit; unstructured covariance,
    common or by arm. Scores after the event are left out where the strategy is not MAR.
    """
    score = trial.modelled(strategy).score
    n, k = score.shape
    labels = [f"v{place}" for place in range(k)]
    terms = terms_of(trial)
    columns = {name: np.repeat(x, k) for name, x in zip(terms, trial.design.T[1:], strict=True)}
    rows = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical(labels * n, categories=labels, ordered=True),
            "arm": np.repeat(np.where(trial.treated, "b", "a"), k),
            "y": score.ravel(),
            **columns,
        }
    )
    by = " * visit" if k > 1 else ""
    formula = "y ~ " + " + ".join(f"{term}{by}" for term in terms)
    group = None if same_covariance else "arm"
    # Declared, not warned of: whoever reads the fit is told by `MMRM.fallbacks`.
    fit = mmrm(formula, rows, subject="subject", visit="visit", group=group,
               fallback=("toeph", "ar1h", "cs"), method="reml" if reml else "ml",
               df="satterthwaite")  # fmt: skip
    if fit.aliased:
        raise ValueError("Covariates and arm cannot be told apart; leave a covariate out.")
    return fit, labels


def parameters_of(fit: MMRM, trial: Trial, labels: list[str]) -> Parameters:
    """What a fit says of the means and covariances."""
    found = fit.covariance
    matrices = [found, found] if isinstance(found, pd.DataFrame) else [found["a"], found["b"]]
    return Parameters(
        by_visit(fit.params, labels, terms=terms_of(trial)),
        np.stack([matrix.to_numpy() for matrix in matrices]),
    )


def imputed(
    trial: Trial, strategy: str, parameters: Parameters, noise: Array | None = None
) -> Array:
    """The scores, each missing one filled as the strategy expects it given those seen.

    Parameters
    ----------
    trial : Trial
    strategy : {"MAR", "JR", "CR", "CIR", "LMCF"}
    parameters : Parameters
    noise : array of shape (..., n, k), optional
        Standard normal numbers: then each filled score is a draw, else its mean.

    Returns
    -------
    array of shape (..., n, k)
    """
    own = trial.design @ parameters.coefficients
    at_reference = trial.design.copy()
    at_reference[:, -1] = 0.0
    mean = expected(strategy, own, at_reference @ parameters.coefficients, trial.event)
    filled = np.where(trial.missing, mean, trial.score)
    for members in trial.alike:
        if not trial.missing[members[0]].any():
            continue
        arm, event = int(trial.treated[members[0]]), int(trial.event[members[0]])
        covariance = merged_covariance(
            strategy, parameters.covariance[..., arm, :, :],
            parameters.covariance[..., 0, :, :], event,
        )  # fmt: skip
        if noise is not None:
            root = np.linalg.cholesky(covariance)
            drawn = noise[..., members, :] @ np.swapaxes(root, -1, -2)
            mean[..., members, :] = mean[..., members, :] + drawn
            filled[..., members, :] = np.where(
                trial.missing[members], mean[..., members, :], trial.score[members]
            )
        fill_alike(filled, trial.score, mean, covariance, members)
    return filled


def terms_of(trial: Trial) -> list[str]:
    """Names of covariates and arm in the model's formula."""
    return [f"x{i}" for i in range(trial.covariates.shape[1])] + ["treated"]


def by_visit(
    params: pd.Series,
    visits: Sequence[str],
    *,
    terms: Sequence[str] = ("baseline", "treated"),
    visit: str = "visit",
) -> Array:
    """Coefficients of ``y ~ x * visit + ...`` at each visit: constant, then the terms.

    Parameters
    ----------
    params : Series
        Fixed effects by name, as :class:`analysis.mmrm.MMRM` has them, treatment-coded with the
        first of ``visits`` as the reference. A column left out as aliased counts 0.

    Returns
    -------
    array of shape (1 + terms, k)
    """
    table = np.zeros((1 + len(terms), len(visits)))
    for row, term in zip(table, ("Intercept", *terms), strict=True):
        row += params.get(term, 0.0)
        before = "" if term == "Intercept" else f"{term}:"
        row[1:] += [params.get(f"{before}{visit}[T.{name}]", 0.0) for name in visits[1:]]
    return table
