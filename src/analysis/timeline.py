"""Where a form stands in time: hours since the infusion, phase, share of its window before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.study import Study
from analysis.windows import HOURS_END

__all__ = ["PHASES", "of_visit", "place", "recall_share_before"]

# Hours after the end of the latest infusion begun; efficacy never uses `during` or `acute`.
PHASES = ("before", "during", "acute", "hours", "day", "later")
EFFICACY = ("hours", "day", "later")
ACUTE_END, DAY_END = 2.0, 30.0
# Assumption: an infusion without an end on record ended within this many hours of its start,
# so that a score days later has a phase and one within hours never has. Longer infusions
# (days, for pain) need their end on record.
LONGEST_INFUSION = 24.0
SINCE = ("since_start_low", "since_start_high", "since_end_low", "since_end_high")
# Decimals of an hour that count: without rounding, 2 h after 40 min is a hair under 2 h.
DECIMALS = 6


def recall_share_before(recall_hours: np.ndarray, since_start: np.ndarray) -> np.ndarray:
    """Share of a recall window that precedes the infusion's start.

    ``max(0, W - h) / W`` for a window of W hours and h hours since the start; 0 for a
    right-now form, 1 for a form filled in before. One minus the share bounds the relative
    fall that a person who answers literally could report if every symptom had vanished.

    Parameters
    ----------
    recall_hours, since_start : ndarray of float, shape (n,)
        Hours.

    Returns
    -------
    ndarray of float, shape (n,)
        0 to 1.
    """
    window = np.asarray(recall_hours, float)
    share = np.clip(window - np.maximum(since_start, 0.0), 0.0, None)
    return np.divide(share, window, out=np.zeros_like(share), where=window > 0)


def _bounds(infusions: pd.DataFrame, subjects: pd.Series, number: int) -> pd.DataFrame:
    """Start and end of each form's infusion of that number, NaN where there is none.

    An infusion without an end ended between its start and ``LONGEST_INFUSION`` later.
    """
    own = infusions[infusions["infusion"] == number].set_index("subject")
    own = own[["start_low", "start_high", "end_low", "end_high"]].astype(float)
    own["end_low"] = own["end_low"].fillna(own["start_low"])
    own["end_high"] = own["end_high"].fillna(own["start_high"] + LONGEST_INFUSION)
    own["given"] = 1.0
    return own.reindex(subjects)


def _latest_infusion(forms: pd.DataFrame, infusions: pd.DataFrame) -> pd.DataFrame:
    """Latest infusion begun (0 before the first, NaN where nobody can tell) and hours since."""
    low, high = forms["hours_low"].to_numpy(float), forms["hours_high"].to_numpy(float)
    latest = np.zeros(len(forms))
    since = {name: np.full(len(forms), np.nan) for name in SINCE}
    for number in sorted(infusions["infusion"].unique()):
        own = _bounds(infusions, forms["subject"], number).to_dict("series")
        own = {name: values.to_numpy() for name, values in own.items()}
        begun = low >= own["start_high"]
        # Infusions follow one another: before the first of them, none has begun.
        not_yet = (high <= own["start_low"]) | ((latest == 0) & (number > 1))
        unsure = (own["given"] == 1) & ~begun & ~not_yet
        latest = np.where(unsure, np.nan, np.where(begun, number, latest))
        hours = (low - own["start_high"], high - own["start_low"],
                 low - own["end_high"], high - own["end_low"])  # fmt: skip
        for name, values in zip(SINCE, hours, strict=True):
            since[name] = np.where(unsure, np.nan, np.where(begun, values, since[name]))
    return pd.DataFrame({"latest_infusion": latest, **since}, index=forms.index)


def _declared(forms: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Use the hours since a named infusion's start where the file declares them."""
    if "since_low" not in forms:
        return placed
    told = forms["since_low"].notna()
    low, high = forms["since_low"], forms["since_high"]
    # Nothing is known of the infusion's end but that it came within the longest infusion.
    hours = (low, high, low - LONGEST_INFUSION, high)
    declared = pd.DataFrame({"latest_infusion": forms["infusion"]})
    declared = declared.assign(**dict(zip(SINCE, hours, strict=True)))
    return placed.where(~told, declared.astype(float))


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
    """Place forms relative to the latest infusion begun.

    Phases by hours after the infusion's end: ``before`` its start (an interval that ends at
    the start lies before it), ``during`` from start to end, both included, ``acute`` (0, 2),
    ``hours`` [2, 6), ``day`` [6, 30], ``later`` over 30. A form whose time reaches across an
    edge belongs to neither side. An infusion without an end on record ended at most
    ``LONGEST_INFUSION`` hours after its start (assumption): a form then is ``later`` if it
    lies more than 30 h after that, and never ``hours``.

    Parameters
    ----------
    study : Study
        For its infusions.
    forms : DataFrame
        Assessments of the study, scored or not.

    Returns
    -------
    DataFrame
        The forms with ``latest_infusion`` (0 before the first, NaN where the form may lie on
        either side of a start), ``since_start_low/high`` and ``since_end_low/high`` (hours,
        to the hundredth of a second), ``phase`` (one of ``PHASES``, or empty),
        ``share_before`` (0 to 1, at the earliest time the bounds allow) and ``rescued``
        (bool: rescue medication was given since that infusion began and no later than the form).
    """
    placed = _declared(forms, _latest_infusion(forms, study.infusions))
    placed[list(SINCE)] = placed[list(SINCE)].round(DECIMALS)
    infused = forms["subject"].isin(study.infusions["subject"]).to_numpy()
    phase = np.where(infused, _phase(placed), "")
    share = recall_share_before(
        forms["recall_hours"].to_numpy(float), placed["since_start_low"].fillna(0.0).to_numpy()
    )
    rescued = _rescued(study.events, forms, placed["since_start_high"].to_numpy())
    return forms.assign(**placed, phase=phase, share_before=share, rescued=rescued)


def of_visit(forms: pd.DataFrame, declared: str | tuple[float, float]) -> pd.Series:
    """Which forms are of a visit that a study declares.

    Parameters
    ----------
    forms : DataFrame
        Forms with ``hours_low`` and ``hours_high``, and ``visit`` where files tell it.
    declared : str or (float, float)
        Name of the visit, or hours since the first infusion's start, both included; a form whose
        time reaches beyond them is of another visit.

    Returns
    -------
    Series of bool
        With the index of the forms.
    """
    if not isinstance(declared, str):
        low, high = declared
        return (forms["hours_low"] >= low) & (forms["hours_high"] <= high)
    if "visit" not in forms:
        return pd.Series(False, index=forms.index)
    return forms["visit"] == declared


def _rescued(events: pd.DataFrame, forms: pd.DataFrame, since: np.ndarray) -> np.ndarray:
    """Whether rescue medication came between the latest infusion's start and the form."""
    rescue = events[events["event"] == "rescue"]
    found = np.zeros(len(forms), dtype=bool)
    if rescue.empty:
        return found
    own = pd.DataFrame(
        {
            "place": np.arange(len(forms)),
            "subject": forms["subject"].to_numpy(),
            "begun": forms["hours_high"].to_numpy(float) - since,
            "until": forms["hours_high"].to_numpy(float),
        }
    ).merge(rescue[["subject", "hours_low", "hours_high"]], on="subject")
    given = (own["hours_high"] >= own["begun"]) & (own["hours_low"] <= own["until"])
    found[own.loc[given, "place"].to_numpy()] = True
    return found
