"""A REDCap project: its flat export, its data dictionary, and its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import Issue
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.formats.redcap.dictionary import Dictionary, parse_dictionary, read_dictionary
from analysis.readers.formats.redcap.events import EventTable, parse_events
from analysis.readers.table.text_table import TextTable

__all__ = ["Project", "read_project"]


@dataclass(frozen=True)
class Project:
    """What a project hands out: the flat export, and what it says of its fields and events."""

    export: TextTable
    dictionary: Dictionary = field(default_factory=Dictionary)
    events: EventTable = field(default_factory=EventTable)
    issues: tuple[Issue, ...] = ()


def read_project(
    path: Path,
    *,
    dictionary: Path | None = None,
    event_table: Path | None = None,
    separator: str | None = None,
    encoding: str | None = None,
) -> Project:
    """Read a flat CSV export and what REDCap offers for download beside it.

    Parameters
    ----------
    path : Path
        The export, of raw codes or of labels, with the names of fields as its header.
    dictionary, event_table : Path, optional
        The data dictionary; the events of a longitudinal project.
    separator, encoding : str, optional
        Of the export.

    Raises
    ------
    ReliefError
        What :func:`read_text` refuses, ``redcap.not-a-dictionary``, ``redcap.choices`` and
        ``redcap.not-an-event-table``.
    """
    export = read_text(path, separator=separator, encoding=encoding)
    fields = read_dictionary(dictionary) if dictionary else None
    events = read_text(event_table) if event_table else None
    return Project(
        export,
        parse_dictionary(fields) if fields else Dictionary(),
        parse_events(events) if events else EventTable(),
        tuple(said for table in (export, fields, events) if table for said in table.issues),
    )
