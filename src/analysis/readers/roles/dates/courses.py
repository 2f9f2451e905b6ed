"""Whether each person's course is plausible on the clock: looked at before the dates go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import Table
from analysis.readers.dated import hours_ahead
from analysis.readers.reading import Reading
from analysis.readers.roles.assessments.forms import Forms
from analysis.readers.roles.dates.exact_times import ExactTimes
from analysis.readers.roles.dates.hours_of_clinic import no_afternoon, weekends
from analysis.readers.roles.dates.other_clock import in_utc
from analysis.readers.roles.dates.swapped_days import swapped_days
from analysis.rules import issue, refusal

__all__ = ["check_courses"]

# Fewer people or times say nothing about a table.
_FEW_PEOPLE, _FEW_TIMES, _FEW_AT_A_SITE, _ENOUGH_PEOPLE = 5, 10, 20, 5000
# A clock is wrong where at most half have a course and nearly all have one when it is moved, and
# where so many times lie at night.
_HALF, _NEARLY_ALL, _OFTEN, _NOON = 0.5, 0.9, 0.2, 12


def check_courses(
    reading: Reading, people: pd.DataFrame, infusions: pd.DataFrame, tables: list[Forms]
) -> None:
    """Look for tables whose clock is another than declared, and for times that no clinic has.

    Parameters
    ----------
    people : DataFrame
        ``id`` and, where declared, ``site``.
    infusions : DataFrame
        As :func:`analysis.readers.roles.infusions.read_infusions` returns it.
    tables : list of Forms

    Raises
    ------
    ReliefError
        ``time.shifted`` and ``time.half-day-off`` where nearly everyone has a course of forms
        before and after the infusion only when one table's times are moved;
        ``time.seems-swapped`` where people have one only once day and month are exchanged.
    """
    spec = reading.config.infusions
    first = infusions[(infusions["infusion"] == 1).to_numpy()]
    first = first[(first["start_low"] == first["start_high"]).to_numpy()]
    if spec.start is None or len(first) < _FEW_PEOPLE:
        return
    # So many tell as much as all; by time, so that no order of rows shows.
    first = first.sort_values(["start_low", "end_high"], kind="stable").head(_ENOUGH_PEOPLE)
    first = first.set_index("id")
    primary = [t for t in tables if t.spec.instrument == reading.config.study.primary]
    groups: dict[str, list[Forms]] = {}
    for forms in primary:
        groups.setdefault(repr((forms.spec.source(), forms.spec.timezone)), []).append(forms)
    own = [_forms(reading, parts, first) for parts in groups.values()]
    file = PurePath(spec.path).name or "infusions"
    starts = first["start_low"].to_numpy()
    given = _times(reading, spec, file, np.arange(len(first)), starts, first)
    found = False
    for times in own:
        _exchanged(times, given)
        if len(times) >= _FEW_TIMES:
            found |= _shifted(reading, times, given, own)
            found = found or _other_clock(reading, times, given)
    if not found and "site" in people:
        site = people.dropna(subset="site").set_index("id")["site"].astype("object")
        sites = site.reindex(first.index).to_numpy()
        found = any(_at_a_site(reading, times, given, sites) for times in own)
    for times in (given, *own):
        if len(times) >= _FEW_TIMES and times.on_local_clock and not found:
            no_afternoon(reading, times)
    if own:
        weekends(reading, own)


def _times(
    reading: Reading,
    spec: Table,
    file: str,
    who: np.ndarray,
    at: np.ndarray,
    first: pd.DataFrame,
    visit: np.ndarray | None = None,
) -> ExactTimes:
    ahead = hours_ahead(reading, spec, first.index[who].to_series(), at)
    start, end = (first[name].to_numpy()[who] for name in ("start_low", "end_high"))
    zoned = reading.zoned.get(spec.source(), frozenset()) == {True}
    believed = spec.timezone is not None or zoned
    return ExactTimes(spec, file, believed, who, at, ahead, start, end, visit)


def _forms(reading: Reading, parts: list[Forms], first: pd.DataFrame) -> ExactTimes:
    whose, at, names = [], [], []
    for part in parts:
        low, high = (part.frame[f"hours_{edge}"].to_numpy() for edge in ("low", "high"))
        who = first.index.get_indexer(pd.Index(part.frame["id"]))
        exact = (low == high) & (who >= 0)
        whose.append(who[exact])
        at.append(low[exact])
        if "visit" in part.frame:
            visits = part.frame["visit"].astype("object").fillna("").to_numpy()
        else:
            visits = np.full(len(exact), "", dtype=object)
        names.append(visits[exact])
    visit = np.concatenate(names) if any("visit" in part.frame for part in parts) else None
    columns = np.concatenate(whose), np.concatenate(at)
    return _times(reading, parts[0].spec, parts[0].table.file, *columns, first, visit)


def _exchanged(times: ExactTimes, given: ExactTimes) -> None:
    """Refuse dates whose day and month changed places where they could."""
    found = swapped_days(times.who, times.local, given.local[times.who])
    if found is not None:
        file = given.file if found.what == "infusions" else times.file
        raise refusal("time.seems-swapped", file=file, people=found.people, total=found.total)


def _with_course(
    tables: list[ExactTimes], moved: np.ndarray | float = 0.0, longest: float = np.inf
) -> tuple[int, int]:
    """People with a form before the start of their infusion and one after it, and all people.

    Only people with two forms or more can have both. The times of the first table are moved.
    ``longest`` is how many hours before the start the last form before it may lie.
    """
    who = np.concatenate([times.who for times in tables])
    since = np.concatenate([times.at - times.start for times in tables])
    since[: len(tables[0])] += moved
    several = np.bincount(who) > 1
    last, later = (np.full(len(several), -np.inf) for _ in range(2))
    np.maximum.at(last, who[since < 0], since[since < 0])
    np.maximum.at(later, who, since)
    course = several & (last >= -longest) & np.isfinite(last) & (later > 0)
    return int(course.sum()), int(several.sum())


def _shifted(
    reading: Reading, times: ExactTimes, given: ExactTimes, own: list[ExactTimes]
) -> bool:  # fmt: skip
    """Refuse a table that gives nearly everyone a course only when its times are moved."""
    tables = [times, *(other for other in own if other is not times)]
    has, people = _with_course(tables)
    if people < _FEW_PEOPLE or has > _HALF * people:
        return False
    for table, moved in _moves(times, given):
        fitting, _ = _with_course(tables, moved, _NOON)
        if fitting < _NEARLY_ALL * people:
            continue
        words: dict[str, Any] = {"total": people, "fitting": fitting, "without": people - has}
        if table is None:
            if not times.believed:
                raise refusal("time.half-day-off", file=times.file, **words)
            _flag(reading, times, 12.0, people - has)
        elif table.believed:
            _flag(reading, table, moved, people - has)
        else:
            raise refusal("time.shifted", file=table.file, hours=_hours(moved), **words)
        return True
    return False


def _moves(
    times: ExactTimes, given: ExactTimes
) -> Iterator[tuple[ExactTimes | None, np.ndarray | float]]:
    """Which table may have another clock, and by how much the forms move then."""
    if (np.abs(times.ahead) > 0).any():
        yield times, times.ahead
        yield given, -times.ahead
    # Half a day off, one of the two tables lies at night.
    known = [table for table in (times, given) if table.on_local_clock]
    if max((table.out_of_hours() for table in known), default=0.0) >= _OFTEN:
        for hours in (12.0, -12.0):
            yield None, hours


def _at_a_site(
    reading: Reading, times: ExactTimes, given: ExactTimes, sites: np.ndarray
) -> bool:  # fmt: skip
    """One site's forms in UTC: its program may be another than the others'."""
    whose = sites[times.who]
    names = sorted({name for name in whose.tolist() if not pd.isna(name)})
    if len(names) < 2:
        return False
    for name in names:
        own, theirs = times.part(whose == name), given.part(sites[given.who] == name)
        enough = len(own) >= _FEW_AT_A_SITE and own.people >= _FEW_PEOPLE
        if enough and _other_clock(reading, own, theirs, " at one site"):
            return True
    return False


def _other_clock(
    reading: Reading, times: ExactTimes, given: ExactTimes, whose: str = ""
) -> bool:  # fmt: skip
    """Say so where forms or infusions are in UTC."""
    found = in_utc(times, given)
    if found is not None:
        table, moved = found
        _flag(reading, table, moved, times.people, whose)
    return found is not None


def _flag(
    reading: Reading, times: ExactTimes, moved: np.ndarray | float, people: int, whose: str = ""
) -> None:
    told = issue("time.seems-shifted", file=times.file, count=people, hours=_hours(moved),
                 whose=whose)  # fmt: skip
    reading.issues.append(told)


def _hours(moved: np.ndarray | float) -> str:
    """A shift, or the shifts of winter and summer, in hours."""
    values = sorted(set(np.round(np.atleast_1d(np.asarray(moved, float)), 2)))
    return " or ".join(f"{value:+g}" for value in values if np.isfinite(value))
