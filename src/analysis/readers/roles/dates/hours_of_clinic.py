"""Times of day and days of the week that clinics keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.readers.reading import FEW, Reading
from analysis.readers.roles.dates.exact_times import ExactTimes
from analysis.rules import issue

__all__ = ["no_afternoon", "weekends"]

_MORNING, _AFTERNOON, _NOON = 6, 13, 12
# A share of times at night that no clinic has, and of times in the small hours that none has
# beside mornings alone.
_OFTEN, _SOME = 0.2, 0.03
# A share in the small hours that is a lost half of the day where nobody is up at ten or later.
_A_FEW, _LATE = 0.02, 22
_WEEKEND, _OTHER_DAYS, _FEW_TIMES = 5, 0.5, 10


def no_afternoon(reading: Reading, times: ExactTimes) -> None:
    """No time in the afternoon and many in the small hours: the half of the day was lost."""
    hour = times.hour
    early = (hour >= 1) & (hour < _MORNING)
    if (hour < _AFTERNOON).all() and early.sum() >= max(FEW, _SOME * len(early)):
        told = issue("time.no-afternoon", file=times.file, count=int(early.sum()))
        reading.issues.append(told)
    elif (hour < _MORNING).mean() >= _OFTEN or _by_night_alone(hour):
        count = len(np.unique(times.who[hour < _MORNING]))
        reading.issues.append(issue("time.at-night", file=times.file, count=count))


def _by_night_alone(hour: np.ndarray) -> bool:
    """Some times in the small hours, and none late in the evening, as of people who are awake."""
    early = (hour >= 1) & (hour < _MORNING)
    awake = (hour >= _LATE) | (hour < 1)
    return bool(early.sum() >= max(FEW, _A_FEW * len(early)) and not awake.any())


def weekends(reading: Reading, tables: Sequence[ExactTimes]) -> None:
    """Forms before and after the infusion on other days of the week: scores differ by the day."""
    who, since, day = (
        np.concatenate([of(times) for times in tables])
        for of in (lambda t: t.who, lambda t: t.at - t.start, lambda t: t.day)
    )
    if not len(who):
        return
    # The first of January 1970 was a Thursday.
    weekend = (day + 3) % 7 >= _WEEKEND
    size = int(who.max()) + 1
    shares = []
    for when in (since < 0, since >= _NOON):
        forms = np.bincount(who[when], minlength=size)
        at_weekends = np.bincount(who[when & weekend], minlength=size)
        shares.append(np.divide(at_weekends, forms, out=np.full(size, np.nan), where=forms > 0))
    before, after = shares
    both = ~(np.isnan(before) | np.isnan(after))
    if both.sum() < _FEW_TIMES:
        return
    if abs(after[both].mean() - before[both].mean()) >= _OTHER_DAYS:
        differs = int((after[both] != before[both]).sum())
        reading.issues.append(issue("time.weekend", count=differs))
