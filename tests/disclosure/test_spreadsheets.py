"""Nothing in a written table runs or names an author."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from analysis.disclosure.spreadsheets import write_csv, write_xlsx

# --- spreadsheets ---------------------------------------------------------------------------

ATTACKS = ['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=1+1"]


def test_texts_that_a_spreadsheet_would_run_are_made_inert(tmp_path: Path) -> None:
    shown = pd.DataFrame({"=label": [*ATTACKS, "plain", "a=b"], "x": np.arange(10) - 5.5})
    with write_csv(shown, tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["'=label", "x"]
    assert [line[0] for line in rows] == [*(f"'{text}" for text in ATTACKS), "plain", "a=b"]
    assert [float(line[1]) for line in rows] == shown["x"].tolist()
    sheet = openpyxl.load_workbook(write_xlsx(shown, tmp_path / "a.xlsx")).active
    cells = list(sheet.iter_rows(min_row=2))
    assert all(line[0].data_type == "s" for line in cells)
    assert [line[1].value for line in cells] == shown["x"].tolist()
    assert all(line[0].value.startswith("'") for line in cells[: len(ATTACKS)])


def test_a_workbook_names_no_author_and_leaves_missing_cells_blank(tmp_path: Path) -> None:
    shown = pd.DataFrame({"a": ["x", None], "b": [1.5, np.nan]}, index=["p", "q"])
    path = write_xlsx(shown.rename_axis("who"), tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as packed:
        assert b"creator" not in packed.read("docProps/core.xml")
    book = openpyxl.load_workbook(path)
    rows = [[cell.value for cell in line] for line in book.active.iter_rows()]
    assert rows == [["who", "a", "b"], ["p", "x", 1.5], ["q", None, None]]
