"""XPT and Dataset-JSON: one table in every encoding gives the same text, hostile files none."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.formats.cdisc.dataset_json import read_dataset_json
from analysis.readers.formats.cdisc.xpt import read_xpt
from analysis.readers.formats.delimited.read import read_text
from tests.factory import TOKEN
from tests.readers.formats.cdisc.containers import PEOPLE, read_bytes, refused
from tests.readers.formats.cdisc.files import (
    JSON_KINDS,
    described,
    json_bytes,
    write_json,
    write_xpt,
)  # fmt: skip

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
    assert {note.rule for note in table.issues} == {"cdisc.birth-date", "xpt.not-counted"}


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


# What is special in Dataset-JSON


def test_what_a_file_is_shows_in_its_content_not_in_its_name(tmp_path):
    for kind in JSON_KINDS:
        table = read_bytes(read_dataset_json, tmp_path, json_bytes(described(PEOPLE), kind))
        assert list(table.cells["AVAL"]) == ["3", "0.5", "36.7"]
    laid_out = json.dumps(described(PEOPLE), indent=2).encode()
    assert len(read_bytes(read_dataset_json, tmp_path, b"\xef\xbb\xbf" + laid_out).cells) == 3


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
