"""A study.toml with long delimited text: one row a person, an infusion, a form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable, StudyConfig, load_config
from analysis.errors import ReliefError
from analysis.readers.order import number_by_content
from analysis.readers.text import TextTable, numbers, read_text
from analysis.readers.times import instants
from analysis.study import (
    ASSESSMENT_COLUMNS,
    INFUSION_COLUMNS,
    SUBJECT_COLUMNS,
    Issue,
    Study,
    with_columns,
)

__all__ = ["read_study"]


@dataclass
class _Reading:
    """What is carried from file to file while one study is read."""

    config: StudyConfig
    folder: Path
    issues: list[Issue] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def open(self, spec) -> TextTable:  # noqa: ANN001
        table = read_text(self.folder / spec.path, separator=spec.separator, encoding=spec.encoding)
        if table.file not in self.sources:
            self.issues.extend(table.issues)
        self.sources[table.file] = table.sha256
        keep = np.ones(len(table.cells), dtype=bool)
        for column, value in spec.where.items():
            keep &= (table.column(column) == value).to_numpy()
        if not keep.any():
            raise ReliefError(
                "file.no-rows",
                f"{table.file} has no row that meets the where of study.toml; mend it.",
            )
        return TextTable(
            table.file, table.cells[keep].reset_index(drop=True), table.rows[keep], table.sha256, ()
        )

    def note(  # noqa: D102
        self,
        rule: str,
        severity: str,
        scope: str,
        table: TextTable,
        mask: np.ndarray,
        text: str,
        column: str | None = None,
    ) -> None:
        if mask.any():
            first = int(table.rows[int(np.argmax(mask))])
            self.issues.append(
                Issue(
                    rule,
                    severity,
                    scope,
                    f"{table.file}: {text}",
                    table.file,
                    first,
                    column,
                    int(mask.sum()),
                )
            )

    def number(self, table: TextTable, column: str, spec, what: str) -> np.ndarray:  # noqa: ANN001
        """A column of numbers; a cell that is no number is set aside and counted."""
        values, wrong = numbers(
            table.column(column),
            decimal=spec.decimal,
            missing_codes=tuple(self.config.study.missing_codes),
        )
        self.note(
            "cell.not-a-number",
            "DROP",
            "row",
            table,
            wrong,
            f"{what} must be a plain number; cells that hold text were set aside. "
            "Mend them, or declare missing_codes.",
            column,
        )
        return values

    def clock(self, table: TextTable, time: str | None, hours: str | None, spec):  # noqa: ANN001, ANN201
        """Bounds in hours on the file's clock, and which of them are known only to the day."""
        none = np.zeros(len(table.cells), dtype=bool)
        if time is None and hours is None:
            unknown = np.full(len(table.cells), np.nan)
            return unknown, unknown.copy(), none
        if hours is not None:
            values = self.number(table, hours, spec, "hours")
            return values, values.copy(), none
        section = self.config.study
        read = instants(
            table.column(time),
            file=table.file,
            name=time,
            timezone=section.timezone,
            datetime_format=section.datetime_format,
        )
        self.note(
            "time.unreadable",
            "DROP",
            "row",
            table,
            read.wrong,
            "a time must be written as YYYY-MM-DDTHH:MM or as datetime_format declares; "
            "cells that are not were set aside.",
            time,
        )
        self.note(
            "time.nonexistent",
            "DROP",
            "row",
            table,
            read.nonexistent,
            "a local time falls in the hour that the clock skipped; it was set aside. "
            "Check it against the source.",
            time,
        )
        self.note(
            "time.clock-change",
            "FLAG",
            "row",
            table,
            (read.high > read.low) & ~read.day_only,
            "a local time occurs twice because the clock went back; it is kept as a span of an hour.",
            time,
        )
        return read.low, read.high, read.day_only


def _same_person(identifier: str) -> str:
    """Identifiers that differ only in case, white space, punctuation or leading zeros look alike."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]+", "", identifier.lower()))


def _known(
    reading: _Reading, table: TextTable, column: str, known: set[str], what: str
) -> np.ndarray:
    ids = table.column(column)
    blank = (ids == "").to_numpy()
    stranger = ~ids.isin(known).to_numpy() & ~blank
    reading.note(
        "subject.blank-id",
        "DROP",
        "row",
        table,
        blank,
        f"{what} without an identifier were set aside.",
        column,
    )
    reading.note(
        "subject.unknown",
        "DROP",
        "row",
        table,
        stranger,
        f"{what} of people who are not in the table of subjects were set aside; add the people there.",
        column,
    )
    return ~(blank | stranger)


def _repeated(reading: _Reading, table: TextTable, cells: pd.DataFrame, what: str) -> np.ndarray:
    copies = cells.duplicated().to_numpy()
    reading.note(
        "row.duplicate", "NOTE", "row", table, copies, f"exact copies of {what} were counted once."
    )
    return ~copies


def _pick(table: TextTable, keep: np.ndarray) -> TextTable:
    return TextTable(
        table.file, table.cells[keep].reset_index(drop=True), table.rows[keep], table.sha256, ()
    )


def _subjects(reading: _Reading) -> pd.DataFrame:
    spec = reading.config.subjects
    table = reading.open(spec)
    table = _pick(table, _repeated(reading, table, table.cells, "a person's row"))
    ids = table.column(spec.subject)
    blank = (ids == "").to_numpy()
    reading.note(
        "subject.blank-id",
        "DROP",
        "row",
        table,
        blank,
        "rows without an identifier were set aside.",
        spec.subject,
    )
    twice = ids.duplicated(keep=False).to_numpy() & ~blank
    reading.note(
        "subject.conflicting",
        "STOP",
        "subject",
        table,
        twice,
        "a person has rows that differ; the person was set aside. Keep one row a person.",
        spec.subject,
    )
    table = _pick(table, ~(blank | twice))
    ids = table.column(spec.subject)
    alike = ids.map(_same_person).duplicated(keep=False).to_numpy()
    reading.note(
        "subject.alike",
        "FLAG",
        "subject",
        table,
        alike,
        "identifiers that differ only in case, punctuation or leading zeros were kept as different people; "
        "check that they are.",
        spec.subject,
    )
    frame = pd.DataFrame({"id": ids})
    frame["arm"] = _arms(reading, table)
    for role in ("site", "sequence", "blinding_guess"):
        column = getattr(spec, role)
        if column is not None:
            frame[role] = table.column(column).replace("", np.nan)
    if spec.entry_threshold is not None:
        frame["entry_threshold"] = reading.number(
            table, spec.entry_threshold, spec, "entry_threshold"
        )
    return frame


def _arms(reading: _Reading, table: TextTable) -> pd.Series | float | str:
    spec, labels = reading.config.subjects, reading.config.study.arms
    if spec.arm is None:
        return "ketamine" if reading.config.study.design == "single-arm" else np.nan
    column = table.column(spec.arm)
    unknown = (~column.isin(labels) & (column != "")).to_numpy()
    if unknown.any():
        raise ReliefError(
            "arm.unknown-label",
            f"{table.file}, row {table.rows[int(np.argmax(unknown))]}, column {spec.arm!r}: "
            f"{int(unknown.sum())} label(s) that arms in study.toml does not map "
            f"(it maps {', '.join(labels)}); add them there.",
        )
    reading.note(
        "arm.blank",
        "STOP",
        "question",
        table,
        (column == "").to_numpy(),
        "the arm of some people is not told; no comparison of arms can be trusted. Give every person's arm.",
        spec.arm,
    )
    return column.map(labels)


def _infusions(reading: _Reading, known: set[str]) -> tuple[pd.DataFrame, pd.Series]:
    spec = reading.config.infusions
    table = reading.open(spec)
    table = _pick(table, _known(reading, table, spec.subject, known, "infusions"))
    table = _pick(table, _repeated(reading, table, table.cells, "an infusion's row"))
    frame = pd.DataFrame({"id": table.column(spec.subject), "agent": table.column(spec.agent)})
    for role in ("route", "status"):
        column = getattr(spec, role)
        if column is not None:
            frame[role] = table.column(column)
    if spec.dose_mg_per_kg is not None:
        frame["dose_mg_per_kg"] = reading.number(table, spec.dose_mg_per_kg, spec, "dose_mg_per_kg")
    ends = (
        ("start", spec.start, spec.start_hours),
        ("end", spec.end, spec.end_hours),
        ("stay", spec.stay_end, spec.stay_end_hours),
    )
    for name, time, hours in ends:
        frame[f"{name}_low"], frame[f"{name}_high"], day = reading.clock(table, time, hours, spec)
        if name != "stay":
            _date_only(reading, table, day, "infusions", time or hours)
    unknown = frame["start_low"].isna().to_numpy()
    reading.note(
        "infusion.no-start",
        "DROP",
        "row",
        table,
        unknown,
        "infusions without a start were set aside; nothing can be timed from them.",
    )
    backwards = (frame["end_high"] < frame["start_low"]).to_numpy()
    reading.note(
        "infusion.end-before-start",
        "STOP",
        "subject",
        table,
        backwards,
        "an infusion ends before it starts; the person was set aside. Check whether the columns are swapped.",
    )
    endless = (frame["end_low"].isna() & ~frame["start_low"].isna()).to_numpy()
    reading.note(
        "infusion.no-end",
        "FLAG",
        "row",
        table,
        endless,
        "infusions without an end: no score can be placed in hours after it. Give the end.",
    )
    frame.attrs["backwards"] = set(frame.loc[backwards, "id"])
    frame = frame[~unknown].sort_values(["id", "start_low", "end_low", "agent"], kind="stable")
    frame["infusion"] = frame.groupby("id").cumcount() + 1
    first = frame[frame["infusion"] == 1].set_index("id")
    zero = first[["start_low", "start_high"]]
    return frame, zero


def _date_only(
    reading: _Reading, table: TextTable, day: np.ndarray, what: str, column: str | None
) -> None:
    reading.note(
        "time.date-only",
        "STOP",
        "question",
        table,
        day,
        f"{what} known only by date cannot be placed within a day; "
        "no claim about hours can be tested on them. Export the time of day.",
        column,
    )


def _on_subject_clock(frame: pd.DataFrame, low: str, high: str, zero: pd.DataFrame) -> None:
    """Shift a pair of bounds in place so that 0 is the start of the person's first infusion."""
    start = zero.reindex(frame["id"])
    frame[low] = frame[low].to_numpy() - start["start_high"].to_numpy()
    frame[high] = frame[high].to_numpy() - start["start_low"].to_numpy()


def _items(reading: _Reading, table: TextTable, spec: AssessmentTable) -> pd.DataFrame:
    scale = instruments.get(spec.instrument)
    columns = {}
    for number, top in zip(
        scale.item_numbers(spec.version), scale.item_max(spec.version), strict=True
    ):
        name = spec.items.format(number)
        values = reading.number(table, name, spec, "an item") - spec.item_base
        outside = (
            (values < scale.item_min)
            | (values > top)
            | (values != np.floor(values)) & ~np.isnan(values)
        )
        if outside.any():
            _refuse_code(reading, table, name, values[outside] + spec.item_base)
        reading.note(
            "item.out-of-range",
            "DROP",
            "row",
            table,
            outside,
            f"an item of {scale.name} must be a whole number from {scale.item_min:g} to {top:g} "
            f"(after item_base {spec.item_base}); other values were set aside as missing.",
            name,
        )
        columns[number] = np.where(outside, np.nan, values)
    return pd.DataFrame(columns)


def _refuse_code(reading: _Reading, table: TextTable, column: str, values: np.ndarray) -> None:
    """A value that looks like a code for missing must be declared, or it would be scored or lost."""
    if np.isin(values, (-9, -99, -999, -1, 77, 88, 99, 777, 888, 999, 9999)).any():
        raise ReliefError(
            "score.undeclared-code",
            f"{table.file}, column {column!r}: values outside the scale look like codes for missing; "
            "declare them under [study] as missing_codes.",
        )


def _one_based(
    reading: _Reading, table: TextTable, spec: AssessmentTable, items: pd.DataFrame
) -> None:
    """Refuse items stored from 1 up that are declared to start at 0, or the reverse."""
    scale, complete = instruments.get(spec.instrument), items.notna().all(axis=1).sum()
    lowest = items.min().min()
    if complete >= 30 and lowest > scale.item_min:
        raise ReliefError(
            "score.coding-base",
            f"{table.file}: no item of {scale.name} is ever {scale.item_min:g} in {complete} complete forms; "
            "items may be stored from 1 up. Declare item_base = 1, or check the export.",
        )


def _assessments(
    reading: _Reading, spec: AssessmentTable, known: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    table = reading.open(spec)
    table = _pick(table, _known(reading, table, spec.subject, known, "forms"))
    table = _pick(table, _repeated(reading, table, table.cells, "a form's row"))
    low, high, day = reading.clock(table, spec.time, spec.hours, spec)
    _date_only(reading, table, day, "forms", spec.time)
    timeless = np.isnan(low)
    reading.note(
        "form.no-time",
        "DROP",
        "form",
        table,
        timeless,
        "forms without a readable time were set aside; give the time they were filled in.",
        spec.time or spec.hours,
    )
    frame = pd.DataFrame(
        {
            "id": table.column(spec.subject),
            "instrument": spec.instrument,
            "version": spec.version,
            "recall_hours": spec.recall_hours,
            "hours_low": low,
            "hours_high": high,
            "stated_total": np.nan
            if spec.total is None
            else reading.number(table, spec.total, spec, "a total"),
            "status": "complete",
            "source": table.file,
            "row": table.rows,
        }
    )
    items = None
    if spec.items is not None:
        items = _items(reading, table, spec)
        _one_based(reading, table, spec, items)
        items = items[~timeless]
    return frame[~timeless], items


def read_study(path: Path) -> Study:
    """Read a study.toml (or the folder that holds one) and its delimited tables.

    Parameters
    ----------
    path : Path
        study.toml or its folder.

    Returns
    -------
    Study
        With hours since each person's first infusion started; identifiers and dates are dropped.

    Raises
    ------
    ReliefError
        A STOP of scope ``study``: what was expected, where, and what to do.
    """
    path = path / "study.toml" if path.is_dir() else path
    reading = _Reading(load_config(path), path.parent)
    subjects = _subjects(reading)
    known = set(subjects["id"])
    infusions, zero = _infusions(reading, known)
    tables, items = [], {}
    start = 0
    for spec in reading.config.assessments:
        frame, answers = _assessments(reading, spec, known)
        frame["form"] = np.arange(start, start + len(frame))
        start += len(frame)
        if answers is not None:
            answers.index = pd.Index(frame["form"], name="form")
            key = (spec.instrument, spec.version)
            items[key] = pd.concat([items[key], answers]) if key in items else answers
        tables.append(frame)
    assessments = pd.concat(tables, ignore_index=True)
    return _assemble(reading, subjects, infusions, zero, assessments, items)


def _assemble(reading, subjects, infusions, zero, assessments, items) -> Study:  # noqa: ANN001
    backwards = infusions.attrs["backwards"]
    infusions = infusions.copy()
    for name in ("start", "end", "stay"):
        _on_subject_clock(infusions, f"{name}_low", f"{name}_high", zero)
        exact = infusions[f"{name}_low"] == infusions[f"{name}_high"]
        known_hours = infusions[f"{name}_low"].where(exact)
        infusions["stay_end_hours" if name == "stay" else f"{name}_hours"] = known_hours
    first = infusions["infusion"] == 1
    exact_zero = (zero["start_low"] == zero["start_high"]).reindex(infusions["id"]).to_numpy()
    infusions.loc[first & exact_zero, "start_hours"] = 0.0
    infusions = infusions.drop(columns=["stay_low", "stay_high"])
    _on_subject_clock(assessments, "hours_low", "hours_high", zero)
    content = [subjects, infusions, assessments.drop(columns=["form", "row", "source"])]
    for answers in items.values():
        content.append(
            answers.assign(id=assessments.set_index("form")["id"].reindex(answers.index))
        )
    number = number_by_content(subjects["id"], content, "id")

    def renamed(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
        frame = frame.assign(subject=frame["id"].map(number)).drop(columns="id")
        return (
            with_columns(frame, columns)
            .sort_values("subject", kind="stable")
            .reset_index(drop=True)
        )

    study = Study(
        design=reading.config.design(),
        subjects=renamed(subjects, SUBJECT_COLUMNS),
        infusions=renamed(infusions, INFUSION_COLUMNS),
        assessments=_in_time_order(renamed(assessments, ASSESSMENT_COLUMNS)),
        items=items,
        issues=tuple(reading.issues),
        sources=reading.sources,
    )
    if backwards:
        study = study.keep_subjects(
            study.subjects["subject"][
                ~study.subjects["subject"].isin({number[b] for b in backwards})
            ]
        )
    return study


def _in_time_order(forms: pd.DataFrame) -> pd.DataFrame:
    order = ["subject", "instrument", "version", "hours_low", "hours_high", "stated_total"]
    return forms.sort_values(order, kind="stable").reset_index(drop=True)
