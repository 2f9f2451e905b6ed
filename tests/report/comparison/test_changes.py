"""Each planted change is located, and what is no change is none."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from nbformat import v4

from analysis.report.comparison.changes import Change, compared
from analysis.report.comparison.documents import Block, Document
from analysis.report.comparison.sides import Side, read_side
from analysis.report.comparison.told import log
from tests.report.comparison import sides


@pytest.fixture
def moved(tmp_path):
    """What moved from the notebook as it is to one with changes planted in it."""

    def find(**planted):
        old = read_side(str(sides.write(tmp_path / "old")))
        return compared(old, read_side(str(sides.write(tmp_path / "new", **planted))))

    return find


def changed(table, row, column, text):
    table = table.copy()
    table.loc[row, column] = text
    return table


def test_the_same_notebook_has_not_moved(moved):
    assert moved() == []


@pytest.mark.parametrize("row", ["3 h", "24 h", "7 days"])
@pytest.mark.parametrize("column", ["estimate", "p"])
def test_a_number_is_located_to_its_row_and_column(moved, row, column):
    (one,) = moved(estimates=changed(sides.ESTIMATES, row, column, "−8.00"))
    assert (one.kind, one.document, one.heading) == ("cell", "04_control.ipynb", "The difference")
    assert (one.row, one.column) == (row, column)
    assert (one.old, one.new) == (sides.ESTIMATES.loc[row, column], "−8.00")


def test_the_relative_change_is_of_the_size_of_the_old_number(moved):
    (one,) = moved(estimates=changed(sides.ESTIMATES, "3 h", "estimate", "−8.19"))
    assert one.relative == pytest.approx(0.1)
    (one,) = moved(estimates=changed(sides.ESTIMATES, "3 h", "estimate", "< 0"))
    assert one.relative is None


@pytest.mark.parametrize("claim", list(sides.VERDICTS.index))
@pytest.mark.parametrize("source", list(sides.VERDICTS.columns))
def test_a_verdict_is_told_before_everything_else(moved, claim, source):
    found = moved(
        verdicts=changed(sides.VERDICTS, claim, source, "supported"),
        estimates=changed(sides.ESTIMATES, "3 h", "p", "0.9"),
        prose="Scores rose.",
    )
    assert [one.kind for one in found] == ["verdict", "cell", "text"]
    assert (found[0].row, found[0].column, found[0].new) == (claim, source, "supported")


@pytest.mark.parametrize(
    ("new", "kind"),
    [("contradicted<br>not passed: estimate", "verdict"), ("not decided<br>not passed: estimate",
     "cell"), ("undecided", "verdict")],
)  # fmt: skip
def test_a_verdict_is_the_word_without_the_gates_below(tmp_path, new, kind):
    sides_read = []
    for name, cell in (("old", "not decided<br>not evaluated: robustness"), ("new", new)):
        place = tmp_path / name
        place.mkdir()
        row = f"<tr><th>Relief</th><td>{cell}</td></tr>"
        page = f"<h2>Verdicts</h2><table><tr><th>claim</th><th>verdict</th></tr>{row}</table>"
        (place / "index.html").write_text(f"<main>{page}</main>")
        sides_read.append(read_side(str(place)))
    (one,) = compared(*sides_read)
    assert (one.kind, one.row, one.column) == (kind, "Relief", "verdict")


def test_a_row_or_column_in_another_place_is_no_change(moved):
    assert moved(estimates=sides.ESTIMATES.iloc[::-1]) == []
    assert moved(estimates=sides.ESTIMATES[["p", "estimate"]]) == []


def test_a_row_between_the_others_moves_itself_alone(moved):
    table = sides.ESTIMATES.reindex(["3 h", "5 h", "24 h", "7 days"], fill_value="−1.00")
    (one,) = moved(estimates=table)
    assert (one.row, one.column, one.old, one.new) == ("5 h", "whole row", None, "−1.00, −1.00")


def test_a_column_that_is_gone_is_one_change(moved):
    (one,) = moved(estimates=sides.ESTIMATES[["estimate"]])
    assert (one.column, one.new) == ("p", None)


def test_a_figure_of_other_numbers_is_a_change_with_both_pictures(moved):
    (one,) = moved(heights=(1.0, 3.0, 2.5))
    assert (one.kind, one.place) == ("figure", "cell 5")
    assert one.old_png != one.new_png
    assert "pixels differ" in one.why


def test_an_alternative_text_alone_is_a_change(moved):
    (one,) = moved(alt="Bars of four visits")
    assert (one.kind, one.old, one.new) == (
        "figure", "Bars of three visits", "Bars of four visits",
    )  # fmt: skip
    assert one.why == "the alternative text alone"


def test_prose_and_printed_text_are_located_to_their_paragraph(moved):
    (one,) = moved(prose=sides.PROSE.replace("Only", "Not only"))
    assert (one.kind, one.heading) == ("text", "Compared with control")
    assert "Not only" in one.new
    (one,) = moved(printed="58 people\n")
    assert (one.kind, one.old, one.new) == ("text", "60 people", "58 people")


def test_a_cell_put_first_moves_no_other(moved):
    first = [v4.new_markdown_cell("A word before."), v4.new_code_cell("1 + 1")]
    (one,) = moved(first=first)
    assert (one.kind, one.old, one.new) == ("text", None, "A word before.")


def test_a_notebook_on_one_side_alone_is_named(tmp_path):
    old, new = (sides.write(tmp_path / name) for name in ("old", "new"))
    sides.write(new, name="05_onset.ipynb")
    sides.write(old, name="03_change.ipynb")
    found = compared(read_side(str(old)), read_side(str(new)))
    assert [(one.kind, one.old, one.new) for one in found] == [
        ("document", "03_change.ipynb", None),
        ("document", None, "05_onset.ipynb"),
    ]


def unlike(count, seed):
    """Cells of some 150 words each that share little beyond their letters."""
    draw = random.Random(seed)
    codes = (" ".join(f"{draw.randrange(10**6):x}" for _ in range(150)) for _ in range(count))
    return [Block("code", "", f"cell {n}", code) for n, code in enumerate(codes, start=1)]


def test_notebooks_that_share_little_are_compared_in_seconds_and_still_found_again():
    one, other = unlike(1, 1)[0], unlike(1, 2)[0]
    old, new = replace(one, texts=("60 people",)), replace(one, texts=("58 people",))
    new = replace(new, key=f"{one.key} {other.key[:400]}")
    sides = (
        Side(str(n), {"n": Document("n", (*unlike(count, n), block, *unlike(9, n + 7)))})
        for n, count, block in ((3, 60, old), (4, 80, new))
    )
    begun = time.process_time()
    (change,) = compared(*sides)
    assert time.process_time() - begun < 10
    assert (change.old, change.new) == ("60 people", "58 people")


def test_files_read_in_another_state_are_told_first(tmp_path):
    read = []
    for name, state in (("old", "c45"), ("new", "00b")):
        place = tmp_path / name
        place.mkdir()
        rows = f"<tr><th>study.toml</th><td>{state}</td></tr><tr><th>a.csv</th><td>7e1</td></tr>"
        page = f"<h2>Data</h2><table><tr><th>file</th><th>SHA-256</th></tr>{rows}</table>"
        (place / "index.html").write_text(f"<main>{page}</main>")
        read.append(read_side(str(place)))
    told = log(compared(*read)).splitlines()
    assert told[:2] == ["No verdict changed. Moved: 1 cell.", "Read in another state: study.toml."]


def test_what_is_declared_and_the_first_estimate_come_before_all_cells():
    at = Change("cell", "index.html", "Verdicts", title="Verdicts on a study")
    estimate = replace(at, row="They fall", column="Estimate [95 % interval]", old="−7 [−9, −5]",
                       new="−8 [−9, −7]")  # fmt: skip
    planned = replace(at, title="Declared in study.toml", row="randomised", old="yes", new="no")
    told = log([estimate, planned, planned]).splitlines()
    assert told[:3] == [
        "No verdict changed, but 1 estimate beside them did. Moved: 3 cells.",
        "Declared otherwise, or otherwise in the data: randomised: yes → no.",
        "The first estimate that moved (They fall): −7 [−9, −5] → −8 [−9, −7].",
    ]
    assert "yes" not in log([estimate, planned], private=True)


def test_a_verdict_counts_once_and_those_of_parts_apart():
    at = Change("verdict", "n", title="Verdicts", table=1, row="They fall", old="supported")
    part = replace(at, title="Parts of onset", row="within hours")
    told = log([part, at, replace(at, document="00.ipynb")]).splitlines()
    assert told[0] == "Moved: 1 verdict, 1 verdict on parts of claims."
    assert ["Parts of onset" in one for one in told[1:]] == [False, False, True]


def test_a_long_text_is_cut_where_the_two_part():
    start = "The comparator is declared active and concurrent, and what follows is long enough " * 2
    told = log([Change("text", "n", old=f"{start}randomised.", new=f"{start}not randomised.")])
    assert "randomised. → …" in told
    assert "not randomised." in told
