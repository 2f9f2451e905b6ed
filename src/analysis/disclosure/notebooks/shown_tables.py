"""Tables found again in what was shown of them: HTML, Markdown, text of pandas, CSV, JSON."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

__all__ = [
    "ShownTable",
    "tables_in_html",
    "tables_in_text",
    "tables_in_values",
    "value_of",
    "values_in",
]

_SPACES = re.compile(r"\s{2,}|\s+(?=[-−]\d)")
_RULE = re.compile(r"[\s|+:=─━┼╇╪┿╋┬┴╂├┤┌┐└┘╭╮╰╯┏┓┗┛┡┩╞╡┠┨-]+")
_SEPARATORS = ("|", "\t", ";", ",", "&")
# What pandas writes under a table that it does not show whole.
_LENGTH = re.compile(r"\[?(\d+) rows [x×] \d+ columns\]?|\bLength: (\d+)\b")
_DTYPE = re.compile(r"(?:^|, )dtype: \w+")
_NAME = re.compile(r"\bName: ([^,\n]+)")
_NAME_OF_INDEX = re.compile(r"\bname=['\"]([^'\"\n]+)")
_LEFT_OUT = {"...", "…", "⋮"}
_NUMBERS = re.compile(r"\[[-+\d.\se,naif'\"]+\]")


@dataclass(frozen=True)
class ShownTable:
    """One table as it was shown.

    Attributes
    ----------
    header : tuple of str
        Names of columns and of index levels.
    rows : tuple of tuple of str
        The rows that were shown, cells from the left; a repeated label may be left out.
    length : int
        How many rows the table has, those not shown included.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    length: int

    def columns(self) -> list[list[str]]:
        """The cells of each column, of rows that are shown whole."""
        width = max(map(len, self.rows), default=0)
        whole = [row for row in self.rows if len(row) == width]
        return [[row[place] for row in whole] for place in range(width)]


def tables_in_html(html: str) -> list[ShownTable]:
    """The tables of some HTML; a cell that spans rows stands in each of them."""
    parser = _Html()
    parser.feed(html)
    parser.close()
    told = [int(a or b) for a, b in _LENGTH.findall(html)]
    return [_of_rows(rows, told) for rows in parser.tables if rows]


class _Html(HTMLParser):
    """Rows of cells (text, whether it is a heading), table by table."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, bool]]]] = []
        self._spans: dict[int, tuple[int, tuple[str, bool]]] = {}
        self._open = False
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table" or (tag in ("tr", "td", "th") and not self.tables):
            self.tables.append([])
            self._spans = {}
        if tag == "tr" or (tag in ("td", "th") and not self.tables[-1]):
            self.tables[-1].append([])
            self._carried()
        if tag in ("td", "th"):
            span = dict(attrs).get("rowspan") or "1"
            self._span = int(span) if span.isdecimal() else 1
            self.tables[-1][-1].append(("", tag == "th"))
            self._open = True
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._open:
            self._open = False
            row = self.tables[-1][-1]
            if self._span > 1:
                self._spans[len(row) - 1] = (self._span - 1, row[-1])
            self._carried()

    def handle_data(self, data: str) -> None:
        if self._open:
            text, heading = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text + data, heading)

    def _carried(self) -> None:
        """Put cells of rows above, which reach into this row, in their places."""
        row = self.tables[-1][-1]
        while (left := self._spans.get(len(row), (0, ("", False))))[0]:
            self._spans[len(row)] = (left[0] - 1, left[1])
            row.append(left[1])


def _of_rows(rows: list[list[tuple[str, bool]]], told: list[int]) -> ShownTable:
    heads = 0
    while heads < len(rows) and all(heading for _, heading in rows[heads]):
        heads += 1
    # Without headings the first row holds the names, if any does.
    heads = heads or 1
    header = tuple(text.strip() for row in rows[:heads] for text, _ in row if text.strip())
    body = _without_gap([tuple(text.strip() for text, _ in row) for row in rows[heads:]])
    return ShownTable(header, body, max([len(body), *told]))


def tables_in_text(text: str) -> Iterator[ShownTable]:
    """The tables of a text: of pandas, Markdown, rich, and those with separators."""
    told = [int(a or b) for a, b in _LENGTH.findall(text)]
    plain = re.sub("[│┃║]", "|", text)
    yield from (ShownTable((name,), (), 0) for name in _NAME_OF_INDEX.findall(text))
    for block in re.split(r"\n[ \t]*\n", plain):
        lines = [line for line in block.split("\n") if line.strip()]
        lines = [line for line in lines if not _RULE.fullmatch(line) and not _LENGTH.search(line)]
        name = _NAME.findall(block) if _DTYPE.search(block) else []
        lines = [line for line in lines if not _DTYPE.search(line)]
        yield from _separated(lines, told)
        yield from _spaced(lines, told, name)


def _separated(lines: list[str], told: list[int]) -> Iterator[ShownTable]:
    """Runs of lines that hold the same number of one separator."""
    for separator in _SEPARATORS:
        rows: list[tuple[str, ...]] = []
        for line in [*lines, ""]:
            bare = line.strip().strip("|") if separator == "|" else line.rstrip(" \\")
            cells = tuple(cell.strip(" \"'") for cell in bare.split(separator))
            if len(cells) > 1 and (not rows or len(cells) == len(rows[0])):
                rows.append(cells)
                continue
            if len(rows) > 1:
                yield ShownTable(rows[0], tuple(rows[1:]), max([len(rows) - 1, *told]))
            rows = [cells] if len(cells) > 1 else []


def _spaced(lines: list[str], told: list[int], names: list[str]) -> Iterator[ShownTable]:
    """Columns that stand under each other; a Series has its name below."""
    rows = [tuple(_SPACES.split(line.rstrip("\\").strip())) for line in lines]
    wide = sum(len(row) > 1 for row in rows)
    if not rows or wide < max(1, len(rows) / 2):
        if names:
            yield ShownTable(tuple(names), (), max([0, *told]))
        return
    heads, levels = 1, tuple[str, ...]()
    # The names of index levels stand on a line of their own, each above its level.
    if len(rows) > 2 and len(rows[1]) < len(rows[2]):
        heads, levels = 2, _above(lines[1], lines[2])
    if names and len(rows) > 1 and len(rows[0]) == len(rows[1]):
        heads = 0  # a Series whose index has no name
    header = tuple(cell for row in rows[:heads] for cell in row)
    body = _without_gap(rows[heads:])
    yield ShownTable((*header, *levels, *names), body, max([len(body), *told]))


def _above(line: str, row: str) -> tuple[str, ...]:
    """The parts of a line that stand above the parts of another."""
    starts = [0, *(gap.end() for gap in _SPACES.finditer(row)), max(len(line), len(row))]
    parts = [line[start:end].strip() for start, end in pairwise(starts)]
    return tuple(part for part in parts if part)


def _without_gap(rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Rows without the one that stands for those left out."""
    return tuple(row for row in rows if not set(row) <= _LEFT_OUT)


def values_in(text: str) -> Iterator[Any]:
    """The lists and dicts that a text shows: all of it, a line, or arrays of numbers."""
    for part in {text, *text.split("\n")}:
        if part.strip()[:1] in ("[", "{", "("):
            value = value_of(part.strip())
            if isinstance(value, (set, frozenset)):
                value = sorted(value, key=str)
            if isinstance(value, (dict, list, tuple)):
                yield value
    arrays = [re.findall(r"[-+]?\d[\d.e+-]*|nan", array) for array in _NUMBERS.findall(text)]
    yield from ([number.rstrip(".") for number in array] for array in arrays)
    widths = {len(array) for array in arrays}
    if len(arrays) > 1 and len(widths) == 1 and widths != {1}:
        yield arrays  # the rows of one array


def value_of(text: str) -> Any:
    """What a text says as JSON or as Python's own writing; None where it is neither."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None


def tables_in_values(value: Any) -> Iterator[ShownTable]:
    """Lists, dicts and what is nested in them as tables: keys are names, or labels of rows."""
    if isinstance(value, dict):
        keys = tuple(map(str, value))
        yield ShownTable(keys, (), 0)
        if value and not any(isinstance(item, (dict, list, tuple)) for item in value.values()):
            pairs = tuple((str(key), str(item)) for key, item in value.items())
            yield ShownTable((), pairs, len(pairs))
        elif value and all(isinstance(item, (dict, list, tuple)) for item in value.values()):
            yield ShownTable((), tuple((key,) for key in keys), len(keys))
        for item in value.values():
            yield from tables_in_values(item)
    elif isinstance(value, (list, tuple)):
        if any(isinstance(item, (dict, list, tuple)) for item in value):
            rows = tuple(
                tuple(map(str, item.values() if isinstance(item, dict) else item))
                for item in value
                if isinstance(item, (dict, list, tuple))
            )
            yield ShownTable((), rows, len(rows))
            for item in value:
                yield from tables_in_values(item)
        elif value:
            yield ShownTable((), tuple((str(item),) for item in value), len(value))
