"""Difference from a concurrent control."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates.table import row
from analysis.estimates.within_person import hedges_correction

__all__ = ["ancova"]


def ancova(
    data: pd.DataFrame,
    *,
    outcome: str = "score",
    baseline: str = "baseline",
    arm: str = "arm",
    treated: str,
    control: str,
    **words: Any,
) -> list[dict[str, Any]]:
    """Baseline-adjusted difference, treated minus control, with HC3 standard errors.

    Parameters
    ----------
    data : DataFrame
        One row a person, complete in ``outcome``, ``baseline`` (points) and ``arm``.
    treated, control : str
        The two values of ``arm``.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``adjusted difference`` in points (t with n - 3 df; HC3: Long & Ervin 2000,
        doi:10.1080/00031305.2000.10474549) and ``standardised difference`` (over the
        pooled baseline SD, Hedges-corrected; no interval, since points decide).

    Raises
    ------
    ValueError
        When a person occurs twice, a value is missing, an arm is neither of the two or has
        fewer than three people, baseline does not vary within the arms or varies in one
        person only, or the scores leave no residual: then no interval can be given.
    """
    import statsmodels.api as sm  # slow, and most calls of the package need no regression

    is_treated = _checked_arms(data, outcome, baseline, arm, treated, control)
    before = data[baseline].to_numpy(float)
    design = np.column_stack([np.ones(len(data)), before - before.mean(), is_treated])
    score = data[outcome].to_numpy(float)
    _refuse_degenerate(design, score)
    fit = sm.OLS(score, design).fit(cov_type="HC3", use_t=True)
    estimate, se, df = float(fit.params[2]), float(fit.bse[2]), float(fit.df_resid)
    reach = stats.t.ppf(0.975, df) * se
    pooled = _pooled_sd(before, is_treated == 1)
    standardised = estimate / pooled * hedges_correction(len(data) - 2)
    common = {"n": len(data), **words}
    return [
        row(
            estimand="adjusted difference",
            estimate=estimate,
            se=se,
            df=df,
            ci_low=estimate - reach,
            ci_high=estimate + reach,
            p_value=2 * stats.t.sf(abs(estimate / se), df),
            method="ANCOVA on baseline, HC3",
            **common,
        ),
        row(
            estimand="standardised difference",
            estimate=standardised,
            method="adjusted difference over pooled baseline SD, Hedges-corrected",
            **common,
        ),
    ]


def _checked_arms(
    data: pd.DataFrame, outcome: str, baseline: str, arm: str, treated: str, control: str
) -> np.ndarray:
    """1 for treated and 0 for control, once the data are one complete row a person."""
    if "subject" in data and data["subject"].duplicated().any():
        raise ValueError("A person occurs twice; ANCOVA takes one row a person.")
    scores = data[[outcome, baseline]].to_numpy(dtype=float, na_value=np.nan)
    if data[arm].isna().any() or not np.isfinite(scores).all():
        raise ValueError(
            "Outcome, baseline and arm must be complete; leave people out and count them."
        )
    if treated == control or not data[arm].isin([treated, control]).all():
        raise ValueError(f"Every person's arm must be {treated!r} or {control!r}, two names.")
    is_treated = (data[arm] == treated).to_numpy(float)
    n = int(is_treated.sum()), int((1 - is_treated).sum())
    if min(n) < 3:
        raise ValueError(f"Each arm needs at least three people; got {n[0]} and {n[1]}.")
    return is_treated


def _refuse_degenerate(design: np.ndarray, score: np.ndarray) -> None:
    """Refuse data that leave the adjustment or its standard error undefined."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(
            "Baseline does not vary within the arms; the difference cannot be adjusted for it."
        )
    basis = np.linalg.qr(design)[0]
    if (np.square(basis).sum(axis=1) > 1 - 1e-9).any():
        raise ValueError("One person's baseline alone sets the slope; no interval can be given.")
    residual = score - basis @ (basis.T @ score)
    if np.abs(residual).max() <= 1e-10 * np.abs(score).max(initial=1.0):
        raise ValueError("The scores leave no residual; no interval can be given.")


def _pooled_sd(values: np.ndarray, first: np.ndarray) -> float:
    """SD within the two groups, in the units of the values."""
    parts = [values[first], values[~first]]
    squares = sum(part.var(ddof=1) * (len(part) - 1) for part in parts)
    return math.sqrt(squares / (len(values) - 2))
