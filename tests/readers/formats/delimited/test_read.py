"""Delimited text: encodings, separators, blank rows, line breaks in cells, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.table.identifiers import alike, refuse_identifiers
from analysis.readers.table.numbers import decimal_commas, numbers
from analysis.readers.table.text_table import exact_copies
from analysis.rules import catalogue

PLAIN = "id,arm\nS1,ket\nS2,mdz\n"


def read(tmp_path, content: str | bytes, **options):
    path = tmp_path / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_text(path, **options)


def refused(tmp_path, content: str | bytes, **options) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        read(tmp_path, content, **options)
    assert str(tmp_path) not in caught.value.message
    return caught.value


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


def test_a_byte_order_mark_is_noted(tmp_path):
    assert [i.rule for i in read(tmp_path, PLAIN.encode("utf-16")).issues] == ["file.bom"]


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


def test_another_separator_than_the_declared_one_is_hinted_at(tmp_path):
    error = refused(tmp_path, PLAIN.replace(",", ";"), separator=",")
    assert (error.rule, "semicolons" in error.message) == ("file.one-column", True)


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_a_separator_that_is_not_a_comma_is_found_and_said(tmp_path, mark, word):
    content = PLAIN.replace(",", mark) + f"S3{mark}a, b\n"
    table = read(tmp_path, content)
    assert list(table.cells["arm"]) == ["ket", "mdz", "a, b"]
    (note,) = table.issues
    assert (note.rule, word in note.message) == ("file.separator-detected", True)


def test_a_mark_inside_quotation_marks_separates_nothing(tmp_path):
    table = read(tmp_path, 'id;"fear, now"\nS1;"1, or 2; or 3"\nS2;3\n')
    assert list(table.cells) == ["id", "fear, now"]


@pytest.mark.parametrize(
    ("word", "encoding"),
    [("Depress\u00e3o", "cp1252"), ("\u00a9", "cp1252"), ("k\u00e9t", "cp1252"),
     ("\u043a\u0435\u0442\u0430\u043c\u0438\u043d", "cp1251"),
     ("p\u0159\u00edli\u0161 \u017elu\u0165ou\u010dk\u00fd", "cp1250"),
     ("\u015bwietnie \u0142\u00f3d\u017a", "cp1250"), ("gr\u00f6\u00dfer", "cp850"),
     ("M\u00fcde, gr\u00f6\u00dfer, f\u00fcr \u00c4rger", "mac_roman")],
)  # fmt: skip
@pytest.mark.bad_input("E2")
def test_an_encoding_is_found_by_its_letters_and_flagged(tmp_path, word, encoding):
    raw = f"id;arm\nS1;ket\nS2;{word}\n".encode(encoding)
    table = read(tmp_path, raw)
    assert table.cells["arm"][1] == word
    flag = table.issues[0]
    assert (flag.rule, flag.severity) == ("file.encoding-detected", "FLAG")
    assert f'encoding = "{encoding}"' in flag.message
    assert word not in flag.message
    # Declared, there is nothing to say.
    assert not read(tmp_path, raw, encoding=encoding, separator=";").issues


def test_a_letter_far_down_a_large_file_starts_the_search_over(tmp_path):
    lines = [b"id,arm", *(b"S%d,ket" % n for n in range(900_000)), b"S,k\xe9t"]
    table = read(tmp_path, b"\n".join(lines))
    assert table.cells["arm"].iloc[-1] == "k\u00e9t"
    assert table.rows[-1] == 900_002
    assert table.sha256 == hashlib.sha256(b"\n".join(lines)).hexdigest()


def test_the_line_of_a_bad_byte_is_told(tmp_path):
    error = refused(tmp_path, b"id,arm\nS1,k\xe9t\n", encoding="utf-8")
    assert (error.rule, "line 2" in error.message) == ("file.encoding", True)
    assert read(tmp_path, b"id,arm\nS1,k\xe9t\n", encoding="cp1252").cells["arm"][0] == "két"


def test_a_literal_quotation_mark_in_a_cell_is_text(tmp_path):
    table = read(tmp_path, "id,height\nS1,5'10\" tall\nS2,x\n")
    assert len(table.cells) == 2


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


def test_many_odd_letters_are_judged_by_the_first_of_them(tmp_path):
    lines = [b"id,arm", *[b"S%d,m\xfcde gr\xf6\xdfer" % n for n in range(9_000)], b"S,\x81\x8d"]
    error = refused(tmp_path, b"\n".join(lines))
    assert (error.rule, "cp1252" in error.message) == ("file.encoding", True)


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


@pytest.mark.parametrize(
    "name",
    ["id", "patient_id", "subject", "name_of_scale", "nameless", "address_fear", "instrument_name",
     "form_name", "site_name", "item_01", "pcl5_07", "phone_use_hours", "birth_weight", "arm",
     "street_drug_use", "email_sent", "faxes", "zipper", "mobility", "when", "e" * 5000],
)  # fmt: skip
def test_a_header_that_only_sounds_like_one_is_not(name):
    refuse_identifiers([name, "other"], "people.csv")


def test_identifiers_written_differently_look_alike():
    names = pd.Series(["KPE008", "kpe-8", "8", "KPE009", "x10y"])
    assert list(alike(names)) == [True, True, True, False, False]
    assert list(alike(pd.Series(["kpe 9", "9", "11"]), names)) == [True, True, False]


@pytest.mark.parametrize(
    ("text", "decimal", "value", "wrong"),
    [
        ("1", ".", 1, False),
        ("-0.5", ".", -0.5, False),
        (".5", ".", 0.5, False),
        ("0,667", ",", 0.667, False),
        ("0.667", ",", np.nan, True),
        ("0,667", ".", np.nan, True),
        ("1e3", ".", np.nan, True),
        ("nan", ".", np.nan, True),
        ("inf", ".", np.nan, True),
        ("9" * 400, ".", np.nan, True),
        ("-9", ".", np.nan, False),
        ("-9.0", ".", np.nan, False),
        ("", ".", np.nan, False),
        (" 2 ", ".", 2, False),
    ],
)
def test_a_number_is_plain_or_none(text, decimal, value, wrong):
    values, bad = numbers(pd.Series([text]), decimal=decimal, missing_codes=("-9", "n/a"))
    np.testing.assert_equal(values[0], float(value))
    assert bad[0] == wrong


def test_no_cells_give_no_numbers():
    values, bad = numbers(pd.Series([], dtype="str"))
    assert len(values) == len(bad) == 0


NOTES = 'id,arm,notes\nS1,ket,"a, b"\n\n,,\nS1,ket,"a, b"\nS1,ket,c\n , ,only here\nS2,mdz,\n'


@pytest.mark.bad_input("E27")
def test_only_the_wanted_columns_are_kept(tmp_path):
    table = read(tmp_path, NOTES, columns=["arm", "id", "absent"])
    assert list(table.cells) == ["id", "arm"]
    # A row with something in a column that is not kept is not blank.
    assert list(table.rows) == [2, 5, 6, 7, 8]
    whole = read(tmp_path, NOTES)
    assert list(whole.rows) == list(table.rows)
    assert whole.issues == table.issues
    assert whole.sha256 == table.sha256


def test_no_wanted_column_is_said_when_it_is_asked_for(tmp_path):
    table = read(tmp_path, NOTES, columns=["absent"])
    assert len(table.rows) == 5
    with pytest.raises(ReliefError, match="no column 'absent'"):
        table.column("absent")


@pytest.mark.parametrize("columns", [None, ["id"], ["id", "arm"]])
def test_exact_copies_are_told_by_all_columns_kept_or_not(tmp_path, columns):
    table = read(tmp_path, NOTES, columns=columns)
    assert list(exact_copies(table, np.ones(5, bool))) == [False, True, False, False, False]
    among = np.array([True, False, True, False, False])
    assert not exact_copies(table, among).any()
    assert not exact_copies(table, np.zeros(5, bool)).any()
    # Rows keep their numbers when others are taken out.
    later = table.pick(np.array([False, True, True, True, True]))
    assert not exact_copies(later, np.ones(4, bool)).any()


@pytest.mark.parametrize("now", ["id,arm,notes\nS1,ket,a\n", NOTES.replace("only", "never")])
def test_a_file_that_changes_between_two_looks_is_refused(tmp_path, now):
    table = read(tmp_path, NOTES, columns=["id"])
    (tmp_path / "people.csv").write_text(now)
    with pytest.raises(ReliefError) as caught:
        exact_copies(table, np.ones(5, bool))
    assert caught.value.rule == "file.changed"


def test_a_column_without_a_name_tells_no_copies_apart(tmp_path):
    table = read(tmp_path, ",id,arm\n1,S1,ket\n2,S1,ket\n", columns=["id"])
    assert list(exact_copies(table, np.ones(2, bool))) == [False, True]


def test_values_that_repeat_are_held_once_and_read_the_same(tmp_path):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "few": rng.choice(["a", " a", "", "b "], 300_000),
            "many": rng.integers(0, 10**9, 300_000).astype(str),
            "at_first_many": [f"{n if n < 250_000 else 0}" for n in range(300_000)],
            "at_first_few": [f"{n if n > 280_000 else 0}" for n in range(300_000)],
        }
    )
    frame.to_csv(tmp_path / "large.csv", index=False)
    table = read_text(tmp_path / "large.csv")
    pd.testing.assert_frame_equal(table.cells.astype("str"), frame.astype("str"))
    assert isinstance(table.cells["few"].dtype, pd.CategoricalDtype)
    assert list(table.category("few").cat.categories) != list(table.cells["few"].cat.categories)
    for name in frame:
        stripped = frame[name].str.strip().astype("str")
        pd.testing.assert_series_equal(table.column(name), stripped)
        pd.testing.assert_series_equal(table.category(name).astype("str"), stripped)


@given(
    st.text("0123456789+-.,e \u0661\u00a0xX", max_size=12), st.sampled_from([".", ","]),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_number_is_what_the_language_reads_or_none(text, decimal, by_value, as_category):
    column = pd.Series([text, "1", "1"], dtype="str")
    if as_category:
        column = column.astype("category")
    values, wrong = numbers(
        column, decimal=decimal, missing_codes=("-9", "x"), codes_by_value=by_value
    )
    bare = text.strip()
    mark = re.escape(decimal)
    plain = re.fullmatch(f"[+-]?([0-9]+({mark}[0-9]*)?|{mark}[0-9]+)", bare)
    value = float(bare.replace(",", ".")) if plain else np.nan
    missing = bare in ("", "-9", "x")
    np.testing.assert_equal(values[0], np.nan if missing or (by_value and value == -9) else value)
    assert wrong[0] == (not plain and not missing)


def test_decimal_commas_are_recognised():
    column = pd.Series(["12,5", "-0,25", ",5", "12.5", "1,2,3", "a,5", "", "12", " 3,0 "])
    expected = [True, True, True, False, False, False, False, False, True]
    assert list(decimal_commas(column)) == expected
    assert list(decimal_commas(column.astype("category"))) == expected


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff"), max_size=8)


@settings(deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_program_wrote_is_read_back_row_by_row(rows, mark, end, encoding):
    rows = [["id", "one", "two"], *rows, ["last", "", ""]]
    written = io.StringIO()
    csv.writer(written, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cells.csv")
        path.write_bytes(written.getvalue().encode(encoding))
        table = read_text(path, separator=mark)
    # Line breaks within cells come back as one kind.
    filled = [n for n, row in enumerate(rows) if n and any(map(str.strip, row))]
    assert list(table.rows) == [n + 1 for n in filled]
    assert table.cells.astype("str").to_numpy().tolist() == [rows[n] for n in filled]


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text('a,;\t|"\n\r \u00e9\x001', max_size=60).map(str.encode),
        st.tuples(st.integers(0, 60), st.binary(min_size=1, max_size=3)).map(
            lambda change: NOTES.encode()[: change[0]] + change[1] + NOTES.encode()[change[0] :]
        ),
    ),
    st.sampled_from([None, "utf-8", "utf-16", "cp1252", "shift_jis", "hz"]),
    st.sampled_from([None, ["id"]]),
)
def test_bytes_of_any_kind_are_read_or_refused(raw, encoding, columns):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bytes.csv")
        path.write_bytes(raw)
        refusal, table = None, None
        try:
            table = read_text(path, encoding=encoding, columns=columns)
        except ReliefError as error:
            refusal = error
    if refusal is not None:
        assert refusal.rule in catalogue()
        assert folder not in refusal.message
        return
    assert len(table.rows) == len(table.cells) > 0
    assert (np.diff(table.rows) > 0).all()
