"""What leads to a person is refused at the door, and is not repeated in what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.disclosure.file_names import looks_personal, shown_name, shown_sheet
from analysis.rules import issue, refusal

# --- names of files and sheets --------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Smith_John_pcl5.csv", "John Smith.xlsx", "pcl5-O'Brien-Mary.csv", "Adam631_Cronin387.json",
        "McDonald, Ronald.xlsx", "mrn4711471.csv", "078-05-1120.csv", "jane@example.org.csv",
        "Müller_Jürgen.csv", "scores_19870304.csv",
    ],
)  # fmt: skip
def test_a_file_named_after_a_person_is_not_named(name: str) -> None:
    shown = shown_name(Path("/somewhere") / name)
    assert shown == f"(name withheld){Path(name).suffix}"
    assert refusal("file.empty", file=name).message.startswith("(name withheld)")
    assert issue("file.blank-row", file=name).file == shown


@pytest.mark.parametrize(
    "name",
    [
        "scores.csv", "Subjects.csv", "PCL5 Items.xlsx", "Baseline Scores Final.xlsx",
        "KetamineStudy_DATA_2025-03-04_1020.csv", "export_20250304.csv", "dm.xpt", "pclItems.csv",
        "clinic-a.csv", "Visit 2.csv", "study.toml",
    ],
)  # fmt: skip
def test_a_usual_name_of_an_export_is_named(name: str) -> None:
    assert shown_name(Path("/somewhere") / name) == name


def test_a_declared_path_keeps_its_folders_unless_one_is_a_persons() -> None:
    assert issue("file.blank-row", file="site-1/scores.csv").file == "site-1/scores.csv"
    assert issue("file.blank-row", file="John Smith/scores.csv").file == "(name withheld).csv"


def test_a_sheet_named_after_a_person_goes_by_its_place() -> None:
    assert shown_sheet("Smith, Jane", 1) == "sheet number 2"
    assert shown_sheet("Sheet1", 0) == "sheet 'Sheet1'"
    assert not looks_personal("Follow Up Scores")
