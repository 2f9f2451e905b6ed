"""The one primary analysis: the difference within hours, by the mixed model.

Change from baseline at the visits of the hours phase on baseline and treatment, each with its
own effect at every visit; unstructured covariance, restricted maximum likelihood, Kenward-Roger
(:mod:`analysis.mmrm`). The estimate is the difference of least squares means, treated minus
comparator, averaged over those visits with equal weights. Later visits are not in the model: a
form within hours is hardly ever missed by someone who fills in later ones, and each further
visit costs covariance parameters that fifteen people an arm can ill afford. The model of all
visits stands beside it.

Calibration runs this very model on simulated trials, many at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates.missing.imputation_model import by_visit
from analysis.mmrm import ModelSpec, many_arrays, prepare

__all__ = ["Primary", "Scores", "primary_analyses", "primary_analysis", "visits_told_apart"]

Array = NDArray[np.float64]
FORMULA = "change ~ baseline * visit + treated * visit"
ONE_VISIT = "change ~ baseline + treated"
ONE_ARM = "One arm has no score within hours; there is no difference to estimate."
NUMBERS = ("estimate", "se", "df", "ci_low", "ci_high", "p_value")
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


def visits_told_apart(score: Array, treated: NDArray[np.bool_], fewest: float) -> bool:
    """Whether so many people of each arm have a score at every visit.

    With fewer, how the visits go together is anybody's guess, and the phase is one visit.
    """
    whole = np.asarray(np.isfinite(score).all(axis=1))
    return bool(min(whole[treated].sum(), whole[~treated].sum()) >= fewest)


@dataclass(frozen=True)
class Primary:
    """The primary estimate, in points, treated minus comparator (negative = fewer symptoms).

    Attributes
    ----------
    n : int
        People in the analysis.
    coefficients : array of shape (3, k)
        At each visit: constant, slope on baseline, treated minus comparator.
    covariance : array of shape (k, k)
        Of the visits, the same in both arms.
    structure : str
        Of the covariance used.
    fallbacks : tuple of str
        Structures tried before it that did not converge.
    """

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    n: int
    coefficients: Array
    covariance: Array
    structure: str
    fallbacks: tuple[str, ...]

    @property
    def method(self) -> str:
        """The analysis in words, with what it fell back from."""
        kinds = {"us": "unstructured", "toeph": "heterogeneous Toeplitz",
                 "ar1h": "heterogeneous AR(1)", "cs": "compound symmetry"}  # fmt: skip
        words = f"MMRM, {kinds[self.structure]} covariance, REML, Kenward-Roger"
        if self.fallbacks:
            failed = ", ".join(kinds[kind] for kind in self.fallbacks)
            words += f" (fell back from {failed}, which did not converge)"
        return words

    def row(self, **words: Any) -> dict[str, Any]:
        """The columns of the table of estimates that hold numbers, and the method."""
        numbers = {name: float(getattr(self, name)) for name in NUMBERS}
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
        raise ValueError(ONE_ARM)
    treated = used.treated.astype(float)
    table = _long(used.score - used.baseline[:, None], used.baseline, treated, used.visits)
    fit = _spec(used.visits).fit(table)
    found = fit.contrast(_difference(used.visits))
    return Primary(
        **{name: float(found[name]) for name in NUMBERS},
        n=len(used.baseline),
        coefficients=by_visit(fit.params, used.visits),
        covariance=np.asarray(fit.covariance, float),
        structure=fit.covariance_type,
        fallbacks=fit.fallbacks,
    )


def primary_analyses(several: Sequence[Scores]) -> list[Primary | str]:
    """The primary estimate of each of many trials, fitted at once; or why there is none.

    The numbers of :func:`primary_analysis` to eight digits, whose errors are the reasons.
    """
    found: list[Primary | str] = [ONE_ARM] * len(several)
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, scores in enumerate(several):
        arm = scores.treated[scores.seen]
        if arm.any() and not arm.all():
            alike[scores.visits].append(place)
    for visits, places in alike.items():
        for place, primary in zip(places, _fitted_at_once(several, places, visits), strict=True):
            found[place] = primary
    return found


def _fitted_at_once(
    several: Sequence[Scores], places: Sequence[int], visits: tuple[str, ...]
) -> list[Primary | str]:
    """Trials with the same visits; whoever a smaller one lacks has no score."""
    most = max(len(several[place].baseline) for place in places)
    change = np.full((len(places), most, len(visits)), np.nan)
    baseline, treated = np.zeros((2, len(places), most))
    for row, place in enumerate(places):
        scores = several[place]
        n = len(scores.baseline)
        change[row, :n] = scores.score - scores.baseline[:, None]
        baseline[row, :n], treated[row, :n] = scores.baseline, scores.treated
    fits = many_arrays(_spec(visits), change, baseline=baseline, treated=treated)
    tests = fits.contrast(_difference(visits))[list(NUMBERS)].to_dict("records")
    units = (pd.Series(unit, fits.terms) for unit in np.eye(len(fits.terms)))
    coefficients = np.tensordot(
        fits.params.fillna(0.0).to_numpy(), np.stack([by_visit(one, visits) for one in units]), 1
    )
    covariance, n_people = np.asarray(fits.covariance), fits.counts["n_subjects"].tolist()
    refusals, structures, fallbacks = fits.refusals.to_dict(), fits.structures, fits.fallbacks
    return [
        refusals[row]
        if row in refusals
        else Primary(
            n=n_people[row],
            coefficients=coefficients[row],
            covariance=covariance[row],
            structure=structures[row],
            fallbacks=fallbacks[row],
            **{str(name): float(value) for name, value in test.items()},
        )
        for row, test in enumerate(tests)
    ]


def _difference(visits: tuple[str, ...]) -> dict[str, float]:
    """Treated minus comparator, averaged over the visits with equal weights."""
    later = {f"treated:visit[T.{name}]": 1 / len(visits) for name in visits[1:]}
    return {"treated": 1.0, **later}
