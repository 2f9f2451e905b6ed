"""Dataset-JSON: what its columns declare, and what is refused."""

from __future__ import annotations

import math
import zlib

import pytest

from analysis.readers.formats.cdisc import dataset_json
from analysis.readers.formats.cdisc.dataset_json import read_dataset_json
from tests.factory import TOKEN
from tests.readers.formats.cdisc.containers import DAY, MOMENT, PEOPLE, read_bytes, refused
from tests.readers.formats.cdisc.files import (
    JSON_KINDS,
    column,
    described,
    json_bytes,
)  # fmt: skip


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
