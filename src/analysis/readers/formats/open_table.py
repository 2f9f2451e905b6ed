"""From a declared table to its rows as text, whatever the format of the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from analysis.config import StudyConfig, Table
from analysis.readers.formats.declared_rows import matching
from analysis.readers.formats.places import refuse_places
from analysis.readers.table.header_rows import without_header_rows
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = [
    "CONVENTIONS",
    "DECLARED",
    "FILES",
    "kind_of",
    "open_table",
    "read_file",
    "reader_at",
    "refuse_elsewhere",
]


@dataclass(frozen=True)
class FileFormat:
    """A format whose file is one table.

    Attributes
    ----------
    reader : str
        ``module:function`` in this package, from the path and the options to a `TextTable`. A
        module, and the library behind it, loads only where its format is read.
    suffixes : tuple of str
        Ends of file names that tell the format.
    options : tuple of str
        What the reader takes besides the path: ``columns``, the names of those that are read,
        and keys of study.toml.
    """

    reader: str
    suffixes: tuple[str, ...]
    options: tuple[str, ...] = ()


# A new format is a line in one of these three, a module beside this one, or a folder where it
# needs several, and its name in config/formats.toml. A model: cdisc/dataset_json.py; messages get
# path.name, never the folder.
FILES = {
    "csv": FileFormat(
        "delimited.read:read_text",
        (".csv", ".tsv", ".txt", ".dat"),
        ("separator", "encoding", "columns"),
    ),
    "excel": FileFormat(
        "excel.sheet:read_sheet", (".xlsx", ".xlsm", ".xls", ".ods"), ("sheet", "columns")
    ),
    "xpt": FileFormat("cdisc.xpt:read_xpt", (".xpt",), ("encoding",)),
    "dataset-json": FileFormat(
        "cdisc.dataset_json:read_dataset_json", (".json", ".ndjson", ".dsjc")
    ),
    "spss": FileFormat("statistics.read:read_spss", (".sav", ".zsav"), ("encoding",)),
    "stata": FileFormat("statistics.read:read_stata", (".dta",), ("encoding",)),
    "sas": FileFormat("statistics.read:read_sas", (".sas7bdat",), ("encoding",)),
}
# Files that no reader here opens, and the rule that says how to export what they hold.
ELSEWHERE = {
    ".rds": "file.r-data", ".rda": "file.r-data", ".rdata": "file.r-data",
    ".xml": "file.odm-xml", ".por": "file.spss-portable", ".sas7bcat": "file.sas-catalogue",
}  # fmt: skip
# Exports of several files, databases and servers: from the folder of study.toml, the declared
# table and the whole study to its rows.
DECLARED = {
    "redcap": "redcap.declared:open_redcap",
    "fhir": "fhir.declared:open_fhir",
    "omop": "omop.declared:open_omop",
}
# Conventions over a file that may be in any of the formats above: from its rows and the role.
CONVENTIONS = {"sdtm": "cdisc.sdtm:prepare", "adam": "cdisc.adam:prepare"}
_BY_SUFFIX = {suffix: name for name, one in FILES.items() for suffix in one.suffixes}


def reader_at(place: str) -> Callable[..., TextTable]:
    """The function at a place of the registry, whose module loads now."""
    module, _, name = place.partition(":")
    found: Callable[..., TextTable] = getattr(import_module(f"{__package__}.{module}"), name)
    return found


def read_file(path: Path, kind: str, **options: Any) -> TextTable:
    """A file that is one table, by its format; options that the format does not take are none."""
    one = FILES[kind]
    taken = {n: options[n] for n in one.options if n in options}
    return without_header_rows(reader_at(one.reader)(path, **taken))


def kind_of(path: Path) -> str | None:
    """The format that a file's name tells; None where it tells none."""
    return _BY_SUFFIX.get(path.suffix.lower())


def refuse_elsewhere(path: Path) -> None:
    """Refuse a file that holds data in a form that is exported first, and say how.

    Raises
    ------
    ReliefError
        ``file.r-data``, ``file.odm-xml``, ``file.spss-portable`` or ``file.sas-catalogue``.
    """
    if rule := ELSEWHERE.get(path.suffix.lower()):
        raise refusal(rule, file=path.name)


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
        What :func:`refuse_places` and the format's reader refuse; ``file.format`` where the
        file name tells no format.
    """
    refuse_places(folder, spec)
    if spec.format in DECLARED:
        table = reader_at(DECLARED[spec.format])(folder, spec, config)
        table = _in_declared_words(table, [spec], config)
    else:
        table = _file(folder / spec.path, spec, config)
    if spec.format in CONVENTIONS:
        # What is said of rows is said of those that the study uses.
        table = reader_at(CONVENTIONS[spec.format])(matching(table, spec), spec.ROLE)
    return _with_optional(table, spec)


def _file(path: Path, spec: Table, config: StudyConfig) -> TextTable:
    """A file that is one table, by its declared format or by its name."""
    convention = spec.format in CONVENTIONS
    kind = kind_of(path) if convention or spec.format is None else spec.format
    if spec.format is None or convention:
        refuse_elsewhere(path)
    if kind is None:
        raise refusal("file.format", formats=", ".join(sorted(_BY_SUFFIX)))
    wanted = [table for table in config.tables if table.source() == spec.source()]
    columns = [n for table in wanted for visit in table.by_visit() for n in visit.columns()]
    table = read_file(
        path,
        kind,
        separator=spec.separator,
        encoding=spec.encoding,
        sheet=spec.sheet,
        # A convention may look at columns that it does not name.
        columns=None if convention else columns,
    )
    return _in_declared_words(table, wanted, config)


def _in_declared_words(table: TextTable, specs: list[Table], config: StudyConfig) -> TextTable:
    """Columns of words whose codes have labels in the file, in the words that study.toml uses.

    ``arms`` may name the codes of a column or their labels, and so may ``where``, ``complete``,
    ``statuses`` and ``baseline``: a code stands as it is where that is declared for its column.
    """
    if not table.described:
        return table
    declared: dict[str, set[str]] = defaultdict(set)
    for spec in specs:
        complete = {*(getattr(spec, "complete", None) or ())}
        by_role = {
            "arm": {*config.study.arms},
            "agent": {*config.study.arms},
            "visit_name": {str(config.study.baseline)},
            "status": complete | {*(getattr(spec, "statuses", None) or ())},
        }
        for role, words in by_role.items():
            if isinstance(column := getattr(spec, role, None), str):
                declared[column] |= words
        for column, chosen in spec.where.items():
            declared[column] |= {chosen} if isinstance(chosen, str) else set(chosen)
    cells = {}
    for name in declared.keys() & set(table.cells) & set(table.described):
        own = declared[name]
        labels = {code: label for code, label in table.described[name].words.items()
                  if label in own and code not in own}  # fmt: skip
        if labels:
            codes = table.column(name)
            cells[name] = codes.map(labels).where(codes.isin(list(labels)), codes)
    return replace(table, cells=table.cells.assign(**cells)) if cells else table


def _with_optional(table: TextTable, spec: Table) -> TextTable:
    """Columns that a standard allows to be absent, blank where study.toml did not name them."""
    filled_in = [getattr(spec, role) for role in spec.filled_in]
    names = [n for value in filled_in for n in ([value] if isinstance(value, str) else value)]
    absent = [name for name in names if name not in table.cells]
    if not absent:
        return table
    return replace(table, cells=table.cells.assign(**dict.fromkeys(absent, "")))
