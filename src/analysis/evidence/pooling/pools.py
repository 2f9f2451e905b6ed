"""Which differences may be pooled, and the pool: rows of one table, refusals in sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import ReliefError
from analysis.estimates import pooling
from analysis.evidence.pooling.trial_differences import trial_differences
from analysis.evidence.table import schema
from analysis.rules import refusal

__all__ = [
    "WINDOWS",
    "one_a_trial",
    "pool_trials",
    "pools",
    "sensitivity",
    "slope_over_hours",
    "window_of",
]

WINDOWS: dict[str, tuple[float, float]] = {
    "under 24 h": (0, 24),
    "24 h": (24, 48),
    "2 to 4 days": (48, 120),
    "1 week": (120, 240),
    "2 weeks": (240, 504),
    "3 to 5 weeks": (504, 1008),
    "later": (1008, math.inf),
}
"""Hours since the first infusion, lower end included: times that may stand in one pool."""
_UNPLACED = "time not told"
# Whose judgement counts first where a trial has several scales at one time.
_SCALES = ("CAPS-5", "CAPS", "PCL-5", "PCL", "IES-R")
_DOSE = 0.5
"""mg/kg: the dose that most trials gave; where a trial has several, the nearest is taken."""
_ALIKE: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "times": lambda rows: rows["window"],
    "co-therapies": lambda rows: rows["co_therapy"],
    "units (the SD that each is divided by)": lambda rows: rows["scaled_by"],
    "recall windows": lambda rows: (
        rows["recall_hours_high"].gt(0).map({True: "looks back", False: "now"})
    ),
}
COLUMNS = [
    "window", "comparator_type", "trials", "people", "k", "estimate", "se", "ci_low", "ci_high",
    "plain_low", "plain_high", "prediction_low", "prediction_high", "tau", "tau_low", "tau_high",
    "q_p", "i2", "common_estimate", "common_low", "common_high", "method", "why_not", "left_out",
    "rows",
]  # fmt: skip


def window_of(hours: float) -> str:
    """The window of hours since the first infusion."""
    for name, (low, high) in WINDOWS.items():
        if low <= hours < high:
            return name
    return _UNPLACED


def one_a_trial(differences: pd.DataFrame) -> pd.DataFrame:
    """One difference a trial and window, of those that are known.

    A clinician's scale before a questionnaire (CAPS-5, PCL-5, IES-R); the dose nearest 0.5 mg/kg;
    the earliest time. Columns of :func:`trial_differences` and ``window``.
    """
    known = differences[differences["g"].notna()].copy()
    known["window"] = [window_of(h) for h in known["hours_since_first_infusion"]]
    order = {scale: place for place, scale in enumerate(_SCALES)}
    known["_scale"] = known["instrument"].map(order).fillna(len(order))
    known["_dose"] = (known["dose"] - _DOSE).abs().fillna(0.0)
    known = known.sort_values(
        ["_scale", "_dose", "hours_since_first_infusion", "study_id"], kind="stable"
    )
    kept = known.drop_duplicates(["study_id", "window"]).drop(columns=["_scale", "_dose"])
    return kept.sort_values(["hours_since_first_infusion", "study_id"], kind="stable",
                            na_position="last", ignore_index=True)  # fmt: skip


def pool_trials(
    differences: pd.DataFrame, *, method: str = "REML", when: str = "this time"
) -> pooling.Pool:
    """Pool differences between randomised arms, one a trial, alike in what makes them comparable.

    Parameters
    ----------
    differences
        Rows of :func:`trial_differences` or :func:`one_a_trial`.
    method
        Of :func:`analysis.estimates.pooling.pool`.
    when
        What the sentence of a refusal calls the time.

    Raises
    ------
    ReliefError
        Fewer than two; several of one trial; changes within one arm or people; variances that are
        not positive and finite; times, recall (right now or looking back), co-therapies or units
        that differ.
    """
    if "window" not in differences:
        window = [window_of(h) for h in differences["hours_since_first_infusion"]]
        differences = differences.assign(window=window)
    within = differences[differences["comparison"] != schema.BETWEEN]
    if len(within):
        raise refusal("evidence.not-between-arms", rows=_named(within["rows"]),
                      found=" and ".join(sorted(set(within["comparison"]))))  # fmt: skip
    twice = differences[differences["study_id"].duplicated(keep=False)]
    if len(twice):
        raise refusal("evidence.several-of-one-trial", rows=_named(twice["rows"]))
    for what, column in _ALIKE.items():
        values = sorted(set(map(str, column(differences))))
        if len(values) > 1:
            raise refusal("evidence.not-alike", what=what, found="; ".join(values))
    if (differences["window"] == _UNPLACED).any():
        raise refusal("evidence.not-alike", what="times", found="one is not told in hours")
    variance = pd.to_numeric(differences["variance"]).to_numpy(float)
    bad = ~(np.isfinite(variance) & (variance > 0))
    if bad.any():
        raise refusal("evidence.no-variance", rows=_named(differences.loc[bad, "rows"]))
    if len(differences) < 2:
        raise refusal("evidence.too-few", window=when, count=len(differences))
    effects = pd.to_numeric(differences["g"]).to_numpy(float)
    return pooling.pool(effects, variance, method=method)


def pools(table: pd.DataFrame | None = None, *, method: str = "REML") -> pd.DataFrame:
    """A pool for each window, over all comparators and by kind; or why there is none.

    Returns
    -------
    DataFrame
        Columns ``COLUMNS``: ``trials`` (names), ``people``, ``k``, the numbers of
        :class:`analysis.estimates.pooling.Pool` (negative = fewer symptoms on ketamine, in SD),
        ``why_not`` where nothing was pooled, ``left_out`` (trials of that time whose difference
        between arms cannot be standardised), ``rows``.
    """
    every = trial_differences(table)
    found = one_a_trial(every[every["comparison"] == schema.BETWEEN])
    out = []
    when = pd.Series([window_of(h) for h in every["hours_since_first_infusion"]], dtype=object)
    for window in WINDOWS:
        others = every.loc[when == window, "study_id"]
        left_out = [name for name in dict.fromkeys(others) if name not in set(
            found.loc[found["window"] == window, "study_id"])]  # fmt: skip
        there = found[found["window"] == window]
        for kind in ("all", "active", "passive"):
            own = there if kind == "all" else there[there["comparator_type"] == kind]
            if kind == "all" or len(own) not in (0, len(there)):
                out.append(_row(window, kind, own, method) | {"left_out": ", ".join(left_out)})
    return pd.DataFrame(out, columns=COLUMNS)


def sensitivity(differences: pd.DataFrame, *, method: str = "REML") -> pd.DataFrame:
    """The pool by other estimators, without each trial, and as it grew by year.

    Returns
    -------
    DataFrame
        analysis (words), k, estimate, ci_low, ci_high, tau; a row an analysis. Without each trial
        only where there are three.
    """
    pool_trials(differences, method=method)
    effects = pd.to_numeric(differences["g"]).to_numpy(float)
    variances = pd.to_numeric(differences["variance"]).to_numpy(float)
    rows: list[tuple[str, pooling.Pool]] = [
        (f"random effects, {words}", pooling.pool(effects, variances, method=name))
        for name, words in pooling.METHODS.items()
    ]
    if len(differences) > 2:
        without = pooling.left_out(effects, variances, method=method)
        names = differences["study_id"]
        rows += [(f"without {name}", one) for name, one in zip(names, without, strict=True)]
    years = pd.to_numeric(differences["year"]).to_numpy(float)
    if np.isfinite(years).all():
        ordered = np.sort(years)
        grown = pooling.cumulated(effects, variances, list(years), method=method)
        rows += [(f"up to {ordered[one.k - 1]:.0f}", one) for one in grown]
    columns = ("k", "estimate", "ci_low", "ci_high", "tau")
    return pd.DataFrame(
        [{"analysis": name, **{c: getattr(one, c) for c in columns}} for name, one in rows]
    )


def small_studies(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Whether small trials differ from large ones, window by window, over all comparators.

    Returns
    -------
    DataFrame
        window, k (trials that may be pooled), z and p of Egger's test (NaN with fewer than three
        trials), ``limits``: what the test can tell with so many, or why there is none.
    """
    every = trial_differences(table)
    found = one_a_trial(every[every["comparison"] == schema.BETWEEN])
    rows = []
    for window in WINDOWS:
        own = found[found["window"] == window]
        z, p, limits = np.nan, np.nan, "it takes three trials"
        if len(own) > 2:
            try:
                pool_trials(own, when=window)
                z, p, limits = pooling.small_study_test(own["g"], own["variance"])
            except ReliefError as refused:
                limits = refused.message
        rows.append((window, len(own), z, p, limits))
    return pd.DataFrame(rows, columns=["window", "k", "z", "p", "limits"])


def slope_over_hours(table: pd.DataFrame | None = None) -> pooling.Slope | str:
    """Change of the difference for each doubling of hours, cluster-robust by trial (CR2).

    Returns
    -------
    Slope or str
        The slope; or why there is none, with how many trials have a difference between arms.
    """
    found = trial_differences(table)
    found = found[(found["comparison"] == schema.BETWEEN) & found["g"].notna()]
    found = found[found["hours_since_first_infusion"].notna()]
    try:
        return pooling.meta_regression(
            pd.to_numeric(found["g"]), pd.to_numeric(found["variance"]),
            np.log2(found["hours_since_first_infusion"]), list(found["study_id"]),
        )  # fmt: skip
    except ValueError as refused:
        return str(refused)


def _row(window: str, kind: str, rows: pd.DataFrame, method: str) -> dict[str, Any]:
    told = {
        "window": window,
        "comparator_type": kind,
        "trials": ", ".join(rows["study_id"]),
        "people": int(pd.to_numeric(rows["n"]).sum() + pd.to_numeric(rows["n_comparator"]).sum()),
        "k": len(rows),
        "why_not": "",
        "rows": [row for each in rows["rows"] for row in each],
    }
    try:
        return told | {
            k: v for k, v in vars(pool_trials(rows, method=method, when=window)).items() if k != "k"
        }
    except ReliefError as refused:
        if refused.rule == "extra.missing":
            raise
        return told | {"why_not": refused.message}


def _named(rows: Iterable[list[str]]) -> str:
    ids = [row for each in rows for row in each]
    return ", ".join(ids[:4]) + (" and more" if len(ids) > 4 else "")
