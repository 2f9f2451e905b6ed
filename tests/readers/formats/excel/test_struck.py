"""Cells that are struck through in a workbook are read, and told; a style nobody uses is silent."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from analysis.readers.formats.excel.sheet import read_sheet
from tests.readers.formats.excel.test_sheet import ROWS, ods, rules, xlsx


def struck_cells(folder: Path) -> Path:
    """A row that was withdrawn, an answer corrected inside its cell, and a blank that is none."""
    path = xlsx(folder, [*ROWS, ["P4", None, None, None, None]])
    book = openpyxl.load_workbook(path, rich_text=True)
    for cell in book.active[3]:
        cell.font = Font(strike=True)
    old = TextBlock(InlineFont(strike=True), "2")
    book.active.cell(4, 3).value = CellRichText(old, TextBlock(InlineFont(), "3"))
    book.active.cell(5, 3).font = Font(strike=True)
    book.save(path)
    return path


def struck_in_open_document(folder: Path) -> Path:
    line = '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    text = '<table:table-cell {} office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    whole = text.format('table:style-name="gone"', "2")
    part = text.format("", '<text:span text:style-name="gone">2</text:span>3')
    path = ods(folder, [ROWS[0], ["P1", whole, 1, 1, 1], ["P2", 1, part, 1, 1]])
    raw = zipfile.ZipFile(path).read("content.xml").decode()
    style = f'<style:style style:name="gone" style:family="table-cell">{line}'
    space = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:office='
    body = raw.replace("<office:body>", f"{style}<office:body>").replace("xmlns:office=", space, 1)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("content.xml", body)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("write", [struck_cells, struck_in_open_document])
def test_cells_that_are_struck_through_are_read_and_told(write: Any, tmp_path: Path) -> None:
    table = read_sheet(write(tmp_path))
    (found,) = [issue for issue in table.issues if issue.rule == "sheet.struck"]
    assert (found.severity, found.count) == ("FLAG", 2)
    assert "2 row(s) of sheet 'Scores'" in found.message
    assert "Delete what does not count" in found.message


def test_a_style_that_nobody_uses_strikes_nothing(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS)
    book = openpyxl.load_workbook(path)
    book.active.cell(20, 1).font = Font(strike=True)
    book.active.cell(2, 1).font = Font(bold=True)
    book.save(path)
    assert rules(read_sheet(path)) == {}
