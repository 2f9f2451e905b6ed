"""Headers of survey platforms are read, and what was passed over is said."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from analysis.draft import look
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.table.header_rows import joined_names
from analysis.study import Study
from tests.factory import NOW_ITEMS, tables, write_study

ITEMS = [f"item_{n:02d}" for n in NOW_ITEMS]
NAMES = ["id", "when", *ITEMS]
QUESTIONS = ["Your code", "Recorded\nDate", *(f"In the last hour, {n}" for n in NOW_ITEMS)]
IMPORT = [f'{{"ImportId":"QID{n}"}}' for n in range(len(NAMES))]
# A question with one answer says so below; a matrix has its question once and its rows below.
MATRIX = ["id", "when", "In the last hour", *[""] * (len(ITEMS) - 1)]
BELOW = ["Open-Ended Response", "Response", *ITEMS]


def body() -> list[list[Any]]:
    return [[row[name] for name in NAMES] for row in tables()["scores"]]


def as_text(folder: Path, rows: list[list[Any]], first: str = "", mark: str = ",") -> Path:
    path = write_study(folder)
    with (folder / "scores.csv").open("w", newline="", encoding="utf-8") as out:
        out.write(first)
        csv.writer(out, delimiter=mark, lineterminator="\n").writerows(rows)
    return path


def as_workbook(folder: Path, rows: list[list[Any]], *_: str) -> Path:
    path = write_study(folder)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(folder / "scores.xlsx")
    path.write_text(path.read_text("utf-8").replace("scores.csv", "scores.xlsx"), "utf-8")
    return path


def said(study: Study, rule: str) -> str:
    (found,) = [issue for issue in study.issues if issue.rule == rule]
    assert found.severity == "NOTE"
    return found.message


def assert_whole(study: Study) -> None:
    (answers,) = study.items.values()
    assert len(study.assessments) == len(body())
    assert int(answers.to_numpy().sum()) == sum(sum(row[2:]) for row in body())
    assert not [issue for issue in study.issues if issue.severity == "DROP"]


@pytest.mark.parametrize("write", [as_text, as_workbook])
def test_rows_of_questions_and_identifiers_are_passed_over_and_named(tmp_path, write):
    study = read_study(write(tmp_path, [NAMES, QUESTIONS, IMPORT, *body()]))
    assert_whole(study)
    assert "rows 2 to 3" in said(study, "file.header-rows")
    assert study.assessments["row"].min() == 4


@pytest.mark.parametrize("write", [as_text, as_workbook])
def test_a_matrix_has_the_names_of_its_rows(tmp_path, write):
    study = read_study(write(tmp_path, [MATRIX, BELOW, *body()]))
    assert_whole(study)
    said(study, "file.two-headers")
    assert study.assessments["row"].min() == 3


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_first_line_that_names_the_separator_is_passed_over(tmp_path, mark):
    study = read_study(as_text(tmp_path, [NAMES, *body()], f"sep={mark}\n", mark))
    assert_whole(study)
    said(study, "file.separator-line")
    assert study.assessments["row"].min() == 3


def test_a_blank_row_under_two_headers_keeps_its_number(tmp_path):
    study = read_study(as_text(tmp_path, [MATRIX, BELOW, [], *body()], "sep=,\n"))
    assert_whole(study)
    assert study.assessments["row"].min() == 5


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["id", "arm", "outcome"], ["P001", "ket", "Response"]),
        (["", "id", "outcome"], ["1", "P001", "Response"]),
        (["id", "when"], ["P001", "2025-03-04"]),
        (["id", "", "outcome"], ["P001", "", "Response"]),
    ],
)
def test_a_row_of_people_is_no_header(first, second):
    assert joined_names(first, second) is None


def test_names_of_people_asked_for_over_two_rows_are_refused(tmp_path):
    header = ["First name", *MATRIX[1:]]
    with pytest.raises(ReliefError) as caught:
        read_study(as_text(tmp_path, [header, BELOW, *body()]))
    assert caught.value.rule == "identifier.column"


def test_a_draft_sees_through_rows_of_questions(tmp_path):
    as_text(tmp_path, [NAMES, QUESTIONS, IMPORT, *body()])
    (table,) = look(tmp_path / "scores.csv")
    assert table.times == ["when"]
    assert isinstance(table.sample, pd.DataFrame)
    assert len(table.sample) == len(body())
