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
        When a person occurs twice, a value is missing, an arm is neither of the two, or
        an arm has fewer than three people.
    """
    import statsmodels.api as sm

    if "subject" in data and data["subject"].duplicated().any():
        raise ValueError("A person occurs twice; ANCOVA takes one row a person.")
    if data[[outcome, baseline, arm]].isna().any(axis=None):
        raise ValueError(
            "Outcome, baseline and arm must be complete; leave people out and count them."
        )
    if not data[arm].isin([treated, control]).all():
        raise ValueError(f"Every person's arm must be {treated!r} or {control!r}.")
    is_treated = (data[arm] == treated).to_numpy(float)
    n = {True: int(is_treated.sum()), False: int((1 - is_treated).sum())}
    if min(n.values()) < 3:
        raise ValueError(f"Each arm needs at least three people; got {n[True]} and {n[False]}.")
    before = data[baseline].to_numpy(float)
    design = np.column_stack([np.ones(len(data)), before - before.mean(), is_treated])
    if np.linalg.matrix_rank(design) < 3:
        raise ValueError(
            "Baseline does not vary within the arms; the difference cannot be adjusted for it."
        )
    fit = sm.OLS(data[outcome].to_numpy(float), design).fit(cov_type="HC3", use_t=True)
    estimate, se, df = float(fit.params[2]), float(fit.bse[2]), float(fit.df_resid)
    reach = stats.t.ppf(0.975, df) * se
    pooled = _pooled_sd(before, is_treated == 1)
    common = {"n": len(data), **words}
    return [
        row(estimand="adjusted difference", estimate=estimate, se=se, df=df, ci_low=estimate - reach,
            ci_high=estimate + reach, p_value=2 * stats.t.sf(abs(estimate / se), df),
            method="ANCOVA on baseline, HC3", **common),
        row(estimand="standardised difference", estimate=estimate / pooled * hedges_correction(len(data) - 2),
            method="adjusted difference over pooled baseline SD, Hedges-corrected", **common),
    ]  # fmt: skip


def _pooled_sd(values: np.ndarray, first: np.ndarray) -> float:
    parts = [values[first], values[~first]]
    squares = sum(part.var(ddof=1) * (len(part) - 1) for part in parts)
    return math.sqrt(squares / (len(values) - 2))
