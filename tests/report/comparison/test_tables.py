"""Tables as pandas and the report write them, read by label."""

from __future__ import annotations

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from analysis.report.comparison.tables import (
    read_table,
    relative_change,
    side_by_side,
    tables_moved,
)


def table(frame: pd.DataFrame | str):
    html = frame if isinstance(frame, str) else frame.to_html()
    return read_table(BeautifulSoup(html, "html.parser").table)


def test_labels_of_several_levels_are_joined_and_spans_filled():
    rows = pd.MultiIndex.from_product(
        [["ketamine", "midazolam"], ["3 h", "5 h"]], names=["arm", "visit"]
    )
    columns = pd.MultiIndex.from_product([["model", "ANCOVA"], ["estimate", "se"]])
    read = table(pd.DataFrame(range(4), rows, columns[:1]).join(pd.DataFrame(9, rows, columns[1:])))
    assert read.columns == ("model / estimate", "model / se", "ANCOVA / estimate", "ANCOVA / se")
    assert [label for label, _ in read.rows] == [
        "ketamine / 3 h", "ketamine / 5 h", "midazolam / 3 h", "midazolam / 5 h",
    ]  # fmt: skip
    assert read.rows[2][1] == ("2", "9", "9", "9")


def test_counted_rows_are_found_again_by_what_tells_them_apart():
    old = pd.DataFrame({"n": [1, 2, 3], "arm": ["a", "b", "c"]})
    new = pd.DataFrame({"n": [3, 1, 5], "arm": ["c", "a", "b"]})
    (moved,) = tables_moved(table(old), table(new))
    assert (moved.row, moved.column, moved.old, moved.new) == ("b", "n", "2", "5")


def test_rows_of_one_label_are_matched_by_what_they_hold():
    old = pd.DataFrame({"n": [1, 2, 3]}, index=["a", "a", "a"])
    assert tables_moved(table(old), table(old.iloc[::-1])) == []
    (moved,) = tables_moved(table(old), table(old.replace(2, 7).iloc[::-1]))
    assert (moved.old, moved.new) == ("2", "7")


def test_a_table_without_row_headings_or_head_is_read():
    read = table("<table><tr><th>arm</th><th>n</th></tr><tr><td>x</td><td>3</td></tr></table>")
    assert read.columns == ("arm", "n")
    assert read.rows == (("", ("x", "3")),)


def test_lines_and_marks_within_a_cell_are_told_apart():
    mark = '<span class="synthetic">synthetic</span>'
    cell = "<td><span>supported</span><br>not passed: estimate</td>"
    head = "<tr><th>claim</th><th>verdict</th></tr>"
    read = table(f"<table>{head}<tr><th>onset {mark}</th>{cell}</tr></table>")
    assert read.rows == (("onset (synthetic)", ("supported · not passed: estimate",)),)


def test_a_line_of_one_cell_belongs_to_the_row_above():
    why = "<tr><td colspan=3>Why: {}</td></tr>"
    rows = "<tr><th>claim</th><th>verdict</th><th>n</th></tr><tr><th>x</th><td>open</td><td>3</td>"
    old, new = (table(f"<table>{rows}</tr>{why.format(gates)}</table>")
                for gates in ("6 passed", "5 passed"))  # fmt: skip
    (moved,) = tables_moved(old, new)
    assert (moved.row, moved.old, moved.new) == ("x, below", "Why: 6 passed", "Why: 5 passed")


def captioned(*titles: str):
    one = "<table><caption>{}</caption><tr><th>n</th></tr><tr><td>{}</td></tr></table>"
    return [table(one.format(title, len(title))) for title in titles]


def test_tables_are_found_again_by_their_caption_where_one_is_gone():
    old, new = captioned("people", "doses", "scores"), captioned("people", "scores")
    pairs = [(number, before and before.title, after and after.title)
             for number, before, after in side_by_side(old, new)]  # fmt: skip
    assert pairs == [(1, "people", "people"), (2, "doses", None), (2, "scores", "scores")]


@pytest.mark.parametrize(
    ("old", "new", "relative"),
    [("−2.0", "−1.0", 0.5), ("−8.0 [−12.0, −4.0] points", "−4.0 [−8.0, 0.0] points", 0.5),
     ("1,000", "1,100", 0.1), ("40 %", "30 %", -0.25), ("0", "1", None),
     ("a", "1", None), (None, "1", None), ("1 to 2", "1 to 3", None)],
)  # fmt: skip
def test_the_relative_change_is_of_numbers_alone(old, new, relative):
    assert relative_change(old, new) == pytest.approx(relative)
