"""From a declared table to its rows as text, whatever the format of the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.config import StudyConfig, Table
from analysis.config.source import PLUS
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.table.text_table import TextTable
from analysis.rules import issue, refusal

__all__ = ["joined", "kind_of", "matching", "open_table"]

_BY_SUFFIX = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".dat": "csv",
    ".xlsx": "excel", ".xlsm": "excel", ".xls": "excel", ".ods": "excel",
    ".xpt": "xpt", ".json": "dataset-json", ".ndjson": "dataset-json", ".dsjc": "dataset-json",
}  # fmt: skip
_ISO_DATE = r"\d{4}-\d\d-\d\d"
# Conventions over a file that may be in any of the formats above.
_CONVENTIONS = ("sdtm", "adam")


def joined(table: TextTable, spec: Table) -> TextTable:
    """The table with a column for each date and time of day that study.toml joins by a plus.

    A date without a time of day stays a date; a time of day without a date says nothing.
    """
    cells = table.cells
    for name in spec.joined():
        day, _, clock = name.partition(PLUS)
        if name not in cells and {day, clock} <= set(cells):
            date, hour = table.column(day), table.column(clock)
            both = date + np.where(date.str.fullmatch(_ISO_DATE), "T", " ") + hour
            cells = cells.assign(**{name: both.where(hour != "", date).mask(date == "", "")})
    return replace(table, cells=cells)


def kind_of(path: Path) -> str | None:
    """The format that a file's name tells; None where it tells none."""
    return _BY_SUFFIX.get(path.suffix.lower())


def open_table(folder: Path, spec: Table, config: StudyConfig) -> TextTable:
    """Read the rows of a declared table as text.

    Parameters
    ----------
    folder : Path
        The folder of study.toml, which the table's path is relative to.
    spec : Table
        The table as study.toml declares it.
    config : StudyConfig
        The whole study, since several tables may be in one file.

    Raises
    ------
    ReliefError
        What the format's reader refuses; ``file.format`` where the file name tells no format.
    """
    path = folder / spec.path
    # A library loads only where its format is read.
    match spec.format:
        case "redcap":
            from analysis.readers.formats.redcap import open_redcap

            table = open_redcap(folder, spec)
        case "fhir":
            from analysis.readers.formats.fhir import read_fhir

            table = read_fhir(path, role=spec.ROLE, codes=_codes(spec, config))
        case "omop":
            from analysis.readers.formats.omop import open_omop

            table = open_omop(folder, spec, config)
        case _:
            table = _file(path, spec, config)
    if spec.format in _CONVENTIONS:
        # What is said of rows is said of those that the study uses.
        table = _conventions(matching(table, spec), spec)
    return _with_optional(table, spec)


def matching(table: TextTable, spec: Table) -> TextTable:
    """The rows whose columns hold what ``where`` asks for; how many are left out is said.

    Raises
    ------
    ReliefError
        ``file.no-matching-row`` where there is none.
    """
    keep = np.ones(len(table.rows), dtype=bool)
    for column, wanted in spec.where.items():
        texts = [wanted] if isinstance(wanted, str) else wanted
        keep &= table.category(column).isin([text.strip() for text in texts]).to_numpy()
    if not keep.any():
        raise refusal("file.no-matching-row", file=table.file)
    left_out = int((~keep).sum())
    if not left_out:
        return table
    said = issue("row.not-chosen", file=table.file, count=left_out)
    return replace(table.pick(keep), issues=(*table.issues, said))


def _file(path: Path, spec: Table, config: StudyConfig) -> TextTable:
    """A file that is one table, by its declared format or by its name."""
    told = spec.format if spec.format not in _CONVENTIONS else None
    wanted = [table for table in config.tables if table.source() == spec.source()]
    columns = [n for table in wanted for visit in table.by_visit() for n in visit.columns()]
    match told or kind_of(path):
        case "csv":
            return read_text(
                path,
                separator=spec.separator,
                encoding=spec.encoding,
                # A convention may look at columns that it does not name.
                columns=None if spec.format in _CONVENTIONS else columns,
            )
        case "excel":
            from analysis.readers.formats.excel.sheet import read_sheet

            return read_sheet(path, sheet=spec.sheet, columns=columns)
        case "xpt":
            from analysis.readers.formats.cdisc.xpt import read_xpt

            return read_xpt(path, encoding=spec.encoding)
        case "dataset-json":
            from analysis.readers.formats.cdisc.dataset_json import read_dataset_json

            return read_dataset_json(path)
        case _:
            raise refusal("file.format", formats=", ".join(sorted(_BY_SUFFIX)))


def _codes(spec: Table, config: StudyConfig) -> dict[str, str]:
    """The codes of all answers that tables of this path declare, and whose scale each is of."""
    tables = [table for table in config.assessments if table.path == spec.path]
    return {code: table.instrument for table in tables for code in table.answer_columns()}


def _conventions(table: TextTable, spec: Table) -> TextTable:
    from analysis.readers.formats.cdisc import adam, sdtm

    prepare = sdtm.prepare if spec.format == "sdtm" else adam.prepare
    return prepare(table, spec.ROLE)


def _with_optional(table: TextTable, spec: Table) -> TextTable:
    """Columns that a standard allows to be absent, blank where study.toml did not name them."""
    filled_in = [getattr(spec, role) for role in spec.filled_in]
    names = [n for value in filled_in for n in ([value] if isinstance(value, str) else value)]
    absent = [name for name in names if name not in table.cells]
    if not absent:
        return table
    return replace(table, cells=table.cells.assign(**dict.fromkeys(absent, "")))
