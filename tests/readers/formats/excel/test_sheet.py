"""Workbooks hold what a clinic typed: nothing of it is guessed at, lost, or repaired in silence."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.formats.excel.sheet import read_sheet
from analysis.readers.table.text_table import TextTable
from tests.factory import TOKEN, Outcome, tables, write_study

MOMENT = datetime(2025, 3, 4, 10, 20)
ROWS: list[list[Any]] = [
    ["id", "when", "day", "item_01", "dose", "sure"],
    ["007", MOMENT, date(2025, 3, 4), 3, 0.5, True],
    ["1E5", datetime(2025, 3, 4, 23, 59, 30), date(2025, 3, 5), 0, 0.1, False],
    ["a, b", datetime(2025, 12, 31, 0, 1), date(2025, 3, 6), 4, 12.25, True],
]
EXPECTED = {
    "id": ["007", "1E5", "a, b"],
    "when": ["2025-03-04T10:20", "2025-03-04T23:59:30", "2025-12-31T00:01"],
    "day": ["2025-03-04", "2025-03-05", "2025-03-06"],
    "item_01": ["3", "0", "4"],
    "dose": ["0.5", "0.1", "12.25"],
    "sure": ["TRUE", "FALSE", "TRUE"],
}


def xlsx(folder: Path, rows: list[list[Any]], name: str = "book.xlsx", **sheets: Any) -> Path:
    """A workbook with one sheet, "Scores", and further ones by name."""
    book = openpyxl.Workbook()
    book.active.title = "Scores"
    for title, content in {"Scores": rows, **sheets}.items():
        sheet = book["Scores"] if title == "Scores" else book.create_sheet(title)
        for row in content:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def _ods_cell(value: Any) -> str:
    kinds = {
        bool: ("boolean", "boolean-value", lambda v: str(v).lower()),
        int: ("float", "value", str),
        float: ("float", "value", repr),
        date: ("date", "date-value", lambda v: v.isoformat()),
        datetime: ("date", "date-value", lambda v: v.isoformat()),
    }
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str) and value.startswith("<"):
        return value
    if isinstance(value, str):
        text = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
    kind, attribute, written = kinds[type(value)]
    return (
        f'<table:table-cell office:value-type="{kind}" office:{attribute}="{written(value)}">'
        "<text:p/></table:table-cell>"
    )


def ods(folder: Path, rows: list[list[Any]]) -> Path:
    spaces = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    named = " ".join(f'xmlns:{name}="{uri}"' for name, uri in spaces.items())
    body = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(folder / "book.ods", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", kind, zipfile.ZIP_STORED)
        packed.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {named}>'
            f'<office:body><office:spreadsheet><table:table table:name="Scores">{body}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        packed.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
            f'><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
    return folder / "book.ods"


def refused(path: Path, **options: Any) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        read_sheet(path, **options)
    assert TOKEN not in caught.value.message
    assert str(path.parent) not in caught.value.message
    return caught.value


def rules(table: TextTable) -> dict[str, int]:
    return {issue.rule: issue.count for issue in table.issues}


@pytest.mark.parametrize("write", [xlsx, ods])
def test_every_workbook_gives_the_cells_of_the_same_csv(write: Any, tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    table = read_sheet(path)
    plain = [EXPECTED, table.cells.astype(str).to_dict("list")]
    assert plain[0] == plain[1]
    assert list(table.rows) == [2, 3, 4]
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert table.issues == ()
    lines = [",".join(EXPECTED), *(
        ",".join(f'"{cell}"' for cell in row) for row in zip(*EXPECTED.values(), strict=True)
    )]  # fmt: skip
    (tmp_path / "book.csv").write_text("\n".join(lines) + "\n")
    csv = read_text(tmp_path / "book.csv", separator=",")
    assert csv.cells.astype(str).to_dict("list") == plain[1]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.floats(-1e14, 1e14, allow_nan=False), min_size=1, max_size=20))
def test_a_number_comes_back_as_the_same_number(tmp_path: Path, values: list[float]) -> None:
    table = read_sheet(xlsx(tmp_path, [["id", "x"], *(["a", value] for value in values)]))
    texts = list(table.column("x"))
    # openpyxl stores 17 significant digits: enough to tell every double.
    assert [float(text) for text in texts] == [float(f"{value:.16g}") for value in values]
    assert not any("e" in text.lower() for text in texts)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)))
def test_a_date_time_survives_to_the_second(tmp_path: Path, moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    path = xlsx(tmp_path, [["id", "when"], ["a", moment]])
    (text,) = read_sheet(path).column("when")
    assert datetime.fromisoformat(text) == moment


def test_dates_of_the_1904_calendar_are_the_same_dates(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in ROWS:
        book.active.append(row)
    book.save(tmp_path / "mac.xlsx")
    assert list(read_sheet(tmp_path / "mac.xlsx").column("when")) == EXPECTED["when"]


def test_a_serial_number_stays_a_number(tmp_path: Path) -> None:
    table = read_sheet(xlsx(tmp_path, [["id", "when"], ["a", 45720.5833]]))
    assert list(table.column("when")) == ["45720.5833"]


def test_a_time_without_a_date_gets_no_date(tmp_path: Path) -> None:
    rows = [["id", "clock", "length"], ["a", time(10, 20), timedelta(hours=30)]]
    table = read_sheet(xlsx(tmp_path, rows))
    assert list(table.column("clock")) == ["10:20"]
    assert [issue.column for issue in table.issues] == ["clock", "length"]
    assert rules(table) == {"cell.no-date": 1}


# --- what is no value -----------------------------------------------------------------------


def error_cell() -> str:
    return (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" '
        'office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        "</table:table-cell>"
    )


def errors_xlsx(folder: Path) -> Path:
    path = xlsx(folder, [["id", "x"], ["a", 1], ["b", None], ["c", None]])
    book = openpyxl.load_workbook(path)
    for row, text in ((3, "#DIV/0!"), (4, "#N/A")):
        book.active.cell(row, 2, text).data_type = "e"
    book.save(path)
    return path


def errors_ods(folder: Path) -> Path:
    return ods(folder, [["id", "x"], ["a", 1], ["b", error_cell()], ["c", error_cell()]])


@pytest.mark.parametrize("write", [errors_xlsx, errors_ods])
def test_error_cells_are_blank_and_counted(write: Any, tmp_path: Path) -> None:
    table = read_sheet(write(tmp_path))
    assert list(table.column("x")) == ["1", "", ""]
    (found,) = table.issues
    assert (found.rule, found.severity) == ("cell.error-value", "DROP")
    assert (found.row, found.column, found.count) == (3, "x", 2)


def test_a_formula_without_a_stored_value_is_told_apart_from_a_blank(tmp_path: Path) -> None:
    table = read_sheet(xlsx(tmp_path, [["id", "x"], ["a", "=1+1"], ["b", None], ["c", 4]]))
    assert list(table.column("x")) == ["", "", "4"]
    (found,) = table.issues
    assert (found.rule, found.row, found.count) == ("cell.not-computed", 2, 1)


def test_stored_values_of_formulas_are_read(tmp_path: Path) -> None:
    path = xlsx(tmp_path, [["id", "x", "y"], ["a", "=1+1", '=""']])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    sheet = sheet.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    sheet = sheet.replace(b'<c r="C2"><f>""</f><v />', b'<c r="C2" t="str"><f>""</f><v></v>')
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in (parts | {"xl/worksheets/sheet1.xml": sheet}).items():
            packed.writestr(name, content)
    table = read_sheet(path)
    assert list(table.column("x")) == ["2"]
    assert table.issues == ()


@pytest.mark.bad_input("A22")
def test_dates_that_a_spreadsheet_made_of_other_things_end_the_reading(tmp_path: Path) -> None:
    rows = [["id", "item"], ["a", 1], ["b", date(2025, 1, 2)], ["c", 3], ["MAR1", 2]]
    path = xlsx(tmp_path, rows)
    error = refused(path)
    assert error.rule == "cell.unexpected-date"
    assert "row 3, column 'item': 1 cell(s)" in error.message
    assert read_sheet(path, columns=["id"]).cells["item"].iloc[1] == "2025-01-02"


def test_a_few_words_among_dates_are_left_to_the_column_of_times(tmp_path: Path) -> None:
    rows = [["id", "when"], *(["a", MOMENT] for _ in range(3)), ["b", "15 min post"]]
    table = read_sheet(xlsx(tmp_path, rows))
    assert list(table.column("when"))[3] == "15 min post"
    assert table.issues == ()


def test_digits_that_a_spreadsheet_has_cut_end_the_reading(tmp_path: Path) -> None:
    error = refused(xlsx(tmp_path, [["id", "x"], [12345678901234567, 1]]))
    assert error.rule == "cell.lost-digits"
    assert "12345" not in error.message


# --- which sheet ----------------------------------------------------------------------------

OTHER = [["code", "meaning"], ["1", "one"]]


@pytest.mark.bad_input("E24")
def test_several_filled_sheets_are_named_and_none_is_guessed(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS, Codes=OTHER, Empty=[])
    error = refused(path)
    assert error.rule == "sheet.several"
    assert "2 sheets that hold something: sheet 'Scores', sheet 'Codes'" in error.message
    assert list(read_sheet(path, sheet="Codes").cells) == ["code", "meaning"]
    assert refused(path, sheet="Nowhere").rule == "sheet.unknown"
    assert refused(path, sheet="Empty").rule == "file.empty"


def test_a_sheet_named_after_a_person_is_not_named(tmp_path: Path) -> None:
    error = refused(xlsx(tmp_path, ROWS, **{"Smith, Jane": OTHER, "MRN 4711471": OTHER}))
    assert "Smith" not in error.message
    assert "4711" not in error.message
    assert "sheet number 2, sheet number 3" in error.message


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.bad_input("E24")
def test_hidden_sheets_are_not_read_but_named(state: str, tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS, Codes=OTHER)
    book = openpyxl.load_workbook(path)
    book["Codes"].sheet_state = state
    book.save(path)
    table = read_sheet(path)
    (note,) = table.issues
    assert (note.rule, note.severity, note.count) == ("sheet.hidden", "NOTE", 1)
    assert "Codes" in note.message
    assert list(read_sheet(path, sheet="Codes").cells) == ["code", "meaning"]


def test_rows_hidden_by_a_filter_are_read_and_counted(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS)
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    table = read_sheet(path)
    assert len(table.cells) == 3
    assert rules(table) == {"sheet.hidden-rows": 1}


# --- one plain table ------------------------------------------------------------------------


def layout(folder: Path, above: list[Any] = (), below: list[Any] = ()) -> Path:
    return xlsx(folder, [*above, *ROWS, *below])


@pytest.mark.parametrize(
    ("above", "below", "rule", "row"),
    [
        ([["Scores of the pilot"]], [], "sheet.title", 1),
        ([[], ["Scores of", "the pilot"]], [], "sheet.title", 2),
        ([], [[], [f"note: {TOKEN}"]], "sheet.notes", 6),
        ([], [[], ROWS[0], ["b", MOMENT, date(2025, 3, 4), 1, 1.0, True]], "sheet.notes", 6),
    ],
)
@pytest.mark.bad_input("E24")
def test_what_stands_around_a_table_is_refused_with_its_row(
    above: list[Any], below: list[Any], rule: str, row: int, tmp_path: Path
) -> None:
    error = refused(layout(tmp_path, above, below))
    assert error.rule == rule
    assert f"book.xlsx, row {row}: " in error.message
    assert "sheet 'Scores'" in error.message


@pytest.mark.bad_input("E24")
def test_a_second_row_of_names_is_refused(tmp_path: Path) -> None:
    labels = ["Person", "Time of form", "Day", "Bad dreams", "mg per kg", "Sure"]
    error = refused(xlsx(tmp_path, [ROWS[0], labels, *ROWS[1:]]))
    assert (error.rule, "row 2: " in error.message) == ("sheet.two-headers", True)


def test_a_first_person_with_missing_words_is_no_second_row_of_names(tmp_path: Path) -> None:
    first = ["S1", "unknown", "unknown", "NA", "NA", "unknown"]
    rows = [ROWS[0], first, ["S2", "unknown", date(2025, 3, 4), "NA", 1.0, True], *ROWS[1:]]
    assert len(read_sheet(xlsx(tmp_path, rows)).cells) == 5


@pytest.mark.parametrize("where", ["A1:B1", "A2:A3"])
@pytest.mark.bad_input("E24")
def test_merged_cells_are_refused(where: str, tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells(where)
    book.save(path)
    error = refused(path)
    assert error.rule == "sheet.merged"
    assert f"row {where[1]}: " in error.message


def test_a_title_that_is_merged_over_the_names_is_a_title(tmp_path: Path) -> None:
    """Filling in every cell of it would make no names."""
    path = layout(tmp_path, [["Scores of the pilot"]])
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:F1")
    book.save(path)
    error = refused(path)
    assert (error.rule, "Delete what stands above" in error.message) == ("sheet.title", True)


def test_merged_cells_of_an_open_document_are_refused(tmp_path: Path) -> None:
    merged = (
        '<table:table-cell office:value-type="string" table:number-columns-spanned="2">'
        "<text:p>both</text:p></table:table-cell><table:covered-table-cell/>"
    )
    assert refused(ods(tmp_path, [["id", "x"], [merged]])).rule == "sheet.merged"


def test_blank_rows_and_columns_without_a_name_are_passed_over_and_said(tmp_path: Path) -> None:
    rows = [[], ["id", None, "x", None], ["a", "free", 1], [], ["b", None, 2]]
    table = read_sheet(xlsx(tmp_path, rows))
    assert table.cells.astype(str).to_dict("list") == {"id": ["a", "b"], "x": ["1", "2"]}
    assert list(table.rows) == [3, 5]
    assert rules(table) == {"file.blank-row": 1, "file.unnamed-column": 1}


def test_csv_pasted_into_one_column_is_refused(tmp_path: Path) -> None:
    error = refused(xlsx(tmp_path, [["id;when;item"], ["a;b;1"]]))
    assert error.rule == "sheet.one-column"


def test_columns_of_identifiers_and_repeated_names_are_refused(tmp_path: Path) -> None:
    assert refused(xlsx(tmp_path, [["id", "last name"], ["a", TOKEN]])).rule == "identifier.column"
    error = refused(xlsx(tmp_path, [["id", "x", "x"], ["a", 1, 2]]))
    assert error.rule == "file.repeated-column"


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    assert refused(xlsx(tmp_path, [["id", "x"]])).rule == "file.no-rows"


# --- files that are not what they are called --------------------------------------------------


@pytest.mark.parametrize(
    ("content", "rule", "word"),
    [
        (b"", "file.empty", "empty"),
        (b"id,when\na,b\n", "workbook.other-format", "delimited text"),
        ("id\twhen\n".encode("utf-16"), "workbook.other-format", "delimited text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016), "workbook.other-format", "2003"),
        (b"<html><table><tr><td>id</td></tr></table>", "workbook.other-format", "web page"),
        (b'<?xml version="1.0"?><Workbook/>', "workbook.other-format", "XML"),
        (b"PK\x03\x04 and nothing more", "workbook.damaged", "damaged"),
        (b"\x00\x01\x02" * 50, "workbook.damaged", "damaged"),
    ],
)
def test_other_files_with_a_workbooks_name_are_refused(
    content: bytes, rule: str, word: str, tmp_path: Path
) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    error = refused(path)
    assert error.rule == rule
    assert word in error.message


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "book.xlsx").rule == "file.missing"
    assert refused(tmp_path).rule == "file.not-opened"


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_damaged_workbook_is_refused_or_read_but_never_a_traceback(
    write: Any, tmp_path: Path
) -> None:
    sound = write(tmp_path, ROWS).read_bytes()
    rng = np.random.default_rng(20250304)
    path = tmp_path / "damaged.xlsx"
    refusals = set()
    for turn in range(150):
        raw = bytearray(sound)
        for place in rng.integers(0, len(raw), rng.integers(1, 5)):
            raw[place] = rng.integers(0, 256)
        path.write_bytes(raw[: rng.integers(len(raw))] if turn % 3 == 0 else raw)
        try:
            read_sheet(path)
        except ReliefError as error:
            refusals.add(error.rule)
    assert "workbook.damaged" in refusals


def test_a_password_is_said(tmp_path: Path) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016)
    content += "EncryptedPackage".encode("utf-16-le") + bytes(512)
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    assert refused(path).rule == "workbook.locked"


def test_a_file_made_to_burst_is_not_opened(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/zeros.bin", bytes(250 << 20))
    assert path.stat().st_size < 1 << 20
    assert refused(path).rule == "workbook.unpacks-too-large"


def test_a_stray_cell_far_outside_is_refused_before_memory_runs_out(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS)
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = "x"
    book.save(path)
    error = refused(path)
    assert error.rule == "sheet.too-large"
    assert "1048576 rows by 16384 columns" in error.message


def test_bytes_count_not_the_ending_of_the_name(tmp_path: Path) -> None:
    path = xlsx(tmp_path, ROWS, name="book.xls")
    assert list(read_sheet(path).column("id")) == EXPECTED["id"]
    assert io.BytesIO(path.read_bytes()).read(2) == b"PK"


# --- a whole study from workbooks -------------------------------------------------------------


def _as_workbooks(folder: Path, write: Callable[[Path, list[list[Any]]], Path]) -> Path:
    """The made-up study of the factory with every table in a workbook, dates as real dates."""
    content = tables()
    path = write_study(folder, content)
    for name, rows in content.items():
        cells = [[_typed(value) for value in row.values()] for row in rows]
        made = write(folder, [list(rows[0]), *cells])
        made.rename(folder / f"{name}{made.suffix}")
        path.write_text(path.read_text().replace(f"{name}.csv", f"{name}{made.suffix}"))
    return path


def _typed(value: Any) -> Any:
    return datetime.fromisoformat(value) if "T" in str(value) and ":" in str(value) else value


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_study_in_workbooks_is_the_study_in_csv(write: Any, tmp_path: Path) -> None:
    plain = read_study(write_study(tmp_path / "plain", tables()))
    books = read_study(_as_workbooks(tmp_path / "books", write))
    for name in ("subjects", "infusions"):
        pd.testing.assert_frame_equal(getattr(plain, name), getattr(books, name))
    forms = [study.assessments.drop(columns="source") for study in (plain, books)]
    pd.testing.assert_frame_equal(*forms)
    assert [issue.rule for issue in plain.issues] == [issue.rule for issue in books.issues]
    for key, items in plain.items.items():
        pd.testing.assert_frame_equal(items, books.items[key])


def test_the_sheet_that_study_toml_names_is_read(tmp_path: Path) -> None:
    path = _as_workbooks(tmp_path, xlsx)
    book = openpyxl.load_workbook(tmp_path / "scores.xlsx")
    book.create_sheet("Codes").append([TOKEN])
    book.save(tmp_path / "scores.xlsx")
    outcome = Outcome(path)
    assert (outcome.exit_code, outcome.error["rule"]) == (2, "sheet.several")
    assert TOKEN not in outcome.said
    text = path.read_text().replace("[[assessments]]", '[[assessments]]\nsheet = "Scores"')
    path.write_text(text)
    assert Outcome(path).exit_code == 0
