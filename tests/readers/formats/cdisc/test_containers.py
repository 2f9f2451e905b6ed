"""XPT and Dataset-JSON: one table in every encoding gives the same text, hostile files none."""

from __future__ import annotations

import json
import math
import zlib
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.formats.cdisc import dataset_json
from analysis.readers.formats.cdisc.dataset_json import read_dataset_json
from analysis.readers.formats.cdisc.values import number_text, plain_number
from analysis.readers.formats.cdisc.xpt import read_xpt
from analysis.readers.formats.delimited.read import read_text
from tests.factory import TOKEN
from tests.readers.formats.cdisc.files import (
    JSON_KINDS,
    column,
    described,
    json_bytes,
    write_json,
    write_xpt,
)  # fmt: skip

PEOPLE = {
    "USUBJID": ["S1", "S2", "S3"],
    "ARM": ["Ketamine", "", "Midazolam, 0.045 mg/kg"],
    "AVAL": [3, 0.5, 36.7],
    "VISITNUM": [1, 2, 201],
}
DAY = (date(2025, 3, 4) - date(1960, 1, 1)).days
MOMENT = (datetime(2025, 3, 4, 10, 20, 5) - datetime(1960, 1, 1)).total_seconds()


def refused(reader, path: Path) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        reader(path)
    assert str(path.parent) not in caught.value.message
    assert TOKEN not in caught.value.message
    return caught.value


def read_bytes(reader, tmp_path: Path, raw: bytes):
    path = tmp_path / "made-up.data"
    path.write_bytes(raw)
    return reader(path)


# One table, every encoding


def all_encodings(folder: Path, columns: dict[str, list]) -> dict[str, pd.DataFrame]:
    read = {}
    for version in (5, 8):
        read[f"xpt {version}"] = read_xpt(write_xpt(folder / f"v{version}.xpt", columns, version))
    for kind in JSON_KINDS:
        read[kind] = read_dataset_json(write_json(folder / f"table.{kind}", columns))
    frame = pd.DataFrame(columns)
    frame.to_csv(folder / "table.csv", index=False)
    read["csv"] = read_text(folder / "table.csv")
    return {name: table.cells.astype("str") for name, table in read.items()}


@pytest.mark.bad_input("E15", "E16", "E18")
def test_a_table_has_the_same_cells_in_every_encoding(tmp_path):
    columns = PEOPLE | {"VISITNUM": [1, 2, 201], "AVAL": [3.25, 0.5, 36.7]}
    read = all_encodings(tmp_path, columns)
    assert read["xpt 5"].to_dict("list") == {
        "USUBJID": ["S1", "S2", "S3"],
        "ARM": ["Ketamine", "", "Midazolam, 0.045 mg/kg"],
        "AVAL": ["3.25", "0.5", "36.7"],
        "VISITNUM": ["1", "2", "201"],
    }
    for name, cells in read.items():
        pd.testing.assert_frame_equal(cells, read["xpt 5"], obj=name)


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
DECIMALS = st.integers(-(10**9), 10**9).map(lambda number: (2 * number + 1) / 1000)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(WORDS, st.integers(-(2**50), 2**50), DECIMALS), min_size=1, max_size=8))
def test_any_table_has_the_same_cells_in_every_encoding(tmp_path, rows):
    words, whole, decimals = (list(values) for values in zip(*rows, strict=True))
    read = all_encodings(tmp_path, {"W": words, "N": whole, "X": decimals})
    for name, cells in read.items():
        pd.testing.assert_frame_equal(cells, read["csv"], obj=name)


@pytest.mark.parametrize("version", [5, 8])
def test_rows_are_the_numbers_of_records_with_a_header_counted(tmp_path, version):
    table = read_xpt(write_xpt(tmp_path / "a.xpt", PEOPLE, version))
    assert list(table.rows) == [2, 3, 4]
    assert len(table.sha256) == 64


def test_a_blank_record_is_passed_over_and_keeps_its_number(tmp_path):
    table = read_dataset_json(write_json(tmp_path / "a.ndjson", {"A": ["x", "", "y"]}))
    assert list(table.rows) == [2, 4]
    assert [(note.rule, note.row) for note in table.issues] == [("file.blank-row", 3)]


def test_dates_of_birth_are_not_taken_along(tmp_path):
    columns = PEOPLE | {"BRTHDTC": ["1950-01-01", "1951", ""]}
    table = read_xpt(write_xpt(tmp_path / "dm.xpt", columns))
    assert "BRTHDTC" not in table.cells
    assert [note.rule for note in table.issues] == ["cdisc.birth-date"]


@pytest.mark.parametrize("reader", [read_xpt, read_dataset_json])
def test_a_direct_identifier_is_refused_in_every_container(tmp_path, reader):
    columns = {"USUBJID": ["S1"], "LASTNAME": [TOKEN]}
    name = "a.xpt" if reader is read_xpt else "a.json"
    write = write_xpt if reader is read_xpt else write_json
    assert refused(reader, write(tmp_path / name, columns)).rule == "identifier.column"


@pytest.mark.parametrize("reader", [read_xpt, read_dataset_json])
def test_what_is_not_there_or_empty_is_refused(tmp_path, reader):
    assert refused(reader, tmp_path / "absent.xpt").rule == "file.missing"
    assert refused(reader, tmp_path).rule == "file.not-opened"
    (tmp_path / "a").write_bytes(b"")
    assert refused(reader, tmp_path / "a").rule == "file.empty"


# Numbers and dates


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"), (-3.0, "-3"), (0.0, "0"), (-0.0, "0"), (0.5, "0.5"), (0.1 + 0.2, "0.3"),
        (36.7, "36.7"), (1e-7, "0.0000001"), (1e15, "1000000000000000"),
        (123456.789, "123456.789"), (2.0**52, "4503599627370496"), (math.nan, ""),
    ],
)  # fmt: skip
def test_a_number_is_the_shortest_plain_decimal(value, text):
    assert list(number_text(pd.Series([value]).to_numpy())) == [text]


@pytest.mark.parametrize(
    ("written", "plain"),
    [("3.0", "3"), ("98.50", "98.5"), ("5e-1", "0.5"), ("1E2", "100"), ("-0.0", "0"),
     ("12345678901234567890.5", "12345678901234567890.5"), ("10 mg", "10 mg"), ("", "")],
)  # fmt: skip
def test_a_decimal_as_text_loses_no_digit_that_means_something(written, plain):
    assert plain_number(written) == plain


def test_a_number_of_absurd_size_is_left_as_written(tmp_path):
    assert plain_number("1e999999999") == "1e999999999"
    raw = json_bytes(described({"A": [1]}), "json").replace(b"[[1]]", b"[[1e999]]")
    assert list(read_bytes(read_dataset_json, tmp_path, raw).cells["A"]) == ["1e999"]


@pytest.mark.parametrize("form", ["DATE9.", "E8601DA10.", "YYMMDD10.", "MMDDYY10.", "B8601DA8."])
def test_sas_dates_become_iso_dates(tmp_path, form):
    path = write_xpt(
        tmp_path / "a.xpt", {"ADT": [float(DAY), math.nan]}, variable_format={"ADT": form}
    )
    table = read_xpt(path)
    assert list(table.cells["ADT"]) == ["2025-03-04"]


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("DATETIME20.", MOMENT, "2025-03-04T10:20:05"),
        ("DATETIME20.", MOMENT + 0.25, "2025-03-04T10:20:05.25"),
        ("E8601DT19.", MOMENT, "2025-03-04T10:20:05"),
        ("E8601DZ20.", MOMENT, "2025-03-04T10:20:05Z"),
        ("DTDATE9.", MOMENT, "2025-03-04"),
        ("MONYY7.", DAY, "2025-03"),
        ("YEAR4.", DAY, "2025"),
        ("TIME8.", 37205.0, "10:20:05"),
        ("DATE9.", -25.0, "1959-12-07"),
        ("BEST12.", DAY, str(DAY)),
        ("DATE9.", 1e12, "1000000000000"),
        ("TIME8.", -5.0, "-5"),
    ],
)
def test_a_time_tells_as_much_as_its_format(tmp_path, form, value, text):
    path = write_xpt(tmp_path / "a.xpt", {"T": [float(value)]}, variable_format={"T": form})
    assert list(read_xpt(path).cells["T"]) == [text]


def test_dates_agree_with_the_conversion_of_pyreadstat(tmp_path):
    values = [float(DAY + step * 371) for step in range(-40, 40)]
    path = write_xpt(tmp_path / "a.xpt", {"ADT": values}, variable_format={"ADT": "DATE9."})
    frame, _ = pyreadstat.read_xport(path)
    assert list(read_xpt(path).cells["ADT"]) == [day.isoformat() for day in frame["ADT"]]


# What is special in XPT


def test_text_keeps_leading_blanks_and_loses_trailing_ones(tmp_path):
    table = read_xpt(write_xpt(tmp_path / "a.xpt", {"A": ["  x ", "y  ", "é"]}))
    assert list(table.cells["A"]) == ["  x", "y", "é"]


def observations(raw: bytes) -> int:
    return raw.index(b"HEADER RECORD*******OBS") + 80


@pytest.mark.parametrize("letter", [b"A", b"Z", b"_"])
def test_special_missing_values_are_blank_and_counted(tmp_path, letter):
    path = write_xpt(tmp_path / "a.xpt", {"X": [1.5, math.nan, 2.5], "Y": [1.0, 1.0, 1.0]})
    raw = bytearray(path.read_bytes())
    start = observations(raw)
    raw[start : start + 8] = letter + bytes(7)
    table = read_bytes(read_xpt, tmp_path, bytes(raw))
    assert list(table.cells["X"]) == ["", "", "2.5"]
    assert [(note.rule, note.count) for note in table.issues] == [("xpt.special-missing", 1)]


def test_a_number_stored_in_few_bytes_has_no_invented_digits(tmp_path):
    path = write_xpt(tmp_path / "a.xpt", {"X": [0.1], "C": ["abcd"]})
    raw = bytearray(path.read_bytes())
    start, names = observations(raw), raw.index(b"NAMESTR") + 60
    # X in 4 bytes, as a SAS LENGTH statement stores it; C moves up and takes the rest.
    raw[names + 4 : names + 6] = b"\0\4"
    raw[names + 140 + 4 : names + 140 + 6] = b"\0\10"
    raw[names + 140 + 84 : names + 140 + 88] = b"\0\0\0\4"
    raw[start : start + 12] = raw[start : start + 4] + b"abcd    "
    table = read_bytes(read_xpt, tmp_path, bytes(raw))
    assert table.cells.to_dict("list") == {"X": ["0.1"], "C": ["abcd"]}


@pytest.mark.parametrize("version", [5, 8])
def test_a_file_cut_anywhere_is_refused_or_ends_between_observations(tmp_path, version):
    columns = {"A": [f"person {n:02d}" for n in range(40)], "X": [n + 0.5 for n in range(40)]}
    raw = write_xpt(tmp_path / "a.xpt", columns, version).read_bytes()
    whole = list(read_xpt(tmp_path / "a.xpt").cells["A"])
    kept = 0
    for length in range(0, len(raw), 8):
        try:
            table = read_bytes(read_xpt, tmp_path, raw[:length])
        except ReliefError:
            continue
        kept += 1
        # Version 5 does not tell how many observations there are.
        assert version == 5
        assert list(table.cells["A"]) == whole[: len(table.cells)]
    assert kept < 10


def test_text_in_another_encoding_is_refused_until_it_is_declared(tmp_path):
    path = write_xpt(tmp_path / "a.xpt", {"A": ["Montr~al"]})
    raw = path.read_bytes().replace(b"Montr~al", "Montréal".encode("cp1252"))
    path.write_bytes(raw)
    assert refused(read_xpt, path).rule == "xpt.encoding"
    assert list(read_xpt(path, encoding="cp1252").cells["A"]) == ["Montréal"]
    path.write_bytes(raw)
    with pytest.raises(ReliefError) as caught:
        read_xpt(path, encoding="no-such-encoding")
    assert caught.value.rule == "xpt.encoding"


def damaged(raw: bytes, old: bytes, new: bytes) -> bytes:
    assert old in raw
    return raw.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda raw: b"A,B\n1,2\n", "xpt.not-transport"),
        (lambda raw: b"**COMPRESSED** **COMPRESSED**" + bytes(80), "xpt.cport"),
        (lambda raw: raw + b"x", "xpt.truncated"),
        (lambda raw: raw + b"x" * 80, "xpt.truncated"),
        (lambda raw: raw + raw[240:], "xpt.several"),
        (lambda raw: damaged(raw, b"NAMESTR", b"NAMESTX"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"0000000003"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"0000009999"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"00000000-2"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"0000000002", b"0000000000"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\0\2\0\0\0\5\0\1", b"\0\3\0\0\0\5\0\1"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\0\2\0\0\0\5\0\1", b"\0\2\0\0\0\0\0\1"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\0\2\0\0\0\5\0\1", b"\0\2\0\0\0\6\0\1"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\1AAAA    ", b"\1        "), "xpt.damaged"),
        (lambda raw: damaged(raw, b"\1AAAA    ", b"\1A\xffAA    "), "xpt.damaged"),
        (lambda raw: damaged(raw, b"Zebra", b"Ze\0ra"), "xpt.damaged"),
        (lambda raw: damaged(raw, b"XXXX    ", b"AAAA    "), "file.repeated-column"),
    ],
)
def test_a_file_that_is_no_sound_transport_file_is_refused(tmp_path, change, rule):
    columns = {"AAAA": ["Zebra", "x"], "XXXX": [1.0, 2.0]}
    raw = write_xpt(tmp_path / "a.xpt", columns).read_bytes()
    path = tmp_path / "b.xpt"
    path.write_bytes(change(raw))
    assert refused(read_xpt, path).rule == rule


def test_version_8_says_how_many_observations_there_are(tmp_path):
    raw = write_xpt(tmp_path / "a.xpt", {"A": ["x" * 80, "y" * 80]}, version=8).read_bytes()
    path = tmp_path / "b.xpt"
    for count in (1, 3):
        path.write_bytes(
            damaged(raw, b"!!!!!!!              2", b"!!!!!!!              %d" % count)
        )
        assert refused(read_xpt, path).rule == "xpt.truncated"
    # Older writers left the number out.
    path.write_bytes(damaged(raw, b"!!!!!!!              2", b"!!!!!!!000000000000000"))
    assert len(read_xpt(path).cells) == 2


def test_a_file_without_observations_is_refused(tmp_path):
    raw = write_xpt(tmp_path / "a.xpt", {"A": ["x" * 80]}).read_bytes()
    path = tmp_path / "b.xpt"
    path.write_bytes(raw[:-80])
    assert refused(read_xpt, path).rule == "file.no-rows"


# What is special in Dataset-JSON


def test_what_a_file_is_shows_in_its_content_not_in_its_name(tmp_path):
    for kind in JSON_KINDS:
        table = read_bytes(read_dataset_json, tmp_path, json_bytes(described(PEOPLE), kind))
        assert list(table.cells["AVAL"]) == ["3", "0.5", "36.7"]
    laid_out = json.dumps(described(PEOPLE), indent=2).encode()
    assert len(read_bytes(read_dataset_json, tmp_path, b"\xef\xbb\xbf" + laid_out).cells) == 3


def one_column(values, **description):
    return described({"A": values}, columns=[column("A", values, **description)])


@pytest.mark.parametrize(
    ("values", "description", "texts"),
    [
        (["x", None, "", "y  "], {}, ["x", "y"]),
        ([1, None, 3], {}, ["1", "3"]),
        ([3.0, 0.1], {"dataType": "float"}, ["3", "0.1"]),
        (["98.50", "3"], {"dataType": "decimal", "targetDataType": "decimal"}, ["98.5", "3"]),
        (["<5", "3.0", 3.0], {"dataType": "float"}, ["<5", "3", "3"]),
        (["1.50", 1.5], {"dataType": "string"}, ["1.50", "1.5"]),
        (["2012", 2012], {"dataType": "date"}, ["2012", "1965-07-05"]),
        (["2025-03-04", "2025-03"], {"dataType": "date"}, ["2025-03-04", "2025-03"]),
        (["2025"], {"dataType": "date"}, ["2025"]),
        (["2025-03-04"], {"dataType": "date", "targetDataType": "integer",
                          "displayFormat": "DATE9."}, ["2025-03-04"]),
        ([DAY], {"dataType": "date", "targetDataType": "integer", "displayFormat": "DATE9."},
         ["2025-03-04"]),
        ([DAY], {"dataType": "integer", "displayFormat": "E8601DA."}, ["2025-03-04"]),
        ([DAY], {"dataType": "integer", "displayFormat": "8.2"}, [str(DAY)]),
        ([MOMENT], {"dataType": "datetime", "targetDataType": "integer"}, ["2025-03-04T10:20:05"]),
        ([True, False], {"dataType": "boolean"}, ["true", "false"]),
    ],
)  # fmt: skip
def test_cells_become_text_by_what_their_column_declares(tmp_path, values, description, texts):
    raw = json_bytes(one_column(values, **description), "ndjson")
    assert list(read_bytes(read_dataset_json, tmp_path, raw).cells["A"]) == texts


@pytest.mark.parametrize("kind", JSON_KINDS)
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"records": 4}, "dataset-json.records"),
        ({"records": 2}, "dataset-json.records"),
        ({"records": None}, "dataset-json.no-attribute"),
        ({"records": "3"}, "dataset-json.no-attribute"),
        ({"records": -3}, "dataset-json.no-attribute"),
        ({"datasetJSONVersion": "2.0"}, "dataset-json.version"),
        ({"datasetJSONVersion": "1.0.0"}, "dataset-json.version"),
        ({"columns": []}, "dataset-json.no-attribute"),
        ({"columns": [{"name": "A"}] * 4}, "dataset-json.column"),
        ({"columns": [{"dataType": "string"}] * 4}, "dataset-json.column"),
        ({"columns": [{"name": "A", "dataType": ["string"]}] * 4}, "dataset-json.column"),
        ({"columns": [{"name": "A", "dataType": "string"}] * 4}, "file.repeated-column"),
        ({"columns": [{"name": "A", "dataType": "string"}]}, "dataset-json.ragged"),
        ({"rows": [[TOKEN, "b", 1, 2], [TOKEN, "b", 1], ["a", "b", 1, 2]]}, "dataset-json.ragged"),
        ({"rows": [{"USUBJID": TOKEN}] * 3}, "dataset-json.ragged"),
        ({"rows": [[TOKEN, ["b"], 1, 2]] * 3}, "dataset-json.cell"),
        ({"rows": [["\ud800", "b", 1, 2]] * 3}, "dataset-json.cell"),
        ({"rows": [[TOKEN, "b", math.nan, 2]] * 3}, "dataset-json.syntax"),
        ({"rows": [], "records": 0}, "file.no-rows"),
    ],
)
@pytest.mark.bad_input("E19")
def test_a_data_set_that_contradicts_itself_is_refused(tmp_path, kind, changes, rule):
    path = tmp_path / "a"
    path.write_bytes(json_bytes(described(PEOPLE, **changes), kind))
    assert refused(read_dataset_json, path).rule == rule


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"[1, 2]", "dataset-json.not-dataset"),
        (b'{"resourceType": "Bundle"}', "dataset-json.version"),
        (b'{"records": 1, "records": 2}', "dataset-json.syntax"),
        (b"\xff\xfe{}", "dataset-json.syntax"),
        (b"[" * 100_000, "dataset-json.syntax"),
        (b'{"rows": {}}', "dataset-json.syntax"),
        (b'{"rows": []}\n[1]', "dataset-json.syntax"),
        (b'{"records": 1} {"records": 1}', "dataset-json.syntax"),
        (b"USUBJID,ARM\nS1,x\n", "dataset-json.syntax"),
        (b"x\x9c not zlib", "dataset-json.compression"),
        (b"\x1f\x8b not gzip", "dataset-json.compression"),
    ],
)
def test_a_file_that_is_no_dataset_json_is_refused(tmp_path, raw, rule):
    path = tmp_path / "a.json"
    path.write_bytes(raw)
    assert refused(read_dataset_json, path).rule == rule


@pytest.mark.parametrize("kind", ["zlib.dsjc", "gzip.dsjc"])
def test_a_compressed_file_cut_off_or_added_to_is_refused(tmp_path, kind):
    raw = json_bytes(described(PEOPLE), kind)
    path = tmp_path / "a.dsjc"
    for bad in (raw[:-1], raw[: len(raw) // 2], raw + b"x"):
        path.write_bytes(bad)
        assert refused(read_dataset_json, path).rule == "dataset-json.compression"


@pytest.mark.parametrize("wbits", [15, 31])
def test_a_file_made_to_burst_is_not_inflated_beyond_the_limit(tmp_path, monkeypatch, wbits):
    monkeypatch.setattr(dataset_json, "LARGEST_INFLATED", 3 << 20)
    packer = zlib.compressobj(9, wbits=wbits)
    path = tmp_path / "a.dsjc"
    path.write_bytes(packer.compress(b" " * (64 << 20)) + packer.flush())
    assert path.stat().st_size < 100_000
    error = refused(read_dataset_json, path)
    assert error.rule == "dataset-json.too-large"
    assert "3 MB" in error.message


# Whatever the bytes


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sound")
    columns = PEOPLE | {"ARM": [TOKEN, "", "Midazolam"]}
    files = {f"xpt {v}": write_xpt(folder / f"{v}.xpt", columns, v).read_bytes() for v in (5, 8)}
    return files | {kind: json_bytes(described(columns), kind) for kind in JSON_KINDS}


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_changed_or_cut_bytes_are_read_or_refused_and_nothing_else(tmp_path, sound, data):
    name = data.draw(st.sampled_from(sorted(sound)))
    raw = bytearray(sound[name])
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    path = tmp_path / "fuzzed"
    path.write_bytes(bytes(raw))
    said = ""
    try:
        table = (read_xpt if name.startswith("xpt") else read_dataset_json)(path)
    except ReliefError as error:
        said = error.message
    else:
        assert len(table.cells) == len(table.rows)
        assert not table.cells.isna().any(axis=None)
    assert TOKEN not in said
    assert str(tmp_path) not in said


def test_text_that_reads_like_a_header_is_text(tmp_path):
    words = ["x HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!", "HEADER RECORD*******OBS"]
    path = write_xpt(tmp_path / "a.xpt", {"A": words})
    assert list(read_xpt(path).cells["A"]) == words
