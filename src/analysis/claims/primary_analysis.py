"""The one primary analysis: the difference within hours, by the mixed model.

Change from baseline at the visits of the hours phase on baseline, treatment and, where it was
measured before, a form of the same symptoms that looks back, each with its own effect at every
visit; on the site, with one effect. One unstructured covariance an arm, restricted maximum
likelihood, Kenward-Roger (:mod:`analysis.mmrm`). The estimate is the difference of least squares
means, treated minus comparator, averaged over those visits with equal weights. Later visits are
not in the model: a form within hours is hardly ever missed by someone who fills in later ones, and
each further visit costs covariance parameters that fifteen participants per arm can ill afford.
The model of all visits stands beside it.

Calibration runs this very model on simulated trials, many at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates.missing.imputation_model import by_visit
from analysis.mmrm import ModelSpec, prepare

__all__ = ["Primary", "Scores", "primary_analysis", "visits_told_apart"]

Array = NDArray[np.float64]
ONE_ARM = "One arm has no score within hours; there is no difference to estimate."
NUMBERS = ("estimate", "se", "df", "ci_low", "ci_high", "p_value")
# What replaces an unstructured covariance that does not converge; then one for both arms.
LADDER = ("toeph", "ar1h", "cs")
BOTH_ARMS = "one covariance an arm"
# Names of covariates; a site has its number behind it.
BASELINE, SAME_SYMPTOMS, SITE = "baseline", "same_symptoms", "site_"


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
    same_symptoms : array of shape (n,), optional
        Points before the infusion on a form of the same symptoms that looks back; where it is
        missing the mean of all others takes its place.
    site : array of int, shape (n,), optional
        Number of each person's site, small ones pooled.
    """

    score: Array
    baseline: Array
    treated: NDArray[np.bool_]
    visits: tuple[str, ...]
    same_symptoms: Array | None = None
    site: NDArray[np.int_] | None = None

    def keep(self, people: NDArray[np.bool_] | NDArray[np.int_]) -> Scores:
        """These people alone."""
        own = {name: values[people] for name in _OF_PEOPLE
               if (values := getattr(self, name)) is not None}  # fmt: skip
        return replace(self, **own)

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """People with a score at one visit or more."""
        return np.asarray(np.isfinite(self.score).any(axis=1))

    @property
    def table(self) -> Array:
        """Everything numeric of each person, a row a person: equal rows are the same scores."""
        more = [part for part in (self.same_symptoms, self.site) if part is not None]
        return np.column_stack([self.baseline, self.score, *more])

    @cached_property
    def baseline_sd(self) -> float:
        """SD of the baseline within the arms, points; NaN with fewer than three people."""
        arms = [self.baseline[own] for own in (self.treated, ~self.treated)]
        squares = sum(float(((own - own.mean()) ** 2).sum()) for own in arms if len(own))
        df = len(self.baseline) - sum(len(own) > 0 for own in arms)
        return (squares / df) ** 0.5 if df > 0 else math.nan

    @property
    def baselines_apart(self) -> float:
        """How far the arms' baselines lie apart, in SD within the arms; 0 without two arms."""
        if self.treated.all() or not self.treated.any():
            return 0.0
        means = [float(self.baseline[own].mean()) for own in (self.treated, ~self.treated)]
        apart = abs(means[0] - means[1])
        return apart / self.baseline_sd if self.baseline_sd > 0 else 0.0

    @property
    def unadjusted(self) -> Scores:
        """The same without covariates but the baseline."""
        return replace(self, same_symptoms=None, site=None)

    @cached_property
    def covariates(self) -> dict[str, Array]:
        """Covariates of the model by name, each of shape (n,): the baseline first."""
        found = {BASELINE: self.baseline}
        if (form := self.same_symptoms) is not None:
            seen = np.isfinite(form)
            # As np.nanmean, which takes ten times as long to be careful.
            mean = np.where(seen, form, 0.0).sum() / max(seen.sum(), 1)
            found[SAME_SYMPTOMS] = np.where(seen, form, mean)
        sites = [] if self.site is None else np.unique(self.site)[1:].tolist()
        return found | {f"{SITE}{site}": (self.site == site).astype(float) for site in sites}


_OF_PEOPLE = ("score", "baseline", "treated", "same_symptoms", "site")


def visits_told_apart(score: Array, treated: NDArray[np.bool_], fewest: float) -> bool:
    """Whether so many people of each arm have a score at every visit.

    With fewer, how the visits go together is anybody's guess, and the phase is one visit.
    """
    whole = np.asarray(np.isfinite(score).all(axis=1))
    return bool(min(whole[treated].sum(), whole[~treated].sum()) >= fewest)


@dataclass(frozen=True)
class AtVisit:
    """The difference at one visit, in points."""

    estimate: float
    se: float
    df: float


@dataclass(frozen=True)
class Primary:
    """The primary estimate, in points, treated minus comparator (negative = fewer symptoms).

    Attributes
    ----------
    n : int
        People in the analysis.
    coefficients : array of shape (2 + c, k)
        At each visit: constant, slopes on the c covariates, treated minus comparator.
    covariance : array of shape (2, k, k)
        Of the visits, of the comparator and of the treated.
    structure : str
        Of the covariance used.
    fallbacks : tuple of str
        Structures tried before it that did not converge.
    last_visit : AtVisit
        The difference at the last visit of the phase alone.
    covariates : tuple of str
        Names of the covariates, the baseline first.
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
    last_visit: AtVisit
    covariates: tuple[str, ...] = (BASELINE,)

    @property
    def effects(self) -> Array:
        """Difference at each visit."""
        return np.asarray(self.coefficients[-1])

    @property
    def method(self) -> str:
        """The analysis in words, with what it fell back from."""
        kinds = {"us": "unstructured", "toeph": "heterogeneous Toeplitz",
                 "ar1h": "heterogeneous AR(1)", "cs": "compound symmetry"}  # fmt: skip
        arms = "both arms" if BOTH_ARMS in self.fallbacks else "one per arm"
        words = f"MMRM, {kinds[self.structure]} covariance ({arms}), REML, Kenward-Roger"
        if self.fallbacks:
            failed = ", ".join(kinds.get(kind, kind) for kind in self.fallbacks)
            words += f" (fell back from {failed}, which did not converge)"
        return f"{words}, adjusted for {self.adjusted_for}"

    @property
    def adjusted_for(self) -> str:
        """The covariates in words."""
        words = {BASELINE: "baseline", SAME_SYMPTOMS: "a scale of the same symptoms"}
        told = [words[name] for name in self.covariates if name in words]
        told += ["site"] if any(name.startswith(SITE) for name in self.covariates) else []
        return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)

    def row(self, **words: Any) -> dict[str, Any]:
        """The columns of the table of estimates that hold numbers, and the method."""
        numbers = {name: float(getattr(self, name)) for name in NUMBERS}
        return {"n": self.n, **numbers, "method": self.method, **words}


@cache
def model_of(
    visits: tuple[str, ...], covariates: tuple[str, ...], by_arm: bool = True
) -> ModelSpec:
    """The model prepared for these visits, on a table that holds every level."""
    k, n = len(visits), 2 * (len(covariates) + 2)
    numbers = np.random.default_rng(0)
    made = {name: numbers.normal(size=n) for name in covariates}
    table = _long(numbers.normal(size=(n, k)), made, np.arange(n) % 2 == 0, visits)
    # A site moves all visits alike.
    each = [name for name in (*covariates, "treated") if not name.startswith(SITE)]
    terms = [f"{name} * visit" for name in each] if k > 1 else each
    terms += [name for name in covariates if name.startswith(SITE)]
    # The ladder is declared, and `Primary.method` names what was used.
    return prepare(f"change ~ {' + '.join(terms)}", table, subject="subject", visit="visit",
                   group="arm" if by_arm else None, fallback=LADDER)  # fmt: skip


@cache
def _dtype(visits: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(visits), ordered=True)


def _long(
    change: Array,
    covariates: Mapping[str, Array],
    treated: NDArray[np.bool_],
    visits: tuple[str, ...],
) -> pd.DataFrame:
    n, k = change.shape
    codes = np.tile(np.arange(k), n)
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical.from_codes(codes, dtype=_dtype(visits)),
            **{name: np.repeat(values, k) for name, values in covariates.items()},
            "treated": np.repeat(treated.astype(float), k),
            "arm": np.repeat(treated.astype(int), k),
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
    # The mean that fills a covariate is that of everyone, scored or not.
    covariates = {name: values[scores.seen] for name, values in scores.covariates.items()}
    names = tuple(covariates)
    table = _long(used.score - used.baseline[:, None], covariates, used.treated, used.visits)
    failed: tuple[str, ...] = ()
    try:
        fit = model_of(used.visits, names).fit(table)
    except ValueError:
        # Few people of an arm may not tell its own covariance.
        fit, failed = model_of(used.visits, names, by_arm=False).fit(table), (BOTH_ARMS,)
    found, last = (fit.contrast(of) for of in (average(used.visits), last_visit_of(used.visits)))
    covariance = fit.covariance
    both = list(covariance.values()) if isinstance(covariance, dict) else [covariance] * 2
    return Primary(
        **{name: float(found[name]) for name in NUMBERS},
        n=len(used.baseline),
        coefficients=by_visit(fit.params, used.visits, terms=(*names, "treated")),
        covariance=np.stack([np.asarray(one, float) for one in both]),
        structure=fit.covariance_type,
        fallbacks=(*failed, *fit.fallbacks),
        last_visit=AtVisit(float(last["estimate"]), float(last["se"]), float(last["df"])),
        covariates=names,
    )


def average(visits: tuple[str, ...]) -> dict[str, float]:
    """Treated minus comparator, averaged over the visits with equal weights."""
    later = {f"treated:visit[T.{name}]": 1 / len(visits) for name in visits[1:]}
    return {"treated": 1.0, **later}


def last_visit_of(visits: tuple[str, ...]) -> dict[str, float]:
    """Treated minus comparator at the last visit."""
    later = {f"treated:visit[T.{visits[-1]}]": 1.0} if len(visits) > 1 else {}
    return {"treated": 1.0, **later}
