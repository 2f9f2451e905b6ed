"""What an export holds: its tables, their columns, and what the columns may be."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.draft.answers import answer_labels
from analysis.draft.item_columns import Block, find_blocks, plain
from analysis.readers.formats.delimited.decode import NotUtf8, Text
from analysis.readers.formats.delimited.encoding import detect
from analysis.readers.formats.delimited.scan import find_separator, first_rows, read_header
from analysis.readers.formats.open_table import kind_of, read_file
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["Sighting", "look"]

# So many rows show what a column holds; so many columns beside items are looked into.
_ROWS, _COLUMNS = 2000, 200
_HEAD = 4096
_NEARLY_ALL = 0.8
_CDISC = ("xpt", "dataset-json")
_ISO = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d|\d{1,4}[/.]\d{1,2}[/.]\d{1,4}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_SLASHED = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}(\D.*)?")
_ZONED = re.compile(r".*\d[T ]\d\d.*(Z|[+-]\d\d:?\d\d)")
_SUBJECT = ("subject", "subj", "usubjid", "participant", "record", "patient", "person", "pid",
            "sid", "code", "id")  # fmt: skip
_ARM = ("arm", "group", "treatment", "trt", "alloc", "random", "cond")
_FEW_ARMS = 6
# Words of a name, whether set apart or run together: start_dose, StartTime.
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HOURS = {"h", "hour", "hours", "hrs", "time", "date", "datetime", "dt"}


@dataclass(frozen=True)
class Sighting:
    """One table of an export.

    Attributes
    ----------
    path : Path
    format : str
        As in study.toml.
    header : tuple of str
    blocks : list of Block
        Item columns.
    sample : DataFrame of str
        The first rows of the other columns; they are looked at and never written.
    sheet : str or None
        Name of the sheet, where a workbook has several.
    labels : dict
        Of blocks whose answers are words, by pattern: the words and the code of each.
    """

    path: Path
    format: str
    header: tuple[str, ...]
    blocks: list[Block]
    sample: pd.DataFrame
    sheet: str | None = None
    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    def _mostly(self, pattern: re.Pattern[str]) -> list[str]:
        """Columns whose cells, where they hold anything, nearly all match."""
        found = []
        for column, cells in self.sample.items():
            told = cells.str.strip()
            told = told[told != ""]
            if len(told) and told.str.fullmatch(pattern).mean() > _NEARLY_ALL:
                found.append(str(column))
        return found

    @cached_property
    def slashed(self) -> list[str]:
        """Columns of times written with slashes or points."""
        return self._mostly(_SLASHED)

    @cached_property
    def times(self) -> list[str]:
        """Columns of times."""
        times = {*self._mostly(_ISO), *self.slashed}
        return [str(column) for column in self.sample if column in times]

    @cached_property
    def clocks(self) -> list[str]:
        """Columns of times of day."""
        return self._mostly(_CLOCK)

    @cached_property
    def days(self) -> list[str]:
        """Columns of dates without a time of day."""
        return self._mostly(_DAY)

    @cached_property
    def zoned(self) -> bool:
        """Whether every column of times carries a zone."""
        return bool(self.times) and set(self.times) <= set(self._mostly(_ZONED))

    @property
    def subject(self) -> str | None:
        """The column whose name says that it holds identifiers."""
        for hint in _SUBJECT:
            for column in self.header:
                if hint in plain(column) and column in self.sample and column not in self.times:
                    return column
        return None

    @property
    def arm(self) -> str | None:
        """A column named like an arm, with few different values."""
        for column in self.sample:
            few = self.sample[column].nunique() <= _FEW_ARMS
            if few and any(plain(str(column)).startswith(hint) for hint in _ARM):
                return str(column)
        return None

    def moment(self, *words: str) -> str | None:
        """The first column of a time, or of hours, whose name has one of some words in it."""
        for word in words:
            for column in map(str, self.sample):
                own = _WORDS.findall(column)
                told = {part.lower() for part in own} | {plain(column)}
                hours = bool(told & _HOURS) or set(told) - {plain(column)} <= {word, "infusion"}
                if word in told and (column in self.times or hours):
                    return column
        return None

    def named(self, *hints: str) -> str | None:
        """The first column beside items whose name holds a hint, by the order of hints."""
        for hint in hints:
            for column in self.sample:
                if hint in plain(str(column)):
                    return str(column)
        return None


def look(export: Path) -> list[Sighting]:
    """The tables of a file, or of the files in a folder.

    Raises
    ------
    ReliefError
        ``draft.absent`` and ``draft.nothing`` where there is none; what the readers refuse
        of any of them.
    """
    if not export.exists():
        raise refusal("draft.absent")
    files = _once(sorted(export.iterdir())) if export.is_dir() else [export]
    tables = [found for file in files if file.is_file() for found in _tables(file)]
    if not tables:
        raise refusal("draft.nothing")
    return tables


def _once(files: list[Path]) -> list[Path]:
    """Of one table in several encodings the first alone, as study.toml needs one."""
    kept: dict[str, Path] = {}
    for file in files:
        if kind_of(file) or _special(file):
            kept.setdefault(file.stem if kind_of(file) in _CDISC else file.name, file)
    return list(kept.values())


def _tables(path: Path) -> list[Sighting]:
    special = _special(path)
    if special is not None:
        return [Sighting(path, special, (), [], pd.DataFrame())]
    if kind_of(path) == "excel":
        return _sheets(path)
    table = _table(path)
    return [] if table is None else [table]


def _sheets(path: Path) -> list[Sighting]:
    """The sheets of a workbook that hold something."""
    from analysis.readers.formats.excel.sheet import filled_sheets, read_sheet

    sheets = filled_sheets(path)
    found = [_seen(path, "excel", read_sheet(path, sheet=name)) for name in sheets]
    if len(sheets) == 1:
        return found
    return [replace(table, sheet=name) for table, name in zip(found, sheets, strict=True)]


def _table(path: Path) -> Sighting | None:
    kind = kind_of(path)
    if kind == "csv":
        return _delimited(path)
    if kind is None or (kind == "dataset-json" and not _is_dataset(path)):
        return None
    return _seen(path, kind, read_file(path, kind))


def _is_dataset(path: Path) -> bool:
    """Whether JSON is a Dataset-JSON: other JSON beside an export is none of its tables."""
    with path.open("rb") as file:
        return path.suffix.lower() == ".dsjc" or b"datasetJSONVersion" in file.read(_HEAD)


def _special(path: Path) -> str | None:
    """Files that their first bytes tell: databases, FHIR, what goes with a REDCap export."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        raise refusal("draft.absent") from None
    if head.startswith(b"SQLite format 3") or head[8:12] == b"DUCK":
        return "omop"
    if kind_of(path) == "dataset-json" and b'"resourceType"' in head:
        return "fhir"
    first = head.removeprefix(codecs.BOM_UTF8).lstrip(b'"').lower()
    if first.startswith(b"variable / field name"):
        return "redcap-dictionary"
    beside = {b"event_name": "redcap-events", b"arm_num": "redcap-arms"}
    return next((kind for name, kind in beside.items() if first.startswith(name)), None)


def _delimited(path: Path) -> Sighting:
    """Items are known by their names; only the other columns are read."""
    encoding = None
    try:
        header = _header(path, None)
    except NotUtf8:
        encoding = detect(path)
        header = _header(path, encoding)
    blocks = find_blocks(header)
    items = {column for block in blocks for column in block.columns}
    others = [name for name in header if name and name not in items][:_COLUMNS]
    table = read_file(path, "csv", encoding=encoding, columns=others)
    found = _seen(path, "csv", table, header)
    if blocks and found.subject and _words_above(path, encoding, header, items):
        answers = read_file(path, "csv", encoding=encoding, columns=[found.subject, *items])
        return replace(found, labels=answer_labels(answers, blocks, found.subject))
    return found


def _words_above(path: Path, encoding: str | None, header: Sequence[str], items: set[str]) -> bool:
    """Whether the first rows hold words where answers stand."""
    with closing(Text(path, encoding)) as text:
        rows = first_rows(text, find_separator(text))[1:]
    cells = [c for row in rows for c, name in zip(row, header, strict=False) if name in items]
    return any(cell.strip()[-1:].isalpha() or cell.strip()[:1].isalpha() for cell in cells)


def _header(path: Path, encoding: str | None) -> tuple[str, ...]:
    with closing(Text(path, encoding)) as text:
        return read_header(text, find_separator(text))[0]


def _seen(
    path: Path, kind: str, table: TextTable, header: tuple[str, ...] | None = None
) -> Sighting:
    header = header or tuple(map(str, table.cells.columns))
    blocks = find_blocks(header)
    items = {column for block in blocks for column in block.columns}
    sample = table.cells.head(_ROWS).astype("str")
    found = Sighting(
        path, _standard(table, kind), header, blocks, sample.drop(columns=items & set(sample))
    )
    if kind != "csv" and found.subject:
        return replace(found, labels=answer_labels(table, blocks, found.subject))
    return found


def _standard(table: TextTable, kind: str) -> str:
    """SDTM and ADaM by the variables that every table of theirs has."""
    names = set(table.cells.columns)
    if {"DOMAIN", "USUBJID"} <= names:
        return "sdtm"
    if "USUBJID" in names and names & {"PARAMCD", "TRT01P"}:
        return "adam"
    redcap = any(name.startswith("redcap_") or name.endswith("_complete") for name in names)
    return "redcap" if kind == "csv" and redcap else kind
