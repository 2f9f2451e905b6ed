"""Conditional mean imputation: one filled trial, refitted without each person or resampled.

Wolbers et al. 2022, doi:10.1002/pst.2234. Written here because no Python library has it. The
refits work on the sums of the mixed model, not on rows (:mod:`analysis.mmrm.inference.resampling`).
Checked against the listing of rbmi 1.4.0 (`tests/reference/estimates/rbmi.toml`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates.intervals import t_test
from analysis.estimates.missing.analysis_model import MEAN, QUANTITIES, ancova_of, averaged
from analysis.estimates.missing.imputation_model import (
    Parameters,
    by_visit,
    fitted,
    imputed,
    parameters_of,
    terms_of,
)
from analysis.estimates.missing.strategies import name_of
from analysis.estimates.missing.trial_data import Trial
from analysis.estimates.table import row
from analysis.mmrm import MMRM
from analysis.mmrm.threads import single_threaded

__all__ = ["ConditionalMean", "Refits", "conditional_mean", "resampled"]

Array = NDArray[np.float64]
RESAMPLINGS = ("jackknife", "bootstrap")
# A bootstrap that loses more draws than this share says little of its estimate.
LOST = 0.05


@dataclass(frozen=True)
class ConditionalMean:
    """A filled trial and its refits.

    Attributes
    ----------
    filled : array of shape (n, k)
        Scores in the order of ``trial``, missing ones at their conditional mean.
    estimates : array of shape (3, k or k + 1)
        Difference and the two means by visit, and averaged over several visits.
    replicates : array of shape (R, 3, k or k + 1)
        The same without each person (jackknife) or of each draw (bootstrap).
    """

    trial: Trial
    strategy: str
    resampling: str
    filled: Array
    estimates: Array
    replicates: Array
    fallbacks: tuple[str, ...] = ()

    @property
    def se(self) -> Array:
        """Standard errors, the shape of the estimates."""
        if self.resampling == "bootstrap":
            return np.asarray(self.replicates.std(axis=0, ddof=1))
        n = len(self.replicates)
        spread = ((self.replicates - self.replicates.mean(axis=0)) ** 2).sum(axis=0)
        return np.asarray(np.sqrt((n - 1) / n * spread))

    def rows(
        self, *, df: float | None = None, means: bool = False, **words: Any
    ) -> list[dict[str, Any]]:
        """Rows of the table of estimates, one a visit and one for their average.

        Parameters
        ----------
        df : float, optional
            Of the t interval; the residual ones of the ANCOVA by default, infinite for the
            normal interval that rbmi prints (too narrow with fifteen participants per arm).
        means : bool
            Whether to give the least squares means of the arms too.
        """
        df = self.trial.n - self.trial.design.shape[1] if df is None else df
        labels = [*self.trial.visits, MEAN][: self.estimates.shape[1]]
        method = f"conditional mean imputation, ANCOVA, {self.resampling}"
        if self.fallbacks:
            method += " (unstructured covariance did not converge; simpler one used)"
        found = []
        for q, quantity in enumerate(QUANTITIES if means else QUANTITIES[:1]):
            for j, label in enumerate(labels):
                estimate, se = float(self.estimates[q, j]), float(self.se[q, j])
                common: dict[str, Any] = {
                    "estimand": f"{quantity}, {name_of(self.strategy)}",
                    "window": label,
                    "n": self.trial.n,
                    "method": method,
                }
                found.append(row(**common | t_test(estimate, se, df) | words))
        return found


@dataclass(frozen=True)
class Refits:
    """The imputation model of a trial, and of the trial resampled.

    Attributes
    ----------
    resampling : {"jackknife", "bootstrap"}
    own : Parameters
        Of everyone.
    parameters : Parameters
        Of each refit.
    counts : array of shape (R, n)
        How often each person counts in each refit.
    """

    resampling: str
    own: Parameters
    parameters: Parameters
    counts: Array
    fallbacks: tuple[str, ...]


@single_threaded
def resampled(
    trial: Trial,
    strategy: str = "JR",
    *,
    resampling: str = "jackknife",
    resamples: int = 1000,
    seed: int = 0,
    same_covariance: bool = True,
    reml: bool = True,
) -> Refits:
    """Fit the imputation model to everyone and to resampled people; see `conditional_mean`.

    Strategies share refits, MAR too unless scores after an event were seen.
    """
    if resampling not in RESAMPLINGS:
        raise ValueError(f"resampling is jackknife or bootstrap, not '{resampling}'.")
    fit, labels = fitted(trial, strategy, same_covariance=same_covariance, reml=reml)
    own = parameters_of(fit, trial, labels)
    modelled = np.flatnonzero((~trial.modelled(strategy).missing).any(axis=1))
    drawn = None
    if resampling == "bootstrap":
        drawn = _drawn(trial, resamples, np.random.default_rng(seed))
    counts, refits = _refitted(fit, trial, labels, own, drawn, modelled)
    fits = np.isfinite(refits.coefficients).all(axis=(1, 2))
    lost = int((~fits).sum())
    if lost > (0 if resampling == "jackknife" else LOST * len(counts)):
        raise ValueError(f"{lost} of {len(counts)} refits ({resampling}) have no fit.")
    kept = Parameters(refits.coefficients[fits], refits.covariance[fits])
    return Refits(resampling, own, kept, counts[fits], fit.fallbacks)


def conditional_mean(
    trial: Trial,
    strategy: str,
    *,
    shift: Array | None = None,
    refits: Refits | None = None,
    **options: Any,
) -> ConditionalMean:
    """Fill each missing score by its conditional mean, and resample whole people.

    Parameters
    ----------
    trial : Trial
    strategy : {"MAR", "JR", "CR", "CIR", "LMCF"}
    shift : array of shape (n, k), optional
        Points added to each filled score, people in the order of ``trial``: a delta adjustment.
    refits : Refits, optional
        What `resampled` found, to be shared by several strategies.
    **options
        Of `resampled` otherwise: ``resampling`` (the jackknife leaves out each person; the
        bootstrap draws within the arms), ``resamples``, ``seed``, ``same_covariance`` (one
        unstructured covariance for both arms, or one for each), ``reml``.

    Notes
    -----
    The standard error is the frequentist one: it falls as more reference-based scores are
    imputed, since these are borrowed from the reference arm. ``shift = filled(strategy) -
    filled("MAR")`` with strategy MAR gives the information-anchored one (Lu 2021,
    doi:10.1080/19466315.2020.1779123), which is conservative.

    Raises
    ------
    ValueError
        When a name is unknown, the mixed model has no fit, the jackknife meets a person that
        it cannot do without, or more than one bootstrap draw in twenty has no fit.
    """
    name_of(strategy)
    found = resampled(trial, strategy, **options) if refits is None else refits
    once = _estimates(trial, strategy, found.own, shift, np.ones(trial.n))
    replicates = _estimates(trial, strategy, found.parameters, shift, found.counts)
    filled = _filled(trial, strategy, found.own, shift)
    return ConditionalMean(
        trial, strategy, found.resampling, filled, once, replicates, found.fallbacks
    )


def _filled(trial: Trial, strategy: str, parameters: Parameters, shift: Array | None) -> Array:
    filled = imputed(trial, strategy, parameters)
    return filled if shift is None else filled + np.where(trial.missing, shift, 0.0)


def _estimates(
    trial: Trial, strategy: str, parameters: Parameters, shift: Array | None, counts: Array
) -> Array:
    filled = averaged(_filled(trial, strategy, parameters, shift))
    return ancova_of(filled, trial.design, counts)


def _refitted(
    fit: MMRM,
    trial: Trial,
    labels: list[str],
    own: Parameters,
    counts: Array | None,
    modelled: NDArray[np.intp],
) -> tuple[Array, Parameters]:
    """How often each person counts in each refit, and what the refit found."""
    refitter = fit.refitter()
    if counts is None:
        counts = 1.0 - np.eye(trial.n)
        params, matrices = refitter.refits_without_each()
        # Someone without any score is not in the model: without them it is the same.
        places = modelled
    else:
        params, matrices = refitter.refits(counts[:, modelled])
        places = np.arange(len(counts))
    coefficients = np.repeat(own.coefficients[None], len(counts), axis=0)
    covariance = np.repeat(own.covariance[None], len(counts), axis=0)
    coefficients[places] = np.tensordot(params, _by_visit_of_each(fit, trial, labels), 1)
    covariance[places] = matrices[:, [0, -1]]
    return counts, Parameters(coefficients, covariance)


def _by_visit_of_each(fit: MMRM, trial: Trial, labels: list[str]) -> Array:
    """What each fixed effect adds to each coefficient at each visit; (r, 2 + c, k)."""
    names = fit.params.index
    units = (pd.Series(unit, index=names) for unit in np.eye(len(names)))
    return np.stack([by_visit(unit, labels, terms=terms_of(trial)) for unit in units])


def _drawn(trial: Trial, resamples: int, rng: np.random.Generator) -> Array:
    """Counts of people drawn with replacement within the arms, shape (R, n)."""
    counts = np.zeros((resamples, trial.n))
    for arm in (False, True):
        mine = np.flatnonzero(trial.treated == arm)
        chosen = rng.choice(mine, size=(resamples, len(mine)))
        np.add.at(counts, (np.arange(resamples)[:, None], chosen), 1.0)
    return counts
