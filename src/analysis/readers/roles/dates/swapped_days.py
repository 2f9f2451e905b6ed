"""Day and month exchanged where they can be, in dates that all look alike by now.

A program that reads days first takes 03/04 for the fourth of March and 13/04 for what it is.
Written out again, nothing in the text tells them apart, but the courses do: dates that cannot be
exchanged show the plan, and those beside it lie within it once day and month are exchanged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.readers.reading import FEW

__all__ = ["Swapped", "swapped_days"]

# Days beyond what dates that stay tell of the plan, by all of them but the outermost.
_MARGIN, _EDGES, _FEW_KEPT = 7.0, (0.02, 0.98), 10
# Of the dates that fit the plan one way alone, or no way, so many fit it exchanged.
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Swapped:
    """What is exchanged ("assessments", "infusions" or "both"), and how many people show it."""

    what: str
    people: int
    total: int


def _moved(local: pd.DatetimeIndex) -> np.ndarray:
    """Days by which each date moves when day and month change places; NaN where they cannot."""
    day, month = local.day.to_numpy(), local.month.to_numpy()
    can = (day <= 12) & (day != month)
    stands = local.to_numpy().astype("M8[D]")
    year = stands.astype("M8[Y]")
    changed = (year.astype("M8[M]") + (day - 1)).astype("M8[D]") + (month - 1)
    return np.where(can, (changed - stands) / np.timedelta64(1, "D"), np.nan)


def swapped_days(people: np.ndarray, forms: pd.DatetimeIndex, starts: pd.DatetimeIndex) -> (
    Swapped | None
):  # fmt: skip
    """Whether courses are those of a plan only once days and months are exchanged.

    Parameters
    ----------
    people : ndarray, (n,)
    forms, starts : DatetimeIndex, (n,)
        Each form's time and its person's infusion, as the files' clocks show them.

    Returns
    -------
    Swapped or None
    """
    since = (forms - starts) / pd.Timedelta(days=1)
    of_form, of_start = _moved(forms), _moved(starts)
    moves = {
        "assessments": of_form,
        "infusions": -of_start,
        # One of the two may stay where it is.
        "both": np.where(
            np.isnan(of_form) & np.isnan(of_start),
            np.nan,
            np.nan_to_num(of_form) - np.nan_to_num(of_start),
        ),
    }
    for what, moved in moves.items():
        kept = np.isnan(moved)
        if kept.sum() < _FEW_KEPT:
            continue
        low, high = np.quantile(since[kept], _EDGES) + np.array([-_MARGIN, _MARGIN])
        inside = (since >= low) & (since <= high)
        within_once_moved = (since + moved >= low) & (since + moved <= high)
        right = ~kept & ~inside & within_once_moved
        # Where none was exchanged, those that fit as they stand are the many.
        telling = ~kept & ~(inside & within_once_moved)
        found = len(np.unique(people[right]))
        if found >= FEW and right.sum() >= _NEARLY_ALL * telling.sum():
            return Swapped(what, found, len(np.unique(people)))
    return None
