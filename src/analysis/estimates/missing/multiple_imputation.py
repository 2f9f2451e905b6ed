"""Bayesian multiple imputation: parameters drawn by Gibbs sampling, then scores.

Carpenter, Roger & Kenward 2013, doi:10.1080/10543406.2013.834911. Written here because no Python
library has it. Flat prior on the coefficients and ``|Sigma|^(-(k + 1) / 2)`` on each covariance,
data augmentation (Schafer 1997, doi:10.1201/9781439821862, 5.4). One chain for each imputation,
all started from the REML fit and run for ``sweeps``: the imputations are independent given that
start, so no thinning is needed. Checked against conditional means of the same model and rbmi's
listing (`tests/reference/estimates/rbmi.toml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.estimates.missing.analysis_model import (
    MEAN,
    ancova_of,
    averaged,
    variance_of_difference,
)
from analysis.estimates.missing.imputation_model import Parameters, fitted, imputed, parameters_of
from analysis.estimates.missing.rubins_rules import Pooled, pool
from analysis.estimates.missing.strategies import name_of
from analysis.estimates.missing.trial_data import Trial
from analysis.estimates.table import row
from analysis.mmrm.threads import single_threaded

__all__ = ["Imputations", "multiple_imputation", "posterior"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Imputations:
    """M filled trials, people in the order of ``trial``.

    Attributes
    ----------
    filled : array of shape (M, n, k)
    """

    trial: Trial
    strategy: str
    filled: Array

    @property
    def labels(self) -> list[str]:
        """Of the visits, and of their average when there are several."""
        several = len(self.trial.visits) > 1
        return [*self.trial.visits, *([MEAN] if several else [])]

    def difference(
        self, visit: str | None = None, *, treated: float = 0.0, reference: float = 0.0
    ) -> Pooled:
        """Difference at a visit (the average of all by default), by ANCOVA and Rubin's rules.

        Parameters
        ----------
        treated, reference : float
            Points added to each imputed score of the arm.

        Raises
        ------
        ValueError
            When the visit is unknown.
        """
        label = self.labels[-1] if visit is None else visit
        if label not in self.labels:
            raise ValueError(f"'{label}' is none of {', '.join(self.labels)}.")
        place, design = self.labels.index(label), self.trial.design
        shift = np.where(self.trial.treated, treated, reference)[:, None] * self.trial.missing
        score = averaged(self.filled)[..., place] + averaged(shift)[:, place]
        found = ancova_of(score[..., None], design)[:, 0, 0]
        variance = variance_of_difference(score[..., None], design)[:, 0]
        return pool(found, variance, self.trial.n - design.shape[1])

    def rows(
        self, *, treated: float = 0.0, reference: float = 0.0, **words: Any
    ) -> list[dict[str, Any]]:
        """Rows of the table of estimates, one a visit and one for their average."""
        shifted = "" if treated == reference == 0 else f", shifted by {treated:g}/{reference:g}"
        method = f"{len(self.filled)} imputations, ANCOVA, Rubin's rules"
        rows = []
        for label in self.labels:
            pooled = self.difference(label, treated=treated, reference=reference)
            common: dict[str, Any] = {
                "estimand": f"difference, {name_of(self.strategy)}{shifted}",
                "window": label,
                "n": self.trial.n,
                "method": method,
            }
            rows.append(row(**common | pooled.columns | words))
        return rows


@single_threaded
def posterior(
    trial: Trial,
    strategy: str = "JR",
    *,
    draws: int = 200,
    seed: int = 0,
    same_covariance: bool = True,
    sweeps: int = 50,
) -> Parameters:
    """Draws of the imputation model's parameters; see `multiple_imputation`.

    Strategies share draws, MAR too unless scores after an event were seen.
    """
    modelled = trial.modelled(strategy)
    _refuse_small(trial, same_covariance)
    fit, labels = fitted(trial, strategy, same_covariance=same_covariance)
    start = parameters_of(fit, trial, labels)
    rng = np.random.default_rng(seed)
    state = Parameters(
        np.repeat(start.coefficients[None], draws, axis=0),
        np.repeat(start.covariance[None], draws, axis=0),
    )
    for _ in range(sweeps):
        noise = rng.standard_normal((draws, *trial.score.shape))
        score = imputed(modelled, "MAR", state, noise)
        covariance = _covariance(score, trial, state.coefficients, same_covariance, rng)
        state = Parameters(_coefficients(score, trial, covariance, rng), covariance)
    return state


def multiple_imputation(
    trial: Trial,
    strategy: str,
    *,
    seed: int = 0,
    parameters: Parameters | None = None,
    **options: Any,
) -> Imputations:
    """Fill the missing scores several times, with parameters drawn from their posterior.

    Parameters
    ----------
    trial : Trial
    strategy : {"MAR", "JR", "CR", "CIR", "LMCF"}
    seed : int
    parameters : Parameters, optional
        What `posterior` drew, to be shared by several strategies.
    **options
        Of `posterior` otherwise: ``draws`` (200); ``same_covariance`` (one unstructured
        covariance for both arms, or one for each); ``sweeps`` (50), the Gibbs steps before each
        imputation: what is left of the start falls with every step by about the share of
        information that is missing.

    Raises
    ------
    ValueError
        When the strategy is unknown, the mixed model that gives the start has no fit, or an arm
        has too few people for a covariance of its own.
    """
    name_of(strategy)
    if parameters is None:
        parameters = posterior(trial, strategy, seed=seed, **options)
    # Not the stream that drew the parameters.
    rng = np.random.default_rng([seed, 1])
    noise = rng.standard_normal((len(parameters.coefficients), *trial.score.shape))
    return Imputations(trial, strategy, imputed(trial, strategy, parameters, noise))


def _refuse_small(trial: Trial, same_covariance: bool) -> None:
    k = trial.score.shape[1]
    arms = [trial.n] if same_covariance else [trial.treated.sum(), (~trial.treated).sum()]
    if min(arms) < k + trial.design.shape[1]:
        raise ValueError(
            f"A covariance of {k} visits needs at least {k + trial.design.shape[1]} people; "
            f"got {min(arms)}."
        )


def _covariance(
    score: Array, trial: Trial, coefficients: Array, same: bool, rng: np.random.Generator
) -> Array:
    """Covariances given complete scores and coefficients: inverse Wishart, shape (M, 2, k, k)."""
    rest = score - trial.design @ coefficients
    if same:
        drawn = inverse_wishart(trial.n, np.swapaxes(rest, -1, -2) @ rest, rng)
        return np.stack([drawn, drawn], axis=1)
    parts = []
    for arm in (False, True):
        mine = rest[:, trial.treated == arm]
        parts.append(inverse_wishart(mine.shape[1], np.swapaxes(mine, -1, -2) @ mine, rng))
    return np.stack(parts, axis=1)


def inverse_wishart(df: int, scale: Array, rng: np.random.Generator) -> Array:
    """A draw for each scale matrix, shape (M, k, k), by Bartlett's decomposition.

    SciPy's ``invwishart`` takes one scale matrix at a time.
    """
    m, k = scale.shape[:2]
    bartlett = np.tril(rng.standard_normal((m, k, k)), -1)
    bartlett[:, range(k), range(k)] = np.sqrt(rng.chisquare(df - np.arange(k), (m, k)))
    root = np.linalg.solve(bartlett, np.swapaxes(np.linalg.cholesky(scale), -1, -2))
    return np.asarray(np.swapaxes(root, -1, -2) @ root)


def _coefficients(score: Array, trial: Trial, covariance: Array, rng: np.random.Generator) -> Array:
    """Coefficients given complete scores and covariances: normal, shape (M, p, k)."""
    m, _, k = score.shape
    p = trial.design.shape[1]
    precision, pull = np.zeros((m, p * k, p * k)), np.zeros((m, p, k))
    for arm in (0, 1):
        x = trial.design[trial.treated == arm]
        inverse = np.linalg.inv(covariance[:, arm])
        kron = np.einsum("ab,mij->maibj", x.T @ x, inverse)
        precision += kron.reshape(m, p * k, p * k)
        pull += x.T @ score[:, trial.treated == arm] @ inverse
    root = np.linalg.cholesky(precision)
    upper = np.swapaxes(root, -1, -2)
    noise = rng.standard_normal((m, p * k, 1))
    middle = np.linalg.solve(precision, pull.reshape(m, p * k, 1))
    return np.asarray((middle + np.linalg.solve(upper, noise)).reshape(m, p, k))
