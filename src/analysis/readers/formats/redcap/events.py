"""Events of a longitudinal REDCap project: one name for each, told, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.errors import Issue
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["EventTable", "arm_numbers", "known_events", "parse_events"]

_UNIQUE = re.compile(r"[a-z0-9_]*_arm_(?P<arm>\d+)[a-z]*")
_ARM_LABEL = re.compile(r"(?P<event>.*\S) *\(Arm (?P<arm>\d+):.*\)", re.DOTALL)
_MANY = 12


@dataclass(frozen=True)
class EventTable:
    """Unique event names, and what an export of labels calls them; empty where none is declared."""

    file: str = ""
    unique: tuple[str, ...] = ()
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)

    def name(self, value: str) -> str | None:
        """The unique name behind a cell of ``redcap_event_name``; None where none is meant."""
        if value in self.unique:
            return value
        with_arm = _ARM_LABEL.fullmatch(value)
        if with_arm and (found := self.labels.get((with_arm["event"], with_arm["arm"]))):
            return found
        alone = [name for (label, _), name in self.labels.items() if label == value]
        return alone[0] if len(alone) == 1 else None


def parse_events(table: TextTable) -> EventTable:
    """The event table that REDCap offers for download, read as text.

    Raises
    ------
    ReliefError
        ``redcap.not-an-event-table``.
    """
    needed = ("event_name", "arm_num", "unique_event_name")
    if any(name not in table.cells for name in needed):
        raise refusal("redcap.not-an-event-table", file=table.file)
    label, arm, unique = (table.column(name) for name in needed)
    if unique.duplicated().any() or (unique == "").any():
        raise refusal("redcap.not-an-event-table", file=table.file)
    return EventTable(
        table.file,
        tuple(unique),
        dict(zip(zip(label, arm, strict=True), unique, strict=True)),
        dict(zip(unique, arm, strict=True)),
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MANY]) + (", ..." if len(names) > _MANY else "")


def known_events(
    table: TextTable, column: pd.Series, declared: Sequence[str], known: EventTable
) -> tuple[pd.Series, list[Issue]]:
    """Unique event names in place of what an export calls its events.

    Parameters
    ----------
    column : Series of str
        ``redcap_event_name`` of the export.
    declared : sequence of str
        The events that study.toml wants.
    known : EventTable

    Raises
    ------
    ReliefError
        ``redcap.unknown-event`` where a declared event is none of the project's.
    """
    found = [name for name in pd.unique(column) if name]
    # Only what is written like an event name may be told: another cell could be anything.
    safe = sorted(name for name in found if _UNIQUE.fullmatch(name))
    names = list(known.unique) or found
    for event in declared:
        if event not in names:
            listed = _listed(known.unique or safe) or "none that can be named"
            where = known.file or table.file
            raise refusal("redcap.unknown-event", file=where, event=event, known=listed)
    if not known.unique:
        return column, []
    unique = {name: known.name(name) for name in found}
    strange = column.isin([name for name, meant in unique.items() if meant is None]).to_numpy()
    told = _listed([name for name in safe if unique[name] is None])
    issues = table.note(
        "redcap.event-not-in-table",
        strange,
        str(column.name),
        events=told or "names that are no event names",
        table=known.file,
    )
    return column.map(lambda name: unique.get(name) or name), issues


def arm_numbers(column: pd.Series, known: EventTable) -> pd.Series:
    """The number of the arm that an event belongs to, blank where its name tells none."""
    arms = dict(known.arms)
    for name in pd.unique(column):
        told = _UNIQUE.fullmatch(name)
        arms.setdefault(name, told["arm"] if told else "")
    return column.map(arms)
