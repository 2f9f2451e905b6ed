"""Rows F: what must come out nowhere, and what may be shared."""

from __future__ import annotations

import csv
from collections import Counter

import openpyxl
import pandas as pd
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from analysis.cli import app
from analysis.disclosure.figure import shareable_figure
from analysis.disclosure.policy import Policy
from analysis.disclosure.spreadsheets import write_csv, write_xlsx
from analysis.disclosure.tables import WITHHELD, released_table
from analysis.errors import ReliefError
from tests.bad_inputs.found import ITEM, graded, placed, refused
from tests.factory import TOKEN, Outcome, checked, promised, tables, write_study


@pytest.mark.parametrize("cell", [f"2 - call {TOKEN} 415-555-1212", TOKEN, "1e3", "9" * 400, "٣"])
@pytest.mark.bad_input("F2")
def test_text_in_a_number_is_set_aside_and_never_printed(tmp_path, cell):
    content = tables()
    content["scores"][6][ITEM] = cell
    outcome = checked(tmp_path, content)
    placed(outcome.find("cell.not-a-number"), "scores.csv", 8, ITEM)
    assert outcome.find("score.prorated")["count"] == 1


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
    rows: Counter[tuple[str, str]] = Counter()
    for row in outcome.flow:
        if row["stage"] in ("rows set aside", "cells set aside"):
            rows[row["stage"], row["rule"]] += row["n"]
    assert rows == {
        ("rows set aside", "subject.unknown"): 1,
        ("rows set aside", "form.no-time"): 1,
        ("cells set aside", "cell.not-a-number"): 1,
        ("cells set aside", "time.unreadable"): 1,
    }


FORMULAS = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C x'!A0"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.bad_input("F1")
def test_a_text_that_a_spreadsheet_would_run_is_written_so_that_none_does(tmp_path, text):
    table = pd.DataFrame({"arm": [text], "n": [-5]})
    write_csv(table, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as out:
        (row,) = csv.DictReader(out)
    assert (row["arm"], row["n"]) == (f"'{text}", "-5")
    write_xlsx(table, tmp_path / "a.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"]
    assert (cell.data_type, cell.value[:1]) == ("s", "'")


@pytest.mark.bad_input("F1")
def test_formulas_in_an_export_are_never_evaluated(tmp_path):
    content = tables()
    for row, text in zip(content["scores"], FORMULAS, strict=False):
        row["remarks"] = text
    content["scores"] = [{"remarks": "", **row} for row in content["scores"]]
    content["scores"][6][ITEM] = "=1+1"
    outcome = checked(tmp_path, content)
    graded(outcome.find("cell.not-a-number"), "DROP", "row")
    assert not any(text in outcome.said for text in FORMULAS if len(text) > 3)


@pytest.mark.bad_input("F2")
def test_a_name_and_a_number_typed_beside_an_answer_take_the_cell_alone(tmp_path):
    content = tables()
    content["scores"][6][ITEM] = "40 - call Jane 415-555-1212"
    outcome = checked(tmp_path, content)
    graded(outcome.find("cell.not-a-number"), "DROP", "row")
    assert outcome.people("people analysed") == 12
    for word in ("Jane", "415", "1212"):
        assert word not in outcome.said


@pytest.mark.parametrize("name", ["dob", "first_name", "telephone_1", "email", "mrn"])
@pytest.mark.bad_input("F3")
def test_columns_named_after_identifiers_stop_by_their_place(tmp_path, name):
    content = tables()
    content["scores"] = [row | {name: TOKEN} for row in content["scores"]]
    refused(checked(tmp_path, content), "identifier.column", "scores.csv", "column 17")


@pytest.mark.bad_input("F5")
def test_old_ages_and_exact_dates_are_made_coarse_and_places_refused():
    days = pd.DataFrame(
        {"age": [34, 91, 97], "visit": ["2025-03-04", "2025-03", "2024-12-31T10:20"]}
    )
    shown = released_table(days, Policy())
    assert shown["age"].tolist() == [34, "90 or older", "90 or older"]
    assert shown["visit"].tolist() == ["2025", "2025", "2024"]
    with pytest.raises(ReliefError) as stopped:
        released_table(pd.DataFrame({"zip_code": ["48109"], "n": [40]}), Policy())
    assert stopped.value.rule == "identifier.column"
    assert "48109" not in stopped.value.message


@pytest.mark.bad_input("F8")
def test_a_small_cell_is_withheld_with_what_would_give_it_away():
    counts = pd.DataFrame({"improved": [3, 25, 28], "not": [27, 15, 42], "all": [30, 40, 70]},
                          index=["ketamine", "midazolam", "all"])  # fmt: skip
    shown = released_table(counts, Policy())
    assert shown.loc["ketamine", "improved"] == "<10"
    for line in (shown.loc["ketamine"], shown["improved"]):
        assert (line == WITHHELD).sum() >= 1


@pytest.mark.bad_input("F8")
def test_the_command_tells_others_no_small_count_of_real_people(tmp_path):
    path = write_study(tmp_path, tables(n_per_arm=6))
    text = path.read_text(encoding="utf-8").replace("synthetic = true", "synthetic = false")
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["judge", "--share", "--all", str(path)])
    assert result.exit_code == 0
    assert "6 on ketamine" not in result.stdout
    assert "<10 on ketamine" in result.stdout
    assert "withheld" in result.stdout


@pytest.mark.parametrize("column", ["subject", "score_min", "lowest_total"])
@pytest.mark.bad_input("F9")
def test_rows_of_people_and_extremes_are_not_shared(column):
    with pytest.raises(ReliefError) as stopped:
        released_table(pd.DataFrame({column: [12, 14], "n": [40, 40]}), Policy())
    assert stopped.value.rule in ("release.person-rows", "release.extremes")


@pytest.mark.bad_input("F9")
def test_a_point_or_a_line_a_person_is_not_shared():
    for draw in (lambda ax: ax.scatter(range(5), range(5)), lambda ax: ax.plot([1, 2], [3, 4])):
        figure = Figure()
        draw(figure.subplots())
        with pytest.raises(ReliefError) as stopped:
            shareable_figure(figure)
        assert stopped.value.rule == "release.figure"


@pytest.mark.parametrize("fault", ["none", "item", "missing", "empty"])
@pytest.mark.bad_input("F11")
def test_the_name_of_a_file_that_looks_like_a_persons_is_not_repeated(tmp_path, fault):
    content = tables()
    if fault == "item":
        content["scores"][3][ITEM] = "x"
    path = write_study(tmp_path / "Smith_John", content)
    file = path.parent / "scores.csv"
    named = file.rename(file.with_name("Smith_John_pcl5.csv"))
    if fault == "missing":
        named.unlink()
    elif fault == "empty":
        named.write_bytes(b"")
    text = path.read_text(encoding="utf-8").replace("scores.csv", named.name)
    path.write_text(text, encoding="utf-8")
    outcome = promised(Outcome(path))
    judged = CliRunner().invoke(app, ["judge", str(path)])
    for said in (outcome.said, judged.stdout + judged.stderr):
        assert "Smith" not in said
        assert str(tmp_path) not in said
    assert (outcome.error is None) == (fault in ("none", "item"))
    if fault != "none":
        assert "(name withheld).csv" in outcome.said


@pytest.mark.bad_input("F11")
def test_neither_is_that_of_a_study_file(tmp_path):
    path = write_study(tmp_path).rename(tmp_path / "Smith_John_study.toml")
    path.write_text("[study", encoding="utf-8")
    outcome = promised(Outcome(path))
    assert outcome.error is not None
    assert "Smith" not in outcome.said
    gone = promised(Outcome(tmp_path / "Smith_John_gone.toml"))
    assert "Smith" not in gone.said
