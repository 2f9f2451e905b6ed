"""Delimited text: encodings, separators, blank rows, line breaks in cells, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.table.identifiers import refuse_identifiers
from analysis.readers.table.text_table import exact_copies
from analysis.rules import catalogue
from tests.readers.formats.delimited.written_text import NOTES, PLAIN, read, refused


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (PLAIN, {}),
        ("\ufeff" + PLAIN, {}),
        (PLAIN.encode("utf-16"), {}),
        (PLAIN.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (PLAIN.replace("\n", "\r\n"), {}),
        (PLAIN.replace("\n", "\r"), {}),
        (PLAIN.replace(",", ";"), {"separator": ";"}),
        (PLAIN.replace(",", "\t"), {"separator": "\t"}),
        ("\n\n" + PLAIN, {}),
        ('"id","arm"\n"S1","ket"\n"S2","mdz"', {}),
    ],
)
def test_however_it_is_written_it_reads_the_same(tmp_path, content, options):
    table = read(tmp_path, content, **options)
    assert table.cells.to_dict("list") == {"id": ["S1", "S2"], "arm": ["ket", "mdz"]}


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path):
    content = '\nid,notes\nS1,"two\nlines"\n\n,\n  \nS2,x\n"",""\nS3,y\n\n'
    table = read(tmp_path, content)
    assert list(table.cells["id"]) == ["S1", "S2", "S3"]
    assert list(table.rows) == [3, 7, 9]
    (note,) = table.issues
    assert (note.rule, note.severity, note.row) == ("file.blank-row", "NOTE", 4)
    assert note.count >= 4


def test_a_row_far_down_a_large_file_has_its_number(tmp_path):
    lines = ["id,arm", *(f"S{i},{'k' * 30}" for i in range(60_000)), "S,1,2,3"]
    error = refused(tmp_path, "\n".join(lines))
    assert (error.rule, "row 60002:" in error.message) == ("file.ragged", True)


def test_unnamed_columns_are_passed_over_and_noted(tmp_path):
    table = read(tmp_path, ",id,arm\n1,S1,ket\n2,S2,mdz\n,,\n")
    assert list(table.cells) == ["id", "arm"]
    assert [i.rule for i in table.issues] == ["file.unnamed-column", "file.blank-row"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file.empty"),
        (b" \n\t\r\n", "file.empty"),
        ("\ufeff\n".encode(), "file.empty"),
        (b"x", "file.one-column"),
        ("id;arm\n", "file.no-rows"),
        ("id:arm\nS1:ket\n", "file.one-column"),
        ("a,b;c\n1,2;3\n4,5;6\n", "file.separator"),
        ("id,arm\n", "file.no-rows"),
        ("id,arm\n,\n\n", "file.no-rows"),
        ("id,arm,arm\nS1,ket,ket\n", "file.repeated-column"),
        ("id,arm\nS1,ket\nS2\n", "file.ragged"),
        ('id,arm\nS1,"ket\nS2,mdz\n', "file.unreadable"),
        ('id,"arm\nS1,ket\n', "file.unreadable"),
        (b"id,arm\nS1," + bytes(range(128, 256)) + b"\n", "file.encoding"),
        ("id,arm\nS1,m\u00fcde\n".encode() + b"S2,m\xfcde\n", "file.encoding"),
        (
            "id,arm\nS1,\u6c2f\u80fa\u916e\nS2,\u54aa\u8fbe\u5511\u4ed1\n".encode("gb18030"),
            "file.encoding",
        ),
        (b",\n1,2\n", "file.unreadable"),
        (b"\xff\xfei", "file.encoding"),
        (b"id,arm\nS1,\x00\n", "file.binary"),
        (PLAIN.encode("utf-16-le"), "file.binary"),
        ("id,arm\nS1," + "x" * 20_000_000 + "\n", "file.unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(tmp_path, content, rule):
    error = refused(tmp_path, content)
    assert error.rule == rule
    assert "people.csv" in error.message
    assert error.message.endswith(catalogue()[rule].remedy)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path):
    for name in ("absent.csv", ".", "nul\x00"):
        with pytest.raises(ReliefError) as caught:
            read_text(tmp_path / name)
        expected = "file.missing" if name == "absent.csv" else "file.not-opened"
        assert caught.value.rule == expected


def test_a_disk_that_fails_is_said(tmp_path, monkeypatch):
    # The words of the refusal come from files too.
    catalogue()

    class Broken(io.BytesIO):
        def read(self, *_):
            raise OSError

    monkeypatch.setattr(Path, "open", lambda *_, **__: Broken())
    with pytest.raises(ReliefError) as caught:
        read_text(tmp_path / "people.csv")
    assert caught.value.rule == "file.not-opened"


def test_a_header_of_megabytes_is_refused(tmp_path):
    names = ",".join(f"column_{n:09d}" for n in range(400_000))
    assert refused(tmp_path, names + "\n").rule == "file.unreadable"


def test_a_missing_column_is_named_as_declared(tmp_path):
    with pytest.raises(ReliefError, match="no column 'when'"):
        read(tmp_path, PLAIN).column("when")


@pytest.mark.parametrize(
    "name",
    ["dob", "DOB", "dateOfBirth", "Date of birth", "birth_date", "name", "Name", "first_name",
     "FirstName", "LASTNAME", "patientName", "name_of_patient", "email", "e-mail", "telephone_1",
     "phone number (home)", "MRN", "mrn", "patient_mrn", "address", "address_line_1", "zip5",
     "zipCode", "postcode", "ssn", "initials", "Vorname", "ipAddress"],
)  # fmt: skip
def test_a_header_that_names_an_identifier_is_refused_by_position(name):
    with pytest.raises(ReliefError) as caught:
        refuse_identifiers(["id", name], "people.csv")
    assert caught.value.rule == "identifier.column"
    assert "column 2" in caught.value.message


@pytest.mark.parametrize("now", ["id,arm,notes\nS1,ket,a\n", NOTES.replace("only", "never")])
def test_a_file_that_changes_between_two_looks_is_refused(tmp_path, now):
    table = read(tmp_path, NOTES, columns=["id"])
    (tmp_path / "people.csv").write_text(now)
    with pytest.raises(ReliefError) as caught:
        exact_copies(table, np.ones(5, bool))
    assert caught.value.rule == "file.changed"
