"""Baseline, change, reliable change and response: one row a person and window."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.instruments import Instrument

__all__ = ["baseline", "change", "person_change", "reliable_change", "response"]

EFFICACY_PHASES = ("hours", "day", "later")


def baseline(forms: pd.DataFrame, *, within_days: float, another_day_hours: float) -> pd.DataFrame:
    """The score before the first infusion, by a declared rule.

    A right-now form (recall 0 h) takes the mean of all ratings, since waiting for an
    infusion raises a rating taken just before it; any other form takes its last rating,
    which already looks back over days.

    Parameters
    ----------
    forms : DataFrame
        Placed, scored forms.
    within_days : float
        Ratings older than this do not count.
    another_day_hours : float
        A rating at least this many hours before the start counts as of another day.

    Returns
    -------
    DataFrame
        subject, instrument, version, baseline (points), n_ratings, other_day (bool).
    """
    before = forms[(forms["phase"] == "before") & forms["total"].notna()]
    before = before[
        before["hours_low"].isna()
        | np.isinf(before["hours_low"])
        | (before["hours_low"] >= -24 * within_days)
    ]
    key = ["subject", "instrument", "version"]
    before = before.sort_values([*key, "hours_high"], kind="stable")
    other = before["hours_high"] <= -another_day_hours
    summary = (
        before.assign(other=other)
        .groupby(key, as_index=False)
        .agg(
            mean=("total", "mean"),
            last=("total", "last"),
            recall=("recall_hours", "last"),
            n_ratings=("total", "size"),
            other_day=("other", "any"),
        )
    )
    summary["baseline"] = summary["mean"].where(summary["recall"] == 0, summary["last"])
    return summary[[*key, "baseline", "n_ratings", "other_day"]]


def change(forms: pd.DataFrame, baselines: pd.DataFrame) -> pd.DataFrame:
    """Change from baseline of every scored form after an infusion, efficacy phases only.

    Returns
    -------
    DataFrame
        The placed forms of phases hours, day and later (and those whose time reaches
        across an edge, with an empty phase) with ``baseline`` and ``change`` (points,
        negative = fewer symptoms). Forms of people without a baseline are left out.
    """
    after = forms[(forms["latest_infusion"] > 0) & forms["total"].notna()]
    after = after[after["phase"].isin(EFFICACY_PHASES) | (after["phase"] == "")]
    merged = after.merge(baselines, on=["subject", "instrument", "version"], how="inner")
    merged["change"] = merged["total"] - merged["baseline"]
    return merged


def person_change(changes: pd.DataFrame, *, low: float, high: float) -> pd.DataFrame:
    """One row a person: mean over the forms in [low, high) hours after the infusion's end.

    Forms count only if their whole time lies in the window and they belong to the first
    infusion.

    Returns
    -------
    DataFrame
        subject, baseline, score, change (points), n_forms, other_day.
    """
    inside = (changes["since_end_low"] >= low) & (changes["since_end_high"] < high)
    inside &= changes["latest_infusion"] == 1
    return (
        changes[inside]
        .groupby("subject", as_index=False)
        .agg(
            baseline=("baseline", "first"),
            score=("total", "mean"),
            change=("change", "mean"),
            n_forms=("change", "size"),
            other_day=("other_day", "first"),
        )
    )


def reliable_change(change: pd.Series, threshold: float) -> pd.Series:
    """Three ways: improved (fall of at least the threshold), worse (rise), unchanged.

    ``threshold`` in points, the scale's published reliable change; NaN stays missing.
    """
    words = np.select(
        [change <= -threshold, change >= threshold], ["improved", "worse"], "unchanged"
    )
    return pd.Series(words, index=change.index, dtype="str").where(change.notna())


def reliable_change_threshold(scale: Instrument) -> float | None:
    """The scale's published reliable change in points, None where none is published."""
    return None if scale.reliable_change is None else scale.reliable_change.value


def response(baseline: pd.Series, score: pd.Series, share: float) -> pd.Series:
    """Whether the score fell by at least a share of baseline; missing where baseline is 0.

    ``share`` between 0 and 1, 0.30 or 0.50 by custom. There is no consensus: 143 PTSD
    trials used 226 definitions (Varker 2020), so a share is always named.
    """
    fall = (baseline - score) / baseline.where(baseline > 0)
    return (fall >= share).astype("boolean").mask(fall.isna())
