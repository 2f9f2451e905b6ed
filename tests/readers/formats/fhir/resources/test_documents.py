"""Files, bundles and releases."""

from __future__ import annotations

import gzip
import json

import pytest

from analysis.readers.formats.fhir.read import read_fhir
from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    bundle,
    given,
    member,
    observation,
    patient,
    phq9,
    response,
    write_bundle,
    write_ndjson,
)
from tests.readers.formats.fhir.reading import refused, rules


class TestFiles:
    RESOURCES = (patient("p1"), member("p1"), given("p1"), phq9(), patient("proband"))

    @pytest.mark.parametrize("role", ["subjects", "infusions", "assessments"])
    def test_a_bundle_ndjson_and_their_gzip_are_one_table(self, tmp_path, role):
        resources = list(self.RESOURCES)
        plain = write_ndjson(tmp_path / "a.ndjson", resources)
        packed = write_ndjson(tmp_path / "a.ndjson.gz", resources)
        laid_out = write_bundle(tmp_path / "a.json", resources)
        one_line = tmp_path / "b.json"
        one_line.write_text(json.dumps(bundle(resources)))
        squeezed = tmp_path / "b.json.gz"
        squeezed.write_bytes(gzip.compress(laid_out.read_bytes()))
        expected = read_fhir(plain, role=role)
        for path in (packed, laid_out, one_line, squeezed):
            table = read_fhir(path, role=role)
            assert table.cells.equals(expected.cells)
            assert table.rows.tolist() == expected.rows.tolist()
            assert rules(table) == rules(expected)

    def test_a_folder_of_a_bulk_export_is_one_table(self, tmp_path):
        folder = tmp_path / "export"
        folder.mkdir()
        write_ndjson(folder / "Patient.ndjson", [patient("p1"), patient("proband")])
        write_ndjson(folder / "QuestionnaireResponse.ndjson.gz", [phq9()])
        (folder / "export.log").write_text("no resource")
        assert read_fhir(folder, role="subjects").cells["subject"].tolist() == ["p1", "proband"]
        table = read_fhir(folder, role="assessments")
        assert table.file == "export"
        assert set(table.rows) == {3}

    def test_a_single_resource_is_an_export_of_one(self, tmp_path):
        path = tmp_path / "one.json"
        path.write_text(json.dumps(patient("p1"), indent=1))
        assert read_fhir(path, role="subjects").cells["subject"].tolist() == ["p1"]

    def test_a_byte_order_mark_and_blank_lines_do_not_matter(self, tmp_path):
        path = write_ndjson(tmp_path / "a.ndjson", [patient("p1"), patient("p2")])
        path.write_bytes(b"\xef\xbb\xbf\n" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))
        assert read_fhir(path, role="subjects").cells["subject"].tolist() == ["p1", "p2"]

    @pytest.mark.parametrize(
        ("raw", "rule"),
        [
            (b"", "file.empty"),
            (b" \n\t\n", "file.empty"),
            (b'<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"/>', "fhir.xml"),
            (b"PK\x03\x04 an archive", "fhir.not-json"),
            (b'{"resourceType": "Patient", "id": "Zebra4711Quartz"', "fhir.not-json"),
            (b'{"resourceType": "Patient", "x": NaN}', "fhir.not-json"),
            (b'{"resourceType": "Patient"}\n{"resourceType": "Zebra4711Quartz', "fhir.not-json"),
            (b'{"resourceType": "Patient", "id": "\xff"}', "fhir.encoding"),
            ('{"resourceType": "Patient"}'.encode("utf-16"), "fhir.encoding"),
            (b'{"resourceType": "Patient", "id": "\\ud83d"}', "fhir.encoding"),
            (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "fhir.repeated-key"),
            (b"[" * 200_000, "fhir.nested"),
            (b'{"a": ' * 200_000, "fhir.nested"),
            (b'{"name": "Zebra4711Quartz"}', "fhir.no-resource"),
            (b"[1, 2]", "fhir.no-resource"),
            (b'"Zebra4711Quartz"', "fhir.no-resource"),
            (b"3", "fhir.no-resource"),
            (b'{"resourceType": "Bundle", "type": "history", "entry": []}', "fhir.bundle-type"),
            (b'{"resourceType": "Bundle", "type": "collection"}', "fhir.nothing"),
            (b'{"resourceType": "Observation"}', "fhir.nothing"),
            (gzip.compress(b'{"resourceType": "Patient"}' * 99)[:-20], "fhir.compressed"),
            (b"\x1f\x8b\x08 no gzip at all", "fhir.compressed"),
        ],
        ids=range(22),
    )
    def test_what_cannot_be_read_is_refused_in_a_sentence(self, tmp_path, raw, rule):
        path = tmp_path / "export.json"
        path.write_bytes(raw)
        error = refused(path)
        assert error.rule == rule
        assert "export.json" in error.message

    def test_the_line_that_is_no_json_is_told(self, tmp_path):
        path = write_ndjson(tmp_path / "a.ndjson", [patient("p1"), patient("p2")])
        path.write_bytes(path.read_bytes() + b'{"resourceType": "Pat\n')
        assert "line 3" in refused(path).message

    def test_a_missing_file_and_a_folder_without_files_are_refused(self, tmp_path):
        assert refused(tmp_path / "none.ndjson").rule == "fhir.no-path"
        (tmp_path / "empty").mkdir()
        assert refused(tmp_path / "empty").rule == "fhir.no-files"

    def test_a_folder_named_like_a_file_is_refused(self, tmp_path):
        (tmp_path / "export" / "Patient.ndjson").mkdir(parents=True)
        assert refused(tmp_path / "export").rule == "fhir.no-path"

    def test_a_document_larger_than_memory_should_hold_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr("analysis.readers.formats.fhir.resources.documents._DOCUMENT_MB", 1)
        people = [patient(f"p{number}") for number in range(4000)]
        assert refused(write_bundle(tmp_path / "a.json", people)).rule == "fhir.too-large"
        long = write_ndjson(tmp_path / "long.ndjson", [patient("p1", note="x" * (1 << 20))])
        assert refused(long).rule == "fhir.too-large"
        # The same people one a line are read.
        lines = write_ndjson(tmp_path / "a.ndjson", people)
        assert len(read_fhir(lines, role="subjects").cells) == 4000

    def test_a_file_that_unpacks_without_end_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr("analysis.readers.formats.fhir.resources.documents._ALWAYS_MB", 1)
        path = tmp_path / "a.ndjson.gz"
        path.write_bytes(gzip.compress(b"\n" * (2 << 20)))
        assert refused(path).rule == "fhir.unpacked-size"

    def test_a_page_whose_next_one_is_missing_is_flagged(self, tmp_path):
        more = {"link": [{"relation": "next", "url": "http://example.org?page=2"}]}
        first = write_bundle(tmp_path / "1.json", [patient("p1")], kind="searchset", **more)
        assert "fhir.next-page" in rules(read_fhir(first, role="subjects"))
        write_bundle(tmp_path / "2.json", [patient("p2")], kind="searchset")
        whole = read_fhir(tmp_path, role="subjects")
        assert whole.cells["subject"].tolist() == ["p1", "p2"]
        assert "fhir.next-page" not in rules(whole)

    def test_what_is_not_understood_is_counted_by_type(self, read):
        others = [{"resourceType": "Encounter"}, {"resourceType": "Encounter"},
                  {"resourceType": TOKEN}]  # fmt: skip
        (note,) = read([patient("p1"), *others], "subjects").issues
        assert (note.rule, note.severity, note.count) == ("fhir.other-resources", "NOTE", 3)
        assert "Encounter 2" in note.message
        assert TOKEN not in note.message

    def test_entries_without_a_resource_are_counted(self, tmp_path):
        path = tmp_path / "a.json"
        whole = bundle([patient("p1")], kind="transaction")
        whole["entry"].append({"request": {"method": "DELETE", "url": "Patient/9"}})
        path.write_text(json.dumps(whole))
        assert rules(read_fhir(path, role="subjects"))["fhir.no-entry"] == 1


class TestReleases:
    @pytest.mark.parametrize(
        ("role", "resource", "release"),
        [
            ("infusions", given(occurencePeriod={"start": "2025-03-04"}), "R5"),
            ("infusions", given(notGiven=True), "STU3"),
            ("assessments", observation("44261-6", 3, instantiatesCanonical="http://x"), "R5"),
            ("assessments", observation("44261-6", 3, related=[{}]), "STU3"),
            ("assessments", response([], parent=[{}]), "STU3"),
            ("subjects", {"resourceType": "ResearchSubject", "subject": {}}, "R5"),
        ],
        ids=range(6),
    )
    def test_elements_of_another_release_are_refused(self, tmp_path, role, resource, release):
        error = refused(write_ndjson(tmp_path / "a.ndjson", [resource]), role)
        assert error.rule == "fhir.version"
        assert release in error.message
