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
from analysis.estimates.missing.conditional_normal import fill
from analysis.estimates.missing.strategies import expected
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
        Smallest shift of the missing treated scores at which the conclusion no longer holds;
        0 when it does not hold without one, infinite when no shift changes it.
    """

    missing_at_random: float
    jump_to_reference: float
    tipping_shift: float


def robustness_to_missing(
    score: Array,
    baseline: Array,
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
    baseline : array of shape (n,)
    treated : array of bool, shape (n,)
    coefficients : array of shape (3, k)
        Of the fitted model at each visit: constant, slope on baseline, treated minus control.
    covariance : array of shape (k, k)
        Of the visits, the same in both arms.
    se, df : float
        Of the model's difference averaged over ``visits`` (Kenward-Roger's, say).
    holds : function of estimate, ci_low, ci_high
        Whether the conclusion holds.
    visits : indices
        Visits over which the difference is averaged with equal weights; all by default.
    direction : {1, -1}
        Sign of the shift: 1 makes the missing scores worse.

    Returns
    -------
    Robustness
        Analysis model: ANCOVA on baseline of the filled scores at each visit, averaged.
        Jump to reference: after the last score seen a treated person has the mean of control,
        given the scores before; scores missing in between, and in control, are missing at
        random. Its point estimate is the conditional mean one of Wolbers et al. 2022
        (doi:10.1002/pst.2234).
        The shift is added to every missing score of the treated at ``visits``, on top of what
        missing at random gives. With s_i the share of those visits that person i misses, it
        moves the estimate by ``shift * w``, w the ANCOVA coefficient of s_i on arm, and the
        squared standard error by ``shift^2 * var(s) / n_treated``: the share that misses is
        itself a sample. The interval is t with the model's df. Where s does not vary, the
        interval moves as it is.

    Notes
    -----
    The estimate missing at random is the model's own difference: the score equations of the
    mixed model say that ANCOVA of the filled scores gives its coefficients back. Checked
    against the jackknife of :mod:`analysis.estimates.missing` and rbmi's published listing.

    Raises
    ------
    ValueError
        When the arrays do not belong together, a baseline is missing, or an arm has fewer than
        two people.
    """
    treated = np.asarray(treated, bool)
    _refuse(score, baseline, treated, coefficients, covariance)
    own = np.column_stack([np.ones(len(baseline)), baseline, treated]) @ coefficients
    weights = np.zeros(score.shape[1])
    weights[visits] = 1.0
    weights /= weights.sum()
    lost = treated * (~np.isfinite(score) @ weights)
    estimate, quantile = float(coefficients[2] @ weights), t_quantile(df)
    if not lost.any():
        kept = holds(estimate, estimate - quantile * se, estimate + quantile * se)
        return Robustness(estimate, estimate, math.inf if kept else 0.0)
    reference = own - np.where(treated[:, None], coefficients[2], 0.0)
    jump = expected("JR", own, reference, first_missing_to_the_end(score))
    jumped = _on_arm(fill(score, jump, covariance) @ weights, baseline, treated)
    slope = _on_arm(lost, baseline, treated)
    spread = float(np.var(lost[treated], ddof=1)) / treated.sum()

    def still(shift: float) -> bool:
        middle = estimate + direction * shift * slope
        reach = quantile * math.sqrt(se**2 + shift**2 * spread)
        return holds(middle, middle - reach, middle + reach)

    scale = math.sqrt(np.diag(covariance).max())
    return Robustness(estimate, jumped, smallest_failing(still, scale))


def _on_arm(values: Array, baseline: Array, treated: NDArray[np.bool_]) -> float:
    """Coefficient of arm in a regression on baseline and arm, by the slope within arms."""
    x = np.where(treated, baseline - baseline[treated].mean(), 0.0)
    x += np.where(treated, 0.0, baseline - baseline[~treated].mean())
    apart = baseline[treated].mean() - baseline[~treated].mean()
    slope = (x @ values) / (x @ x)
    return float(values[treated].mean() - values[~treated].mean() - slope * apart)


def _refuse(
    score: Array,
    baseline: Array,
    treated: NDArray[np.bool_],
    coefficients: Array,
    covariance: Array,
) -> None:
    n, k = score.shape
    shapes = (baseline.shape, treated.shape, coefficients.shape, covariance.shape)
    if shapes != ((n,), (n,), (3, k), (k, k)):
        raise ValueError(
            f"{n} people and {k} visits need {n} baselines and arms, 3 x {k} coefficients and "
            f"{k} x {k} covariances."
        )
    if not np.isfinite(baseline).all():
        raise ValueError("A baseline is missing; leave people without one out and count them.")
    if min(treated.sum(), n - treated.sum()) < 2:
        raise ValueError("Each arm needs at least two people.")
