"""Estimates of several trials or strata pooled: what they share, and how they differ.

`pimeta` computes (a transcription of R's metafor); here are the refusals that it lacks, and the
choice of what is shown beside what. Held to metafor by tests/reference/evidence/pooling.R.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import require
from analysis.estimates.intervals import chi2_quantile, t_quantile
from analysis.estimates.root import brentq
from analysis.numbers import numbers

__all__ = [
    "METHODS",
    "Pool",
    "Slope",
    "cumulated",
    "left_out",
    "meta_regression",
    "pool",
    "q_profile",
    "small_study_test",
]

Array = NDArray[np.float64]

METHODS = {"REML": "REML", "PM": "Paule-Mandel", "DL": "DerSimonian-Laird"}
"""Estimators of the variance between trials, by metafor's names."""
_FEWEST_TO_PREDICT = 3
_FEWEST_FOR_ASYMMETRY = 10


@dataclass(frozen=True)
class Pool:
    """Trials pooled, on the scale of their estimates.

    ``common_*``: one effect shared by these trials, inverse variance, normal interval.
    ``estimate``, ``se``, ``ci_*``, ``p_value``: the mean over trials like these, Hartung and
    Knapp's interval on t with ``df`` = k - 1, its standard error never below the one that the
    weights imply (the ad hoc safeguard, Röver 2015, doi:10.1186/s12874-015-0091-1): the one that
    decides. ``plain_*``: the same without the safeguard. ``prediction_*``: where the true effect
    of one more trial would lie, t with k - 2 df (Partlett & Riley 2017, doi:10.1002/sim.7140;
    metafor takes k - 1, which covers less); NaN for fewer than three trials. ``tau`` is the
    SD between trials, ``tau_low`` and ``tau_high`` its Q-profile limits (Viechtbauer 2007,
    doi:10.1002/sim.2514); ``q`` and ``q_p`` Cochran's test, ``i2`` a share (0 to 1).
    """

    k: int
    method: str
    common_estimate: float
    common_se: float
    common_low: float
    common_high: float
    estimate: float
    se: float
    df: int
    ci_low: float
    ci_high: float
    p_value: float
    plain_se: float
    plain_low: float
    plain_high: float
    prediction_low: float
    prediction_high: float
    tau: float
    tau_low: float
    tau_high: float
    q: float
    q_p: float
    i2: float


@dataclass(frozen=True)
class Slope:
    """Meta-regression: what one unit of the moderator changes, cluster-robust (CR2).

    ``df`` are Satterthwaite's; below four the interval is not to be relied on (Tipton 2015,
    doi:10.1037/met0000011). ``tau`` is the SD between clusters that is left.
    """

    k: int
    clusters: int
    intercept: float
    intercept_se: float
    intercept_df: float
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p_value: float
    covariance: float
    tau: float


def pool(effects: Any, variances: Any, *, method: str = "REML", level: float = 0.95) -> Pool:
    """Pool independent estimates, one a trial or stratum.

    Parameters
    ----------
    effects, variances : array-like of float, shape (k,)
        Estimates on one scale, and their sampling variances, taken as known.
    method : {"REML", "PM", "DL"}
        Estimator of the variance between trials.
    level : float
        Of all intervals.

    Raises
    ------
    ValueError
        Fewer than two, an estimate that is not known, or a variance that is not above zero and
        finite.
    """
    effects, variances = _usable(effects, variances)
    if method not in METHODS:
        raise ValueError(f"The method is one of {', '.join(METHODS)}, not {method!r}.")
    (rma,) = _library("rma")
    with _quiet():
        common = rma(effects, variances, method="FE", level=level)
        held = rma(effects, variances, method=method, test="adhoc", level=level)
        # Trials that agree to the last digit have no spread to test with.
        alike = np.ptp(effects) == 0
        plain = None if alike else rma(effects, variances, method=method, test="knha", level=level)
    k = len(effects)
    # Not by the library, which takes the normal's quantile.
    reach = math.nan
    if k >= _FEWEST_TO_PREDICT:
        reach = t_quantile(k - 2, level=level) * math.hypot(held.se[0], math.sqrt(held.tau2))
    return Pool(
        k=k,
        method=METHODS[method],
        common_estimate=common.b[0],
        common_se=common.se[0],
        common_low=common.ci_lb[0],
        common_high=common.ci_ub[0],
        estimate=held.b[0],
        se=held.se[0],
        df=k - 1,
        ci_low=held.ci_lb[0],
        ci_high=held.ci_ub[0],
        p_value=held.pval[0],
        plain_se=plain.se[0] if plain else 0.0,
        plain_low=plain.ci_lb[0] if plain else held.b[0],
        plain_high=plain.ci_ub[0] if plain else held.b[0],
        prediction_low=held.b[0] - reach,
        prediction_high=held.b[0] + reach,
        tau=math.sqrt(held.tau2),
        tau_low=q_profile(effects, variances, (1 + level) / 2),
        tau_high=q_profile(effects, variances, (1 - level) / 2),
        q=common.QE,
        q_p=common.QEp,
        i2=max(0.0, 1 - (k - 1) / common.QE) if common.QE > 0 else 0.0,
    )


def q_profile(effects: Any, variances: Any, probability: float) -> float:
    """Limit of the SD between trials: where Cochran's generalised Q is that chi-squared quantile.

    Solved here, since the library stops at five digits; 0 where no SD is that small.
    """
    effects, variances = _usable(effects, variances)
    wanted = chi2_quantile(probability, len(effects) - 1)

    def above(tau: float) -> float:
        weights = 1 / (variances + tau**2)
        mean = weights @ effects / weights.sum()
        return float(weights @ (effects - mean) ** 2) - wanted

    if above(0.0) <= 0:
        return 0.0
    high = float(np.ptp(effects)) + math.sqrt(float(variances.max()))
    while above(high) > 0:
        high *= 2
    return float(brentq(above, 0.0, high, xtol=1e-12))


def left_out(effects: Any, variances: Any, *, method: str = "REML") -> list[Pool]:
    """The pool without each trial in turn; needs three or more."""
    effects, variances = _usable(effects, variances, fewest=3)
    rest = [np.arange(len(effects)) != i for i in range(len(effects))]
    return [pool(effects[keep], variances[keep], method=method) for keep in rest]


def cumulated(
    effects: Any, variances: Any, order: Sequence[float], *, method: str = "REML"
) -> list[Pool]:
    """The pool of the first two trials in order, of the first three, and so on."""
    effects, variances = _usable(effects, variances)
    turn = np.argsort(np.asarray(order, float), kind="stable")
    return [
        pool(effects[turn[:k]], variances[turn[:k]], method=method)
        for k in range(2, len(effects) + 1)
    ]


def small_study_test(effects: Any, variances: Any) -> tuple[float, float, str]:
    """Egger's test of asymmetry by random effects: z, p, and what they can tell.

    With fewer than ten trials it has hardly any power, and asymmetry has other causes than
    missing trials (Sterne et al. 2011, doi:10.1136/bmj.d4002): the words say so.
    """
    effects, variances = _usable(effects, variances, fewest=3)
    (regtest,) = _library("regtest")
    with _quiet():
        found = regtest(effects, variances, model="rma", method="REML", predictor="sei")
    few = len(effects) < _FEWEST_FOR_ASYMMETRY
    limits = (
        f"{len(effects)} trials: with fewer than ten the test has hardly any power, so that "
        "nothing follows from it"
        if few
        else "asymmetry has other causes than trials that were not published"
    )
    return float(found.stat), float(found.p), limits


def meta_regression(
    effects: Any, variances: Any, moderator: Any, clusters: Sequence[Any], *, level: float = 0.95
) -> Slope:
    """Slope of estimates on a moderator, several of one trial allowed as a cluster.

    Parameters
    ----------
    effects, variances, moderator : array-like of float, shape (k,)
        Estimates, their sampling variances and what they are regressed on.
    clusters : sequence, shape (k,)
        Which trial each is of: a random intercept by trial (REML), and the bias-reduced sandwich
        CR2 with Satterthwaite's degrees of freedom for what the trial's estimates share
        (Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004).

    Raises
    ------
    ValueError
        As for :func:`pool`; fewer than three clusters; a moderator that is not known or the same
        for all.
    """
    effects, variances = _usable(effects, variances)
    (x,) = numbers(moderator=moderator)
    names, which = np.unique(np.asarray(clusters).astype(str), return_inverse=True)
    if len(x) != len(effects) or len(which) != len(effects):
        raise ValueError("Each estimate needs one value of the moderator and one cluster.")
    if not np.isfinite(x).all() or np.ptp(x) == 0:
        raise ValueError("The moderator must be known for every estimate, and differ.")
    if len(names) < 3:
        raise ValueError(f"A slope over trials needs three trials or more; there are {len(names)}.")
    rma_mv, robust = _library("rma_mv", "robust")
    with _quiet():
        fit = rma_mv(
            effects, vi=variances, mods=x[:, None], data={"cluster": which}, random="~ 1 | cluster"
        )
        found = robust(fit, cluster=which, clubSandwich=True, vcov="CR2", level=100 * level)
    return Slope(
        k=len(effects),
        clusters=len(names),
        intercept=found["beta"][0],
        intercept_se=found["se"][0],
        intercept_df=found["dfs"][0],
        estimate=found["beta"][1],
        se=found["se"][1],
        df=found["dfs"][1],
        ci_low=found["ci_lb"][1],
        ci_high=found["ci_ub"][1],
        p_value=found["pval"][1],
        covariance=float(found["vb"][0, 1]),
        tau=math.sqrt(max(float(np.sum(fit.sigma2)), 0.0)),
    )


def _usable(effects: Any, variances: Any, *, fewest: int = 2) -> tuple[Array, Array]:
    """What may be pooled; the library would pass zero and negative variances."""
    effects, variances = numbers(effects=effects, variances=variances)
    if not (np.isfinite(variances).all() and (variances > 0).all()):
        raise ValueError("Every variance must be finite and above zero.")
    if not np.isfinite(effects).all():
        raise ValueError("Every estimate must be known.")
    if len(effects) < fewest:
        words = {2: "two", 3: "three"}[fewest]
        raise ValueError(f"Pooling needs {words} estimates at least; there are {len(effects)}.")
    return effects, variances


def _library(*names: str) -> Iterator[Callable[..., Any]]:
    """Functions of pimeta, which takes a second to import and is an extra."""
    require("pooling", "pimeta", what="Pooling")
    with _quiet():
        import pimeta
    return (getattr(pimeta, name) for name in names)


@contextmanager
def _quiet() -> Iterator[None]:
    """The library warns of divisions in places whose result it does not use."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
