"""The analyses that the multiverse sets beside the primary one, on the same scores.

A new one is a line in ``ESTIMATORS`` and a section of ``multiverse.toml``. It needs both of an
`Estimator`'s functions: ``estimate``, whose results are in points of the scale (they are compared
with bounds in points), and ``redealt``, the same analysis over all re-randomised deals at once
(:mod:`analysis.estimates.robustness.rerandomised`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.primary_analysis import LADDER, Scores, primary_analysis
from analysis.estimates.control.ancova import ancova
from analysis.estimates.missing import Trial, conditional_mean
from analysis.estimates.robustness import rerandomised
from analysis.mmrm import ModelSpec, prepare

__all__ = ["ESTIMATORS", "estimate", "redealt", "same_analysis"]

Array = NDArray[np.float64]
Choices = Mapping[str, str]
TRIM = 0.2
JUMP = "jump_to_reference"


@dataclass(frozen=True)
class Estimator:
    """One analysis of the scores of a specification.

    Attributes
    ----------
    estimate : function of Scores
        n, estimate, ci_low, ci_high, p_value and method, in points; raises ValueError with the
        reason where it cannot be done.
    redealt : function of Scores and arms (bool, shape (deals, n))
        Estimates and p-values, each of shape (deals,), whatever the scores' own arms.
    """

    estimate: Callable[[Scores], dict[str, Any]]
    redealt: Callable[[Scores, NDArray[np.bool_]], tuple[Array, Array]]


def _chosen(choices: Choices) -> Estimator:
    jump = choices["missing"] == JUMP
    return JUMP_TO_REFERENCE if jump else ESTIMATORS[choices["estimator"]]


def estimate(scores: Scores, choices: Choices) -> dict[str, Any]:
    """n, estimate, ci_low, ci_high, p_value and method of one specification, in points.

    Raises
    ------
    ValueError
        When it cannot be done, with the reason.
    """
    return _chosen(choices).estimate(scores)


def redealt(scores: Scores, arms: NDArray[np.bool_], choices: Choices) -> tuple[Array, Array]:
    """Estimates and p-values of one specification with the arms re-randomised.

    Parameters
    ----------
    scores : Scores
        Its own arms are not looked at.
    arms : array of bool, shape (deals, n)
    choices : dict

    Returns
    -------
    estimates, p_values : array of shape (deals,)
        By :mod:`analysis.estimates.robustness.rerandomised`; the mixed model takes the covariance
        of the visits from a fit without the arms.
    """
    return _chosen(choices).redealt(scores, arms)


def _jump_to_reference(scores: Scores) -> dict[str, Any]:
    change = scores.score - scores.baseline[:, None]
    trial = Trial(change, _covariates(scores), scores.treated, scores.visits)
    return conditional_mean(trial, "JR", same_covariance=False).rows()[-1]


def _covariates(scores: Scores) -> Array:
    """The covariates of the primary analysis, shape (n, c)."""
    return np.column_stack(list(scores.covariates.values()))


def _model_redealt(
    by: Callable[[Array, Array, NDArray[np.bool_], Array], tuple[Array, Array]],
    scores: Scores,
    arms: NDArray[np.bool_],
) -> tuple[Array, Array]:
    change = scores.score - scores.baseline[:, None]
    return by(change, _covariates(scores), arms, _covariance_without_arms(scores, change))


def _ancova(scores: Scores) -> dict[str, Any]:
    used, mean = _means(scores)
    people = pd.DataFrame({"score": mean, "baseline": used.baseline,
                           "arm": np.where(used.treated, "treated", "control")})  # fmt: skip
    return ancova(people, treated="treated", control="control")[0]


def _ancova_redealt(scores: Scores, arms: NDArray[np.bool_]) -> tuple[Array, Array]:
    used, mean = _means(scores)
    return rerandomised.ancova(mean, used.baseline, arms[:, scores.seen])


def _two_samples_redealt(
    scores: Scores, arms: NDArray[np.bool_], *, trim: float
) -> tuple[Array, Array]:
    used, mean = _means(scores)
    return rerandomised.trimmed_means(mean - used.baseline, arms[:, scores.seen], trim=trim)


def _two_samples(scores: Scores, *, trim: float, least: int, method: str) -> dict[str, Any]:
    used, mean = _means(scores)
    change = mean - used.baseline
    ours, theirs = change[used.treated], change[~used.treated]
    if min(len(ours), len(theirs)) < least:
        raise ValueError(
            f"Each arm needs at least {least} participants with a score for this test."
        )
    if min(np.ptp(ours), np.ptp(theirs)) == 0:
        raise ValueError("Everyone in an arm changed alike; no interval can be given.")
    from scipy import stats  # slow to import

    found = stats.ttest_ind(ours, theirs, equal_var=False, trim=trim)
    low, high = found.confidence_interval(0.95)
    difference = stats.trim_mean(ours, trim) - stats.trim_mean(theirs, trim)
    return {
        "n": len(change),
        "estimate": float(difference),
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": float(found.pvalue),
        "method": method,
    }


def _means(scores: Scores) -> tuple[Scores, Array]:
    """The people seen, and the mean of each one's scores."""
    used = scores.keep(scores.seen)
    return used, np.nanmean(used.score, axis=1)


ESTIMATORS = {
    "mixed_model": Estimator(
        lambda scores: primary_analysis(scores).row(),
        partial(_model_redealt, rerandomised.mixed_model),
    ),
    "ancova": Estimator(_ancova, _ancova_redealt),
    "t_test": Estimator(
        partial(_two_samples, trim=0.0, least=2, method="Welch's t test of change"),
        partial(_two_samples_redealt, trim=0.0),
    ),
    "trimmed": Estimator(
        partial(_two_samples, trim=TRIM, least=5,
                method=f"Yuen's t test of change, {100 * TRIM:g} % trimmed means"),
        partial(_two_samples_redealt, trim=TRIM),
    ),
}  # fmt: skip
JUMP_TO_REFERENCE = Estimator(
    _jump_to_reference, partial(_model_redealt, rerandomised.jump_to_reference)
)


def _covariance_without_arms(scores: Scores, change: Array) -> Array:
    k = change.shape[1]
    # One visit has no covariance.
    if k == 1:
        return np.eye(1)
    covariates = _covariates(scores)
    table = _long(change, covariates)
    return np.asarray(_model_without_arms(k, covariates.shape[1]).fit(table).covariance, float)


@cache
def _model_without_arms(visits: int, covariates: int) -> ModelSpec:
    """The primary model but for the arms, prepared on a table that holds every level."""
    n = covariates + 2
    made = np.random.default_rng(0).normal(size=(n, visits + covariates))
    table = _long(made[:, :visits], made[:, visits:])
    formula = f"change ~ {' + '.join(f'x{j} * visit' for j in range(covariates))}"
    return prepare(formula, table, subject="subject", visit="visit", fallback=LADDER)


def _long(change: Array, covariates: Array) -> pd.DataFrame:
    n, k = change.shape
    visits = pd.Index([f"visit {j}" for j in range(1, k + 1)])
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical.from_codes(np.tile(np.arange(k), n), visits, ordered=True),
            **{f"x{j}": np.repeat(column, k) for j, column in enumerate(covariates.T)},
            "change": change.ravel(),
        }
    )


def same_analysis(
    scores: Scores, people: NDArray[np.int_], choices: Choices
) -> tuple[str, bytes, bytes, bytes]:
    """What two specifications share exactly when they are one: estimator, people, numbers."""
    filled = JUMP if choices["missing"] == JUMP else choices["estimator"]
    if filled not in (JUMP, "mixed_model"):
        used, mean = _means(scores)
        people, numbers = people[scores.seen], np.column_stack([used.baseline, mean])
    elif filled == "mixed_model":
        people = people[scores.seen]
        used = scores.keep(scores.seen)
        numbers = used.table
    else:
        numbers = scores.table
    # Means of the same scores in another order may differ in the last digits.
    return filled, people.tobytes(), numbers.round(9).tobytes(), str(numbers.shape).encode()
