"""Times of day and days of the week that clinics keep."""

from __future__ import annotations

import pandas as pd

from analysis.readers.reading import FEW, Reading
from analysis.rules import issue

__all__ = ["no_afternoon", "weekends"]

_MORNING, _AFTERNOON, _NOON = 6, 13, 12
# A share of times at night that no clinic has, and of times in the small hours that none has
# beside mornings alone.
_OFTEN, _SOME = 0.2, 0.03
# A share in the small hours that is a lost half of the day where nobody is up at ten or later.
_A_FEW, _LATE = 0.02, 22
_WEEKEND, _OTHER_DAYS, _FEW_TIMES = 5, 0.5, 10


def no_afternoon(
    reading: Reading, file: str, local: pd.DatetimeIndex, people: pd.Series
) -> None:  # fmt: skip
    """No time in the afternoon and many in the small hours: the half of the day was lost.

    Parameters
    ----------
    local : DatetimeIndex
        Times as their table's clock shows them.
    people : Series of str
        Whose they are.
    """
    hour = local.hour
    early = (hour >= 1) & (hour < _MORNING)
    if (hour < _AFTERNOON).all() and early.sum() >= max(FEW, _SOME * len(early)):
        reading.issues.append(issue("time.no-afternoon", file=file, count=int(early.sum())))
    elif (hour < _MORNING).mean() >= _OFTEN or _by_night_alone(hour):
        count = people[hour < _MORNING].nunique()
        reading.issues.append(issue("time.at-night", file=file, count=count))


def _by_night_alone(hour: pd.Index) -> bool:
    """Some times in the small hours, and none late in the evening, as of people who are awake."""
    early = (hour >= 1) & (hour < _MORNING)
    awake = (hour >= _LATE) | (hour < 1)
    return bool(early.sum() >= max(FEW, _A_FEW * len(early)) and not awake.any())


def weekends(reading: Reading, frame: pd.DataFrame) -> None:
    """Forms before and after the infusion on other days of the week: scores differ by the day.

    Parameters
    ----------
    frame : DataFrame
        ``id``, ``at`` and ``start`` in hours, and ``day`` of the week from 0.
    """
    weekend = frame["day"] >= _WEEKEND
    early = frame["at"] < frame["start"]
    later = frame["at"] >= frame["start"] + _NOON
    before, after = (weekend[when].groupby(frame["id"][when]).mean() for when in (early, later))
    both = pd.DataFrame({"before": before, "after": after}).dropna()
    if len(both) < _FEW_TIMES:
        return
    if abs(both["after"].mean() - both["before"].mean()) >= _OTHER_DAYS:
        differs = int((both["after"] != both["before"]).sum())
        reading.issues.append(issue("time.weekend", count=differs))
