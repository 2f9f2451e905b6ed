"""A clock an hour or two off, as forms in UTC are in many countries: what shows it."""

from __future__ import annotations

import numpy as np

from analysis.readers.roles.dates.exact_times import ExactTimes
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


def beside_planned(visits: ExactTimes, planned: float, sign: int) -> bool:
    """Whether visits of one plan lie beside their hour, and at it once they are moved.

    Parameters
    ----------
    visits : ExactTimes
        Of people whose infusion has an end; a plan may count from its start or its end.
    planned : float
        The hour of the plan.
    sign : {1, -1}
        Which way the times would be moved by the offset of their zone.
    """
    if len(visits) < _FEW_TIMES:
        return False
    since = [visits.at - edge for edge in (visits.start, visits.end)]
    spread = float(np.ptp(np.quantile(since[1], [0.1, 0.9])))
    if spread > _ONE_PLAN:
        return False
    ahead = sign * visits.ahead
    # Of a normal sample, from its tenths.
    error = 1.253 * spread / 2.563 / np.sqrt(len(visits))
    beside = max(_APART, _SURE * error)
    # A visit of the next morning may well lie an hour or two beside a whole day.
    near = max(_NEAR if abs(np.median(ahead)) > 2 else _NEARER, 1.5 * error)
    apart = all(abs(np.median(own) - planned) > beside for own in since)
    return apart and any(abs(np.median(own + ahead) - planned) <= near for own in since)


def beside_named_hours(times: ExactTimes, sign: int) -> bool:
    """Whether visits whose names tell an hour, such as ``3h``, lie beside it by the zone's offset.

    Parameters
    ----------
    times : ExactTimes
    sign : {1, -1}
        Which way the times would be moved.
    """
    times = times.complete
    if times.visit is None:
        return False
    return any(
        beside_planned(times.part(times.visit == name), hour, sign)
        for name, hour in hours_of_visits(sorted(set(times.visit.tolist()))).items()
        if _FIRST_HOUR <= hour <= _LAST_HOUR
    )


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
