"""The tables of people and of infusions: one row each, as study.toml declares them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.readers.identifiers import alike
from analysis.readers.reading import Clock, Reading
from analysis.readers.text import TextTable

__all__ = ["note_date_only", "read_infusions", "read_subjects"]

_NOT_GIVEN = ("not given", "not-given", "not done", "not-done")
_UNSURE = ("unsure", "unknown", "do not know", "don't know", "cannot tell")
# An infusion that lasts longer has a mistyped end; one of more than a day is worth a look.
_LONGEST_END, _LONG = 7 * 24.0, 24.0


def read_subjects(reading: Reading) -> pd.DataFrame:
    """Read the table of people.

    People whose rows differ stay in the table, blank where the rows differ, and are set
    aside under ``subject.conflicting``, so that they are counted.

    Returns
    -------
    DataFrame
        ``id``, ``arm`` (treatment, NaN where not told) and the declared columns.
    """
    spec = reading.config.subjects
    table = reading.open(spec)
    roles = ("arm", "site", "sequence", "entry_threshold", "blinding_guess")
    declared = [spec.subject, *(c for c in (getattr(spec, role) for role in roles) if c)]
    ids = reading.identifiers(table, spec.subject)
    blank = (ids == "").to_numpy()
    reading.note("subject.blank-id", table, blank, spec.subject, what="people")
    table = reading.once(table.pick(~blank), declared, "a person's row")
    table = _one_row_a_person(reading, table, spec.subject, declared)
    ids = table.column(spec.subject)
    reading.note("subject.alike", table, alike(ids), spec.subject)
    frame = pd.DataFrame({"id": ids, "arm": _arms(reading, table)})
    for role in ("site", "sequence"):
        column = getattr(spec, role)
        if column is not None:
            frame[role] = table.column(column).replace("", np.nan)
    if spec.blinding_guess is not None:
        frame["blinding_guess"] = _guesses(reading, table, spec.blinding_guess)
    if spec.entry_threshold is not None:
        threshold = reading.number(table, spec.entry_threshold, spec, "entry_threshold")
        frame["entry_threshold"] = threshold
    return frame


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
    return TextTable(table.file, cells, table.rows, table.sha256, ()).pick(first)


def _arms(reading: Reading, table: TextTable) -> pd.Series:
    spec, labels = reading.config.subjects, reading.config.study.arms
    if spec.arm is None:
        alone = reading.config.study.design == "single-arm"
        return pd.Series("ketamine" if alone else np.nan, index=table.cells.index, dtype=object)
    column = table.column(spec.arm)
    unknown = (~column.isin(labels) & (column != "")).to_numpy()
    reading.refuse("arm.unknown-label", table, unknown, spec.arm, labels=", ".join(labels))
    counted = ~table.column(spec.subject).isin(reading.set_aside).to_numpy()
    reading.note("arm.blank", table, (column == "").to_numpy() & counted, spec.arm)
    return column.map(labels)


def _guesses(reading: Reading, table: TextTable, name: str) -> pd.Series:
    """Guessed treatments; a word that is neither one nor a way to say unsure is set aside."""
    labels = reading.config.study.arms
    words = {treatment: treatment for treatment in labels.values()}
    words |= labels | dict.fromkeys(_UNSURE, "unsure")
    column = table.column(name)
    unclear = ~reading.missing(column) & ~column.isin(words).to_numpy()
    reading.note("guess.unknown", table, unclear, name)
    return column.map(words)


def read_infusions(reading: Reading, people: pd.Series) -> tuple[pd.DataFrame, float]:
    """Read the table of infusions.

    Returns
    -------
    frame : DataFrame
        ``id``, ``infusion`` (1 on, by start), ``agent``, the declared columns, and bounds
        ``start_low`` to ``stay_high`` in hours on the file's clock.
    around : float
        Median start on that clock in hours, NaN where no start is known: the middle of the study.
    """
    spec = reading.config.infusions
    table = reading.known(reading.open(spec), spec.subject, people, "infusions")
    clocks = (
        ("start", spec.start, spec.start_hours),
        ("end", spec.end, spec.end_hours),
        ("stay", spec.stay_end, spec.stay_end_hours),
    )
    others = (
        spec.dose_mg_per_kg,
        spec.route,
        spec.status,
        *(c for _, *both in clocks for c in both),
    )
    declared = [spec.subject, spec.agent, *(column for column in others if column)]
    table = _given(reading, reading.once(table, declared, "an infusion's row"))
    frame = pd.DataFrame({"id": table.column(spec.subject), "agent": _agents(reading, table)})
    for role in ("route", "status"):
        column = getattr(spec, role)
        if column is not None:
            frame[role] = table.column(column)
    if spec.dose_mg_per_kg is not None:
        frame["dose_mg_per_kg"] = reading.number(table, spec.dose_mg_per_kg, spec, "dose_mg_per_kg")
    around = np.nan
    for name, time, hours in clocks:
        clock = reading.clock(table, time, hours, spec)
        if name == "start" and not np.isnan(clock.low).all():
            around = float(np.nanmedian((clock.low + clock.high) / 2))
        clock = reading.plausible(table, clock, time or hours, around)
        if name != "stay":
            note_date_only(reading, table, clock, "infusions", time, stop=clock.all_day_only)
        frame[f"{name}_low"], frame[f"{name}_high"] = clock.low, clock.high
    unknown = frame["start_low"].isna().to_numpy()
    reading.note("infusion.no-start", table, unknown, spec.start or spec.start_hours)
    table, frame = table.pick(~unknown), frame[~unknown].reset_index(drop=True)
    _ends(reading, table, frame)
    return _numbered(reading, table, frame), around


def _given(reading: Reading, table: TextTable) -> TextTable:
    column = reading.config.infusions.status
    if column is None:
        return table
    skipped = table.column(column).str.lower().isin(_NOT_GIVEN).to_numpy()
    reading.note("infusion.not-given", table, skipped, column)
    return table.pick(~skipped)


def _agents(reading: Reading, table: TextTable) -> pd.Series:
    """Treatments by the words of ``arms``; in a crossover every one must be known."""
    spec, labels = reading.config.infusions, reading.config.study.arms
    words = {treatment: treatment for treatment in labels.values()} | labels
    column = table.column(spec.agent)
    unknown = ~column.isin(words).to_numpy()
    if reading.config.study.design == "crossover":
        agents = ", ".join(words)
        reading.refuse("infusion.agent-not-named", table, unknown, spec.agent, agents=agents)
    reading.note("infusion.unknown-agent", table, unknown, spec.agent)
    return column.map(words).where(~unknown, "other")


def _ends(reading: Reading, table: TextTable, frame: pd.DataFrame) -> None:
    """Set people with backward infusions aside; take impossible ends and stays out, in place."""
    spec = reading.config.infusions
    end, stay = spec.end or spec.end_hours, spec.stay_end or spec.stay_end_hours
    backwards = (frame["end_high"] < frame["start_low"]).to_numpy()
    reading.stop("infusion.end-before-start", table, backwards, frame["id"], end)
    length = (frame["end_low"] - frame["start_high"]).to_numpy()
    mistyped, long = length > _LONGEST_END, length > _LONG
    reading.note("infusion.implausible-end", table, mistyped, end)
    frame.loc[mistyped, ["end_low", "end_high"]] = np.nan
    known = ~np.isnan(length)
    if known.any() and long[known].all():
        reading.refuse("infusion.unit", table, long, str(end))
    reading.note("infusion.long", table, long & ~mistyped, end)
    early = (frame["stay_high"] < frame["start_low"]).to_numpy()
    reading.note("infusion.stay-before-start", table, early, stay)
    frame.loc[early, ["stay_low", "stay_high"]] = np.nan
    endless = frame["end_low"].isna().to_numpy()
    reading.note("infusion.no-end", table, endless, end)


def _numbered(reading: Reading, table: TextTable, frame: pd.DataFrame) -> pd.DataFrame:
    """Infusions of each person from 1 on by start; two at one time set the person aside."""
    spec = reading.config.infusions
    start = spec.start or spec.start_hours
    exact = frame["start_low"] == frame["start_high"]
    twice = frame.duplicated(["id", "start_low"], keep=False).to_numpy() & exact.to_numpy()
    reading.stop("infusion.conflicting", table, twice, frame["id"], start)
    ordered = frame.sort_values(
        ["id", "start_low", "start_high", "end_low", "agent"], kind="stable"
    )
    following = ordered.groupby("id")["start_high"].shift(-1)
    overlap = (following < ordered["end_low"]).reindex(frame.index).to_numpy() & ~twice
    reading.note("infusion.overlap", table, overlap, start)
    return ordered.assign(infusion=ordered.groupby("id").cumcount() + 1)


def note_date_only(
    reading: Reading, table: TextTable, clock: Clock, what: str, column: str | None, *, stop: bool
) -> None:
    """Say how many times are known only by date; STOP where hours cannot be asked then."""
    rule = "time.date-only" if stop else "time.some-date-only"
    reading.note(rule, table, clock.day_only, column, what=what)
