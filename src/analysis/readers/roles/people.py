"""The table of people: one row each, their arms, and what happened to them and when."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.config import SubjectTable, Table
from analysis.errors import printable
from analysis.readers.dated import clock_of
from analysis.readers.reading import Reading
from analysis.readers.roles.doses import plausible_weights
from analysis.readers.table.identifiers import alike
from analysis.readers.table.numbers import as_declared
from analysis.readers.table.text_table import TextTable
from analysis.study import is_ketamine

__all__ = ["People", "read_rescue", "read_subjects"]

_UNSURE = ("unsure", "unknown", "do not know", "don't know", "cannot tell")
# Columns of times in the table of people, and the event that each tells of.
_TIMES = {
    "consent_withdrawn": "consent-withdrawn",
    "unblinded": "unblinded",
    "blinding_guess_time": "blinding-guess",
}
# One enantiomer, given by another route, is another drug than the infusion that is claimed.
_ENANTIOMER = re.compile(r"\b(?:es|ar|s-|r-)ketamin|spravato", re.IGNORECASE).search


@dataclass(frozen=True)
class People:
    """The people of a study; ``events`` bounds each event in hours on the file's clock."""

    frame: pd.DataFrame
    events: pd.DataFrame


def read_subjects(reading: Reading) -> People:
    """Read the table of people.

    People whose rows differ stay in the table, blank where the rows differ, and are set
    aside under ``subject.conflicting``, so that they are counted.

    Returns
    -------
    People
        ``frame`` has ``id``, ``arm`` (treatment, NaN where not told) and the declared
        columns; ``events`` id, event, hours_low, hours_high.
    """
    spec = reading.config.subjects
    table = reading.open(spec)
    declared = spec.columns()
    ids = reading.identifiers(table, spec.subject)
    blank = (ids == "").to_numpy()
    reading.note("subject.blank-id", table, blank, spec.subject, what="people")
    table = reading.once(table.pick(~blank), spec, "a person's row")
    table = _one_row_a_person(reading, table, spec.subject, declared)
    ids = table.column(spec.subject)
    reading.note("subject.alike", table, alike(ids), spec.subject)
    frame = pd.DataFrame({"id": ids, "arm": _arms(reading, table)})
    for role in ("site", "sequence"):
        column = getattr(spec, role)
        if column is not None:
            frame[role] = table.column(column).map(printable).replace("", np.nan)
    if spec.site is not None:
        reading.sites = dict(zip(ids, table.column(spec.site), strict=True))
    if spec.blinding_guess is not None:
        frame["blinding_guess"] = _guesses(reading, table, spec.blinding_guess)
    if spec.entry_threshold is not None:
        threshold = reading.number(table, spec.entry_threshold, spec, "entry_threshold")
        frame["entry_threshold"] = threshold
    if spec.weight_kg is not None:
        frame["weight_kg"] = plausible_weights(reading, table, spec)
    return People(frame, _events(reading, table, spec))


def _events(reading: Reading, table: TextTable, spec: SubjectTable) -> pd.DataFrame:
    """What the declared columns of times tell; no row where a cell is blank."""
    dated = reading.config.infusions.start is not None
    nobody = pd.Series(dtype="str")
    found = [_at(nobody, "", np.empty(0), np.empty(0))]
    for role, event in _TIMES.items():
        column = getattr(spec, role)
        if column is None:
            continue
        time, hours = (column, None) if dated else (None, column)
        clock = clock_of(reading, table, time, hours, spec)
        told = ~reading.missing(table.column(column))
        if event == "consent-withdrawn":
            untimed, ids = told & np.isnan(clock.low), table.column(spec.subject)
            reading.stop("subject.withdrawn-no-time", table, untimed, ids, column)
        found.append(
            _at(table.column(spec.subject)[told], event, clock.low[told], clock.high[told])
        )
    return pd.concat(found, ignore_index=True)


def _at(ids: pd.Series, event: str, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ids.to_numpy(),
            "event": pd.Series(event, index=range(len(ids)), dtype="str"),
            "hours_low": low,
            "hours_high": high,
        }
    )


def read_rescue(reading: Reading, people: pd.Series) -> pd.DataFrame:
    """Read the table of rescue medication, if the study declares one.

    A blank time is no rescue, as in a wide file; where the agent is told all the same, it is
    passed over and said.

    Returns
    -------
    DataFrame
        id, event, hours_low, hours_high on the file's clock.
    """
    spec = reading.config.rescue
    if spec is None:
        return _at(pd.Series(dtype="str"), "", np.empty(0), np.empty(0))
    table = reading.known(reading.open(spec), spec.subject, people, "rescue medication")
    when = str(spec.time or spec.hours)
    none = reading.missing(table.column(when))
    if spec.agent is not None:
        unsaid = ~reading.missing(table.column(spec.agent))
        reading.note("event.no-time", table, none & unsaid, when)
    table = reading.once(table.pick(~none), spec, "rescue medication")
    clock = clock_of(reading, table, spec.time, spec.hours, spec)
    reading.note("event.no-time", table, np.isnan(clock.low), when)
    return _at(table.column(spec.subject), "rescue", clock.low, clock.high)


def _one_row_a_person(
    reading: Reading, table: TextTable, subject: str, declared: list[str]
) -> TextTable:
    ids = table.column(subject)
    twice = ids.duplicated(keep=False).to_numpy()
    reading.stop("subject.conflicting", table, twice, ids, subject)
    if not twice.any():
        return table
    cells = table.cells.copy()
    for column in declared:
        values = table.column(column)
        differs = values.groupby(ids).transform("nunique") > 1
        cells[column] = values.mask(differs, "")
    first = ~ids.duplicated().to_numpy()
    return replace(table, cells=cells).pick(first)


def _arms(reading: Reading, table: TextTable) -> pd.Series:
    spec, labels = reading.config.subjects, reading.config.study.treatments
    # In a crossover the first infusion tells; the arm of a standard is a sequence there.
    crossover = reading.config.study.design == "crossover" and "arm" in spec.filled_in
    if spec.arm is None or crossover:
        told = None if crossover else _arms_of_other_tables(reading, table)
        if told is not None:
            return told
        alone = reading.config.study.design == "single-arm"
        only = next(iter(labels.values())) if alone else np.nan
        return pd.Series(only, index=table.cells.index, dtype=object)
    arm = _treatments(reading, table, spec.arm)
    counted = ~table.column(spec.subject).isin(reading.set_aside).to_numpy()
    reading.note("arm.blank", table, arm.isna().to_numpy() & counted, spec.arm)
    return arm


def _treatments(reading: Reading, table: TextTable, name: str) -> pd.Series:
    """The treatment that each row of a column of arms names; NaN where it is blank."""
    labels = reading.config.study.treatments
    column = as_declared(table.column(name), labels)
    others = [label for label, agent in labels.items() if is_ketamine(agent) and _ENANTIOMER(label)]
    reading.note("arm.enantiomer", table, column.isin(others).to_numpy(), name)
    unknown = (~column.isin(labels) & (column != "")).to_numpy()
    table.refuse(
        "arm.unknown-label", unknown, name, labels=", ".join(labels), how=_as_described(table, name)
    )
    return column.map(labels)


def _as_described(table: TextTable, name: str) -> str:
    """How the labels of arms are to be written: by codes, where the file says what each means."""
    words = table.described[name].words if name in table.described else {}
    if not words:
        return "as the file writes it, beside those that stand there"
    line = ", ".join(f'"{code}" = "..."' for code in words)
    meant = ", ".join(f"{code} is {label!r}" for code, label in words.items())
    dictionary = f"the file's dictionary says that {meant}"
    return f"by its code or its label, as in arms = {{ {line} }}; {dictionary}"


def _arms_of_other_tables(reading: Reading, table: TextTable) -> pd.Series | None:
    """Arms from the tables of infusions or forms that tell them; None where none does.

    Whoever has rows of two arms there is set aside.
    """
    config = reading.config
    given: list[tuple[Table, str | None]] = [(config.infusions, config.infusions.arm)]
    given += [(spec, spec.arm) for spec in config.assessments]
    told = [(spec, name) for spec, name in given if name is not None]
    if not told:
        return None
    found = []
    for spec, name in told:
        rows = reading.open(spec)
        arms = _treatments(reading, rows, name)
        found.append(pd.DataFrame({"id": rows.column(spec.subject), "arm": arms}).dropna())
    arms_of = pd.concat(found).drop_duplicates()
    twice = arms_of["id"].duplicated(keep=False)
    ids = table.column(config.subjects.subject)
    both = ids.isin(arms_of.loc[twice, "id"]).to_numpy()
    reading.stop("subject.conflicting", table, both, ids, config.subjects.subject)
    arm = ids.map(arms_of[~twice].set_index("id")["arm"])
    reading.note("arm.blank", table, arm.isna().to_numpy() & ~both, config.subjects.subject)
    return arm


def _guesses(reading: Reading, table: TextTable, name: str) -> pd.Series:
    """Guessed treatments; a word that is neither one nor a way to say unsure is set aside."""
    told = reading.config.study.agents | dict.fromkeys(_UNSURE, "unsure")
    words = {word.casefold(): treatment for word, treatment in told.items()}
    column = table.column(name)
    guesses = column.str.casefold()
    unclear = ~reading.missing(column) & ~guesses.isin(words).to_numpy()
    reading.note("guess.unknown", table, unclear, name)
    return guesses.map(words)
