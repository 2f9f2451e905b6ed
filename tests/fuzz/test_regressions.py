"""What hostile inputs once broke, each as small as it can be made."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from analysis.draft.recognise import look
from analysis.draft.sighting import Sighting
from analysis.draft.toml_text import quoted
from analysis.errors import ReliefError
from analysis.readers.formats.cdisc import dataset_json
from analysis.readers.formats.excel import sheet, workbook
from analysis.readers.formats.excel.sheet import read_sheet
from tests.factory import TOKEN, Outcome, promised, toml, write_study
from tests.fuzz.archives import archive_of, members
from tests.readers.formats.excel.test_sheet import ROWS, ods, xlsx

WRITERS = {"xlsx": xlsx, "ods": ods}
LARGE = {"xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"}


def rule_of(path: Path) -> str:
    with pytest.raises(ReliefError) as refused:
        read_sheet(path)
    return refused.value.rule


@pytest.mark.parametrize("kind", WRITERS)
def test_a_member_larger_than_the_archive_tells_is_never_unpacked(tmp_path, kind):
    path = WRITERS[kind](tmp_path, ROWS)
    parts = members(path.read_bytes())
    told = len(parts[LARGE[kind]])
    parts[LARGE[kind]] += b" " * (100 << 20)
    raw = bytearray(archive_of(parts))
    entry = raw.rfind(LARGE[kind].encode()) - 46
    struct.pack_into("<I", raw, entry + 24, told)
    path.write_bytes(raw)
    assert workbook.kind_of(bytes(raw)) == kind
    assert rule_of(path) == "workbook.damaged"


def test_a_small_file_that_unpacks_a_thousandfold_is_not_opened(tmp_path):
    path = xlsx(tmp_path, ROWS)
    parts = members(path.read_bytes())
    parts["xl/workbook.xml"] += b"<a/>" * (10 << 20)
    path.write_bytes(archive_of(parts))
    assert rule_of(path) == "workbook.unpacks-too-large"


def test_names_of_sheets_take_no_megabytes(tmp_path, monkeypatch):
    path = xlsx(tmp_path, ROWS)
    parts = members(path.read_bytes())
    monkeypatch.setattr(workbook, "_MOST_NAMING", len(parts["xl/workbook.xml"]) - 1)
    assert rule_of(path) == "workbook.damaged"


def test_no_tree_is_built_of_an_opendocument_sheet(tmp_path, monkeypatch):
    path = ods(tmp_path, ROWS)
    expected = workbook.marks(path.read_bytes(), "ods")["Scores"]
    assert (expected.height, expected.width) == (len(ROWS), len(ROWS[0]))
    monkeypatch.setattr(ET, "fromstring", None)
    assert workbook.marks(path.read_bytes(), "ods") == {"Scores": expected}


def test_an_opendocument_sheet_with_elements_in_odd_places_is_read_or_refused(tmp_path):
    path = ods(tmp_path, ROWS)
    for more in (b"<a/>" * 1000, b"<table:table-cell/>", b"<table:table-row/>"):
        parts = members(path.read_bytes())
        row = b"<table:table-row>"
        parts["content.xml"] = parts["content.xml"].replace(row, more + row, 1)
        changed = tmp_path / "changed.ods"
        changed.write_bytes(archive_of(parts))
        try:
            assert len(read_sheet(changed).rows) == len(ROWS) - 1
        except ReliefError as refused:
            told = refused.message
            assert TOKEN not in told


@pytest.mark.parametrize("text", [b"[" * (4 << 20), b"{\n" + b"1,\n" * (2 << 20)])
def test_a_document_of_json_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch, text):
    monkeypatch.setattr(dataset_json, "LARGEST_DOCUMENT", 2 << 20)
    for name, raw in (("a.json", text), ("a.dsjc", zlib.compress(text))):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(ReliefError) as refused:
            dataset_json.read_dataset_json(tmp_path / name)
        assert refused.value.rule == "dataset-json.large-document"
        assert "2 MB" in refused.value.message


def test_lines_of_json_may_be_many(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_json, "LARGEST_DOCUMENT", 4 << 20)
    columns = '[{"name": "A", "dataType": "string"}]'
    count = 400_000
    head = f'{{"datasetJSONVersion": "1.1", "records": {count}, "columns": {columns}}}\n'
    (tmp_path / "a.ndjson").write_text(head + '["a word"]\n' * count)
    assert (tmp_path / "a.ndjson").stat().st_size > 4 << 20
    assert len(dataset_json.read_dataset_json(tmp_path / "a.ndjson").rows) == count


def test_a_draft_looks_at_each_column_once(tmp_path, monkeypatch):
    names = [f"extra_{number}" for number in range(300)]
    text = ",".join(["id", "when", *names]) + "\n" + ",".join(["a", "2025-03-04"] + ["1"] * 300)
    (tmp_path / "a.csv").write_text(text)
    (table,) = look(tmp_path / "a.csv")
    looks = []
    own = Sighting._mostly
    monkeypatch.setattr(Sighting, "_mostly", lambda *given: looks.append(1) or own(*given))
    assert [table.times for _ in range(100)] == [["when"]] * 100
    assert len(looks) <= 3


def test_a_name_with_a_delete_character_is_written_as_toml(tmp_path):
    assert quoted("a\x7fb") == '"a\\u007fb"'


@pytest.mark.parametrize("key", ['dictionary = "d.csv"', 'event_table = "e.csv"', 'form = "a"'])
def test_keys_of_redcap_are_refused_where_the_format_is_another(tmp_path, key):
    path = write_study(tmp_path)
    path.write_text(toml(arm=f'arm = "arm"\n{key}'))
    outcome = promised(Outcome(path))
    assert outcome.error["rule"] == "config.value"
    assert 'format = "redcap"' in outcome.error["message"]


def test_a_member_outside_of_the_archive_is_written_nowhere(tmp_path):
    path = xlsx(tmp_path, ROWS)
    parts = members(path.read_bytes()) | {"../evil.txt": b"x", "/tmp/relief-evil.txt": b"x"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    path.write_bytes(out.getvalue())
    assert len(read_sheet(path).rows) == len(ROWS) - 1
    assert not Path("/tmp/relief-evil.txt").exists()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_failure_inside_the_compiled_library_prints_nothing(tmp_path, capfd, monkeypatch):
    def panics(*_: object) -> None:
        os.write(2, f"thread panicked at /home/somebody: {TOKEN}".encode())
        raise type("PanicException", (BaseException,), {})

    path = xlsx(tmp_path, ROWS)
    monkeypatch.setattr(sheet.CalamineWorkbook, "from_filelike", panics, raising=False)
    assert rule_of(path) == "workbook.damaged"
    os.write(2, b"still heard")
    assert capfd.readouterr() == ("", "still heard")


def test_line_ends_without_end_take_no_time(tmp_path):
    packer = zlib.compressobj(1)
    pieces = [packer.compress(b"\n" * (1 << 20)) for _ in range(1000)]
    (tmp_path / "a.dsjc").write_bytes(b"".join([*pieces, packer.flush()]))
    start = time.process_time()
    with pytest.raises(ReliefError):
        dataset_json.read_dataset_json(tmp_path / "a.dsjc")
    assert time.process_time() - start < 20
