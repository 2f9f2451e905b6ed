"""A clock an hour or two off, as forms in UTC are in many countries: what shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.readers.table.visit_hours import hours_of_visits

__all__ = ["before_opening", "beside_named_hours", "beside_planned", "out_of_hours"]

# Fewer times say nothing.
_FEW_TIMES = 10
# A visit of one plan, and how near to its planned hour it lies.
_ONE_PLAN, _NEAR, _NEARER, _APART = 1.5, 0.25, 0.1, 0.28
# Standard errors beyond chance.
_SURE = 4.0
# Visits within two days have a planned hour that is kept.
_FIRST_HOUR, _LAST_HOUR = 1.0, 48.0
# A clinic sees nobody before seven, or long before its first infusion, or after six.
_OPENS, _CLOSES, _LONG_BEFORE = 7.0, 18.0, 1.5
# A share of times outside these hours, what is left of it under the right clock, and the longest
# shift that the hours of a clinic can show alone.
_SOME, _HARDLY, _SMALL = 0.1, 0.01, 3.0
_FIRST_STARTS = 0.05


def beside_planned(since: pd.DataFrame, planned: float, ahead: pd.Series) -> bool:
    """Whether visits of one plan lie beside their hour, and at it once they are moved.

    Parameters
    ----------
    since : DataFrame
        Hours since ``start`` and ``end`` of the infusion; a plan may count from either.
    planned : float
        The hour of the plan.
    ahead : Series
        Hours by which each would be moved.
    """
    spread = float(np.ptp(since["end"].quantile([0.1, 0.9]))) if len(since) else 0.0
    if len(since) < _FEW_TIMES or spread > _ONE_PLAN:
        return False
    middle, moved = since.median(), since.add(ahead, axis=0).median()
    # Of a normal sample, from its tenths.
    error = 1.253 * spread / 2.563 / np.sqrt(len(since))
    apart = bool(((middle - planned).abs() > max(_APART, _SURE * error)).all())
    # A visit of the next morning may well lie an hour or two beside a whole day.
    near = max(_NEAR if abs(ahead.median()) > 2 else _NEARER, 1.5 * error)
    return apart and bool(((moved - planned).abs() <= near).any())


def beside_named_hours(frame: pd.DataFrame, sign: int) -> bool:
    """Whether visits whose names tell an hour, such as ``3h``, lie beside it by the zone's offset.

    Parameters
    ----------
    frame : DataFrame
        ``at``, ``ahead``, ``start``, ``end`` and, where files tell it, ``visit``.
    sign : {1, -1}
        Which way the times would be moved.
    """
    if "visit" not in frame:
        return False
    names = frame["visit"].astype("str")
    for name, hour in hours_of_visits(sorted(set(names))).items():
        own = frame[names == name]
        since = pd.DataFrame({edge: own["at"] - own[edge] for edge in ("start", "end")}).dropna()
        ahead = sign * own.loc[since.index, "ahead"]
        if _FIRST_HOUR <= hour <= _LAST_HOUR and beside_planned(since, hour, ahead):
            return True
    return False


def before_opening(
    times: np.ndarray, starts: np.ndarray, other_day: np.ndarray, ahead: np.ndarray
) -> bool:
    """Whether forms of other days lie before a clinic opens, and within its hours once moved.

    Forms of the day of an infusion lie where the infusion does, so they tell nothing.

    Parameters
    ----------
    times, starts : ndarray
        Hours of the day of forms, and of infusions.
    other_day : ndarray of bool
        Forms of a day without the person's infusion.
    ahead : ndarray
        Hours by which each form would be moved.
    """
    if np.nanmedian(ahead) <= 0 or np.nanmax(ahead) > _SMALL:
        return False
    return out_of_hours(times, starts, other_day, ahead)


def out_of_hours(
    times: np.ndarray, starts: np.ndarray, other_day: np.ndarray, ahead: np.ndarray
) -> bool:
    """The same of any shift: forms of other days lie where no clinic is open until they are moved.

    People who fill in forms at home do so in the evening, so that a long shift needs another sign
    beside this one.
    """
    own, moved = times[other_day], (times + ahead)[other_day] % 24
    if len(own) < _FEW_TIMES:
        return False
    opens = min(_OPENS, float(np.quantile(starts, _FIRST_STARTS)) - _LONG_BEFORE)
    outside, left = (((t < opens) | (t >= _CLOSES)).mean() for t in (own, moved))
    return bool(outside >= _SOME and left <= _HARDLY)
