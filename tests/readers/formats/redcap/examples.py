"""What the tests of this room share."""

from __future__ import annotations

import csv
from pathlib import Path

from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.project import read_project
from analysis.readers.formats.redcap.wanted import Wanted
from analysis.readers.table.text_table import TextTable


def records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def dictionary_of(folder: Path) -> Path:
    return next(folder.glob("diction*.csv"))


def table(path: Path, folder: Path, columns: list[str], **wanted) -> TextTable:
    events = folder / "event.csv"
    project = read_project(
        path,
        dictionary=dictionary_of(folder),
        event_table=events if events.exists() else None,
    )
    return form_table(project, Wanted(subject=columns[0], columns=columns, **wanted))
