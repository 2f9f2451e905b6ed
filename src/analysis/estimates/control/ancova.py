"""Difference from a concurrent control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.change.standardised import hedges_correction
from analysis.estimates.control.hc3 import LeastSquares, least_squares_hc3
from analysis.estimates.intervals import t_test
from analysis.estimates.table import row
from analysis.numbers import columns_of
from analysis.quantity import Cell

__all__ = ["ancova", "ancova_by_baseline"]


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
    score, before, is_treated = _checked(data, outcome, baseline, arm, treated, control)
    effect = _adjusted(score, [before - before.mean(), is_treated])
    estimate, variance = effect.coefficients[2], effect.covariance[2, 2]
    pooled = _pooled_sd(before, is_treated == 1)
    common = {"n": len(data), "cell": _cell(is_treated, treated, control, 3), **words}
    return [
        row(
            estimand="adjusted difference",
            method="ANCOVA on baseline, HC3",
            **t_test(estimate, math.sqrt(variance), effect.df),
            **common,
        ),
        row(
            estimand="standardised difference",
            estimate=float(estimate) / pooled * hedges_correction(len(data) - 2),
            method="adjusted difference over pooled baseline SD, Hedges-corrected",
            **common,
        ),
    ]


def ancova_by_baseline(
    data: pd.DataFrame,
    *,
    outcome: str = "score",
    baseline: str = "baseline",
    arm: str = "arm",
    treated: str,
    control: str,
    at: Sequence[float] = (),
    **words: Any,
) -> list[dict[str, Any]]:
    """Difference with a slope on baseline for each arm, treated minus control, HC3.

    Without the assumption that the difference is the same whatever the baseline. At the mean
    baseline it estimates the average difference, and in a randomised trial it is no less
    precise than one slope (Lin 2013, doi:10.1214/12-AOAS583).

    Parameters
    ----------
    data, outcome, baseline, arm, treated, control
        As in :func:`ancova`.
    at : sequence of float
        Baselines, points, at which to give the difference too.
    **words
        Text columns of the table of estimates.

    Returns
    -------
    list of rows
        ``adjusted difference at the mean baseline`` (t with n - 4 df; its variance holds that
        of the mean baseline, as Ye et al. 2023 have it, doi:10.1080/01621459.2022.2049278);
        ``difference between the slopes on baseline`` in points for each point of baseline: how
        the difference depends on severity; ``adjusted difference at baseline x`` for each x,
        pointwise.

    Raises
    ------
    ValueError
        As :func:`ancova`, with one more number to estimate; or when a baseline lies outside
        those seen.
    """
    score, before, is_treated = _checked(data, outcome, baseline, arm, treated, control)
    if len(at) and not (before.min() <= min(at) and max(at) <= before.max()):
        raise ValueError("A difference is given only at baselines between those seen.")
    centred = before - before.mean()
    fit = _adjusted(score, [centred, is_treated, is_treated * centred])
    (effect, slope), covariance = fit.coefficients[2:], fit.covariance[2:, 2:]
    of_mean = slope**2 * before.var(ddof=1) / len(before)
    named = [
        ("adjusted difference at the mean baseline", effect, covariance[0, 0] + of_mean),
        ("difference between the slopes on baseline", slope, covariance[1, 1]),
    ]
    for x in at:
        one = np.array([1.0, x - before.mean()])
        name = f"adjusted difference at baseline {x:g}"
        named.append((name, one @ fit.coefficients[2:], one @ covariance @ one))
    cell = _cell(is_treated, treated, control, 4)
    common = {"n": len(data), "method": "ANCOVA, slope by arm, HC3", "cell": cell, **words}
    return [
        row(estimand=name, **t_test(estimate, math.sqrt(variance), fit.df), **common)
        for name, estimate, variance in named
    ]


def _cell(is_treated: np.ndarray, treated: str, control: str, parameters: int) -> Cell:
    n = int(is_treated.sum())
    return Cell({treated: n, control: len(is_treated) - n}, parameters=parameters)


def _checked(
    data: pd.DataFrame, outcome: str, baseline: str, arm: str, treated: str, control: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, baselines and arms (1 treated, 0 control), once they are one whole row a person."""
    scores = columns_of(data, [outcome, baseline], arm)
    if "subject" in data and data["subject"].duplicated().any():
        raise ValueError("A person occurs twice; ANCOVA takes one row a person.")
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
    return scores[:, 0], scores[:, 1], is_treated


def _adjusted(score: np.ndarray, columns: list[np.ndarray]) -> LeastSquares:
    """The regression on a constant and the columns, where its HC3 standard errors exist."""
    design = np.column_stack([np.ones(len(score)), *columns])
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
    return least_squares_hc3(design, score)


def _pooled_sd(values: np.ndarray, first: np.ndarray) -> float:
    """SD within the two groups, in the units of the values."""
    parts = [values[first], values[~first]]
    squares = sum(part.var(ddof=1) * (len(part) - 1) for part in parts)
    return math.sqrt(squares / (len(values) - 2))
