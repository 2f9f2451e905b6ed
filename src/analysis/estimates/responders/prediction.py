"""How well the first session foretells who has responded at the end, told to people left out.

A linear model of the end score, its t predictive distribution read at each person's threshold:
it uses the scores and not only which side they fell on, and needs no draws, since leaving out
one or two people has a closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimates.intervals import t_quantile, t_test
from analysis.estimates.responders.prediction_performance import area_interval, net_benefit
from analysis.estimates.table import row
from analysis.numbers import numbers

__all__ = ["EndPrediction", "predict_end"]

BASELINE, BOTH = "baseline alone", "baseline and first session"


@dataclass(frozen=True)
class EndPrediction:
    """What each of two models foretells of the end, for people it was not fitted to.

    Attributes
    ----------
    responded : ndarray of bool, shape (n,)
        Whether the fall from baseline to the end reached the threshold; people as given.
    probability : dict of ndarray of float, shape (n,)
        By model, the probability of that, the person left out.
    estimates : list of rows
        See :func:`predict_end`.
    """

    responded: np.ndarray
    probability: dict[str, np.ndarray]
    estimates: list[dict[str, Any]]

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the table of estimates."""
        return self.estimates

    def decision_curve(self, thresholds: np.ndarray) -> pd.DataFrame:
        """Net benefit of going on with those whom a model gives at least some probability.

        Returns
        -------
        DataFrame
            strategy (a model, ``go on with everyone``, ``go on with no one``), threshold
            (probability of response below which one would stop), net_benefit (responders gone
            on with, net, as a share of all).
        """
        n = len(self.responded)
        plans = {
            **self.probability,
            "go on with everyone": np.ones(n),
            "go on with no one": np.full(n, -1.0),
        }
        parts = [
            pd.DataFrame(
                {
                    "strategy": name,
                    "threshold": thresholds,
                    "net_benefit": net_benefit(self.responded, plan, thresholds),
                }
            )
            for name, plan in plans.items()
        ]
        return pd.concat(parts, ignore_index=True)


def predict_end(
    baseline: np.ndarray,
    first: np.ndarray,
    end: np.ndarray,
    *,
    fall: float,
    resamples: int = 500,
    seed: int,
    **words: Any,
) -> EndPrediction:
    """What the score after the first session adds to baseline in foretelling response at the end.

    A second score of a person always tells more about the third, treatment or none; this
    measures use, not cause. For a relation of the responses see
    :func:`analysis.estimates.responders.first_session.first_and_last_response`.

    Parameters
    ----------
    baseline, first, end : ndarray of float, shape (n,)
        Points, the same people in the same order.
    fall : float
        Points from baseline to the end that count as response.
    resamples : int
        Bootstrap samples for the calibration slope.
    seed : int
        The order of people does not matter.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    EndPrediction
        Its rows, by model: ``AUC``, each pair of a responder and a non-responder judged by
        the model without the two (Airola et al. 2011, doi:10.1016/j.csda.2010.11.018: leaving
        out one by one and pooling is biased below 0.5), at each end the wider of the limits of
        :func:`area_interval` and of the jackknife, the former alone being too narrow;
        ``calibration slope`` corrected for optimism by bootstrap (Harrell, Lee & Mark 1996,
        doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4, one slope over all
        samples; 1 is right, less is overconfident); ``observed minus predicted share``, people
        left out one by one. Then ``points of the end score per point after the first session``,
        t interval: whether the first session adds anything (a test of the AUCs is not valid:
        Demler, Pencina & D'Agostino 2012, doi:10.1002/sim.5328).

    Raises
    ------
    ValueError
        When lengths differ, a score is missing, fewer than ten people are given, fewer than
        two did or did not respond, baseline and first score do not vary apart, or the end is a
        straight line of them.
    """
    scores = _checked(baseline, first, end, fall)
    # By content, so that the order of people decides nothing.
    order = np.lexsort(scores.T)
    scores, as_given = scores[order], np.argsort(order)
    responded = scores[:, 2] - scores[:, 0] <= -fall
    if min(responded.sum(), (~responded).sum()) < 2:
        raise ValueError("At least two people must respond and two must not, or none is foretold.")
    rng = np.random.default_rng(seed)
    probability, rows = {}, []
    common = {"n": len(scores), **words}
    for name, columns in ((BASELINE, [0]), (BOTH, [0, 1])):
        fit = _Fit.of(scores, columns, fall)
        probability[name] = fit.left_out_one()[as_given]
        rows += [
            _area(scores, columns, fall, f"AUC, {name}", common),
            row(
                estimand=f"calibration slope, {name}",
                estimate=fit.calibration_slope(rng, resamples),
                method=f"end score on its prediction, optimism from {resamples} bootstrap samples",
                **common,
            ),
            row(
                estimand=f"observed minus predicted share, {name}",
                estimate=float(responded.mean() - probability[name].mean()),
                method="mean over people left out one by one",
                **common,
            ),
        ]
    return EndPrediction(responded[as_given], probability, [*rows, fit.last_slope(common)])


def _checked(baseline: np.ndarray, first: np.ndarray, end: np.ndarray, fall: float) -> np.ndarray:
    columns = numbers(baseline=baseline, first=first, end=end)
    if any(values.ndim != 1 or len(values) != len(columns[0]) for values in columns):
        raise ValueError("Baseline, first and end scores belong to the same people.")
    scores = np.column_stack(columns)
    if not np.isfinite(scores).all():
        raise ValueError("Every score must be there; leave people out and count them.")
    if not fall > 0:
        raise ValueError("A response is a fall of a positive number of points.")
    if len(scores) < 10:
        raise ValueError(f"Foretelling needs at least ten people; got {len(scores)}.")
    return scores


@dataclass(frozen=True)
class _Fit:
    """The end score on an intercept and some scores, by least squares."""

    design: np.ndarray
    end: np.ndarray
    cut: np.ndarray
    hat: np.ndarray
    residual: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray, columns: list[int], fall: float) -> _Fit:
        design = np.column_stack([np.ones(len(scores)), scores[:, columns]])
        basis = np.linalg.qr(design)[0]
        hat = basis @ basis.T
        if np.linalg.matrix_rank(design) < design.shape[1] or (hat.diagonal() > 1 - 1e-9).any():
            raise ValueError("Baseline and first score must vary apart, in more than one person.")
        end = scores[:, 2]
        residual = end - hat @ end
        if np.abs(residual).max() <= 1e-10 * np.abs(end).max(initial=1.0):
            raise ValueError("The scores leave no residual; there is no chance to foretell.")
        return cls(design, end, scores[:, 0] - fall, hat, residual)

    @property
    def df(self) -> int:
        return len(self.end) - self.design.shape[1]

    def left_out_one(self) -> np.ndarray:
        """Probability of response of each person, from the others."""
        outside = 1 - self.hat.diagonal()
        error = self.residual / outside
        variance = (self.residual @ self.residual - self.residual * error) / (self.df - 1)
        z = (self.cut - (self.end - error)) / np.sqrt(variance / outside)
        return special.stdtr(self.df - 1, z)

    def wins(self, responded: np.ndarray) -> np.ndarray:
        """Responder by non-responder: 1 where the former was given more, both left out."""
        i, j = np.flatnonzero(responded)[:, None], np.flatnonzero(~responded)[None, :]
        h = self.hat.diagonal()
        a, b, c = 1 - h[i], 1 - h[j], -self.hat[i, j]
        determinant = a * b - c**2
        # Inverse of the 2×2 block of I - H gives what both errors are without the two.
        errors = (
            (b * self.residual[i] - c * self.residual[j]) / determinant,
            (a * self.residual[j] - c * self.residual[i]) / determinant,
        )
        squares = self.residual @ self.residual
        squares = squares - self.residual[i] * errors[0] - self.residual[j] * errors[1]
        sd = np.sqrt(squares / (self.df - 2))
        z = [
            (self.cut[k] - (self.end[k] - error)) / (sd * np.sqrt(leverage / determinant))
            for k, error, leverage in zip((i, j), errors, (b, a), strict=True)
        ]
        # Equal scores differ by rounding alone.
        lead = z[0] - z[1]
        return (lead > 1e-9) + 0.5 * (np.abs(lead) <= 1e-9)

    def calibration_slope(self, rng: np.random.Generator, resamples: int) -> float:
        """Slope of the end score on predictions of models fitted to resampled people."""
        n = len(self.end)
        weights = rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)
        cross = np.einsum("bn,np,nq->bpq", weights, self.design, self.design)
        target = weights @ (self.design * self.end[:, None])
        coefficients = np.einsum("bpq,bq->bp", np.linalg.pinv(cross, hermitian=True), target)
        foretold = coefficients @ self.design.T
        foretold -= foretold.mean(axis=1, keepdims=True)
        # In the data themselves the slope is 1, so that these samples give its corrected value:
        # one slope over all of them, since the slope of a model that foretells next to nothing
        # is a ratio without a mean.
        return float((foretold @ self.end).sum() / (foretold**2).sum())

    def last_slope(self, common: dict[str, Any]) -> dict[str, Any]:
        """The last coefficient with its t interval."""
        inverse = np.linalg.inv(self.design.T @ self.design)
        slope = (inverse @ self.design.T @ self.end)[-1]
        se = math.sqrt(self.residual @ self.residual / self.df * inverse[-1, -1])
        return row(
            estimand="points of the end score per point after the first session",
            **t_test(slope, se, self.df),
            method="end score on baseline and first score, least squares",
            **common,
        )


def _area(
    scores: np.ndarray, columns: list[int], fall: float, estimand: str, common: dict[str, Any]
) -> dict[str, Any]:
    """The area with the wider of two limits at each end: of the pairs, and of the whole fit."""
    responded = scores[:, 2] - scores[:, 0] <= -fall
    sizes, n = (int(responded.sum()), int((~responded).sum())), len(scores)

    def area(kept: np.ndarray) -> float:
        fit = _Fit.of(scores[kept], columns, fall)
        return float(fit.wins(responded[kept]).mean())

    everyone = ~np.zeros(n, bool)
    estimate = area(everyone)
    # Newcombe's limits take the model as given; without each person it is another model.
    without = np.array([area(everyone & (np.arange(n) != i)) for i in range(n)])
    se = math.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    reach = t_quantile(n - 1) * se
    low, high = area_interval(estimate, *sizes)
    return row(
        estimand=estimand,
        estimate=estimate,
        ci_low=max(0.0, min(low, estimate - reach)),
        ci_high=min(1.0, max(high, estimate + reach)),
        method=f"pairs of {sizes[0]} responders and {sizes[1]} others, both left out; the wider "
        "of Newcombe's and jackknife limits",
        **common,
    )
