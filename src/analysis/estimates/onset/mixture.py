"""Whether people cross within the follow-up, and when those do who cross: a parametric mixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import expit, logit

from analysis.estimates.onset.profile_likelihood import Bounds, likelihood_limits, maximise
from analysis.estimates.table import row
from analysis.numbers import as_numbers, numbers, one_number

__all__ = ["FAMILIES", "CrossingModel", "compare_crossing", "crossing_model"]

# Distribution function of (log time - log scale) * shape.
FAMILIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "weibull": lambda z: -np.expm1(-np.exp(z)),
    "log-logistic": expit,
}
DENSITIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "weibull": lambda z: np.exp(z - np.exp(z)),
    "log-logistic": lambda z: expit(z) * expit(-z),
}
# The box of the parameters: with few visits the likelihood may rise without end towards a step
# or a flat line, which no data on a visit grid can tell from what lies in the box.
LOG_SHAPE = (float(np.log(0.1)), float(np.log(10.0)))
SCALES_APART = 1000.0
LOGIT_SHARE = (-15.0, 15.0)
SHARE = "share who respond within the follow-up"
# What two arms must share to be compared.
ASSUMED = ("family", "horizon", "cured")
MEDIAN = "median hours to response, of those who respond within the follow-up"


@dataclass(frozen=True, eq=False)
class CrossingModel:
    """A fitted mixture: a share crosses at times of a family of distributions, the rest never.

    Attributes
    ----------
    family : str
    cured : bool
        Whether some may never cross.
    horizon : float
        End of follow-up, hours; nothing is said beyond it.
    left, right, count : ndarray
        The different intervals and how many people have each.
    theta : ndarray
        log shape, log scale (hours) and, where some may never cross, logit share.
    """

    family: str
    cured: bool
    horizon: float
    left: np.ndarray
    right: np.ndarray
    count: np.ndarray
    theta: np.ndarray
    bounds: Bounds

    @property
    def shape(self) -> float:
        """Shape of the times: 1 is a constant rate for the Weibull."""
        return float(np.exp(self.theta[0]))

    @property
    def scale(self) -> float:
        """Scale of the times, hours."""
        return float(np.exp(self.theta[1]))

    @property
    def share(self) -> float:
        """Share that would cross in the end by the model; beyond the data, not for reporting."""
        return float(expit(self.theta[2])) if self.cured else 1.0

    @cached_property
    def loglik(self) -> float:
        """Log likelihood at the maximum."""
        return self._loglik(self.theta)

    def crossed_by(self, hours: np.ndarray) -> np.ndarray:
        """Share that crossed by these hours, NaN beyond the follow-up."""
        hours = as_numbers(hours, "hours")
        return np.where(hours <= self.horizon, self._cdf(self.theta, hours), np.nan)

    def _cdf(self, theta: np.ndarray, hours: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            z = np.exp(theta[0]) * (np.log(hours) - theta[1])
        # Beyond these the distribution function is 0 or 1 to the last digit.
        among = FAMILIES[self.family](np.clip(z, -700.0, 700.0))
        return np.asarray(expit(theta[2]) * among if self.cured else among)

    def _cdf_slope(self, theta: np.ndarray, hours: np.ndarray) -> np.ndarray:
        """Derivatives of the distribution function by the parameters; 0 at infinity."""
        shape = np.exp(theta[0])
        with np.errstate(divide="ignore"):
            z = np.clip(shape * (np.log(hours) - theta[1]), -700.0, 700.0)
        among = FAMILIES[self.family](z)
        density = DENSITIES[self.family](z)
        slope = np.stack([density * z, -density * shape])
        if self.cured:
            share = expit(theta[2])
            slope = np.vstack([share * slope, share * (1 - share) * among])
        return np.where(np.isinf(hours), 0.0, slope)

    def _slope(self, theta: np.ndarray) -> np.ndarray:
        until = np.where(np.isinf(self.right), 1.0, self._cdf(theta, self.right))
        inside = np.maximum(until - self._cdf(theta, self.left), 1e-300)
        change = self._cdf_slope(theta, self.right) - self._cdf_slope(theta, self.left)
        return np.asarray((change * (self.count / inside)).sum(axis=1))

    def _loglik(self, theta: np.ndarray) -> float:
        until = np.where(np.isinf(self.right), 1.0, self._cdf(theta, self.right))
        inside = until - self._cdf(theta, self.left)
        return float(self.count @ np.log(np.maximum(inside, 1e-300)))

    def _logit_crossed(self, theta: np.ndarray) -> float:
        return float(logit(np.clip(self._cdf(theta, np.array(self.horizon)), 1e-12, 1 - 1e-12)))

    def _log_median(self, theta: np.ndarray) -> float:
        """Log of the hour by which half of those who cross by the horizon have crossed."""
        shape, log_scale = np.exp(theta[0]), theta[1]
        z = np.clip(shape * (np.log(self.horizon) - log_scale), -700.0, 700.0)
        half = FAMILIES[self.family](z) / 2
        at = np.log(-np.log1p(-half)) if self.family == "weibull" else logit(half)
        return float(at / shape + log_scale)

    @cached_property
    def _intervals(self) -> dict[str, tuple[float, float, float]]:
        """Those found so far: a search each, and read by the arm's rows and the comparison's."""
        return {}

    def interval(self, what: str) -> tuple[float, float, float]:
        """Estimate and likelihood-ratio limits of ``SHARE`` or ``MEDIAN``."""
        if what not in self._intervals:
            self._intervals[what] = self._interval(what)
        return self._intervals[what]

    def _interval(self, what: str) -> tuple[float, float, float]:
        inner, outer = {
            SHARE: (self._logit_crossed, expit),
            MEDIAN: (self._log_median, np.exp),
        }[what]
        limits = likelihood_limits(self._loglik, inner, self.theta, self.bounds, slope=self._slope)
        low, high = (float(outer(limit)) for limit in limits)
        return float(outer(inner(self.theta))), low, high

    def rows(self, **words: Any) -> list[dict[str, Any]]:
        """Share who cross within the follow-up (0 to 1) and median hours of those who do."""
        found = []
        for what in (SHARE, MEDIAN):
            estimate, low, high = self.interval(what)
            found.append(
                row(
                    estimand=what,
                    n=int(self.count.sum()),
                    estimate=estimate,
                    ci_low=low,
                    ci_high=high,
                    method=f"{self.family}{' mixture' if self.cured else ''}, interval-censored "
                    "maximum likelihood, likelihood-ratio interval",
                    **words,
                )
            )
        return found


def crossing_model(
    left: np.ndarray,
    right: np.ndarray,
    *,
    horizon: float,
    family: str = "weibull",
    cured: bool = True,
) -> CrossingModel:
    """Fit the probability of crossing and the time to it from intervals (left, right].

    Parameters
    ----------
    left, right : ndarray of float, shape (n,)
        Hours; right is inf where no crossing was seen by left.
    horizon : float
        End of follow-up, hours: shares and times are those within it (Laska et al. 2009, J Clin
        Psychiatry 70:1138, ask for these two numbers).
    family : str
        Of ``FAMILIES``.
    cured : bool
        Whether some may never cross; without it the model is plain interval-censored regression
        on a constant.

    Returns
    -------
    CrossingModel

    Raises
    ------
    ValueError
        For an unknown family, intervals that are none or reach beyond the horizon, or fewer than
        two people known to cross: then there is no time to model.

    Notes
    -----
    No kept Python library fits a mixture to half-open intervals. Checked against survreg of R's
    survival (no cure) and a direct maximisation in R (cure); limits against profiling.
    """
    left, right = numbers(left=left, right=right)
    horizon = one_number(horizon, "horizon")
    if family not in FAMILIES:
        raise ValueError(f"The family is one of {', '.join(FAMILIES)}; got {family!r}.")
    if left.shape != right.shape or not ((left >= 0) & (left < right)).all():
        raise ValueError("Intervals are (left, right], left at least 0 and below right.")
    ends = right[np.isfinite(right)]
    if len(ends) < 2:
        raise ValueError(
            "Fewer than two participants are known to have responded; no time can be modelled."
        )
    if not (np.isfinite(horizon) and horizon >= max(ends.max(), left.max())):
        raise ValueError(
            "The horizon is the end of follow-up, at or after the last crossing and the last visit."
        )
    pairs, count = np.unique(np.column_stack([left, right]), axis=0, return_counts=True)
    width = np.log(SCALES_APART)
    bounds = [LOG_SHAPE, (np.log(ends.min()) - width, np.log(horizon) + width)]
    starts = [np.array([0.0, np.log(np.median(ends))]), np.array([0.5, np.log(horizon)])]
    if cured:
        bounds.append(LOGIT_SHARE)
        share = logit((len(ends) + 0.5) / (len(left) + 1))
        starts = [np.append(start, value) for start in starts for value in (share, 5.0)]
    model = CrossingModel(
        family, cured, horizon, pairs[:, 0], pairs[:, 1], count, starts[0], bounds
    )
    return replace(model, theta=maximise(model._loglik, starts, bounds, model._slope))


def compare_crossing(
    treated: CrossingModel, control: CrossingModel, **words: Any
) -> list[dict[str, Any]]:
    """Difference of the shares who cross, and ratio of the median hours of those who do.

    Treated minus (or over) control, with limits recovered from those of the two arms (Zou &
    Donner 2008, doi:10.1002/sim.3095). The times compare people picked by having crossed, so
    only the difference of the shares compares the arms as they were allocated.

    Raises
    ------
    ValueError
        When the two models differ in family, horizon, or whether some may never cross.
    """
    if any(getattr(treated, name) != getattr(control, name) for name in ASSUMED):
        raise ValueError(
            "Both arms need a model of the same family, the same horizon, and alike in whether "
            "some may never cross."
        )
    n = int(treated.count.sum() + control.count.sum())
    method = f"{treated.family} in each arm, limits recovered from both arms' (MOVER)"
    first, second = treated.interval(SHARE), control.interval(SHARE)
    estimate, low, high = _recovered(first, second)
    share = row(estimand=f"difference in {SHARE}", n=n, estimate=estimate, ci_low=low,
                ci_high=high, method=method, **words)  # fmt: skip
    logs = [np.log(model.interval(MEDIAN)) for model in (treated, control)]
    estimate, low, high = np.exp(_recovered(*logs))
    ratio = row(estimand=f"ratio of {MEDIAN}", n=n, estimate=float(estimate), ci_low=float(low),
                ci_high=float(high), method=method, **words)  # fmt: skip
    return [share, ratio]


def _recovered(first: Any, second: Any) -> tuple[float, float, float]:
    """Difference of two estimates, each (estimate, low, high), with its limits."""
    difference = first[0] - second[0]
    low = difference - np.hypot(first[0] - first[1], second[2] - second[0])
    high = difference + np.hypot(first[2] - first[0], second[0] - second[1])
    return float(difference), float(low), float(high)
