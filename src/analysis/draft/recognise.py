"""What an export holds: its tables, their columns, and what the columns may be."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import instruments
from analysis.draft.answers import answer_labels
from analysis.draft.item_columns import Block, Totals, find_blocks, find_totals
from analysis.draft.names import drug_of, holds, plain, words
from analysis.readers.formats.delimited.decode import NotUtf8, Text
from analysis.readers.formats.delimited.encoding import detect
from analysis.readers.formats.delimited.scan import find_separator, first_rows, read_header
from analysis.readers.formats.open_table import kind_of, read_file, refuse_elsewhere
from analysis.readers.table.text_table import Described, TextTable
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
_SLASHED = re.compile(r"(\d{1,4}[/.]\d{1,2}[/.]\d{1,4}|\d{1,2}-\d{1,2}-\d{4})(\D.*)?")
_DECIMAL = re.compile(r"[+-]?\d+([.,]\d+)?")
_ZONED = re.compile(r".*\d[T ]\d\d.*(Z|[+-]\d\d:?\d\d)")
# The first is believed most.
_SUBJECT = ("usubjid", "subjectid", "participantid", "patientid", "recordid", "personid", "studyid",
            "subject", "subj", "participant", "record", "patient", "person", "pid", "sid", "vpn",
            "proband", "code", "id")  # fmt: skip
_ARM = ("arm", "arms", "group", "grp", "gruppe", "treatment", "trt", "trt01p", "alloc",
        "allocation", "allocated", "random", "randomised", "randomized", "randomisation",
        "randomization", "condition", "cond")  # fmt: skip
_VISIT = ("visit", "visits", "timepoint", "event", "session", "wave", "occasion", "zeitpunkt",
          "besuch", "moment")  # fmt: skip
_LIMESURVEY = ("submitdate", "lastpage", "startlanguage")
_FEW_ARMS, _MANY_VISITS = 6, 30
_HOURS = {"h", "hour", "hours", "hrs", "time", "date", "datetime", "dt"}
# Answers of larger files are not looked at.
_LARGE = 20_000_000
_DIFFERENT = 40


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
    answers : dict
        Of blocks, by pattern: the different answers that were seen.
    described : dict of Described
        By column, where the file says something of it.
    forms, form_times : dict of str
        Of a REDCap project: the form of a column, and the time that a form holds.
    """

    path: Path
    format: str
    header: tuple[str, ...]
    blocks: list[Block]
    sample: pd.DataFrame
    sheet: str | None = None
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    described: Mapping[str, Described] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    form_times: Mapping[str, str] = field(default_factory=dict)

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

    @cached_property
    def totals(self) -> list[Totals]:
        """Columns of totals, named after a scale."""
        starts = {plain(block.pattern)[:3] for block in self.blocks}
        numbers = [name for name in map(str, self.sample) if self._numbers(name)]
        # A total beside the items of its form is worked out of them.
        return find_totals([name for name in numbers if plain(name)[:3] not in starts])

    @property
    def forms_seen(self) -> list[Block | Totals]:
        """Blocks of items, and totals of scales."""
        return [*self.blocks, *self.totals]

    @property
    def subject(self) -> str | None:
        """The column whose name says that it holds identifiers, of people and not of answers."""
        if set(_LIMESURVEY) <= set(self.header):
            # Its id numbers the answers that were sent.
            return "token" if "token" in self.sample else None
        for hint in _SUBJECT:
            for column in self.header:
                own = holds(column, [hint]) and not holds(column, ["response"])
                if own and column in self.sample and column not in self.times:
                    return column
        return None

    @property
    def arm(self) -> str | None:
        """A column named like an arm, or of labels that name drugs, with few different values."""
        names = [str(column) for column in self.sample if not str(column).startswith("redcap_")]
        few = [column for column in names if 0 < len(self.values(column)) <= _FEW_ARMS]
        few = [column for column in few if column not in (self.subject, *self.times)]
        named = [column for column in few if holds(column, _ARM)]
        drugs = [c for c in few if len(self.drugs(c)) > 1 and all(self.drugs(c).values())]
        return next(iter([*(c for c in named if c in drugs), *named, *drugs]), None)

    @property
    def arm_by_name(self) -> bool:
        """Whether the column of the arm is called so."""
        return self.arm is not None and holds(self.arm, _ARM)

    def values(self, column: str) -> list[str]:
        """The different cells of a column, as many times as they are few; for the terminal."""
        cells = self.sample[column].str.strip()
        return sorted(set(cells[cells != ""]))

    def drugs(self, column: str) -> dict[str, str]:
        """The labels of a column and the drug that each names; empty text where it names none."""
        told = self.described[column].words if column in self.described else {}
        return {label: drug_of(told.get(label, label)) or "" for label in self.values(column)}

    def scale_of(self, own: Block | Totals) -> str | None:
        """The scale by names of columns, else by the form or by labels that name one alone."""
        if own.instrument or isinstance(own, Totals):
            return own.instrument
        told = [plain(self.forms.get(name, "")) for name in own.columns[:1]]
        told += [plain(self.described[name].label) for name in own.columns if name in
                 self.described]  # fmt: skip
        fitting = {
            name: scale
            for name, scale in instruments.known().items()
            if any(own.numbers == scale.item_numbers(version) for version in scale.versions)
            and any(plain(name) in text for text in told)
        }
        return max(fitting, key=len) if fitting else None

    def time_of(self, own: Block | Totals) -> str | None:
        """The time of a form: its own form's, else the first column that is no infusion's."""
        form = self.forms.get(own.columns[0])
        if form in self.form_times:
            return self.form_times[str(form)]
        other = ("start", "end", "stop", "birth", "begin")
        free = [c for c in self.times if not holds(c, other) and self.forms.get(c, form) == form]
        if not free:
            return None
        return f"{free[0]} + {self.clocks[0]}" if free[0] in self.days and self.clocks else free[0]

    @cached_property
    def visit(self) -> str | None:
        """A column that names visits: few different ones, several a person."""
        for column in map(str, self.sample):
            if holds(column, _VISIT) and column not in self.times and self.subject:
                different, people = len(self.values(column)), self.sample[self.subject].nunique()
                if 1 < different <= _MANY_VISITS and len(self.sample) > people:
                    return column
        return None

    def moment(self, *hints: str) -> str | None:
        """The first column of a time, or of hours, whose name has one of some words in it."""
        for hint in hints:
            for column in map(str, self.sample):
                told = {*words(column), plain(column)}
                alone = set(words(column)) <= {hint, "infusion", "inf", *_HOURS}
                hours = alone and self._numbers(column)
                if hint in told and (column in self.times or hours):
                    return column
        return None

    def _numbers(self, column: str) -> bool:
        cells = self.sample[column].str.strip()
        told = cells[cells != ""]
        return bool(len(told)) and bool(told.str.fullmatch(_DECIMAL).mean() > _NEARLY_ALL)

    def named(self, *hints: str) -> str | None:
        """The first column beside items that has a word, by the order of the words."""
        for hint in hints:
            for column in map(str, self.sample):
                if holds(column, [hint]):
                    return column
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
        for file in [export] if export.is_file() else sorted(export.iterdir()):
            refuse_elsewhere(file)
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
    small = path.stat().st_size < _LARGE
    if blocks and found.subject and (small or _words_above(path, encoding, header, items)):
        answers = read_file(path, "csv", encoding=encoding, columns=[found.subject, *items])
        labels = answer_labels(answers, blocks, found.subject)
        return replace(found, labels=labels, answers=_answers(answers, blocks))
    return found


def _answers(table: TextTable, blocks: Sequence[Block]) -> dict[str, list[str]]:
    """The different answers of each block, where they are few."""
    found = {}
    for block in blocks:
        columns = [table.column(name) for name in block.columns if name in table.cells]
        texts = {text for column in columns for text in column.unique()} - {""}
        if len(texts) <= _DIFFERENT:
            found[block.pattern] = sorted(texts, key=lambda text: (len(text), text))
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
    others = sample.drop(columns=items & set(sample))
    found = Sighting(
        path, _standard(table, kind), header, blocks, others, described=table.described
    )
    if kind != "csv" and found.subject:
        labels = answer_labels(table, blocks, found.subject)
        return replace(found, labels=labels, answers=_answers(table, blocks))
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
