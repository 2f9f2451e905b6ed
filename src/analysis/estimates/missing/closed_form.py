"""What missing scores could change, in closed form from one fitted mixed model: gate 6.

Deterministic and well under a millisecond a trial, so that calibration can ask it of every
simulated one. The rest of the package computes the same with resampling and draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimates.intervals import t_quantile
from analysis.estimates.missing.conditional_normal import fill_alike, missingness_patterns
from analysis.estimates.missing.strategies import expected, merged_covariance
from analysis.estimates.missing.tipping import smallest_failing
from analysis.estimates.missing.trial_data import first_missing_to_the_end

__all__ = ["Robustness", "robustness_to_missing"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Robustness:
    """What gate 6 reads of missing scores, in points.

    Attributes
    ----------
    missing_at_random, jump_to_reference : float
        Difference treated minus control, averaged over the visits asked for.
    tipping_shift : float
        Smallest shift of the missing scores of both arms, in opposite directions, at which the
        conclusion no longer holds; 0 when it does not hold without one, infinite when no shift
        changes it.
    """

    missing_at_random: float
    jump_to_reference: float
    tipping_shift: float


def robustness_to_missing(
    score: Array,
    covariates: Array,
    treated: NDArray[np.bool_],
    *,
    coefficients: Array,
    covariance: Array,
    se: float,
    df: float,
    holds: Callable[[float, float, float], bool],
    visits: Sequence[int] | slice = slice(None),
    direction: int = 1,
) -> Robustness:
    """Jump-to-reference estimate and tipping shift from a fitted mixed model.

    Parameters
    ----------
    score : array of shape (n, k)
        Outcome of the model (change or score, points) of everyone randomised, NaN where missing;
        people without any are filled too.
    covariates : array of shape (n, c)
        The baseline, and whatever else the model has.
    treated : array of bool, shape (n,)
    coefficients : array of shape (2 + c, k)
        Of the fitted model at each visit: constant, slopes on the covariates, treated minus
        control.
    covariance : array of shape (2, k, k)
        Of the visits, of control and of the treated.
    se, df : float
        Of the model's difference averaged over ``visits`` (Kenward-Roger's, say).
    holds : function of estimate, ci_low, ci_high
        Whether the conclusion holds.
    visits : indices
        Visits over which the difference is averaged with equal weights; all by default.
    direction : {1, -1}
        Sign of the shift: 1 makes missing scores of the treated worse and those of control
        better, -1 the reverse.

    Returns
    -------
    Robustness
        Analysis model: ANCOVA of the filled scores at each visit, averaged. Jump to reference:
        after the last score seen a treated person has the mean of control, given the scores
        before; scores missing in between, and in control, are missing at random. Its point
        estimate is the conditional mean one of Wolbers et al. 2022 (doi:10.1002/pst.2234): the
        model's own difference, moved by what jumping changes in the filled scores.
        The shift is added to every missing score of the treated at ``visits``, and taken from
        every missing one of control, on top of what missing at random gives. With s_i the
        share of those visits that person i misses, counted negative in control, it moves the
        estimate by ``shift * w``, w the ANCOVA coefficient of s_i on arm, and the squared
        standard error by ``shift^2`` times the sum over the arms of ``var(s) / n``: the share
        that misses is itself a sample. The interval is t with the model's df. Where s does not
        vary within the arms, the interval moves as it is.

    Notes
    -----
    The estimate missing at random is the model's own difference: where the arms have one
    covariance, the score equations of the mixed model say that ANCOVA of the filled scores
    gives its coefficients back. Checked against the jackknife of
    :mod:`analysis.estimates.missing` and rbmi's published listing.

    Raises
    ------
    ValueError
        When the arrays do not belong together, a covariate is missing, or an arm has fewer than
        two people.
    """
    treated = np.asarray(treated, bool)
    _refuse(score, covariates, treated, coefficients, covariance)
    own = np.column_stack([np.ones(len(score)), covariates, treated]) @ coefficients
    weights = np.zeros(score.shape[1])
    weights[visits] = 1.0
    weights /= weights.sum()
    lost = np.where(treated, 1.0, -1.0) * (~np.isfinite(score) @ weights)
    estimate, quantile = float(coefficients[-1] @ weights), t_quantile(df)
    if not lost.any():
        kept = holds(estimate, estimate - quantile * se, estimate + quantile * se)
        return Robustness(estimate, estimate, math.inf if kept else 0.0)
    on_arm = _coefficient_of_arm(covariates, treated)
    jumped = estimate
    if lost[treated].any():
        # Only filled scores of the treated differ.
        moved = _moved_by_jumping(score[treated], own[treated], coefficients[-1], covariance)
        jumped += float(on_arm[treated] @ (moved @ weights))
    slope = float(on_arm @ lost)
    spread = sum(float(np.var(lost[arm], ddof=1)) / arm.sum() for arm in (treated, ~treated))

    def still(shift: float) -> bool:
        middle = estimate + direction * shift * slope
        reach = quantile * math.sqrt(se**2 + shift**2 * spread)
        return holds(middle, middle - reach, middle + reach)

    scale = math.sqrt(np.diagonal(covariance, axis1=1, axis2=2).max())
    return Robustness(estimate, jumped, smallest_failing(still, scale))


def _moved_by_jumping(score: Array, own: Array, effect: Array, covariance: Array) -> Array:
    """What jumping to reference changes in each filled score of the treated, shape (n, k)."""
    event = first_missing_to_the_end(score)
    jump = expected("JR", own, own - effect, event)
    seen = np.isfinite(score)
    jumped, stayed = np.where(seen, score, jump), np.where(seen, score, own)
    for members in missingness_patterns(seen, event):
        after = merged_covariance("JR", covariance[1], covariance[0], int(event[members[0]]))
        fill_alike(jumped, score, jump, after, members)
        fill_alike(stayed, score, own, covariance[1], members)
    return jumped - stayed


def _coefficient_of_arm(covariates: Array, treated: NDArray[np.bool_]) -> Array:
    """Weights of people, shape (n,), whose sum of values is the coefficient of arm in a regression.

    On constant, covariates and arm (Frisch-Waugh-Lovell); a column without information is left
    out of account.
    """
    others = np.column_stack([np.ones(len(treated)), covariates - covariates.mean(axis=0)])
    arm = treated.astype(float)
    rest = arm - others @ np.linalg.lstsq(others, arm)[0]
    return np.asarray(rest / (rest @ arm))


def _refuse(
    score: Array,
    covariates: Array,
    treated: NDArray[np.bool_],
    coefficients: Array,
    covariance: Array,
) -> None:
    n, k = score.shape
    c = covariates.shape[1] if covariates.ndim == 2 else 1
    shapes = (covariates.shape, treated.shape, coefficients.shape, covariance.shape)
    if shapes != ((n, c), (n,), (2 + c, k), (2, k, k)):
        raise ValueError(
            f"{n} people, {c} covariate(s) and {k} visits need {n} x {c} covariates, {n} arms, "
            f"{2 + c} x {k} coefficients and 2 x {k} x {k} covariances."
        )
    if not np.isfinite(covariates).all():
        raise ValueError("A covariate is missing; leave people without a baseline out and count "
                         "them, and fill in any other.")  # fmt: skip
    if min(treated.sum(), n - treated.sum()) < 2:
        raise ValueError("Each arm needs at least two people.")
