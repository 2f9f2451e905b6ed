"""Rows F: what must come out nowhere."""

from __future__ import annotations

import pytest

from tests.bad_inputs.found import ITEM, placed, refused
from tests.factory import TOKEN, checked, tables


@pytest.mark.parametrize("cell", [f"2 - call {TOKEN} 415-555-1212", TOKEN, "1e3", "9" * 400, "٣"])
@pytest.mark.bad_input("F2")
def test_text_in_a_number_is_set_aside_and_never_printed(tmp_path, cell):
    content = tables()
    content["scores"][6][ITEM] = cell
    outcome = checked(tmp_path, content)
    placed(outcome.find("cell.not-a-number"), "scores.csv", 8, ITEM)
    assert outcome.find("form.incomplete")["count"] == 1


@pytest.mark.bad_input("F2")
def test_text_in_a_time_is_set_aside_and_never_printed(tmp_path):
    content = tables()
    content["scores"][6]["when"] = f"15 min post {TOKEN}"
    placed(checked(tmp_path, content).find("time.unreadable"), "scores.csv", 8, "when")


@pytest.mark.parametrize("table", ["subjects", "infusions", "scores"])
@pytest.mark.bad_input("F3")
def test_a_column_of_identifiers_stops_whatever_table_it_is_in(tmp_path, table):
    content = tables()
    for row in content[table]:
        row["firstName"] = TOKEN
    refused(checked(tmp_path, content), "identifier.column", f"{table}.csv, row 1", "remove it")


@pytest.mark.bad_input("F4")
def test_free_text_is_never_printed(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["subjective_benefit_notes"] = f'=HYPERLINK({TOKEN})\nand, "more"'
    content["scores"][8][ITEM] = "7"
    outcome = checked(tmp_path, content)
    placed(outcome.find("item.out-of-range"), "scores.csv", 10, ITEM)


@pytest.mark.parametrize(
    ("table", "column"),
    [("subjects", "id"), ("subjects", "arm"), ("infusions", "id"), ("infusions", "agent"),
     ("infusions", "start"), ("infusions", "end"), ("scores", "id"), ("scores", "when"),
     ("scores", ITEM)],
)  # fmt: skip
def test_no_cell_is_ever_printed(tmp_path, table, column):
    content = tables()
    content[table][3][column] = TOKEN
    outcome = checked(tmp_path, content)
    assert outcome.error or outcome.rules("STOP", "DROP", "FLAG")


def test_every_row_and_cell_set_aside_on_reading_is_in_the_flow(tmp_path):
    content = tables()
    content["scores"][0]["id"] = "nobody"
    content["scores"][1][ITEM] = "x"
    content["scores"][2]["when"] = "x"
    outcome = checked(tmp_path, content)
    rows = {(r["stage"], r["rule"]): r["n"] for r in outcome.flow if r["arm"] == "all"}
    assert rows == {
        ("rows set aside", "subject.unknown"): 1,
        ("rows set aside", "form.no-time"): 1,
        ("cells set aside", "cell.not-a-number"): 1,
        ("cells set aside", "time.unreadable"): 1,
    }
