"""The table of infusions: what was given to whom, from when to when, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.readers.clock import Clock
from analysis.readers.dated import clock_of
from analysis.readers.formats.declared_rows import joined
from analysis.readers.reading import Reading
from analysis.readers.roles.comparator import note_inert
from analysis.readers.roles.doses import doses, routes
from analysis.readers.table.numbers import as_declared
from analysis.readers.table.text_table import TextTable

__all__ = ["note_date_only", "read_infusions", "statuses"]

# Words of a status, and the one that stands for them.
_STATUSES = {
    "completed": ("completed", "complete", "given", "done", "administered", "yes", "y"),
    "stopped": ("stopped", "discontinued", "interrupted", "aborted", "stopped early",
                "terminated", "incomplete", "partial"),
    "not given": ("not given", "not done", "cancelled", "canceled", "refused", "declined",
                  "missed", "withheld", "not taken", "no show", "entered in error", "planned",
                  "scheduled", "no", "n"),
}  # fmt: skip
_WORDS = {word: status for status, words in _STATUSES.items() for word in words}
# An infusion that lasts longer has a mistyped end; one of more than a day is worth a look.
_LONGEST_END, _LONG = 7 * 24.0, 24.0
# An infusion takes no longer, so that an end before the start can be one of the afternoon.
_HALF_DAY, _USUAL = 12.0, 6.0


def read_infusions(reading: Reading, people: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Read the table of infusions.

    Parameters
    ----------
    people : DataFrame
        ``id``, ``arm`` and, where declared, ``weight_kg``.

    Returns
    -------
    frame : DataFrame
        ``id``, ``infusion`` (1 on, by start), ``agent``, the declared columns, and bounds
        ``start_low`` to ``stay_high`` in hours on the file's clock.
    around : float
        Median start on that clock in hours, NaN where no start is known: the middle of the study.
    """
    spec = reading.config.infusions
    table = reading.known(_stacked(reading), spec.subject, people["id"], "infusions")
    table = _given(reading, reading.once(table, spec, "infusions"))
    frame = pd.DataFrame({"id": table.column(spec.subject), "agent": _agents(reading, table)})
    note_inert(reading, table, people)
    if spec.route is not None:
        frame["route"] = routes(table.column(spec.route))
    if spec.status is not None:
        frame["status"] = statuses(table.column(spec.status), spec.statuses)
    frame = frame.assign(**doses(reading, table, people))
    around = _times(reading, table, frame)
    unknown = frame["start_low"].isna().to_numpy()
    # It may lie before or after the others: which infusion a score follows cannot be told.
    reading.stop("infusion.no-start", table, unknown, frame["id"], spec.start or spec.start_hours)
    table, frame = table.pick(~unknown), frame[~unknown].reset_index(drop=True)
    _ends(reading, table, frame)
    return _numbered(reading, table, frame), around


def _stacked(reading: Reading) -> TextTable:
    """One row an infusion; of a wide file, one block of columns under the other."""
    spec = reading.config.infusions
    table = reading.open(spec)
    if spec.visits is None:
        return table
    blocks = []
    for visit in spec.by_visit():
        names = dict(zip(visit.columns(), spec.columns(), strict=True))
        cells = pd.DataFrame({new: table.column(old) for old, new in names.items()})
        own = [new for old, new in names.items() if old != new]
        given = ~cells[own].isin(["", *reading.config.study.missing_codes]).all(axis=1).to_numpy()
        blocks.append((cells[given], table.rows[given]))
    stacked = replace(
        table,
        cells=pd.concat([cells for cells, _ in blocks], ignore_index=True),
        rows=np.concatenate([rows for _, rows in blocks]),
        whole_rows=None,
    )
    return joined(stacked, spec)


def _times(reading: Reading, table: TextTable, frame: pd.DataFrame) -> float:
    """Put bounds of start, end and stay into the frame; the median start, in hours."""
    spec = reading.config.infusions
    around = np.nan
    for name, time, hours, fixed in (
        ("start", spec.start, spec.start_hours, spec.start_hours_is),
        ("end", spec.end, spec.end_hours, spec.end_hours_is),
        ("stay", spec.stay_end, spec.stay_end_hours, None),
    ):
        clock = clock_of(reading, table, time, hours, spec)
        if fixed is not None:
            clock = Clock.exact(np.full(len(frame), fixed))
        if name == "start" and not np.isnan(clock.low).all():
            around = reading.around = float(np.nanmedian((clock.low + clock.high) / 2))
        clock = reading.plausible(table, clock, time or hours, around)
        if name != "stay":
            note_date_only(reading, table, clock, "infusions", time, stop=clock.all_day_only)
        frame[f"{name}_low"], frame[f"{name}_high"] = clock.low, clock.high
    return around


def _given(reading: Reading, table: TextTable) -> TextTable:
    column, declared = reading.config.infusions.status, reading.config.infusions.statuses
    if column is None:
        return table
    status = statuses(table.column(column), declared)
    reading.note("infusion.not-given", table, (status == "not given").to_numpy(), column)
    reading.note("infusion.unknown-status", table, (status == "unknown").to_numpy(), column)
    return table.pick((status != "not given").to_numpy())


def statuses(column: pd.Series, declared: Mapping[str, str] | None = None) -> pd.Series:
    """Completed, stopped or not given; NaN where blank, ``unknown`` for any other word.

    A study's own words come before those that are known.
    """
    words = _words(column)
    own = dict(zip(_words(pd.Series(list(declared or ()), dtype="str")),
                   (declared or {}).values(), strict=True))  # fmt: skip
    known = _WORDS | own
    return words.map(known).where(words.isin(known), "unknown").mask(words == "")


def _words(texts: pd.Series) -> pd.Series:
    """Without case, white space and hyphens."""
    return texts.str.lower().str.replace(r"[\s_-]+", " ", regex=True).str.strip()


def _agents(reading: Reading, table: TextTable) -> pd.Series:
    """Treatments by the words of ``arms``; in a crossover every one must be known."""
    spec, words = reading.config.infusions, reading.config.study.agents
    column = (
        pd.Series(str(spec.agent_is), index=table.cells.index)
        if spec.agent is None
        else table.column(spec.agent)
    )
    column = as_declared(column, words)
    unknown = ~column.isin(words).to_numpy()
    if reading.config.study.design == "crossover":
        agents = ", ".join(words)
        table.refuse("infusion.agent-not-named", unknown, str(spec.agent), agents=agents)
    reading.note("infusion.unknown-agent", table, unknown, spec.agent)
    return column.map(words).where(~unknown, "other")


def _ends(reading: Reading, table: TextTable, frame: pd.DataFrame) -> None:
    """Set people with backward infusions aside; take impossible ends and stays out, in place."""
    spec = reading.config.infusions
    end, stay = spec.end or spec.end_hours, spec.stay_end or spec.stay_end_hours
    backwards = (frame["end_high"] < frame["start_low"]).to_numpy()
    reading.stop("infusion.end-before-start", table, backwards, frame["id"], end)
    length = (frame["end_low"] - frame["start_high"]).to_numpy()
    half_lost = backwards & (length > -_HALF_DAY) & (length <= _USUAL - _HALF_DAY)
    reading.note("time.half-day-lost", table, half_lost, end)
    mistyped, long = length > _LONGEST_END, length > _LONG
    reading.note("infusion.implausible-end", table, mistyped, end)
    frame.loc[mistyped, ["end_low", "end_high"]] = np.nan
    known = ~np.isnan(length)
    if known.any() and long[known].all():
        table.refuse("infusion.unit", long, str(end))
    reading.note("infusion.long", table, long & ~mistyped, end)
    # Bounds meet only where both are told to the minute.
    reading.note("infusion.no-length", table, length == 0, end)
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
    reading.stop("infusion.overlap", table, overlap, frame["id"], start)
    return ordered.assign(infusion=ordered.groupby("id").cumcount() + 1)


def note_date_only(
    reading: Reading, table: TextTable, clock: Clock, what: str, column: str | None, *, stop: bool
) -> None:
    """Say how many times are known only by date; STOP where hours cannot be asked then."""
    rule = "time.date-only" if stop else "time.some-date-only"
    reading.note(rule, table, clock.day_only, column, what=what)
