"""The tables of an export: which files and sheets hold some, and of which format each is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.draft.answers import answer_labels
from analysis.draft.item_columns import Block, find_blocks
from analysis.draft.sighting import Sighting
from analysis.readers.formats.delimited.decode import NotUtf8, Text
from analysis.readers.formats.delimited.encoding import detect
from analysis.readers.formats.delimited.scan import find_separator, first_rows, read_header
from analysis.readers.formats.open_table import kind_of, read_file, refuse_elsewhere
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["COLUMNS", "look"]

# So many rows show what a column holds; so many columns beside items are looked into.
_ROWS, COLUMNS = 2000, 200
_HEAD = 4096
_CDISC = ("xpt", "dataset-json")
# Answers of larger files are not looked at.
_LARGE = 20_000_000
_DIFFERENT = 40
# More numbered columns, of no known scale, than a questionnaire of symptoms has items.
_ITEMS = 60
# So few may be rated from 0 to 100.
_RATED = 12
_MOSTLY = 0.8
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
# What REDCap holds of a form: incomplete, unverified, complete.
_FORM_STATUS = {"0", "1", "2", "Incomplete", "Unverified", "Complete"}


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
    others = [name for name in header if name and name not in items][:COLUMNS]
    table = read_file(path, "csv", encoding=encoding, columns=others)
    found = _seen(path, "csv", table, header)
    found = replace(found, unseen=sum(n not in items for n in filter(None, header)) - len(others))
    small = path.stat().st_size < _LARGE
    if blocks and found.subject and (small or _words_above(path, encoding, header, items)):
        answers = read_file(path, "csv", encoding=encoding, columns=[found.subject, *items])
        return _with_answers(found, answers)
    return found


def _with_answers(found: Sighting, table: TextTable) -> Sighting:
    """With what the answers of its forms say."""
    found = _forms_alone(found, table)
    labels = answer_labels(table, found.blocks, str(found.subject), _scales(found))
    return replace(found, labels=labels, answers=_answers(table, found.blocks))


def _forms_alone(found: Sighting, table: TextTable | None = None) -> Sighting:
    """Without numbered columns that are hardly a form's: laboratory values, regions, genes.

    They are of no known scale, and more than one has items, or hold numbers that are no answers.
    """
    unknown = [block for block in found.blocks if found.scale_of(block) is None]
    filler = [block for block in unknown
              if len(block.numbers) > _ITEMS or (table and _measured(table, block))]  # fmt: skip
    # Of numbers of three digits the first is told apart from the others by nothing.
    stems = {_stem(block) for block in filler if len(block.numbers) > _ITEMS}
    gone = [block for block in unknown if block in filler or _stem(block) in stems]
    passed = found.passed_over + sum(len(block.columns) for block in gone)
    return replace(found, blocks=[b for b in found.blocks if b not in gone], passed_over=passed)


def _stem(block: Block) -> str:
    """What stands before the number, without digits of its own."""
    return block.pattern.partition("{")[0].rstrip("0123456789")


def _measured(table: TextTable, block: Block) -> bool:
    """Whether the cells are many numbers, and no few ratings from 0 to 100."""
    columns = [table.column(name) for name in block.columns if name in table.cells]
    texts = {text for column in columns for text in column.unique()} - {""}
    numbers = {text for text in texts if _NUMBER.fullmatch(text)}
    answers = {text for text in numbers if text.isdecimal() and int(text) <= 100}
    rated = numbers == answers and len(block.numbers) <= _RATED
    return len(texts) > _DIFFERENT and len(numbers) > _MOSTLY * len(texts) and not rated


def _scales(found: Sighting) -> list[str | None]:
    return [found.scale_of(block) for block in found.blocks]


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
        path,
        _standard(table, kind),
        header,
        blocks,
        others,
        described=table.described,
        zones=table.zones,
    )
    if kind == "csv" or not found.subject:
        return _forms_alone(found)
    return _with_answers(found, table)


def _standard(table: TextTable, kind: str) -> str:
    """SDTM and ADaM by the variables that every table of theirs has."""
    names = set(table.cells.columns)
    if {"DOMAIN", "USUBJID"} <= names:
        return "sdtm"
    if "USUBJID" in names and names & {"PARAMCD", "TRT01P"}:
        return "adam"
    return "redcap" if kind == "csv" and _of_redcap(table) else kind


def _of_redcap(table: TextTable) -> bool:
    """Whether a column is REDCap's own, or the status that it puts after each form."""
    names = list(map(str, table.cells.columns))
    if any(name.startswith("redcap_") for name in names):
        return True
    told = (set(table.cells[name].astype("str").str.strip()) - {""}
            for name in names if name.endswith("_complete"))  # fmt: skip
    return any(values and values <= _FORM_STATUS for values in told)
