"""Dissociation as a mediator: never without what an unmeasured cause would do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.table import row
from analysis.numbers import aligned, as_numbers

__all__ = ["LinearMediation", "linear_mediation"]

RHOS = (-0.7, -0.5, -0.3, -0.1, 0.1, 0.3, 0.5, 0.7)
RESAMPLES = 2000
# An interval from fewer of the draws would be of those that happened to vary.
LEAST_KEPT = 0.95


@dataclass(frozen=True)
class LinearMediation:
    """An indirect effect under linear models without interaction, and how fragile it is.

    Attributes
    ----------
    parts : ndarray, shape (5,)
        Of the data: effect of treatment on the mediator; total effect on the outcome; residual
        SDs of mediator and outcome given treatment and covariates; their residual correlation.
    draws : ndarray, shape (resamples, 5)
        The same of people drawn again within each arm.
    n : int
        People.
    """

    parts: np.ndarray
    draws: np.ndarray
    n: int

    def indirect(self, rho: float = 0.0) -> float:
        """Indirect effect in points if the errors of mediator and outcome correlate by ``rho``."""
        return float(_indirect(self.parts[None, :], rho)[0])

    @property
    def rho_null(self) -> float:
        """Error correlation at which the indirect effect is zero."""
        return float(self.parts[4])

    @staticmethod
    def _interval(values: np.ndarray) -> tuple[float, float]:
        low, high = np.quantile(values, [0.025, 0.975])
        return float(low), float(high)

    def sensitivity(self, rhos: Sequence[float] = RHOS) -> pd.DataFrame:
        """The indirect effect over a range of error correlations.

        Parameters
        ----------
        rhos : sequence of float
            Between -1 and 1, both excluded.

        Returns
        -------
        DataFrame
            rho, estimate, ci_low, ci_high (points).

        Raises
        ------
        ValueError
            When a correlation is not between -1 and 1.
        """
        rows = []
        for rho in rhos:
            low, high = self._interval(_indirect(self.draws, rho))
            rows.append((rho, self.indirect(rho), low, high))
        return pd.DataFrame(rows, columns=["rho", "estimate", "ci_low", "ci_high"])

    def rows(self, rhos: Sequence[float] = RHOS, **words: Any) -> list[dict[str, Any]]:
        """Rows of the table of estimates: the indirect effect together with its sensitivity.

        Returns
        -------
        list of rows
            ``total effect``, ``direct effect``, ``indirect effect``, each if nothing unmeasured
            moved both mediator and outcome; the correlation that would nullify the indirect
            effect, and the share of what the model leaves unexplained of each that a common
            cause, equally strong in both, would have to explain for that; ``indirect effect, if
            the errors correlated by r``.
        """
        method = f"linear models, percentile bootstrap, {len(self.draws)} resamples"
        whole = _indirect(self.draws, 0.0)
        named = (
            ("total effect", self.parts[1], self.draws[:, 1]),
            ("direct effect, if nothing unmeasured moved both", self.parts[1] - self.indirect(),
             self.draws[:, 1] - whole),
            ("indirect effect, if nothing unmeasured moved both", self.indirect(), whole),
            ("error correlation that would nullify the indirect effect", self.rho_null,
             self.draws[:, 4]),
        )  # fmt: skip
        rows = []
        for name, estimate, draws in named:
            low, high = self._interval(draws)
            limits = {"estimate": float(estimate), "ci_low": low, "ci_high": high}
            rows.append(row(estimand=name, n=self.n, method=method, **limits, **words))
        # A common cause of R2 of what remains of each makes the errors correlate by R2.
        name = "share of remaining variance of both that a common cause would need"
        share = {"estimate": abs(self.rho_null), "method": "size of that correlation"}
        rows.append(row(estimand=name, n=self.n, **share, **words))
        for rho, estimate, low, high in self.sensitivity(rhos).itertuples(index=False):
            name = f"indirect effect, if the errors correlated by {rho:g}"
            limits = {"estimate": estimate, "ci_low": low, "ci_high": high}
            rows.append(row(estimand=name, n=self.n, method=method, **limits, **words))
        return rows


def linear_mediation(
    outcome: np.ndarray,
    mediator: np.ndarray,
    treated: np.ndarray,
    covariates: np.ndarray | None = None,
    *,
    seed: int | np.random.Generator,
    resamples: int = RESAMPLES,
) -> LinearMediation:
    """Natural indirect effect through one mediator, with sensitivity to unmeasured confounding.

    Linear models without interaction of treatment and mediator. Treatment is randomised; the
    mediator is not, so "nothing unmeasured moves both mediator and outcome" can never be
    checked. If something does, so that the errors of the two models correlate by rho, the
    indirect effect is ``a * (sY / sM) * (r - rho * sqrt((1 - r**2) / (1 - rho**2)))`` with a
    the effect of treatment on the mediator, sM and sY the residual SDs given treatment and
    covariates, and r their residual correlation (Imai, Keele & Yamamoto 2010, theorem 4,
    doi:10.1214/10-STS321). It is zero at rho = r.

    Parameters
    ----------
    outcome, mediator : ndarray of float, shape (n,)
        Score or change in points, and for example peak dissociation.
    treated : ndarray of bool, shape (n,)
    covariates : ndarray of float, shape (n, k), optional
        Measured before treatment: baseline at the least.
    seed : int or Generator
        For drawing people again within their arm; the order of people does not matter.
    resamples : int
        Draws; percentile intervals, since bias correction is liberal here (Fritz, Taylor &
        MacKinnon 2012, doi:10.1080/00273171.2012.640596).

    Returns
    -------
    LinearMediation

    Raises
    ------
    ValueError
        When lengths differ, a value is missing, an arm has too few people for the models, or
        something does not vary, or varies in so few people that many draws lack them.

    Notes
    -----
    ``statsmodels.stats.mediation.Mediation`` was not used: it draws a new outcome for each
    person in each repetition, resamples people for its two models separately, and has no
    sensitivity analysis. In the linear case the effect has the closed form above; it agrees with
    Mediation within Monte Carlo error, and with lavaan's likelihood at fixed error correlations.
    """
    columns = _checked(outcome, mediator, treated, covariates)
    columns = columns[np.lexsort(columns.T[::-1])]  # by content: the order of rows is chance
    n, k = columns.shape
    own = _parts((columns.T @ columns)[None])
    if not np.isfinite(own).all() or 1 - own[0, 4] ** 2 < 1e-12:
        raise ValueError("Mediator, outcome and covariates must vary, and not repeat each other.")
    rng = np.random.default_rng(seed)
    arm = columns[:, 1]
    weights = np.zeros((resamples, n))
    for value in (0.0, 1.0):
        members = np.flatnonzero(arm == value)
        weights[:, members] = rng.multinomial(
            len(members), np.full(len(members), 1 / len(members)), size=resamples
        )
    products = (columns[:, :, None] * columns[:, None, :]).reshape(n, k * k)
    drawn = _parts((weights @ products).reshape(resamples, k, k))
    # A draw of few different people may fit perfectly; it says nothing and is left out.
    kept = np.isfinite(drawn).all(axis=1)
    if kept.mean() < LEAST_KEPT:
        raise ValueError(
            f"{int((~kept).sum())} of {resamples} draws of people leave nothing to fit; mediator "
            "or outcome is the same in nearly everybody."
        )
    return LinearMediation(own[0], drawn[kept], n)


def _checked(
    outcome: np.ndarray, mediator: np.ndarray, treated: np.ndarray, covariates: np.ndarray | None
) -> np.ndarray:
    """Columns 1, treated, covariates (centred), mediator, outcome."""
    same = aligned(
        "covariates", treated=treated, mediator=mediator, outcome=outcome, covariates=covariates
    )
    marks = np.asarray(same["treated"])
    values = [as_numbers(same[name], name) for name in ("mediator", "outcome")]
    before = np.empty((len(marks), 0))
    if covariates is not None:
        before = as_numbers(same["covariates"], "covariates")
    before = before.reshape(len(before), -1)
    if {len(marks), len(before), *(len(v) for v in values)} != {len(marks)}:
        raise ValueError("Outcome, mediator, treatment and covariates must be of the same people.")
    if not np.isin(marks, [0, 1]).all() or not all(np.isfinite(v).all() for v in (*values, before)):
        raise ValueError("All values must be known; leave people without one out and count them.")
    marks = marks.astype(float)
    fewest = min(marks.sum(), len(marks) - marks.sum())
    if fewest < 3 or len(marks) < before.shape[1] + 5:
        raise ValueError(
            "Mediation needs at least three participants per arm, and more than it fits."
        )
    centred = [v - v.mean(axis=0) for v in (before, *values)]
    return np.column_stack([np.ones(len(marks)), marks, *centred])


def _parts(products: np.ndarray) -> np.ndarray:
    """The five parts of each matrix of sums of products; NaN where they are not defined."""
    before, after = products[:, :-2, :-2], products[:, :-2, -2:]
    # A draw without variation of a covariate has no single solution; the pseudoinverse gives one.
    slopes = np.linalg.pinv(before, hermitian=True) @ after
    residual = products[:, -2:, -2:] - np.swapaxes(after, 1, 2) @ slopes
    scale = np.maximum(np.diagonal(products[:, -2:, -2:], axis1=1, axis2=2), 1e-300)
    squares = np.diagonal(residual, axis1=1, axis2=2)
    squares = np.where(squares > 1e-12 * scale, squares, np.nan)
    sd = np.sqrt(squares)
    with np.errstate(invalid="ignore"):
        correlation = np.clip(residual[:, 0, 1] / (sd[:, 0] * sd[:, 1]), -1, 1)
    return np.column_stack([slopes[:, 1, :], sd, correlation])


def _indirect(parts: np.ndarray, rho: float) -> np.ndarray:
    """Indirect effect of each row of parts at an error correlation."""
    if not -1 < rho < 1:
        raise ValueError("An error correlation lies between -1 and 1, both excluded.")
    on_mediator, _, sd_mediator, sd_outcome, r = parts.T
    left = r - rho * np.sqrt((1 - r**2) / (1 - rho**2))
    return np.asarray(on_mediator * sd_outcome / sd_mediator * left)
