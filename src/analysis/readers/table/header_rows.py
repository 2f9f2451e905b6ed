"""Headers of survey platforms: names over two rows, and rows under the names that hold no data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.readers.table.text_table import TextTable
from analysis.readers.table.zones import named_zone
from analysis.rules import issue

__all__ = ["joined_names", "without_header_rows"]

# What stands under the name of a question that has one answer.
_ONE_ANSWER = ("response", "open-ended response")
# Qualtrics: under the names a row of questions, and one of identifiers of columns in JSON.
_IMPORT = r'^\{\s*"+ImportId"+\s*:'
_IMPORTED_ZONE = re.compile(r'"+timeZone"+\s*:\s*"+([^"]+)"')
_FIRST_ROWS = 5


def joined_names(first: Sequence[str], second: Sequence[str]) -> list[str] | None:
    """Names of columns whose header is in two rows; None where one row is the header.

    As SurveyMonkey writes it: over each column its question, over those of a matrix the
    question once, and below it what each column is of the question, or ``Response``.

    Parameters
    ----------
    first, second : sequence of str
        The first two rows.

    Returns
    -------
    list of str or None
        What stands below, or the question where that says nothing.
    """
    if len(first) != len(second):
        return None
    above, below = ([name.strip() for name in row] for row in (first, second))
    single = [name.lower() in _ONE_ANSWER for name in below]
    told = [name for name in below if name]
    # A row of a table may hold the word response too, but beside numbers, and under names.
    if not any(single) or any(re.fullmatch(r"[\d\W]+", name) for name in told):
        return None
    if all(above) and sum(single) < len(told):
        return None
    if not all(a or b for a, b in zip(above, below, strict=True)):
        return None
    return [a if one or not b else b for a, b, one in zip(above, below, single, strict=True)]


def without_header_rows(table: TextTable) -> TextTable:
    """The table without the rows of questions and identifiers that Qualtrics puts under names."""
    rows = [[*map(str, row)] for row in table.cells.head(_FIRST_ROWS).itertuples(index=False)]
    marked = np.array([any(re.match(_IMPORT, cell) for cell in row) for row in rows], bool)
    if not marked.any():
        return table
    last = int(np.flatnonzero(marked)[-1])
    low, high = int(table.rows[0]), int(table.rows[last])
    named = f"{low} to {high}" if high > low else f"{low}"
    said = issue("file.header-rows", file=table.file, row=low, count=last + 1, rows=named)
    kept = table.pick(np.arange(len(table.rows)) > last)
    zones = {
        # A zone of no known name is kept as an empty one: it is told where the times are read.
        str(name): named_zone(said_there[1]) or ""
        for name, cell in zip(table.cells, rows[last], strict=True)
        if (said_there := _IMPORTED_ZONE.search(cell))
    }
    return replace(kept, issues=(*table.issues, said), zones=zones)
