"""A file becomes rows of the published table; they are stored beside it only when asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.evidence.adding import checked, csv_rows, record_rows
from analysis.evidence.build import tidy_row
from analysis.evidence.table.load import as_text, contents, validate
from analysis.evidence.table.provenance import ADDED, PROVENANCE, added_record
from analysis.evidence.table.schema import NAMES
from analysis.paths import PUBLISHED
from analysis.rules import refusal
from analysis.writing import write_atomic

__all__ = ["Addition", "read", "store", "with_rows"]


@dataclass(frozen=True)
class Addition:
    """Rows that a file brings.

    ``rows`` are rows of the published table as text; ``left_out`` says of each measure that was
    not taken why, in words.
    """

    rows: tuple[dict[str, str], ...]
    left_out: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        """The ids of the new rows."""
        return [row["row"] for row in self.rows]


def read(path: Path, folder: Path = PUBLISHED, *, placeable: bool = False) -> Addition:
    """Read a table of rows (CSV) or a registry record (JSON) against the table that is there.

    Parameters
    ----------
    path
        Columns as docs/evidence.md lists them; or a study of ClinicalTrials.gov's API, version 2.
    folder
        Of the published table.
    placeable
        Of a record: leave out, and tell, the measures that cannot be placed.

    Raises
    ------
    ReliefError
        A rule of rules/evidence.toml, with the row or the path in the record.
    EvidenceError
        A rule of the table that the new rows break.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise refusal("evidence.file", file=Path(path).name) from None
    there = as_text(*contents(folder))
    name = Path(path).name
    if text.lstrip()[:1] in ("{", "["):
        told, left_out = record_rows.rows_of(text, name, there, placeable=placeable)
    else:
        told, left_out = csv_rows.rows_of(text, name), []
    if not told:
        why = "; ".join(left_out) or "the file has no row"
        raise refusal("evidence.no-rows", file=name, why=why[:150])
    rows = [tidy_row(source, row) for source, row in zip(told, _ids(told, there), strict=True)]
    checked.each(rows, name)
    checked.together(rows, name)
    checked.against(rows, there, name)
    addition = Addition(tuple(rows), tuple(left_out))
    with_rows(addition, folder)
    return addition


def with_rows(addition: Addition, folder: Path = PUBLISHED) -> pd.DataFrame:
    """The table with the new rows, as :func:`analysis.evidence.load` gives it."""
    return validate(pd.concat([as_text(*contents(folder)), _table(addition)], ignore_index=True))


def store(addition: Addition, folder: Path = PUBLISHED) -> Path:
    """Write the new rows behind those added before; the file they stand in."""
    path = Path(folder) / ADDED
    _, before = contents(folder)
    out = io.StringIO()
    writer = csv.DictWriter(out, NAMES, lineterminator="\n")
    if not before:
        writer.writeheader()
    writer.writerows(addition.rows)
    text = before.decode("utf-8") + out.getvalue()
    write_atomic(path, text)
    record = Path(folder) / PROVENANCE
    told = record.read_text(encoding="utf-8").replace(added_record(before), "")
    write_atomic(record, told + added_record(text.encode("utf-8")))
    return path


def _table(addition: Addition) -> pd.DataFrame:
    return pd.DataFrame(list(addition.rows), columns=list(NAMES), dtype=str)


def _ids(told: Sequence[Mapping[str, str]], there: pd.DataFrame) -> list[str]:
    """Ids that go on where those of the study end."""
    last: dict[str, int] = {}
    for study, row in zip(there["study_id"], there["row"], strict=True):
        last[study] = max(last.get(study, 0), int(row.rpartition("-")[2]))
    ids = []
    for source in told:
        study = source["study_id"]
        last[study] = last.get(study, 0) + 1
        ids.append(f"{study}-{last[study]:03d}")
    return ids
