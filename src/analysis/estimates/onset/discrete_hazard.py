"""Ratio of the hazards of crossing between arms, visit by visit: complementary log-log model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from analysis.estimates.arms import as_treated
from analysis.estimates.onset.profile_likelihood import Bounds, likelihood_limits, maximise
from analysis.estimates.table import row
from analysis.numbers import aligned, as_numbers

__all__ = ["DiscreteHazard", "discrete_hazard"]

# Log cumulative hazards of one period: beyond these a hazard is 0 or 1 to the last digit shown.
LOG_HAZARD = (-20.0, 3.0)
# Hazard ratios past e^8 = 3000 are no longer told from endless ones.
LOG_RATIO = (-8.0, 8.0)
# Where neither this ratio nor its inverse (1.6) costs any likelihood, all fit the data alike.
PROBE, COSTS = 0.5, 1e-4


@dataclass(frozen=True, eq=False)
class DiscreteHazard:
    """A fitted grouped proportional-hazards model.

    Attributes
    ----------
    visits : ndarray of float, shape (k,)
        Scheduled hours at which somebody's interval ends.
    theta : ndarray of float, shape (k,) or (k + 1,)
        Log cumulative hazard of each period between visits in the control arm, then the log
        hazard ratio where there are two arms.
    """

    visits: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    treated: np.ndarray | None
    theta: np.ndarray
    bounds: Bounds

    @property
    def hazard(self) -> np.ndarray:
        """Probability of crossing at each visit among those who had not, control arm or all."""
        return -np.expm1(-np.exp(self.theta[: len(self.visits)]))

    @cached_property
    def loglik(self) -> float:
        """Log likelihood at the maximum."""
        return self._loglik(self.theta)

    def _loglik(self, theta: np.ndarray) -> float:
        k = len(self.visits)
        total = np.concatenate([[0.0], np.cumsum(np.exp(theta[:k])), [np.inf]])
        ratio = 1.0 if self.treated is None else np.exp(theta[k] * self.treated)
        kept = np.exp(-total[self.begin] * ratio) - np.exp(-total[self.end] * ratio)
        return float(np.log(np.maximum(kept, 1e-300)).sum())

    def _lost_at(self, log_ratio: float) -> float:
        """What holding the log hazard ratio costs in log likelihood."""
        bounds = [*self.bounds[:-1], (log_ratio, log_ratio)]
        start = np.append(np.clip(self.theta[:-1], -5.0, 1.0), log_ratio)
        return self.loglik - self._loglik(maximise(self._loglik, [start], bounds))

    def rows(self, **words: Any) -> list[dict[str, Any]]:
        """The hazard ratio with its likelihood-ratio interval and test.

        A limit set by the box of the parameters is given as 0 or infinity: the data set none.

        Raises
        ------
        ValueError
            When the model has one arm, or every ratio fits the data alike: everybody may have
            crossed in one period, or an arm has no visit that tells.
        """
        if self.treated is None:
            raise ValueError("The hazards of two arms are compared; the model has one.")
        if max(self._lost_at(-PROBE), self._lost_at(PROBE)) < COSTS:
            raise ValueError(
                "Every hazard ratio fits these intervals alike; compare the shares with a response."
            )
        k = len(self.visits)
        none = _fit(self.visits, self.begin, self.end, None)
        # With nobody crossing in one arm the likelihood rises to the edge of the box.
        low, high = likelihood_limits(
            self._loglik, lambda theta: float(theta[k]), self.theta, self.bounds
        )
        test = 2 * max(self.loglik - none.loglik, 0.0)
        return [
            row(
                estimand="hazard ratio of response between visits",
                n=len(self.begin),
                estimate=_unboxed(self.theta[k]),
                ci_low=_unboxed(low),
                ci_high=_unboxed(high),
                p_value=float(special.chdtrc(1, test)),
                method="grouped proportional hazards (complementary log-log), "
                "likelihood-ratio interval and test",
                **words,
            )
        ]


def _unboxed(log_ratio: float) -> float:
    low, high = LOG_RATIO
    if log_ratio < low + 0.01:
        return 0.0
    return float("inf") if log_ratio > high - 0.01 else float(np.exp(log_ratio))


def discrete_hazard(
    left: np.ndarray, right: np.ndarray, treated: np.ndarray | None = None
) -> DiscreteHazard:
    """Fit hazards of crossing by visit, and their ratio between two arms.

    Each period between visits has a hazard of its own; the ratio is that of the continuous
    hazards, the same in all periods (Prentice & Gloeckler 1978, doi:10.2307/2529588).

    Parameters
    ----------
    left, right : ndarray of float, shape (n,)
        Intervals (left, right] on the scheduled hours; right is inf where no crossing was seen.
        An interval over several periods, left by a missed visit, is taken as it is.
    treated : ndarray of bool, shape (n,), optional
        Arm, True or 1 for the treated; all in one group without it.

    Raises
    ------
    ValueError
        When intervals are none, nobody crossed, an arm is empty or somebody's is not told.

    Notes
    -----
    The likelihood is maximised here, since a missed visit leaves an interval for which a
    generalised linear model of person-periods has no row. Without missed visits it is that
    model: checked against the complementary log-log GLM of statsmodels, and without arms
    against the life table.
    """
    same = aligned("treated", left=left, right=right, treated=treated)
    left, right = as_numbers(same["left"], "left"), as_numbers(same["right"], "right")
    treated = same["treated"]
    if left.shape != right.shape or not ((left >= 0) & (left < right)).all():
        raise ValueError("Intervals are (left, right], left at least 0 and below right.")
    visits = np.unique(right[np.isfinite(right)])
    if not len(visits):
        raise ValueError("Nobody is known to have responded; there is no hazard to compare.")
    arm = None if treated is None else as_treated(treated).astype(float)
    if arm is not None and (arm.shape != left.shape or not {0.0, 1.0} == set(arm)):
        raise ValueError("Both arms need people, and everybody an arm.")
    # Nobody can be shown to cross where no interval ends, so those periods have no hazard.
    begin = np.searchsorted(visits, left, side="right")
    end = np.where(np.isinf(right), len(visits) + 1, np.searchsorted(visits, right) + 1)
    return _fit(visits, begin, end, arm)


def _fit(
    visits: np.ndarray, begin: np.ndarray, end: np.ndarray, treated: np.ndarray | None
) -> DiscreteHazard:
    """Maximise the likelihood from crossings by place of the visits."""
    k = len(visits)
    bounds = [LOG_HAZARD] * k + ([LOG_RATIO] if treated is not None else [])
    start = np.concatenate([np.full(k, -1.5), np.zeros(len(bounds) - k)])
    model = DiscreteHazard(visits, begin, end, treated, start, bounds)
    return replace(model, theta=maximise(model._loglik, [start], bounds))
