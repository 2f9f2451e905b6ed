"""A flat REDCap export, which mixes rows of many kinds, becomes a table of one kind of row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.readers.formats.redcap.dictionary import Dictionary
from analysis.readers.formats.redcap.labels import STATUS, Coding, holds_labels
from analysis.readers.formats.redcap.project import Project
from analysis.readers.formats.redcap.rows import SYSTEM, of_events, of_kind
from analysis.readers.formats.redcap.wanted import OF_FORMS, Wanted, about_columns, refuse_marked
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["form_table"]

_UNFINISHED = "[not completed]"
_LATE, _DAY = pd.Timedelta(hours=2), pd.Timedelta(days=1)
_DATE = len("2025-03-04")
_DECIMAL = r"([+-]?[0-9]*)[.,]([0-9]+)"


def form_table(project: Project, wanted: Wanted) -> TextTable:
    """The rows of an export that carry a form, in raw codes.

    Parameters
    ----------
    project : Project
        Its export as text, of raw codes or of labels, under the names of fields.
    wanted : Wanted

    Returns
    -------
    TextTable
        The declared columns, REDCap's own (``redcap_event_name`` as the unique name,
        ``redcap_arm``, ...) and the form's status as 0, 1 or 2. To the issues of the files
        come those of choosing the rows.

    Raises
    ------
    ReliefError
        ``identifier.redcap-flag``, ``redcap.survey-identifier``, ``redcap.no-record-id``,
        ``redcap.unknown-form``, ``redcap.unknown-event``, ``redcap.unknown-repeat``,
        ``redcap.no-events``, ``redcap.no-rows``, ``redcap.raw-or-label``,
        ``redcap.unknown-label``, ``redcap.shared-label``, ``redcap.column-elsewhere``.
    """
    export, dictionary = project.export, project.dictionary
    refuse_marked(export, dictionary, wanted)
    found = about_columns(export, dictionary)
    forms = wanted.forms(dictionary)
    form = forms[0] if len(forms) == 1 else None
    table, about_events = of_events(export, wanted.events, project.events)
    found += about_events
    table = of_kind(table, form, dictionary)
    evidence = wanted.evidence([str(name) for name in table.cells], dictionary)
    own = [f"{name}{suffix}" for name in evidence for suffix in OF_FORMS]
    kept = [*SYSTEM, wanted.subject, *wanted.columns, *own]
    coding = Coding(export, holds_labels(export, dictionary), wanted.words)
    table = _raw(
        table, replace(coding, table=table), dictionary, [*kept, *chain(*evidence.values())]
    )
    begun = {name: _begun(table, name, columns, dictionary) for name, columns in evidence.items()}
    table = _boxes(table, begun, dictionary)
    table = _carrying(found, table, [begun[name] for name in forms], wanted)
    if form is not None:
        table = _finished(found, table, form)
        table = _with_elsewhere(found, table, coding, form, dictionary, wanted)
        _note_late(found, table, form, wanted.time)
    table = replace(table, cells=table.cells[[name for name in table.cells if name in kept]])
    table = (_joined if wanted.everyone else _without_conflicts)(found, table, wanted)
    table = _marks(table, dictionary, wanted.decimal)
    return replace(table, issues=(*project.issues, *found))


def _raw(
    table: TextTable, coding: Coding, dictionary: Dictionary, names: Iterable[str]
) -> TextTable:
    """The named columns as raw codes, ticks as 1 and 0."""
    cells = {}
    for name in dict.fromkeys(names):
        if name not in table.cells:
            continue
        one = dictionary.fields.get(name)
        option = dictionary.option(name)
        if option:
            cells[name] = coding.ticks(name, option[0].choices[option[1]])
        elif one and one.choices:
            cells[name] = coding.codes(name, one.choices)
        elif one is None and name.endswith(OF_FORMS[0]):
            cells[name] = coding.codes(name, STATUS)
        else:
            cells[name] = table.column(name)
    return replace(table, cells=pd.DataFrame(cells))


def _begun(table: TextTable, form: str, columns: list[str], dictionary: Dictionary) -> np.ndarray:
    """Rows in which a form was begun: it has an answer, a status, or a survey's time.

    The status 0 (Incomplete) says nothing: an export may give it to forms that were never
    opened. Nor does a box without a tick.
    """
    begun = np.zeros(len(table.cells), dtype=bool)
    state, stamp = (f"{form}{suffix}" for suffix in OF_FORMS)
    for name in [*columns, state, stamp]:
        if name in table.cells:
            zero = name == state or dictionary.option(name) is not None
            begun |= ~table.cells[name].isin(["", "0"] if zero else [""]).to_numpy()
    return begun


def _boxes(table: TextTable, begun: dict[str, np.ndarray], dictionary: Dictionary) -> TextTable:
    """A box without a tick is 0 on a form that was begun, and blank on one that was not."""
    cells = table.cells.copy()
    for name in map(str, cells):
        option = dictionary.option(name)
        if option:
            filled = begun[option[0].form]
            # Without a 0 anywhere the export writes boxes as a label or nothing.
            if not (cells[name] == "0").any():
                cells[name] = cells[name].mask(filled & (cells[name] == ""), "0")
            cells[name] = cells[name].where(filled, "")
    return replace(table, cells=cells)


def _carrying(
    found: list[Issue], table: TextTable, begun: list[np.ndarray], wanted: Wanted
) -> TextTable:
    """Rows in which one of the forms was begun, and in a table of people one for everybody."""
    if not begun and not wanted.everyone:
        return table
    keep = np.logical_or.reduce([np.zeros(len(table.rows), dtype=bool), *begun])
    if wanted.everyone:
        ids = table.column(wanted.subject)
        keep |= ~ids.isin(ids[keep]).to_numpy()
    found += table.note("redcap.sparse-row", ~keep)
    if not keep.any():
        raise refusal("redcap.no-rows", file=table.file)
    return table.pick(keep)


def _joined(found: list[Issue], table: TextTable, wanted: Wanted) -> TextTable:
    """One row a person from what several events tell; what differs stays in rows of its own."""
    ids, cells = table.column(wanted.subject), table.cells.copy()
    for name in wanted.columns:
        if name in cells:
            told = cells[name].where(cells[name] != "").groupby(ids)
            cells[name] = cells[name].where(told.transform("nunique") != 1, told.transform("first"))
    again = (ids != "") & cells[[name for name in wanted.columns if name in cells]].duplicated()
    found += table.note("redcap.joined-rows", again.to_numpy())
    return replace(table, cells=cells).pick(~again.to_numpy())


def _finished(found: list[Issue], table: TextTable, form: str) -> TextTable:
    """Without surveys that were started and never sent; forms still open are kept and told."""
    state, stamp = (f"{form}{suffix}" for suffix in OF_FORMS)
    if stamp in table.cells:
        unfinished = (table.cells[stamp] == _UNFINISHED).to_numpy()
        found += table.note("form.not-completed", unfinished, stamp)
        if unfinished.all():
            raise refusal("redcap.no-rows", file=table.file)
        table = table.pick(~unfinished)
    if state in table.cells:
        still_open = (table.cells[state] == "0").to_numpy()
        found += table.note("redcap.status-incomplete", still_open, state)
    return table


def _with_elsewhere(
    found: list[Issue],
    table: TextTable,
    coding: Coding,
    form: str,
    dictionary: Dictionary,
    wanted: Wanted,
) -> TextTable:
    """With what only rows of another form or event tell, where it is one choice a person.

    A treatment that is chosen once, at enrolment, holds for every infusion; an answer or a
    time holds for its own form alone.
    """
    cells, ids = table.cells.copy(), table.column(wanted.subject)
    for name in wanted.columns:
        one = dictionary.field(name)
        if one is None or one.form == form or name not in cells or (cells[name] != "").any():
            continue
        told = coding.table.column(name)
        if not (told != "").any():
            continue
        once = pd.Series(dtype="str")
        if one.choices and dictionary.option(name) is None and name not in wanted.core:
            told = coding.codes(name, one.choices)
            person = coding.table.column(wanted.subject)
            once = told[told != ""].groupby(person).agg(lambda codes: "\n".join(codes.unique()))
        if once.empty or once.str.contains("\n").any():
            raise refusal(
                "redcap.column-elsewhere", file=table.file, column=name, form=form, other=one.form
            )
        cells[name] = ids.map(once).fillna("").astype("str")
        found += table.note("redcap.column-joined", (cells[name] != "").to_numpy(), name)
    return replace(table, cells=cells)


def _note_late(found: list[Issue], table: TextTable, form: str, time: str | None) -> None:
    """Tell of surveys sent long before or after the time that the form itself gives."""
    stamp = f"{form}{OF_FORMS[1]}"
    if time is None or time == stamp or not {time, stamp} <= set(table.cells):
        return
    stated = table.cells[time]
    low, sent = (
        pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
        for column in (stated, table.cells[stamp])
    )
    high = low.where(stated.str.len() > _DATE, low + _DAY)
    late = (sent < low - _LATE) | (sent > high + _LATE)
    found += table.note("time.late-entry", late.to_numpy(), stamp)


def _marks(table: TextTable, dictionary: Dictionary, decimal: str) -> TextTable:
    """Numbers with one decimal mark: fields of a project may have different ones."""
    cells = table.cells.copy()
    for name in map(str, cells):
        one = dictionary.fields.get(name)
        if one and one.numeric:
            number = cells[name].str.fullmatch(_DECIMAL)
            cells[name] = cells[name].mask(
                number, cells[name].str.replace(_DECIMAL, rf"\1{decimal}\2", regex=True)
            )
    return replace(table, cells=cells)


def _without_conflicts(found: list[Issue], table: TextTable, wanted: Wanted) -> TextTable:
    """Without rows of one record, event and instance that differ: none is known to be right."""
    key = [name for name in (wanted.subject, *SYSTEM) if name in table.cells]
    once = table.cells.drop_duplicates()
    twice = once[once.duplicated(key, keep=False)]
    conflict = table.cells.set_index(key).index.isin(twice.set_index(key).index)
    conflict &= (table.column(wanted.subject) != "").to_numpy()
    found += table.note("redcap.conflicting-rows", conflict)
    return table.pick(~conflict)
