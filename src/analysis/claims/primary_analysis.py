"""The one primary analysis: the difference within hours, by the mixed model.

Change from baseline at the visits of the hours phase on baseline and treatment, each with its
own effect at every visit; unstructured covariance, restricted maximum likelihood, Kenward-Roger
(:mod:`analysis.mmrm`). The estimate is the difference of least squares means, treated minus
comparator, averaged over those visits with equal weights. Later visits are not in the model: a
form within hours is hardly ever missed by someone who fills in later ones, and each further
visit costs covariance parameters that fifteen people an arm can ill afford. The model of all
visits stands beside it.

Calibration runs this very function on simulated trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm import MMRM, ModelSpec, prepare

__all__ = ["Primary", "Scores", "primary_analysis"]

Array = NDArray[np.float64]
FORMULA = "change ~ baseline * visit + treated * visit"
ONE_VISIT = "change ~ baseline + treated"
# What replaces an unstructured covariance that does not converge.
LADDER = ("toeph", "ar1h", "cs")


@dataclass(frozen=True)
class Scores:
    """What the primary analysis sees of a study.

    Attributes
    ----------
    score : array of shape (n, k)
        Points at each visit of the phase, NaN where there is none; whoever has none at all
        may be left in or out.
    baseline : array of shape (n,)
        Points.
    treated : array of bool, shape (n,)
        True on ketamine, False on the comparator.
    visits : tuple of str
        Labels of the k visits.
    """

    score: Array
    baseline: Array
    treated: NDArray[np.bool_]
    visits: tuple[str, ...]

    def keep(self, people: NDArray[np.bool_]) -> Scores:
        """These people alone."""
        return Scores(self.score[people], self.baseline[people], self.treated[people], self.visits)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """People with a score at one visit or more."""
        return np.asarray(np.isfinite(self.score).any(axis=1))


@dataclass(frozen=True)
class Primary:
    """The primary estimate, in points, treated minus comparator (negative = fewer symptoms)."""

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    n: int
    fit: MMRM

    @property
    def method(self) -> str:
        """The analysis in words, with what it fell back from."""
        kinds = {"us": "unstructured", "toeph": "heterogeneous Toeplitz",
                 "ar1h": "heterogeneous AR(1)", "cs": "compound symmetry"}  # fmt: skip
        words = f"MMRM, {kinds[self.fit.covariance_type]} covariance, REML, Kenward-Roger"
        if self.fit.fallbacks:
            failed = ", ".join(kinds[kind] for kind in self.fit.fallbacks)
            words += f" (fell back from {failed}, which did not converge)"
        return words

    def row(self, **words: Any) -> dict[str, Any]:
        """The columns of the table of estimates that hold numbers, and the method."""
        numbers = {name: float(getattr(self, name)) for name in
                   ("estimate", "se", "df", "ci_low", "ci_high", "p_value")}  # fmt: skip
        return {"n": self.n, **numbers, "method": self.method, **words}


@cache
def _spec(visits: tuple[str, ...]) -> ModelSpec:
    """The model prepared for these visits, on a table that holds every level."""
    k = len(visits)
    table = _long(np.arange(4.0 * k).reshape(4, k), np.array([0.0, 1.0, 0.0, 2.0]),
                  np.array([0.0, 0.0, 1.0, 1.0]), visits)  # fmt: skip
    formula = FORMULA if k > 1 else ONE_VISIT
    # The ladder is declared, and `Primary.method` names what was used.
    return prepare(formula, table, subject="subject", visit="visit", fallback=LADDER)


@cache
def _dtype(visits: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(visits), ordered=True)


def _long(change: Array, baseline: Array, treated: Array, visits: tuple[str, ...]) -> pd.DataFrame:
    n, k = change.shape
    codes = np.tile(np.arange(k), n)
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical.from_codes(codes, dtype=_dtype(visits)),
            "baseline": np.repeat(baseline, k),
            "treated": np.repeat(treated, k),
            "change": change.ravel(),
        }
    )


def primary_analysis(scores: Scores) -> Primary:
    """The primary estimate from the scores of the phase.

    Raises
    ------
    ValueError
        When an arm has nobody, or the mixed model cannot be fitted; with the reason.
    """
    used = scores.keep(scores.seen)
    if used.treated.all() or not used.treated.any():
        raise ValueError("One arm has no score within hours; there is no difference to estimate.")
    treated = used.treated.astype(float)
    table = _long(used.score - used.baseline[:, None], used.baseline, treated, used.visits)
    fit = _spec(used.visits).fit(table)
    later = {f"treated:visit[T.{name}]": 1 / len(used.visits) for name in used.visits[1:]}
    found = fit.contrast({"treated": 1.0, **later})
    return Primary(
        estimate=float(found["estimate"]),
        se=float(found["se"]),
        df=float(found["df"]),
        ci_low=float(found["ci_low"]),
        ci_high=float(found["ci_high"]),
        p_value=float(found["p_value"]),
        n=len(used.baseline),
        fit=fit,
    )
