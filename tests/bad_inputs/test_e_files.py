"""Rows E: files. However an export is written, it is the same study or one clear refusal."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from analysis.readers.formats.delimited.read import read_text
from tests.bad_inputs.found import ITEM, graded, placed, plain, refused
from tests.factory import (
    TOKEN,
    Outcome,
    checked,
    promised,
    tables,
    write_study,
)


def rewritten(folder: Path, change, name: str = "scores.csv", **changes) -> Outcome:
    """A plain study with the bytes of one file changed, checked."""
    path = write_study(folder, **changes)
    file = folder / name
    file.write_bytes(change(file.read_bytes()))
    return promised(Outcome(path))


@pytest.mark.bad_input("E9")
def test_labels_instead_of_codes_stop(tmp_path):
    content = tables()
    for row in content["scores"]:
        row[ITEM] = TOKEN
    refused(checked(tmp_path, content), "item.words", "scores.csv, row 2", f"'{ITEM}'", "codes")


@pytest.mark.parametrize(
    "encode",
    [lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.decode().encode("utf-16")],
    ids=["UTF-8 with a mark", "Unicode text"],
)
@pytest.mark.bad_input("E1", "E3")
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path, encode):
    outcome = rewritten(tmp_path / "marked", encode)
    assert outcome.find("file.bom")["severity"] == "NOTE"
    assert outcome.flow == plain().flow


@pytest.mark.parametrize("letters", ["Depress\u00e3o", "\u00a9"])
@pytest.mark.bad_input("E2")
def test_letters_in_another_encoding_than_utf_8_are_kept_and_said(tmp_path, letters):
    def spelled(raw: bytes) -> bytes:
        return raw.replace(b"S000", letters.encode("cp1252"))

    path = write_study(tmp_path / "spelled")
    for file in (tmp_path / "spelled").glob("*.csv"):
        file.write_bytes(spelled(file.read_bytes()))
    outcome = promised(Outcome(path))
    assert outcome.rules("FLAG") == plain().rules("FLAG") | {"file.encoding-detected"}
    assert outcome.flow == plain().flow
    mixed = rewritten(tmp_path / "mixed", spelled, files='encoding = "utf-8"')
    refused(mixed, "file.encoding", "scores.csv", "line 2")


@pytest.mark.bad_input("E4")
def test_decimal_commas_are_declared_or_refused_with_a_hint(tmp_path):
    content = tables()
    content["infusions"] = [row | {"dose": "0#5"} for row in content["infusions"]]

    def with_commas(folder: Path, **changes) -> Outcome:
        path = write_study(folder, content, infusions='dose_mg_per_kg = "dose"', **changes)
        for file in folder.glob("*.csv"):
            file.write_bytes(file.read_bytes().replace(b",", b";").replace(b"#", b","))
        return promised(Outcome(path))

    hint = 'decimal = ","'
    refused(with_commas(tmp_path / "a"), "column.decimal-comma", "'dose'", "row 2", hint)
    declared = with_commas(tmp_path / "b", files=f'separator = ";"\n{hint}')
    assert declared.flow == plain().flow
    assert "cell.not-a-number" not in declared.rules()
    wrong = with_commas(tmp_path / "c", files='separator = "\\t"')
    refused(wrong, "file.one-column", "semicolons")


@pytest.mark.bad_input("E5")
def test_the_row_names_of_r_are_passed_over_and_noted(tmp_path):
    content = tables()
    content["scores"] = [{"": n, **row} for n, row in enumerate(content["scores"], 1)]
    outcome = checked(tmp_path / "named", content)
    assert outcome.find("file.unnamed-column")["severity"] == "NOTE"
    assert outcome.flow == plain().flow


@pytest.mark.parametrize("line", [b"S000,2025-03-04T08:00,1,2\n", b"S000" + b",1" * 40 + b"\n"])
@pytest.mark.bad_input("E8")
def test_a_row_with_too_few_or_too_many_cells_is_named(tmp_path, line):
    refused(rewritten(tmp_path, lambda raw: raw + line), "file.ragged", "scores.csv, row 50")


WORDS = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")


def labelled() -> dict:
    content = tables()
    content["scores"] = [
        {k: WORDS[v] if k.startswith("item_") else v for k, v in row.items()}
        for row in content["scores"]
    ]
    return content


@pytest.mark.bad_input("E9")
def test_words_count_as_the_codes_that_are_declared_for_them(tmp_path):
    mapped = ", ".join(f'"{word}" = "{code}"' for code, word in enumerate(WORDS))
    values = f'items = "item_{{:02d}}"\nlabels = {{ {mapped} }}'
    outcome = checked(tmp_path / "words", labelled(), values=values)
    assert outcome.flow == checked(tmp_path / "codes").flow
    other = labelled()
    other["scores"][4][ITEM] = TOKEN
    refused(checked(tmp_path / "other", other, values=values), "item.unknown-label", "row 6", ITEM)


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"", "file.empty"), (b"id,when,item_01\n", "file.no-rows"), (b"id\nS000\nS001\n",
     "file.one-column"), (b"x", "file.one-column"), (b"\n", "file.empty")],
    ids=["empty", "header only", "single column", "one byte", "one line end"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["subjects.csv", "infusions.csv", "scores.csv"])
@pytest.mark.bad_input("E14")
def test_a_file_of_nothing_stops_by_name(tmp_path, content, rule, name):
    refused(rewritten(tmp_path, lambda raw: content, name), rule, name)


@pytest.mark.bad_input("E22")
def test_comments_over_several_lines_move_no_row(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["remarks"] = f'two lines,\nand "quotes" {TOKEN}\n\n'
    content["scores"][8][ITEM] = "7"
    outcome = checked(tmp_path, content)
    placed(outcome.find("item.out-of-range"), "scores.csv", 10, ITEM)
    assert outcome.people("people analysed") == 12


def workbook(folder: Path, change=lambda book: None) -> Outcome:
    """A plain study whose scores are the first sheet of a workbook; a test changes the rest."""
    path = write_study(folder)
    rows = tables()["scores"]
    book = openpyxl.Workbook()
    book.active.title = "Scores"
    for row in [list(rows[0]), *(list(row.values()) for row in rows)]:
        book.active.append(row)
    change(book)
    book.save(folder / "scores.xlsx")
    text = path.read_text(encoding="utf-8").replace("scores.csv", "scores.xlsx")
    path.write_text(text, encoding="utf-8")
    return promised(Outcome(path))


def merged(book) -> None:
    book["Scores"].insert_rows(1)
    book["Scores"]["A1"] = TOKEN
    book["Scores"].merge_cells("A1:D1")


def notes(book) -> None:
    book["Scores"]["A52"] = TOKEN


def second_header(book) -> None:
    sheet = book["Scores"]
    sheet.insert_rows(2)
    for column in range(1, sheet.max_column + 1):
        sheet.cell(2, column, f"label {column}")


def second_sheet(book) -> None:
    book.create_sheet("Other")["A1"] = TOKEN


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        (merged, "sheet.title", ["row 1", "sheet 'Scores'"]),
        (notes, "sheet.notes", ["row 52", "sheet 'Scores'"]),
        (second_header, "sheet.two-headers", ["row 2", "sheet 'Scores'"]),
        (second_sheet, "sheet.several", ["'Scores'", "'Other'"]),
    ],
)
@pytest.mark.bad_input("E24")
def test_a_sheet_that_is_more_than_a_table_stops_by_name_and_row(tmp_path, change, rule, words):
    refused(workbook(tmp_path, change), rule, "scores.xlsx", *words)


@pytest.mark.bad_input("E24")
def test_a_hidden_sheet_is_not_read_and_named(tmp_path):
    def hidden(book) -> None:
        second_sheet(book)
        book["Other"].sheet_state = "hidden"

    outcome = workbook(tmp_path / "hidden", hidden)
    assert outcome.find("sheet.hidden")["severity"] == "NOTE"
    assert "'Other'" in outcome.find("sheet.hidden")["message"]
    assert outcome.flow == plain().flow


@pytest.mark.bad_input("E26")
def test_words_among_times_are_each_counted(tmp_path):
    content = tables()
    for row, word in zip(content["scores"][2:8:2], ["n/a", "unk", "15 min post"], strict=True):
        row["when"] = word
    outcome = checked(tmp_path / "words", content)
    graded(outcome.find("time.unreadable"), "DROP", "row", 3)
    placed(outcome.find("time.unreadable"), "scores.csv", 4, "when")
    graded(outcome.find("form.no-time"), "DROP", "form", 3)
    declared = checked(tmp_path / "codes", content, missing_codes='["n/a", "unk"]')
    graded(declared.find("time.unreadable"), "DROP", "row", 1)
    graded(declared.find("form.no-time"), "DROP", "form", 3)


@pytest.mark.bad_input("E27")
def test_of_two_thousand_columns_only_the_declared_ones_are_held(tmp_path):
    content = tables(n_per_arm=20)
    wide = {f"field_{n}": f"{n % 7}.25" for n in range(2_000)}
    content["scores"] = [row | wide for row in content["scores"]]
    path = write_study(tmp_path / "wide", content)
    size = (tmp_path / "wide" / "scores.csv").stat().st_size
    declared = list(tables()["scores"][0])
    table = read_text(tmp_path / "wide" / "scores.csv", columns=declared)
    assert list(table.cells) == declared
    assert table.cells.memory_usage(deep=True).sum() < size / 50
    narrow = checked(tmp_path / "narrow", tables(n_per_arm=20))
    assert promised(Outcome(path)).flow == narrow.flow
