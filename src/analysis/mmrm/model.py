"""`mmrm`: from a formula and a table to a fitted model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.mmrm.chunks import accumulate_chunks, source_of
from analysis.mmrm.columns import SubjectColumns
from analysis.mmrm.covariance import STRUCTURES, Covariance
from analysis.mmrm.design import Design, build_design
from analysis.mmrm.fit import fit_with_fallback
from analysis.mmrm.inference import DF_METHODS, VCOV_METHODS, Inference
from analysis.mmrm.moments import Moments, Patterns, accumulate
from analysis.mmrm.results import MMRM

Array = NDArray[np.float64]


def mmrm(
    formula: str,
    data: Any,
    *,
    subject: str,
    visit: str,
    covariance: str = "us",
    method: str = "reml",
    df: str = "kenward-roger",
    vcov: str = "model",
    time: str | Sequence[str] | None = None,
    group: str | None = None,
    weights: str | None = None,
    fallback: bool = True,
) -> MMRM:
    """Fit a mixed model for repeated measures: correlated residuals, no random effects.

    ``y_i = X_i beta + e_i``, ``e_i ~ N(0, Sigma_i)``, subjects independent, Sigma_i the part
    of Sigma (of the subject's group) for the visits the subject has.

    Parameters
    ----------
    formula : str
        Outcome and fixed effects in the notation of formulaic. The visit is a factor.
    data : DataFrame, list of DataFrames, pyarrow Dataset, or function
        One row a subject and visit. Rows with a missing value are left out and counted.
        Chunks (see :mod:`analysis.mmrm.chunks`) are read twice and let go, so that memory
        does not grow with them; what needs rows afterwards is then refused.
    subject, visit : str
        Columns. Visits are in declared order (ordered categorical), else natural order.
    covariance : str
        us, toep, toeph, ar1, ar1h, cs, csh, ad, adh or sp_exp
        (see :mod:`analysis.mmrm.covariance`).
    method : {"reml", "ml"}
    df : str
        kenward-roger (linear form), kenward-roger-original, satterthwaite, between-within
        or residual.
    vcov : {"model", "CR0", "CR2", "CR3"}
        Model-based (Kenward-Roger adjusts it) or sandwich; satterthwaite then means
        the degrees of freedom of Bell and McCaffrey.
    time : str or sequence of str, optional
        Columns with times (or coordinates), for ``sp_exp``.
    group : str, optional
        Column constant within subject: each level has its own covariance parameters.
    weights : str, optional
        Column of positive weights: a row's variance is divided by its weight.
    fallback : bool
        When the covariance does not converge, go down the ladder us, toeph, ar1h, cs; the
        result says so.

    Returns
    -------
    MMRM
        With params, bse, vcov, covariance, lsmeans, differences, contrast, wald and more.

    Raises
    ------
    ValueError
        In a sentence, when options or data do not allow the fit, and (as
        ``ConvergenceError``) when no maximum of the likelihood is found.

    Notes
    -----
    The work after one pass over the data does not depend on the number of subjects; see
    :mod:`analysis.mmrm.moments`. Checked against published SAS PROC MIXED listings
    (`tests/reference/mmrm`).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> trial = pd.DataFrame({
    ...     "subject": np.repeat(np.arange(20), 2),
    ...     "visit": ["day 1", "day 7"] * 20,
    ...     "arm": np.repeat(["a", "b"], 20),
    ...     "change": rng.normal(size=40),
    ... })
    >>> trial.loc[3, "change"] = np.nan
    >>> fit = mmrm("change ~ arm * visit", trial, subject="subject", visit="visit")
    >>> fit.n_obs, fit.n_excluded, fit.covariance_type
    (39, 1, 'us')
    >>> list(fit.differences("arm", by="visit")["contrast"])
    ['b - a', 'b - a']
    """
    _check_options(covariance, method, df, vcov, time)
    source = source_of(data)
    columns: SubjectColumns | None = None
    patterns: Patterns | None = None
    if source is None:
        design = build_design(
            formula,
            data,
            subject=subject,
            visit=visit,
            group=group,
            weights=weights,
            time=time if covariance == "sp_exp" else None,
        )
        moments, columns, patterns = accumulate(design)
    else:
        if covariance == "sp_exp" or vcov != "model":
            raise ValueError("Chunks can be fitted without sp_exp and with vcov='model' only.")
        design, moments = accumulate_chunks(
            formula, source, subject=subject, visit=visit, group=group, weights=weights
        )
    _check_size(design, moments)
    structure = _structure(covariance, design, patterns)
    optimum = fit_with_fallback(moments, structure, reml=method == "reml", fallback=fallback)
    return MMRM(formula, method, Inference(design, columns, patterns, optimum, df, vcov))


def distances(times: Array) -> Array:
    """Euclidean distances between a unit's visits, (U, K, K), zero where a visit is absent."""
    gap = times[:, :, None, :] - times[:, None, :, :]
    return np.nan_to_num(np.sqrt((gap**2).sum(axis=-1)))


def _structure(kind: str, design: Design, patterns: Patterns | None) -> Covariance:
    labels = [str(visit) for visit in design.visits]
    if len(labels) == 1 and kind != "sp_exp":
        # One visit: every structure is a single variance.
        return Covariance("us", 1, labels, design.groups)
    structure = Covariance(kind, len(labels), labels, design.groups)
    if kind != "sp_exp":
        return structure
    if patterns is None or patterns.unit_times is None:
        raise ValueError("covariance 'sp_exp' needs the times of the visits: give time=.")
    gaps = distances(patterns.unit_times)
    both = patterns.visits[:, :, None] & patterns.visits[:, None, :]
    tied = int(((gaps == 0) & both & ~np.eye(len(labels), dtype=bool)).any(axis=(1, 2)).sum())
    if tied:
        raise ValueError(
            f"{tied} subject(s) have two visits at the same time: 'sp_exp' needs distinct times."
        )
    return replace(structure, distance=gaps, unit_group=patterns.unit_group)


def _check_options(
    covariance: str, method: str, df: str, vcov: str, time: str | Sequence[str] | None
) -> None:
    for name, value, allowed in (
        ("covariance", covariance, STRUCTURES),
        ("method", method, ("reml", "ml")),
        ("df", df, DF_METHODS),
        ("vcov", vcov, VCOV_METHODS),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}, not '{value}'.")
    if covariance == "sp_exp" and not time:
        raise ValueError("covariance 'sp_exp' needs the times of the visits: give time=.")
    if covariance != "sp_exp" and time:
        raise ValueError(f"time is used by covariance 'sp_exp' only, not by '{covariance}'.")
    if df.startswith("kenward-roger"):
        if method == "ml":
            raise ValueError("Kenward-Roger needs method 'reml'; with 'ml' use satterthwaite.")
        if vcov != "model":
            raise ValueError(
                f"Kenward-Roger adjusts the model-based covariance, not {vcov}: "
                "with a sandwich covariance choose df='satterthwaite'."
            )


def _check_size(design: Design, moments: Moments) -> None:
    """Refuse what cannot be fitted: too few subjects, or an outcome fitted exactly."""
    for a, name in enumerate(design.visits):
        rows = moments.visits[:, a]
        n = int(moments.count[rows].sum())
        rank = int(np.linalg.matrix_rank(moments.z[:, a, :-1]))
        if n <= rank:
            raise ValueError(
                f"Visit {name} was seen by {n} subject(s), and the model has {rank} parameters "
                "for the mean there: fewer terms or more subjects are needed."
            )
    rest = moments.z[:, :, -1]
    total = np.ptp(design.y) ** 2
    if float((rest**2).sum()) <= 1e-20 * len(design.y) * total:
        raise ValueError(
            f"The model fits the outcome '{design.outcome}' exactly: no variance can be estimated."
        )
