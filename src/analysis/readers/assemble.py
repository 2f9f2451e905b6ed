"""One study from its declared tables: read, put on one clock, and numbered by content."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.config import load_config
from analysis.readers.reading import Reading
from analysis.readers.roles.assessments.forms import Forms, read_forms
from analysis.readers.roles.dates.calendar import (
    check_calendar,
    first_of_the_minute,
    is_registered_late,
)
from analysis.readers.roles.dates.courses import check_courses
from analysis.readers.roles.infusions import note_date_only, read_infusions
from analysis.readers.roles.people import read_rescue, read_subjects
from analysis.readers.roles.people_order import digest, number_by_content, numbered
from analysis.readers.roles.rows_missing import check_rows
from analysis.readers.roles.unmatched import check_unmatched
from analysis.rules import issue
from analysis.study import (
    ASSESSMENT_COLUMNS,
    DROPPED_COLUMNS,
    EVENT_COLUMNS,
    INFUSION_COLUMNS,
    SUBJECT_COLUMNS,
    Study,
)

__all__ = ["read_identifiers", "read_study"]

DECLARATION = "study.toml"
# Decimals of an hour that are kept: the dates behind them must not show in the last digits.
_DECIMALS = 6
_SCALE = ["instrument", "version"]
_Items = dict[tuple[str, str], pd.DataFrame]


def read_study(path: Path) -> Study:
    """Read a study.toml (or the folder that holds one) and its delimited tables.

    Parameters
    ----------
    path : Path
        study.toml or its folder.

    Returns
    -------
    Study
        With hours since each person's first infusion started; identifiers and dates are
        dropped. Neither the names of people nor the order of rows or columns shows in it,
        but for the column ``row``, and for rows that are gone in one piece.

    Raises
    ------
    ReliefError
        A STOP of scope ``study``: what was expected, where, and what to do.
    """
    path = path / DECLARATION if path.is_dir() else path
    reading = Reading(load_config(path), path.parent)
    # What is declared decides as much as the scores: a change of it must leave a trace.
    reading.sources[DECLARATION] = hashlib.sha256(path.read_bytes()).hexdigest()
    people = read_subjects(reading)
    infusions, around = read_infusions(reading, people.frame)
    check_calendar(reading, people.frame, infusions)
    late = is_registered_late(reading, infusions)
    ids = people.frame["id"]
    tables = [
        read_forms(reading, visit, ids, around)
        for spec in reading.config.assessments
        for visit in spec.by_visit()
    ]
    _note_date_only(reading, tables)
    check_courses(reading, people.frame, infusions, tables)
    check_rows(reading, people.frame, infusions, tables)
    check_unmatched(reading, people.frame, infusions, tables)
    # The visits of a wide file are one table, in which no form is a copy of another.
    declared = [n for n, spec in enumerate(reading.config.assessments) for _ in spec.by_visit()]
    assessments, items = _each_form_once(reading, *_joined(tables, declared))
    events = pd.concat([people.events, read_rescue(reading, ids)], ignore_index=True)
    study = _assemble(reading, people.frame, infusions, assessments, items, events)
    return replace(study, design=replace(study.design, registered_late=late))


def read_identifiers(path: Path) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Every identifier in the tables of a study, and the people in each arm.

    Only to look for them in what leaves: a :class:`Study` holds none. People who are set aside
    count too, and those whom only a later table names.

    Raises
    ------
    ReliefError
        As :func:`read_study`.
    """
    path = path / DECLARATION if path.is_dir() else path
    reading = Reading(load_config(path), path.parent)
    people = read_subjects(reading).frame
    config = reading.config
    specs = [config.subjects, config.infusions, config.rescue, *config.assessments]
    tables = [reading.open(spec).column(spec.subject) for spec in specs if spec is not None]
    found = {str(cell).strip() for cells in [people["id"], *tables] for cell in cells.unique()}
    return tuple(sorted(found - {""})), tuple(people["arm"].value_counts().tolist())


def _note_date_only(reading: Reading, tables: list[Forms]) -> None:
    """The question of hours is lost where every form of the primary instrument is date-only."""
    primary = [t for t in tables if t.spec.instrument == reading.config.study.primary]
    lost = all(forms.clock.all_day_only for forms in primary)
    for forms in tables:
        stop = lost and forms in primary
        note_date_only(reading, forms.table, forms.clock, "forms", forms.spec.time, stop=stop)


def _joined(tables: list[Forms], declared: list[int]) -> tuple[pd.DataFrame, _Items]:
    """All forms under running numbers, and their items by instrument and version."""
    frames = [forms.frame for forms in tables]
    assessments = pd.concat(frames, ignore_index=True)
    assessments["form"] = np.arange(len(assessments))
    assessments["table"] = np.repeat(declared, [len(frame) for frame in frames])
    starts = np.cumsum([0, *(len(frame) for frame in frames[:-1])])
    parts: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for start, forms in zip(starts, tables, strict=True):
        if forms.items is not None:
            key = (forms.spec.instrument, forms.spec.version)
            index = pd.RangeIndex(start, start + len(forms.items), name="form")
            parts.setdefault(key, []).append(forms.items.set_axis(index))
    return assessments, {key: pd.concat(own) for key, own in parts.items()}


def _each_form_once(
    reading: Reading, forms: pd.DataFrame, items: _Items
) -> tuple[pd.DataFrame, _Items]:
    """Forms without the copies of them in later tables, as where two exports overlap."""
    table = forms.pop("table")
    if not (table.groupby([forms[name] for name in _SCALE]).nunique() > 1).any():
        return forms, items
    content = forms.drop(columns=["form", "source", "row", "visit"], errors="ignore")
    content = content.assign(answers=_answers(forms, items))
    alike = content.groupby(list(content), dropna=False, sort=False).ngroup()
    again = table > table.groupby(alike).transform("min")
    for file, own in forms[again].groupby("source", sort=True):
        row, what = int(own["row"].min()), "forms of another table"
        copies = issue("row.duplicate", file=str(file), row=row, count=len(own), what=what)
        reading.issues.append(copies)
    gone = forms.loc[again, "form"]
    return forms[~again], {key: own.drop(gone, errors="ignore") for key, own in items.items()}


def _answers(forms: pd.DataFrame, items: _Items) -> pd.Series:
    """One number for the items of each form, 0 for a form without items."""
    digests = [pd.Series(digest(own), own.index) for own in items.values()]
    return forms["form"].map(pd.concat(digests or [pd.Series(dtype="uint64")])).fillna(0)


def _on_subject_clock(
    frame: pd.DataFrame, name: str, zero: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """A pair of bounds moved so that 0 is the start of the person's first infusion."""
    start = zero.reindex(frame["id"])
    low = frame[f"{name}_low"].to_numpy() - start["start_high"].to_numpy()
    high = frame[f"{name}_high"].to_numpy() - start["start_low"].to_numpy()
    return low.round(_DECIMALS), high.round(_DECIMALS)


def _infusion_hours(infusions: pd.DataFrame, zero: pd.DataFrame) -> pd.DataFrame:
    """Infusions on each person's clock; ``*_hours`` is NaN where only bounds are known."""
    out = infusions.copy()
    for name in ("start", "end", "stay"):
        low, high = _on_subject_clock(infusions, name, zero)
        out[f"{name}_low"], out[f"{name}_high"] = low, high
        hours = "stay_end_hours" if name == "stay" else f"{name}_hours"
        out[hours] = np.where(low == high, low, np.nan)
    return out.drop(columns=["stay_low", "stay_high"])


def _sequences(subjects: pd.DataFrame, infusions: pd.DataFrame, other: str | None) -> pd.Series:
    """Order of treatments in a crossover, by what the first infusion was."""
    first = infusions[infusions["infusion"] == 1].set_index("id")["agent"]
    orders = {"ketamine": f"ketamine-{other}", str(other): f"{other}-ketamine"}
    return subjects["id"].map(first).map(orders)


def _assemble(
    reading: Reading,
    subjects: pd.DataFrame,
    infusions: pd.DataFrame,
    assessments: pd.DataFrame,
    items: _Items,
    events: pd.DataFrame,
) -> Study:
    """The study on its own clock, under numbers given by content."""
    design = reading.config.design()
    zero = infusions[infusions["infusion"] == 1].set_index("id")[["start_low", "start_high"]]
    on_file_clock, infusions = infusions, _infusion_hours(infusions, zero)
    low, high = _on_subject_clock(assessments, "hours", zero)
    assessments = assessments.assign(hours_low=low, hours_high=high)
    if design.design == "crossover":
        # The label of a file may be any text; what was given first is what a sequence means.
        subjects = subjects.assign(sequence=_sequences(subjects, infusions, design.comparator_arm))
    low, high = _on_subject_clock(events, "hours", zero)
    events = events.assign(hours_low=low, hours_high=high)
    owner = assessments.set_index("form")["id"]
    # What a visit is called tells nothing of a person that its time does not.
    told = assessments.drop(columns=["form", "row", "source", "visit"], errors="ignore")
    content = [subjects, infusions, told]
    content += [events] if len(events) else []
    content += [own.assign(id=owner.reindex(own.index)) for own in items.values()]
    number = number_by_content(subjects["id"], content, "id")
    if design.dated:
        begun = first_of_the_minute(on_file_clock, number)
        subjects = subjects.assign(begun_with=subjects["id"].map(begun))
    assessments, items = _in_time_order(numbered(assessments, number, ASSESSMENT_COLUMNS), items)
    return Study(
        design=design,
        subjects=numbered(subjects, number, SUBJECT_COLUMNS),
        infusions=numbered(infusions, number, INFUSION_COLUMNS),
        assessments=assessments,
        items=items,
        events=numbered(events, number, EVENT_COLUMNS),
        dropped=_dropped(reading, number),
        issues=tuple(reading.issues),
        sources=reading.sources,
        set_aside={number[person]: rule for person, rule in reading.set_aside.items()},
    )


def _dropped(reading: Reading, number: dict[str, int]) -> pd.DataFrame:
    """How many rows and cells of each known person each rule set aside."""
    if not reading.dropped:
        return pd.DataFrame(columns=[*DROPPED_COLUMNS])
    rows = pd.concat(reading.dropped, ignore_index=True)
    rows = rows.assign(subject=rows["id"].map(number)).dropna(subset="subject")
    return rows.astype({"subject": int}).value_counts(["subject", "rule"]).rename("n").reset_index()


def _alike(keys: list[np.ndarray]) -> np.ndarray:
    """Rows in order that have all keys of the one before or behind; missing ones are alike."""
    same = [(a[1:] == a[:-1]) | (np.isnan(a[1:]) & np.isnan(a[:-1])) for a in keys]
    again = np.all(same, axis=0)
    return np.append(False, again)[: len(keys[0])] | np.append(again, False)[: len(keys[0])]


def _in_time_order(forms: pd.DataFrame, items: _Items) -> tuple[pd.DataFrame, _Items]:
    """Forms by person, scale and time, numbered in that order, whatever the order of the rows."""
    told = forms[["subject", *_SCALE, "hours_low", "hours_high", "stated_total"]]
    scales = {name: told[name].astype("category").cat.codes for name in _SCALE}
    keys = [column.to_numpy(float) for _, column in told.assign(**scales).items()]
    order = np.lexsort(keys[::-1])
    alike = order[_alike([key[order] for key in keys])]
    if len(alike):
        # Only forms that are alike in all else are told apart by their answers.
        own = forms["form"].iloc[alike]
        theirs = {key: table.loc[table.index.intersection(own)] for key, table in items.items()}
        answers = np.zeros(len(forms), dtype=np.uint64)
        answers[alike] = _answers(forms.iloc[alike], theirs).astype(np.uint64)
        order = np.lexsort([answers, *keys[::-1]])
    forms = forms.iloc[order].reset_index(drop=True)
    place = pd.Series(forms.index, index=forms["form"].to_numpy())
    moved = {
        key: own.set_axis(pd.Index(place.loc[own.index], name="form")).sort_index()
        for key, own in items.items()
    }
    return forms.assign(form=forms.index), moved
