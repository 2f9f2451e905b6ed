"""Whether each person's course is plausible on the clock: looked at before the dates go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from analysis.config import Table
from analysis.readers.reading import Reading
from analysis.readers.roles.assessments.forms import Forms
from analysis.readers.roles.dates.hours_of_clinic import no_afternoon, weekends
from analysis.readers.roles.dates.small_shifts import (
    before_opening,
    beside_named_hours,
    beside_planned,
    out_of_hours,
)
from analysis.readers.roles.dates.swapped_days import swapped_days
from analysis.readers.table.identifiers import among
from analysis.rules import issue, refusal

__all__ = ["check_courses"]

# Fewer people or times say nothing about a table.
_FEW_PEOPLE, _FEW_TIMES, _FEW_AT_A_SITE, _ENOUGH_PEOPLE = 5, 10, 20, 5000
# A clock is wrong where at most half have a course and nearly all have one when it is moved.
_HALF, _NEARLY_ALL = 0.5, 0.9
# A share of times at night that no clinic has, and what is left of it under the right clock.
_OFTEN, _HARDLY = 0.2, 0.02
_MORNING, _EVENING, _NOON = 6, 20, 12
# Hours around a day after the infusion, and how near to its plan a visit lies.
_NEXT_DAY = (14.0, 36.0)
_NEAR = 0.25
# Standard errors beyond chance; hours beyond which a visit tells no more of its season.
_SURE, _FAR = 4.0, 2.0
# Hours before an infusion that are just before it; a share that is most.
_JUST, _MOST, _ACUTE = 3.0, 0.75, 2.0


@dataclass(frozen=True)
class _Times:
    """Exact times of one table on one clock.

    ``frame`` has a row a time: ``id``, ``at`` in hours on the file's clock, ``ahead`` in hours
    that the table's zone is ahead of UTC then (NaN without a zone), and ``start`` and ``end`` of
    the person's first infusion.
    """

    spec: Table
    file: str
    frame: pd.DataFrame
    believed: bool

    @property
    def local(self) -> pd.DatetimeIndex:
        """The times as the table's own clock shows them."""
        hours = (self.frame["at"] + self.frame["ahead"].fillna(0.0)).to_numpy()
        return pd.DatetimeIndex((hours * 60).round().astype("M8[m]").astype("M8[s]"))

    def out_of_hours(self, moved: pd.Series | float = 0.0) -> float:
        """The share before six and after eight in the evening, the times moved by so many hours."""
        hour = (self.local.hour + self.local.minute / 60 + np.asarray(moved)) % 24
        return float(((hour < _MORNING) | (hour >= _EVENING)).mean())


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
    first = infusions[infusions["infusion"] == 1].set_index("id")
    first = first[first["start_low"] == first["start_high"]]
    if spec.start is None or len(first) < _FEW_PEOPLE:
        return
    # So many tell as much as all; by time, so that no order of rows shows.
    first = first.sort_values(["start_low", "end_high"], kind="stable").head(_ENOUGH_PEOPLE)
    primary = [t for t in tables if t.spec.instrument == reading.config.study.primary]
    groups: dict[str, list[Forms]] = {}
    for forms in primary:
        groups.setdefault(repr((forms.spec.source(), forms.spec.timezone)), []).append(forms)
    own = [_forms(reading, parts, first) for parts in groups.values()]
    starts = first.reset_index()[["id", "start_low"]].rename(columns={"start_low": "at"})
    given = _times(reading, spec, PurePath(spec.path).name or "infusions", starts, first)
    found = False
    for times in own:
        _exchanged(times, given)
        if len(times.frame) >= _FEW_TIMES:
            found |= _shifted(reading, times, given, own)
            found = found or _other_clock(reading, times, given)
    if not found and "site" in people:
        found = any(_at_a_site(reading, times, given, people) for times in own)
    for times in (given, *own):
        if len(times.frame) >= _FEW_TIMES and not found:
            no_afternoon(reading, times.file, times.local, times.frame["id"])
    if own:
        days = [times.frame.assign(day=times.local.day_of_week) for times in own]
        weekends(reading, pd.concat(days))


def _times(
    reading: Reading, spec: Table, file: str, frame: pd.DataFrame, first: pd.DataFrame
) -> _Times:
    zone = spec.timezone or reading.config.study.timezone
    ahead = np.full(len(frame), np.nan)
    if zone is not None:
        seconds = (frame["at"].to_numpy() * 3600).round().astype("M8[s]")
        utc = pd.DatetimeIndex(seconds)
        shown = utc.tz_localize("UTC").tz_convert(zone).tz_localize(None)
        ahead = np.asarray((shown - utc) / pd.Timedelta(hours=1))
    known = first.reindex(frame["id"])
    frame = frame.assign(
        ahead=ahead, start=known["start_low"].to_numpy(), end=known["end_high"].to_numpy()
    )
    zoned = reading.zoned.get(spec.source(), frozenset()) == {True}
    return _Times(spec, file, frame.dropna(subset="start"), spec.timezone is not None or zoned)


def _forms(reading: Reading, parts: list[Forms], first: pd.DataFrame) -> _Times:
    told = ["id", "hours_low", "hours_high", "visit"]
    frame = pd.concat([part.frame.filter(told) for part in parts], ignore_index=True)
    exact = (frame["hours_low"] == frame["hours_high"]) & among(frame["id"], first.index)
    frame = frame[exact].drop(columns="hours_high").rename(columns={"hours_low": "at"})
    if "visit" in frame:
        frame["visit"] = frame["visit"].astype("object").fillna("")
    return _times(reading, parts[0].spec, parts[0].table.file, frame, first)


def _exchanged(times: _Times, given: _Times) -> None:
    """Refuse dates whose day and month changed places where they could."""
    start = given.frame.assign(local=given.local).set_index("id")["local"]
    known = start.reindex(times.frame["id"]).array
    found = swapped_days(times.frame["id"].reset_index(drop=True), times.local,
                         pd.DatetimeIndex(known))  # fmt: skip
    if found is not None:
        file = given.file if found.what == "infusions" else times.file
        raise refusal("time.seems-swapped", file=file, people=found.people, total=found.total)


def _with_course(frames: list[pd.DataFrame], longest: float = np.inf) -> tuple[int, int]:
    """People with a form before the start of their infusion and one after it, and all people.

    Only people with two forms or more can have both. ``longest`` is how many hours before the
    start the last form before it may lie.
    """
    forms = pd.concat(frames, ignore_index=True)
    since = forms["at"] - forms["start"]
    last = since.where(since < 0).groupby(forms["id"]).max()
    later = since.groupby(forms["id"]).max()
    several = since.groupby(forms["id"]).count() > 1
    return int((several & (last >= -longest) & (later > 0)).sum()), int(several.sum())


def _shifted(reading: Reading, times: _Times, given: _Times, own: list[_Times]) -> bool:
    """Refuse a table that gives nearly everyone a course only when its times are moved."""
    others = [other.frame for other in own if other is not times]
    has, people = _with_course([times.frame, *others])
    if people < _FEW_PEOPLE or has > _HALF * people:
        return False
    for table, moved in _moves(times, given):
        forms = times.frame.assign(at=times.frame["at"] + moved)
        fitting, _ = _with_course([forms, *others], _NOON)
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


def _moves(times: _Times, given: _Times) -> Iterator[tuple[_Times | None, pd.Series | float]]:
    """Which table may have another clock, and by how much the forms move then."""
    ahead = times.frame["ahead"]
    if ahead.notna().any() and ahead.abs().max() > 0:
        yield times, ahead
        yield given, -ahead
    # Half a day off, one of the two tables lies at night.
    if max(times.out_of_hours(), given.out_of_hours()) >= _OFTEN:
        for hours in (12.0, -12.0):
            yield None, hours


def _at_a_site(
    reading: Reading, times: _Times, given: _Times, people: pd.DataFrame
) -> bool:  # fmt: skip
    """One site's forms in UTC: its program may be another than the others'."""
    site = people.dropna(subset="site").set_index("id")["site"].astype("object")
    whose = times.frame["id"].map(site)
    if whose.nunique() < 2:
        return False
    for name in sorted(whose.dropna().unique()):
        own = times.frame[whose == name]
        theirs = given.frame[given.frame["id"].map(site) == name]
        if len(own) >= _FEW_AT_A_SITE and own["id"].nunique() >= _FEW_PEOPLE:
            parts = replace(times, frame=own), replace(given, frame=theirs)
            if _other_clock(reading, *parts, " at one site"):
                return True
    return False


def _other_clock(reading: Reading, times: _Times, given: _Times, whose: str = "") -> bool:
    """Forms or infusions in UTC, by the time of day or by how visits lie to the infusion."""
    if not (times.frame["ahead"].abs() > 0).any():
        return False
    for table, sign in ((times, 1), (given, -1)):
        own = table.frame["ahead"]
        late = table.out_of_hours() >= _OFTEN and table.out_of_hours(own) <= _HARDLY
        signs = (_beside_whole_days, _jumps, _during_for_before)
        by_hours = _hours_of_other_days(times, given)
        early = table is times and not times.believed and before_opening(*by_hours, own.to_numpy())
        named = beside_named_hours(times.frame, sign)
        none = _none_on_the_day(times, sign, by_hours)
        if late or early or named or none or any(sign_of(times, sign) for sign_of in signs):
            people = int(times.frame["id"].nunique())
            _flag(reading, table, sign * times.frame["ahead"], people, whose)
            return True
    return False


def _jumps(times: _Times, sign: int) -> bool:
    """Visits move by an hour where the zone's clock changes: they do not follow it."""
    frame = times.frame.assign(since=times.frame["at"] - times.frame["start"]).dropna()
    seasons = sorted(frame["ahead"].unique())
    if len(seasons) != 2:
        return False
    visits = []
    for low, high in ((-_NOON, 0), (0, _NOON), _NEXT_DAY):
        visit = frame[frame["since"].between(low, high)].sort_values("since", kind="stable")
        visit = visit.groupby("id").tail(1) if low < 0 else visit.groupby("id").head(1)
        visits.append(visit.assign(since=visit["since"] - visit["since"].median()))
    # A person's visits move together: how far from the others' they lie, once a person.
    beside = pd.concat(visits).assign(since=lambda all_: all_["since"].clip(-_FAR, _FAR))
    people = beside.groupby("id").agg(since=("since", "mean"), ahead=("ahead", "first"))
    by_season = people.groupby("ahead")["since"].agg(["mean", "var", "size"])
    if len(by_season) < 2 or by_season["size"].min() < _FEW_PEOPLE:
        return False
    error = float(np.sqrt((by_season["var"] / by_season["size"]).sum()))
    jump = float(by_season["mean"].diff().iloc[-1])
    expected = -sign * (seasons[1] - seasons[0])
    return abs(jump) >= _SURE * error and abs(jump - expected) <= max(_NEAR, 2 * error)


def _during_for_before(times: _Times, sign: int) -> bool:
    """The one form that a person has around the start lies after it, and before it once moved."""
    frame = times.frame.dropna()
    people = frame["id"].nunique()

    def around(moved: pd.Series | float) -> tuple[pd.Series, pd.Series]:
        since, after = frame["at"] - frame["start"] + moved, frame["at"] - frame["end"] + moved
        return since.between(-_JUST, 0), (since > 0) & (after < _ACUTE)

    before, inside = around(0.0)
    would_be_before, would_be_inside = around(sign * frame["ahead"])
    near = frame["id"][before | inside].value_counts()
    if len(near) < _NEARLY_ALL * people or near.mean() > 1 + _HARDLY:
        return False
    return bool(
        inside.sum() >= _OFTEN * people
        and would_be_inside.sum() <= _HARDLY * people
        and frame["id"][would_be_before].nunique() >= _NEARLY_ALL * people
    )


def _none_on_the_day(
    times: _Times, sign: int, by_hours: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> bool:
    """Hardly anyone has a form just before the infusion, but nearly all once forms are moved.

    By that, too, the visits of the next day must come nearer to whole days, or the forms of other
    days into the hours of a clinic.
    """
    frame = times.frame.dropna()
    since, after = frame["at"] - frame["start"], frame["at"] - frame["end"]
    people = frame["id"].nunique()

    def on_the_day(moved: pd.Series | float) -> float:
        own = since + moved
        before, later = (set(frame["id"][own.between(low, high)])
                         for low, high in ((-_JUST, 0), (0, _NOON)))  # fmt: skip
        return len(before & later) / people

    moved = sign * times.frame["ahead"]
    if on_the_day(0.0) > 1 - _NEARLY_ALL or on_the_day(moved) < _MOST:
        return False
    low, high = _NEXT_DAY
    day = after[after.between(low, high)]
    if len(day) >= _FEW_TIMES:
        middle, ahead = float(day.median()), float(moved.median())
        if abs(middle - 24) - abs(middle + ahead - 24) > abs(ahead) / 2:
            return True
    return out_of_hours(*by_hours, moved.to_numpy())


def _beside_whole_days(times: _Times, sign: int) -> bool:
    """The visits of the next day, all of one plan, lie beside whole days but for the offset."""
    frame = times.frame
    since = pd.DataFrame({name: frame["at"] - frame[name] for name in ("start", "end")}).dropna()
    day = since[since["end"].between(*_NEXT_DAY)]
    return beside_planned(day, 24.0, sign * frame.loc[day.index, "ahead"])


def _hours_of_other_days(times: _Times, given: _Times) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hours of the day of forms and of infusions, and which forms are not of the infusion's day."""
    start = times.frame["start"] + times.frame["ahead"]
    hour, starts = (clock.hour + clock.minute / 60 for clock in (times.local, given.local))
    other = np.asarray(times.local.normalize()) != np.asarray(
        pd.to_datetime((start * 3600).round(), unit="s").dt.normalize()
    )
    return np.asarray(hour), np.asarray(starts), other


def _flag(
    reading: Reading, times: _Times, moved: pd.Series | float, people: int, whose: str = ""
) -> None:
    told = issue("time.seems-shifted", file=times.file, count=people, hours=_hours(moved),
                 whose=whose)  # fmt: skip
    reading.issues.append(told)


def _hours(moved: pd.Series | float) -> str:
    """A shift, or the shifts of winter and summer, in hours."""
    values = sorted(set(np.round(np.atleast_1d(np.asarray(moved, float)), 2)))
    return " or ".join(f"{value:+g}" for value in values if np.isfinite(value))
