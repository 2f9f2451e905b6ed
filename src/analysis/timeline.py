"""Where a form stands in time: hours since the infusion, phase, share of its window before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.study import Study

__all__ = ["PHASES", "place", "recall_share_before"]

# Hours after the end of the latest infusion begun; efficacy never uses `during` or `acute`.
PHASES = ("before", "during", "acute", "hours", "day", "later")
ACUTE_END, HOURS_END, DAY_END = 2.0, 6.0, 30.0


def recall_share_before(recall_hours: np.ndarray, since_start: np.ndarray) -> np.ndarray:
    """Share of a recall window that precedes the infusion's start.

    ``max(0, W - h) / W`` for a window of W hours and h hours since the start; 0 for a
    right-now form, 1 for a form filled in before. One minus the share bounds the relative
    fall that a person who answers literally could report if every symptom had vanished.

    Parameters
    ----------
    recall_hours, since_start : ndarray of float, shape (n,)
        Hours.
    """
    window = np.asarray(recall_hours, float)
    share = np.clip(window - np.maximum(since_start, 0.0), 0.0, None)
    return np.divide(share, window, out=np.zeros_like(share), where=window > 0)


def _latest_infusion(forms: pd.DataFrame, infusions: pd.DataFrame) -> pd.DataFrame:
    """Latest infusion begun (0 before the first, NaN where the times overlap) and hours since."""
    latest = np.zeros(len(forms))
    bounds = {
        name: np.full(len(forms), np.nan)
        for name in ("start_low", "start_high", "end_low", "end_high")
    }
    low, high = forms["hours_low"].to_numpy(float), forms["hours_high"].to_numpy(float)
    for number in sorted(infusions["infusion"].unique()):
        given = infusions[infusions["infusion"] == number].set_index("subject")
        given = given[list(bounds)].reindex(forms["subject"])
        begun = low >= given["start_high"].to_numpy()
        unsure = ~begun & (high > given["start_low"].to_numpy())
        latest = np.where(unsure, np.nan, np.where(begun, number, latest))
        for name, values in bounds.items():
            bounds[name] = np.where(begun, given[name].to_numpy(float), values)
    return pd.DataFrame(
        {
            "latest_infusion": latest,
            "since_start_low": low - bounds["start_high"],
            "since_start_high": high - bounds["start_low"],
            "since_end_low": low - bounds["end_high"],
            "since_end_high": high - bounds["end_low"],
        },
        index=forms.index,
    )


def _declared(forms: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Use the hours since a named infusion where the file tells nothing else."""
    if "since_low" not in forms:
        return placed
    told = forms["since_low"].notna()
    placed = placed.copy()
    placed.loc[told, "latest_infusion"] = forms.loc[told, "infusion"]
    placed.loc[told, "since_start_low"] = forms.loc[told, "since_low"]
    placed.loc[told, "since_start_high"] = forms.loc[told, "since_high"]
    placed.loc[told, ["since_end_low", "since_end_high"]] = np.nan
    return placed


def _phase(placed: pd.DataFrame) -> np.ndarray:
    """Phase of each form; empty where its times reach across an edge."""
    low, high = placed["since_end_low"].to_numpy(), placed["since_end_high"].to_numpy()
    after_start = placed["latest_infusion"].to_numpy() > 0
    return np.select(
        [
            placed["latest_infusion"].to_numpy() == 0,
            after_start & (high <= 0),
            after_start & (low > 0) & (high < ACUTE_END),
            after_start & (low >= ACUTE_END) & (high < HOURS_END),
            after_start & (low >= HOURS_END) & (high <= DAY_END),
            after_start & (low > DAY_END),
        ],
        PHASES,
        default="",
    )


def place(study: Study, forms: pd.DataFrame) -> pd.DataFrame:
    """Place forms on the clock of the latest infusion begun.

    Parameters
    ----------
    study : Study
        For its infusions.
    forms : DataFrame
        Assessments of the study, scored or not.

    Returns
    -------
    DataFrame
        The forms with ``latest_infusion`` (0 before the first), ``since_start_low/high``
        and ``since_end_low/high`` (hours), ``phase`` (one of ``PHASES``, empty where the
        bounds of the time reach across an edge) and ``share_before`` (0 to 1, at the
        earliest time the bounds allow).
    """
    placed = _declared(forms, _latest_infusion(forms, study.infusions))
    out = forms.join(placed)
    out["phase"] = _phase(placed)
    infused = forms["subject"].isin(study.infusions["subject"])
    out.loc[~infused, "phase"] = ""
    out["share_before"] = recall_share_before(
        out["recall_hours"].to_numpy(float), out["since_start_low"].fillna(0.0).to_numpy()
    )
    return out
