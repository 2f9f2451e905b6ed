"""A table is found again in what was shown of it, with its names, its rows and their number."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from rich.table import Table

from analysis.disclosure.notebooks.shown_tables import (
    tables_in_html,
    tables_in_text,
    tables_in_values,
    values_in,
)

TOTALS = [23, -4, 31, 18]
FRAME = pd.DataFrame({"Subject ID": [f"P{n}" for n in range(4)], "total": TOTALS})
INDEXED = FRAME.set_index("Subject ID")
NESTED = FRAME.assign(arm=["k", "k", "m", "m"]).set_index(["arm", "Subject ID"])


def rich_text(frame):
    table = Table(*frame.columns)
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    out = io.StringIO()
    Console(file=out, width=80).print(table)
    return out.getvalue()


def markdown(frame):
    rows = [frame.columns, ["---"] * len(frame.columns), *frame.astype(str).to_numpy()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


TEXTS = {
    "frame": repr(FRAME),
    "indexed": repr(INDEXED),
    "nested": repr(NESTED),
    "series": repr(INDEXED["total"]),
    "one column": repr(FRAME[["Subject ID"]]),
    "csv": FRAME.to_csv(index=False),
    "tab": FRAME.to_csv(index=False, sep="\t"),
    "markdown": markdown(FRAME),
    "rich": rich_text(FRAME),
    "after a sentence": f"The people are these:\n\n{FRAME}\n\nThat is all.",
    "wrapped": FRAME.assign(**{f"a_long_name_{n}": 1 for n in range(9)}).to_string(line_width=60),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_names_and_rows_of_a_text(text):
    table = next(found for found in tables_in_text(text) if "Subject ID" in found.header)
    assert table.length == 4


def test_series_of_people_is_named_below():
    (table,) = tables_in_text(repr(FRAME["Subject ID"]))
    assert table.header == ("Subject ID",)
    assert table.length == 4
    assert "Subject ID" in next(tables_in_text(repr(pd.Index(["a"], name="Subject ID")))).header


@pytest.mark.parametrize("frame", [FRAME, INDEXED, NESTED], ids=["frame", "indexed", "nested"])
def test_names_and_rows_of_html(frame):
    (table,) = tables_in_html(frame.to_html())
    assert "Subject ID" in table.header
    assert table.length == 4
    assert table.columns()[-1] == ["23", "-4", "31", "18"]


def test_label_that_spans_rows_stands_in_each():
    (table,) = tables_in_html(NESTED.to_html())
    assert table.columns()[0] == ["k", "k", "m", "m"]


def test_html_without_headings_names_its_columns_first():
    rows = "".join(f"<tr><td>P{n}<td>{n}</tr>" for n in range(3))
    (table,) = tables_in_html(f"<table><tr><td>subject<td>total</tr>{rows}</table>")
    assert table.header == ("subject", "total")
    assert table.length == 3


@pytest.mark.parametrize("rows", [70, 400])
def test_rows_that_are_not_shown_count(rows):
    frame = pd.DataFrame({"a": range(rows), "b": range(rows)})
    assert {table.length for table in tables_in_text(repr(frame))} == {rows}
    assert {table.length for table in tables_in_html(frame._repr_html_())} == {rows}
    assert {table.length for table in tables_in_text(repr(frame["a"]))} == {rows}


def test_lists_dicts_and_arrays():
    lengths = {
        repr(TOTALS): 4,
        repr(dict(enumerate(TOTALS))): 4,
        repr(FRAME.to_dict("records")): 4,
        repr(set(TOTALS)): 4,
        repr(np.array(TOTALS * 20)): 80,
        repr(np.array(TOTALS * 20).astype(str)): 80,
        str(np.array(TOTALS * 20, dtype=float)): 80,
        "totals:\n[1, 2, 3]": 3,
    }
    for text, length in lengths.items():
        found = [table for value in values_in(text) for table in tables_in_values(value)]
        assert max(table.length for table in found) == length, text


def test_keys_of_records_are_names():
    value = [{"Subject ID": "P1", "scores": {"total": 3}}]
    headers = {name for table in tables_in_values(value) for name in table.header}
    assert headers == {"Subject ID", "scores", "total"}


def test_prose_is_no_table():
    prose = "The participant, who is one of many.\nNobody is told apart.\nSubject to change."
    assert list(tables_in_text(prose)) == []
    assert list(values_in("It fell by 12 [3 to 4] points.")) in ([], [["3", "4"]])
