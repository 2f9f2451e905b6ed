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

LINE = '<style:text-properties style:text-line-through-style="solid"/></style:style>'


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
    text = '<table:table-cell {} office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    whole = text.format('table:style-name="gone"', "2")
    part = text.format("", '<text:span text:style-name="gone">2</text:span>3')
    path = ods(folder, [ROWS[0], ["P1", whole, 1, 1, 1], ["P2", 1, part, 1, 1]])
    return with_style(path, f'<style:style style:name="gone" style:family="table-cell">{LINE}')


def with_style(path: Path, style: str, named: str = "", table: str = "") -> Path:
    """An OpenDocument workbook with a style of its own, a named one, and a table of columns."""
    raw = zipfile.ZipFile(path).read("content.xml").decode()
    space = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:office='
    body = raw.replace("<office:body>", f"{style}<office:body>").replace("xmlns:office=", space, 1)
    body = body.replace("<table:table-row>", f"{table}<table:table-row>", 1)
    root = f'<s xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0">{named}</s>'
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("content.xml", body)
        packed.writestr("styles.xml", root)
    return path


COLUMNS = (
    '<table:table-column table:number-columns-repeated="2"/>'
    '<table:table-column table:default-cell-style-name="{}"/>'
    '<table:table-column table:number-columns-repeated="2" table:default-cell-style-name="{}"/>'
)
PLAIN = (
    '<table:table-cell table:style-name="plain" office:value-type="string">'
    "<text:p>2</text:p></table:table-cell>"
)
STYLES = (
    f'<style:style style:name="gone" style:family="table-cell">{LINE}'
    '<style:style style:name="plain" style:parent-style-name="gone">'
    '<style:text-properties style:text-line-through-style="none"/></style:style>'
    '<style:style style:name="heir" style:parent-style-name="far"/>'
)
FAR = f'<style:style style:name="far" style:family="table-cell">{LINE}'


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("columns", "count"),
    [(("gone", "other"), 2), (("other", "heir"), 3), (("far", "plain"), 2), (("plain", "x"), 0)],
)
def test_a_column_that_is_struck_through_as_a_whole_is_told(tmp_path, columns, count):
    """Its cells name no style of their own; a style may have it from another."""
    rows = [ROWS[0], ["P1", 1, 2, 1, 1], ["P2", 1, PLAIN, 1, 1], ["P3", 1, 2, 1, 1]]
    path = with_style(ods(tmp_path, rows), STYLES, FAR, COLUMNS.format(*columns))
    found = rules(read_sheet(path))
    assert found.get("sheet.struck", 0) == count


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_row_that_is_struck_through_as_a_whole_is_told(tmp_path):
    path = with_style(ods(tmp_path, [ROWS[0], ["P1", 1, 2, 1, 1], ["P2", 1, 2, 1, 1]]), STYLES)
    raw = zipfile.ZipFile(path).read("content.xml").decode()
    head, _, last = raw.rpartition("<table:table-row>")
    row = '<table:table-row table:default-cell-style-name="gone">'
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("content.xml", head + row + last)
    assert rules(read_sheet(path)) == {"sheet.struck": 1}


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
