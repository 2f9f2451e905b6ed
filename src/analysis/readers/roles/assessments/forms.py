"""The tables of completed forms: one row a form, when it was filled in, what it asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable
from analysis.readers.clock import Clock
from analysis.readers.dated import clock_of
from analysis.readers.reading import Reading
from analysis.readers.roles.assessments.answers import items, totals
from analysis.readers.roles.assessments.item_rows import one_row_a_form
from analysis.readers.roles.assessments.sent_again import each_sent_once
from analysis.readers.table.numbers import as_declared
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["Forms", "read_forms"]


# What a status says of a form that was filled in; 2 is REDCap's.
_COMPLETE = ("complete", "completed", "2")


@dataclass(frozen=True)
class Forms:
    """One table of forms as read; ``items`` has the rows of ``frame``, or is None."""

    spec: AssessmentTable
    table: TextTable
    clock: Clock
    frame: pd.DataFrame
    items: pd.DataFrame | None


def read_forms(reading: Reading, spec: AssessmentTable, people: pd.Series, around: float) -> Forms:
    """Read one ``[[assessments]]`` table.

    Parameters
    ----------
    people : Series of str
        Identifiers of the table of subjects.
    around : float
        Hours of the middle of the study on the file's clock; times ten years off are set aside.

    Raises
    ------
    ReliefError
        ``column.missing``, ``column.not-numbers``, ``score.undeclared-code``,
        ``score.coding-base``, ``score.out-of-range`` and what :meth:`Reading.clock` refuses.
    """
    table = _rows(reading, spec, people)
    when = spec.time or spec.hours
    clock = clock_of(reading, table, spec.time, spec.hours, spec)
    if spec.at_hours is not None:
        clock = Clock.exact(np.full(len(table.cells), spec.at_hours))
    elif spec.visit_hours is not None:
        told = as_declared(table.column(str(spec.visit_name)), spec.visit_hours)
        clock = Clock.exact(told.map(spec.visit_hours).to_numpy(float))
    clock = reading.plausible(table, clock, when, around)
    once = each_sent_once(reading, table, spec, clock)
    table, clock = table.pick(once), clock.pick(once)
    timeless = np.isnan(clock.low)
    reading.note("form.no-time", table, timeless, when)
    recall = _recall(reading, table, spec)
    everyone, ids = pd.Index(people, dtype="str"), pd.Index(table.category(spec.subject))
    frame = pd.DataFrame(
        {
            # As codes of the same identifiers in every table: they are looked up many times.
            "id": pd.Categorical.from_codes(everyone.get_indexer(ids), everyone),
            "instrument": spec.instrument,
            "version": spec.version,
            "recall_hours": recall,
            "hours_low": clock.low,
            "hours_high": clock.high,
            "stated_total": np.nan if spec.total is None else totals(reading, table, spec),
            "status": "complete",
            "source": table.file,
            "row": table.rows,
        }
    )
    if spec.visit_name is not None:
        names = table.column(spec.visit_name)
        frame["visit"] = as_declared(names, spec.visit_names).to_numpy()
    elif spec.visit is not None:
        frame["visit"] = spec.visit
    answers = items(reading, table, spec)
    if answers is not None:
        answers = answers[~timeless].reset_index(drop=True)
    _note_window(reading, table, spec, recall)
    return Forms(spec, table, clock, frame[~timeless].reset_index(drop=True), answers)


def _rows(reading: Reading, spec: AssessmentTable, people: pd.Series) -> TextTable:
    """One row a completed form, each once, of people who are in the study."""
    table = _of_visits(reading, reading.open(spec), spec)
    table = reading.known(table, spec.subject, people, "forms")
    if spec.code is not None:
        table = one_row_a_form(reading, table, spec)
    else:
        table = reading.once(table, spec, "a form's row")
    if spec.visit is not None:
        told = [name for name in (spec.time, spec.hours, *spec.answer_columns()) if name]
        blank = np.ones(len(table.cells), dtype=bool)
        for name in told:
            blank &= reading.missing(table.column(name))
        reading.note("form.not-held", table, blank)
        table = table.pick(~blank)
    if spec.status is not None:
        words = [word.lower() for word in spec.complete or _COMPLETE]
        undone = ~table.column(spec.status).str.lower().isin(words).to_numpy()
        reading.note("form.not-complete", table, undone, spec.status)
        table = table.pick(~undone)
    return table


def _of_visits(reading: Reading, table: TextTable, spec: AssessmentTable) -> TextTable:
    """The rows of the visits that study.toml names, where a column tells the visit.

    Raises
    ------
    ReliefError
        ``visit.unknown`` for a name that no row has.
    """
    wanted = spec.visit_names
    if not wanted:
        return table
    visits = as_declared(table.column(str(spec.visit_name)), wanted)
    absent = [name for name in wanted if not (visits == name).any()]
    if absent:
        raise refusal(
            "visit.unknown", file=table.file, column=spec.visit_name, names=", ".join(absent)
        )
    keep = visits.isin(wanted).to_numpy()
    reading.note("row.not-chosen", table, ~keep, spec.visit_name)
    return table.pick(keep)


def _recall(reading: Reading, table: TextTable, spec: AssessmentTable) -> np.ndarray:
    """Hours each form asks about: what the file tells of the form, else what is declared."""
    declared = np.full(len(table.cells), np.nan if spec.recall_hours is None else spec.recall_hours)
    if spec.recall is None:
        return declared
    told = reading.number(table, spec.recall, spec, "recall windows")
    silent = np.isnan(told)
    if spec.recall_hours is None:
        table.refuse("recall.not-told", silent, spec.recall)
        return told
    reading.note("recall.declared", table, silent, spec.recall)
    reading.note("recall.contradicted", table, ~silent & (told != declared), spec.recall)
    return np.where(silent, declared, told)


def _note_window(
    reading: Reading, table: TextTable, spec: AssessmentTable, recall: np.ndarray
) -> None:
    """The window as administered counts, but a shorter one than the version's must be meant."""
    usual = instruments.get(spec.instrument).versions[spec.version]
    shorter = recall < usual
    if shorter.any():
        reading.note(
            "recall.shorter-than-version",
            table,
            shorter,
            scale=spec.instrument,
            version=spec.version,
            declared=f"{recall[shorter].min():g}",
            usual=f"{usual:g}",
        )
