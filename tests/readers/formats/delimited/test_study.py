"""Delimited text and date-times through a whole study: what is detected is said, and counted."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.readers.assemble import read_study
from tests.factory import Outcome, checked, tables, write_study


def rewrite(folder, name: str, change) -> None:
    path = folder / f"{name}.csv"
    path.write_bytes(change(path.read_text("utf-8")))


def outcome_of(folder, change, name: str = "scores", **changes):
    """The outcome of a study one of whose files is changed after it was written."""
    path = write_study(folder, **changes)
    rewrite(folder, name, change)
    return Outcome(path)


def test_a_semicolon_file_is_read_and_said(tmp_path):
    outcome = outcome_of(tmp_path / "a", lambda text: text.replace(",", ";").encode())
    assert outcome.find("file.separator-detected")["severity"] == "NOTE"
    assert outcome.flow == checked(tmp_path / "plain").flow


def test_an_undeclared_encoding_is_found_and_flagged(tmp_path):
    def change(text: str) -> bytes:
        lines = [f"{line},m\u00fcde" for line in text.splitlines()]
        return "\n".join(lines).replace("m\u00fcde", "note", 1).encode("cp1252")

    outcome = outcome_of(tmp_path / "a", change)
    assert outcome.find("file.encoding-detected")["severity"] == "FLAG"
    assert outcome.flow == checked(tmp_path / "plain").flow


def test_a_decimal_comma_is_declared_or_refused_with_a_hint(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["dose"] = "0,5"
    content["infusions"][0]["dose"] = "1"
    told = {"infusions": 'dose_mg_per_kg = "dose"'}

    def semicolons(text: str) -> bytes:
        return text.replace('"0,5"', "0.5").replace(",", ";").replace("0.5", "0,5").encode()

    path = write_study(tmp_path / "a", content, **told)
    rewrite(tmp_path / "a", "infusions", semicolons)
    error = Outcome(path).error
    assert error["rule"] == "column.decimal-comma"
    assert 'decimal = ","' in error["message"]
    declared = told["infusions"] + '\nseparator = ";"\ndecimal = ","'
    path = write_study(tmp_path / "b", content, infusions=declared)
    rewrite(tmp_path / "b", "infusions", semicolons)
    doses = read_study(path).infusions["dose_mg_per_kg"]
    assert sorted(doses)[-2:] == [0.5, 1.0]


@pytest.mark.parametrize("kept", [True, False])
def test_copies_are_told_apart_by_columns_that_are_not_read(tmp_path, kept):
    content = tables()
    for number, row in enumerate(content["scores"]):
        row["comment"] = f"text {number}"
    again = dict(content["scores"][3])
    if not kept:
        again["comment"] = "another text"
    content["scores"].append(again)
    outcome = checked(tmp_path, content)
    rule = "row.duplicate" if kept else "row.same-content"
    assert outcome.find(rule)["count"] == 1
    assert outcome.find(rule)["row"] == len(content["scores"]) + 1
    assert {"row.duplicate", "row.same-content"} & outcome.rules() == {rule}


def test_a21_day_numbers_of_a_spreadsheet_are_refused_until_the_epoch_is_declared(tmp_path):
    content = tables()
    for name, columns in (("scores", ["when"]), ("infusions", ["start", "end"])):
        for row in content[name]:
            for column in columns:
                row[column] = serial(row[column])
    error = checked(tmp_path / "a", content).error
    assert error["rule"] == "time.excel-serial"
    assert "excel_epoch" in error["message"]
    declared = checked(tmp_path / "b", content, files="excel_epoch = 1900")
    assert declared.flow == checked(tmp_path / "plain").flow


def serial(stamp: str) -> str:
    """A local time as days since 1900; 4 March 2025 is day 45720."""
    days = (pd.Timestamp(stamp) - pd.Timestamp("2025-03-04")) / pd.Timedelta(days=1)
    return f"{45720 + days:.10f}"


def test_a26_text_among_times_is_counted_cell_by_cell(tmp_path):
    content = tables()
    for number, text in ((2, "unk"), (5, "15 min post"), (9, "n/a")):
        content["scores"][number]["when"] = text
    outcome = checked(tmp_path, content, missing_codes='["n/a"]')
    issue = outcome.find("time.unreadable")
    assert (issue["count"], issue["row"]) == (2, 4)
    assert outcome.find("form.no-time")["count"] == 3
