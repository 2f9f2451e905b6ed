"""Forms or infusions in UTC beside local times: what of their courses shows it."""

from __future__ import annotations

import numpy as np

from analysis.readers.roles.dates.exact_times import ExactTimes
from analysis.readers.roles.dates.small_shifts import (
    before_opening,
    beside_named_hours,
    beside_planned,
    out_of_hours,
)

__all__ = ["in_utc"]

_FEW_PEOPLE, _FEW_TIMES = 5, 10
# A share of times at night that no clinic has, and what is left of it under the right clock.
_OFTEN, _HARDLY, _NEARLY_ALL, _MOST = 0.2, 0.02, 0.9, 0.75
# Hours around a day after the infusion, just before it, after its end, and how near to its plan
# a visit lies.
_NEXT_DAY, _NOON, _JUST, _ACUTE, _NEAR = (14.0, 36.0), 12, 3.0, 2.0, 0.25
# Hours within which visits of one plan lie.
_ONE_PLAN = 1.5
# Standard errors beyond chance; hours beyond which a visit tells no more of its season.
_SURE, _FAR = 4.0, 2.0


def in_utc(times: ExactTimes, given: ExactTimes) -> tuple[ExactTimes, np.ndarray] | None:
    """Forms or infusions in UTC, by the time of day or by how visits lie to the infusion.

    Returns
    -------
    tuple of the table and of hours, one a form, by which forms move in relation to infusions; or
    None
    """
    if not (np.abs(times.ahead) > 0).any():
        return None
    by_hours = times.hour, given.hour, _on_other_days(times)
    for table, sign in ((times, 1), (given, -1)):
        ahead = sign * times.ahead
        late = (
            table.out_of_hours() >= _OFTEN
            and table.out_of_hours(table.ahead) <= _HARDLY
            # Late infusions have late forms, on both their sides: moving them brings none back.
            and _on_the_day(times) < _NEARLY_ALL
            and _on_the_day(times, ahead) >= _on_the_day(times)
        )
        early = table is times and not times.believed and before_opening(*by_hours, times.ahead)
        if (
            late
            or early
            or beside_named_hours(times, sign)
            or _none_on_the_day(times, sign, by_hours)
            or _beside_whole_days(times, sign)
            or _jumps(times, sign)
            or _during_for_before(times, sign)
        ):
            return table, ahead
    return None


def _on_other_days(times: ExactTimes) -> np.ndarray:
    """Which forms are not of the infusion's day."""
    start = ((times.start + times.ahead) * 3600).round() // (24 * 3600)
    return np.asarray(times.day != start)


def _jumps(times: ExactTimes, sign: int) -> bool:
    """Visits move by an hour where the zone's clock changes: they do not follow it."""
    times = times.complete
    seasons = np.unique(times.ahead)
    if len(seasons) != 2:
        return False
    since = times.at - times.start
    size = int(times.who.max()) + 1
    total, count, ahead = np.zeros(size), np.zeros(size), np.full(size, np.nan)
    # Backwards, so that a person's season is that of the first visit.
    for low, high in (_NEXT_DAY, (0, _NOON), (-_NOON, 0)):
        near = np.flatnonzero((since >= low) & (since <= high))
        order = near[np.lexsort((since[near], times.who[near]))]
        who = times.who[order]
        changes = np.concatenate([[True], who[1:] != who[:-1], [True]])[: len(who) + 1]
        visit = order[changes[1:] if low < 0 else changes[:-1]]
        if len(visit):
            beside = since[visit] - np.median(since[visit])
            # A person's visits move together: how far from the others' they lie, once a person.
            total[times.who[visit]] += np.clip(beside, -_FAR, _FAR)
            count[times.who[visit]] += 1
            ahead[times.who[visit]] = times.ahead[visit]
    own = total[count > 0] / count[count > 0]
    winter, summer = (own[ahead[count > 0] == season] for season in seasons)
    if min(len(winter), len(summer)) < _FEW_PEOPLE:
        return False
    error = float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in (winter, summer))))
    jump = float(summer.mean() - winter.mean())
    expected = -sign * (seasons[1] - seasons[0])
    return bool(abs(jump) >= _SURE * error and abs(jump - expected) <= max(_NEAR, 2 * error))


def _during_for_before(times: ExactTimes, sign: int) -> bool:
    """The one form that a person has around the start lies after it, and before it once moved."""
    times = times.complete

    def around(moved: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        since, after = times.at - times.start + moved, times.at - times.end + moved
        return (since >= -_JUST) & (since <= 0), (since > 0) & (after < _ACUTE)

    before, inside = around(0.0)
    if not (before | inside).any():
        return False
    would_be_before, would_be_inside = around(sign * times.ahead)
    forms = np.bincount(times.who[before | inside])
    near = forms[forms > 0]
    if len(near) < _NEARLY_ALL * times.people or near.mean() > 1 + _HARDLY:
        return False
    return bool(
        inside.sum() >= _OFTEN * times.people
        and would_be_inside.sum() <= _HARDLY * times.people
        and len(np.unique(times.who[would_be_before])) >= _NEARLY_ALL * times.people
    )


def _on_the_day(times: ExactTimes, moved: np.ndarray | float = 0.0) -> float:
    """The share of people with a form just before the infusion and one after its start that day."""
    moved = np.broadcast_to(moved, len(times))
    known = ~(np.isnan(times.ahead) | np.isnan(times.end))
    since, who = (times.at - times.start + moved)[known], times.who[known]
    before, later = (who[(since >= low) & (since <= high)]
                     for low, high in ((-_JUST, 0), (0, _NOON)))  # fmt: skip
    return len(np.intersect1d(before, later)) / max(1, len(np.unique(who)))


def _none_on_the_day(
    times: ExactTimes, sign: int, by_hours: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> bool:
    """Hardly anyone has a form just before the infusion, but nearly all once forms are moved.

    By that, too, the visits of the next day must come nearer to whole days, or the forms of other
    days into the hours of a clinic.
    """
    whole = times.complete
    after, moved = whole.at - whole.end, sign * times.ahead
    if not len(whole) or _on_the_day(times) > 1 - _NEARLY_ALL or _on_the_day(times, moved) < _MOST:
        return False
    low, high = _NEXT_DAY
    day = after[(after >= low) & (after <= high)]
    if len(day) >= _FEW_PEOPLE:
        middle, ahead = float(np.median(day)), float(np.nanmedian(moved))
        if abs(middle - 24) - abs(middle + ahead - 24) > abs(ahead) / 2:
            return True
    return out_of_hours(*by_hours, moved)


def _beside_whole_days(times: ExactTimes, sign: int) -> bool:
    """The visits of the next day, all of one plan, lie beside whole days but for the offset."""
    whole = times.complete
    after = whole.at - whole.end
    low, high = _NEXT_DAY
    next_day = whole.part((after >= low) & (after <= high))
    return beside_planned(next_day, 24.0, sign) and not _at_whole_days(whole.part(after > high))


def _at_whole_days(times: ExactTimes) -> bool:
    """Whether later visits lie at whole days as they stand; on another clock they would not."""
    if len(times) < _FEW_TIMES:
        return False
    beside = (times.at - times.end + _NOON) % 24 - _NOON
    near = np.quantile(beside, [0.1, 0.5, 0.9])
    half = float(np.abs(np.median(times.ahead))) / 2
    return bool(near[2] - near[0] <= _ONE_PLAN and abs(near[1]) < half)
