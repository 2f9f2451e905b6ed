"""A table of an output, read from its HTML, and two of them compared by label, not by place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag

__all__ = ["Moved", "Table", "read_table", "relative_change", "side_by_side", "tables_moved"]

_Cell = tuple[str, bool]
WHOLE_ROW, WHOLE_COLUMN = "whole row", "whole column"
# Between the lines of a cell.
LINES = " · "
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Column labels, and rows of a label and the texts under the columns; its caption."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    title: str = field(default="", compare=False)


@dataclass(frozen=True)
class Moved:
    """One cell: None where there is none on that side."""

    row: str
    column: str
    old: str | None
    new: str | None


def relative_change(old: str | None, new: str | None) -> float | None:
    """(new - old) / |old| of two texts that are numbers or begin with an estimate, or None."""
    before, after = _number(old), _number(new)
    if before is None or after is None or before == 0:
        return None
    return (after - before) / abs(before)


def _number(text: str | None) -> float | None:
    # Of an estimate with its interval, the estimate.
    plain = (text or "").partition(" [")[0].replace("\u2212", "-").replace(",", "").rstrip("% ")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def read_table(tag: Tag) -> Table:
    """The table of a ``<table>``, spans filled; headings of several lines joined by `` / ``."""
    head, body = _grids(tag)
    index = min((_leading(row) for row in body if not _one_cell(row)), default=0)
    width = max((len(row) for row in [*head, *body]), default=0)
    texts = [[text for text, _ in row] + [""] * (width - len(row)) for row in head]
    # pandas gives the names of the index a line of their own, with nothing over the columns.
    if index and len(texts) > 1 and not any(texts[-1][index:]):
        texts.pop()
    columns = [
        _joined([row[place] for row in texts]) or f"column {place - index + 1}"
        for place in range(index, width)
    ]
    rows: list[tuple[str, tuple[str, ...]]] = []
    for row in body:
        cells = [text for text, _ in row] + [""] * (width - len(row))
        if rows and rows[-1][0] and _one_cell(row):
            # A line of one cell explains the row above.
            rows.append((f"{rows[-1][0]}, below", (cells[0], *[""] * (width - index - 1))))
        else:
            rows.append((_joined(cells[:index]), tuple(cells[index:])))
    # What follows a colon are counts.
    title = "" if tag.caption is None else _text(tag.caption).partition(":")[0]
    return Table(tuple(_numbered(columns)), tuple(rows), title)


def _one_cell(row: Sequence[_Cell]) -> bool:
    """Whether one cell spans a line of several columns."""
    return len(row) > 2 and len(set(row)) == 1 and bool(row[0][0])


def _grids(tag: Tag) -> tuple[list[list[_Cell]], list[list[_Cell]]]:
    """Lines of the head and of the body as (text, whether it is a heading), spans filled."""
    head: list[list[_Cell]] = []
    body: list[list[_Cell]] = []
    down: dict[int, tuple[int, _Cell]] = {}
    for line in tag.find_all("tr"):
        if line.find_parent("table") is not tag:
            continue
        row, down = _line(line, down)
        in_head = line.find_parent("thead") is not None
        (head if in_head or (not body and all(th for _, th in row)) else body).append(row)
    return head, body


def _line(
    line: Tag, above: dict[int, tuple[int, _Cell]]
) -> tuple[list[_Cell], dict[int, tuple[int, _Cell]]]:
    """A line with what spans into it from above, and what spans on, by place."""
    row: list[_Cell] = []
    on: dict[int, tuple[int, _Cell]] = {}

    def put(cell: _Cell, left: int) -> None:
        if left:
            on[len(row)] = (left, cell)
        row.append(cell)

    for one in line.find_all(["td", "th"], recursive=False):
        while len(row) in above:
            left, cell = above[len(row)]
            put(cell, left - 1)
        cell = (_text(one), one.name == "th")
        for _ in range(_span(one, "colspan")):
            put(cell, _span(one, "rowspan") - 1)
    while len(row) in above:
        left, cell = above[len(row)]
        put(cell, left - 1)
    return row, on


def _text(cell: Tag) -> str:
    """What a cell says in one line: its lines, and what a mark adds to them, told apart."""
    for end in cell.find_all("br"):
        end.replace_with(LINES)
    for mark in cell.find_all("span", class_="synthetic"):
        mark.replace_with(f" ({mark.get_text()})")
    return " ".join(cell.get_text(" ").split()).removesuffix(LINES.rstrip()).replace(" ,", ",")


def _span(tag: Tag, name: str) -> int:
    text = str(tag.get(name, ""))
    return int(text) if text.isdecimal() and 0 < int(text) < 1000 else 1


def _leading(row: Sequence[_Cell]) -> int:
    count = 0
    while count < len(row) and row[count][1]:
        count += 1
    return count


def _joined(texts: Sequence[str]) -> str:
    return " / ".join(dict.fromkeys(text for text in texts if text))


def _numbered(labels: Sequence[str]) -> Iterator[str]:
    """The second of two equal labels says that it is."""
    seen: Counter[str] = Counter()
    for label in labels:
        seen[label] += 1
        yield label if seen[label] == 1 else f"{label} ({seen[label]})"


def side_by_side(
    old: Sequence[Table], new: Sequence[Table]
) -> Iterator[tuple[int, Table | None, Table | None]]:
    """Tables of one place in pairs, with the number of the new one, or of the old without it.

    The same caption and columns in their order; between two such each in turn where there are as
    many, else those of one caption or with more labels in common than not.
    """
    before, after = ([(table.title, table.columns) for table in side] for side in (old, new))
    for _, i, i_end, j, j_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if i_end - i == j_end - j:
            yield from zip(range(j + 1, j_end + 1), old[i:i_end], new[j:j_end], strict=True)
            continue
        left = list(range(j, j_end))
        for place in range(i, i_end):
            found = next((k for k in left if _alike(old[place], new[k])), None)
            if found is None:
                yield place + 1, old[place], None
            else:
                left.remove(found)
                yield found + 1, old[place], new[found]
        yield from ((k + 1, None, new[k]) for k in left)


def _alike(old: Table, new: Table) -> bool:
    if old.title and old.title == new.title:
        return True
    labels = [{*table.columns, *(label for label, _ in table.rows)} for table in (old, new)]
    return 2 * len(labels[0] & labels[1]) > len(labels[0] | labels[1])


def tables_moved(old: Table, new: Table) -> list[Moved]:
    """The cells that differ; a row or a column in another place is no difference."""
    old, new = _labelled(old, new)
    shared = [column for column in old.columns if column in new.columns]
    moved = [
        *(Moved("", name, WHOLE_COLUMN, None) for name in old.columns if name not in shared),
        *(Moved("", name, None, WHOLE_COLUMN) for name in new.columns if name not in shared),
    ]
    places = [(column, old.columns.index(column), new.columns.index(column)) for column in shared]
    for label, before, after in _pairs(old, new, places):
        if before is None or after is None:
            texts = before if after is None else after
            told = ", ".join(text for text in texts or () if text and text != label)
            sides = (told, None) if after is None else (None, told)
            moved.append(Moved(label, WHOLE_ROW, *sides))
            continue
        moved += [
            Moved(label, column, before[i], after[j])
            for column, i, j in places
            if before[i] != after[j]
        ]
    return moved


def _pairs(
    old: Table, new: Table, places: Sequence[tuple[str, int, int]]
) -> Iterator[tuple[str, tuple[str, ...] | None, tuple[str, ...] | None]]:
    """Rows of one label side by side: equal ones first, the others in their order."""
    for label in dict.fromkeys([label for label, _ in (*old.rows, *new.rows)]):
        before = [texts for name, texts in old.rows if name == label]
        after = [texts for name, texts in new.rows if name == label]
        for texts in list(before):
            same = [other for other in after if all(texts[i] == other[j] for _, i, j in places)]
            if same:
                before.remove(texts)
                after.remove(same[0])
        for place in range(max(len(before), len(after))):
            one = before[place] if place < len(before) else None
            other = after[place] if place < len(after) else None
            yield label, one, other


def _labelled(old: Table, new: Table) -> tuple[Table, Table]:
    """Rows that are only counted are labelled by the first column that tells them apart."""
    if not all(_counted(table) for table in (old, new)):
        return old, new
    for column in old.columns:
        if all(_tells_apart(table, column) for table in (old, new)):
            return _by(old, column), _by(new, column)
    return old, new


def _counted(table: Table) -> bool:
    labels = [label for label, _ in table.rows]
    return not any(labels) or labels == [str(place) for place in range(len(labels))]


def _tells_apart(table: Table, column: str) -> bool:
    if column not in table.columns:
        return False
    place = table.columns.index(column)
    texts = [row[place] for _, row in table.rows]
    return len(set(texts)) == len(texts) and all(text and _number(text) is None for text in texts)


def _by(table: Table, column: str) -> Table:
    place = table.columns.index(column)
    return Table(table.columns, tuple((texts[place], texts) for _, texts in table.rows))
