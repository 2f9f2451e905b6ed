"""FHIR R4 exports as text, on synthetic resources shaped like HL7's and Synthea's examples."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.fhir.read import read_fhir
from analysis.readers.table.text_table import TextTable
from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    LOINC,
    ORDINAL,
    PHQ9,
    answered,
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

PCL = {f"pcl/{number}": "PCL-5" for number in range(1, 21)}


@pytest.fixture
def read(tmp_path: Path):
    """Write resources as NDJSON and read one table of them."""

    def _read(resources: list[dict[str, Any]], role: str = "assessments", codes=None) -> TextTable:
        path = write_ndjson(tmp_path / "export.ndjson", resources)
        return read_fhir(path, role=role, codes=codes)

    return _read


def rules(table: TextTable) -> dict[str, int]:
    return {issue.rule: issue.count for issue in table.issues}


def refused(path: Path, role: str = "subjects") -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        read_fhir(path, role=role)
    assert TOKEN not in caught.value.message
    assert str(path.parent) not in caught.value.message
    return caught.value


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
        monkeypatch.setattr("analysis.readers.formats.fhir.documents._DOCUMENT_MB", 1)
        people = [patient(f"p{number}") for number in range(4000)]
        assert refused(write_bundle(tmp_path / "a.json", people)).rule == "fhir.too-large"
        long = write_ndjson(tmp_path / "long.ndjson", [patient("p1", note="x" * (1 << 20))])
        assert refused(long).rule == "fhir.too-large"
        # The same people one a line are read.
        lines = write_ndjson(tmp_path / "a.ndjson", people)
        assert len(read_fhir(lines, role="subjects").cells) == 4000

    def test_a_file_that_unpacks_without_end_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setattr("analysis.readers.formats.fhir.documents._ALWAYS_MB", 1)
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


class TestPeople:
    def test_only_identifier_arm_site_and_withdrawal_are_read(self, read):
        person = patient("p1", managingOrganization={"reference": "Organization/north"})
        table = read([person, member("p1", actualArm="mdz")], "subjects")
        assert table.cells.to_dict("records") == [
            {
                "subject": "p1",
                "arm": "mdz",
                "assigned_arm": "ket",
                "actual_arm": "mdz",
                "study": "relief-1",
                "site": "north",
                "status": "on-study",
                "consent_withdrawn": "",
                "set_aside": "",
            }
        ]
        assert rules(table)["fhir.arms-differ"] == 1
        assert TOKEN not in repr(table.issues)

    def test_the_assigned_arm_stands_where_the_actual_one_is_not_told(self, read):
        assert read([patient("p1"), member("p1")], "subjects").cells["arm"].tolist() == ["ket"]

    def test_somebody_in_no_study_has_no_arm(self, read):
        cells = read([patient("p1"), patient("p2"), member("p2")], "subjects").cells
        assert cells[["subject", "arm"]].to_numpy().tolist() == [["p1", ""], ["p2", "ket"]]

    def test_somebody_in_two_studies_has_two_rows(self, read):
        second = member("p1", id="rs-2", study={"reference": "ResearchStudy/two"}, assignedArm="x")
        cells = read([patient("p1"), member("p1"), second], "subjects").cells
        assert sorted(cells["study"]) == ["relief-1", "two"]

    def test_a_research_subject_needs_no_patient_in_the_file(self, read):
        assert read([member("p9")], "subjects").cells["subject"].tolist() == ["p9"]

    def test_withdrawal_is_timed_by_the_end_of_the_period(self, read):
        gone = member("p1", status="withdrawn", period={"end": "2025-04-01T09:00:00-04:00"})
        staying = member("p2", period={"end": "2025-05-01"})
        cells = read([patient("p1"), gone, patient("p2"), staying], "subjects").cells
        assert cells["consent_withdrawn"].tolist() == ["2025-04-01T09:00:00-04:00", ""]

    def test_withdrawal_at_an_unknown_time_sets_the_person_aside(self, read):
        cells = read([patient("p1"), member("p1", status="withdrawn")], "subjects").cells
        assert cells["set_aside"].tolist() == ["fhir.withdrawn-no-time"]

    def test_linked_patients_are_flagged_and_not_merged(self, read):
        link = [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]
        table = read([patient("p1", link=link), patient("p2")], "subjects")
        assert len(table.cells) == 2
        assert rules(table)["fhir.linked-person"] == 1

    def test_a_person_without_an_identifier_is_set_aside(self, read):
        nameless = patient("p1")
        del nameless["id"]
        table = read([nameless, patient("p2")], "subjects")
        assert table.cells["subject"].tolist() == ["p2"]
        assert rules(table)["fhir.no-person"] == 1

    def test_modified_or_mistaken_resources_are_set_aside(self, read):
        changed = [{"url": "http://example.org/not", "valueBoolean": True}]
        table = read(
            [
                patient("p1"),
                patient("p2", modifierExtension=changed),
                member("p1", status="entered-in-error"),
                member("p1", id="other", modifierExtension=changed),
                member("p1", id="third", individual={"display": TOKEN}),
            ],
            "subjects",
        )
        assert table.cells["arm"].tolist() == [""]
        told = sorted((issue.rule, issue.count) for issue in table.issues)
        assert told == [("fhir.entered-in-error", 1), ("fhir.modifier", 1), ("fhir.modifier", 1),
                        ("fhir.no-person", 1)]  # fmt: skip


class TestReferences:
    @pytest.mark.parametrize(
        "reference",
        ["Patient/p1", "Patient/p1/_history/3", "http://example.org/fhir/Patient/p1",
         "https://example.org/fhir/Patient/p1/_history/2"],
    )  # fmt: skip
    def test_a_patient_is_found_by_any_form_of_literal_reference(self, read, reference):
        table = read([given(subject={"reference": reference})], "infusions")
        assert table.cells["subject"].tolist() == ["p1"]

    def test_an_address_in_a_bundle_is_resolved_before_or_after_it(self, tmp_path):
        urn = "urn:uuid:5b9a5f9c-0000-4a10-8b6e-000000000001"
        nameless = patient("p1")
        del nameless["id"]
        for own, expected in ((patient("p1"), "p1"), (nameless, urn.removeprefix("urn:uuid:"))):
            entries = [{"resource": given(subject={"reference": urn})},
                       {"fullUrl": urn, "resource": own}]  # fmt: skip
            for order in (entries, entries[::-1]):
                path = tmp_path / "a.json"
                whole = {"resourceType": "Bundle", "type": "transaction", "entry": order}
                path.write_text(json.dumps(whole))
                table = read_fhir(path, role="infusions")
                assert table.cells["subject"].tolist() == [expected]
                assert read_fhir(path, role="subjects").cells["subject"].tolist() == [expected]

    @pytest.mark.parametrize(
        "subject",
        [
            {"identifier": {"value": TOKEN}},
            {"display": TOKEN},
            {"reference": "#p1"},
            {"reference": "urn:uuid:5b9a5f9c-0000-4a10-8b6e-000000000001"},
            {"reference": f"Patient?identifier={TOKEN}"},
            {"reference": "Group/g1"},
            {"reference": 7},
            "Patient/p1",
            None,
        ],
        ids=range(9),
    )
    def test_a_reference_that_names_no_patient_is_set_aside_and_counted(self, read, subject):
        table = read([given("p1"), given("p2", subject=subject)], "infusions")
        assert table.cells["subject"].tolist() == ["p1"]
        assert rules(table)["fhir.no-person"] == 1
        assert TOKEN not in repr(table.issues)

    def test_a_resource_without_an_identifier_is_named_by_its_address(self, tmp_path):
        nameless = patient("p1")
        del nameless["id"]
        entry = {"fullUrl": "http://example.org/fhir/Patient/p7", "resource": nameless}
        path = tmp_path / "a.json"
        path.write_text(json.dumps(bundle([]) | {"entry": [entry]}))
        assert read_fhir(path, role="subjects").cells["subject"].tolist() == ["p7"]
        other = {"fullUrl": "http://elsewhere.example.org/Patient/p7", "resource": nameless}
        path.write_text(json.dumps(bundle([]) | {"entry": [entry, other]}))
        assert refused(path).rule == "fhir.several-servers"

    def test_people_of_two_servers_are_never_taken_for_one(self, tmp_path):
        both = [given(subject={"reference": f"http://{server}/fhir/Patient/1"}, id=server)
                for server in ("north.example.org", "south.example.org")]  # fmt: skip
        path = write_ndjson(tmp_path / "a.ndjson", both)
        assert refused(path, "infusions").rule == "fhir.several-servers"


class TestVersions:
    OLD: ClassVar = {"meta": {"versionId": "1", "lastUpdated": "2025-03-05T00:00:00+00:00"}}
    NEW: ClassVar = {"meta": {"versionId": "2", "lastUpdated": "2025-03-04T23:00:00-05:00"}}

    @pytest.mark.parametrize("keys", [("versionId", "lastUpdated"), ("versionId",),
                                      ("lastUpdated",)])  # fmt: skip
    def test_the_newest_version_counts_whatever_the_order(self, read, keys):
        old, new = (
            observation("44261-6", value, meta={key: version["meta"][key] for key in keys})
            for value, version in ((12, self.OLD), (9, self.NEW))
        )
        for order in ([old, new], [new, old], [old, new, old]):
            table = read(order)
            assert table.cells["value"].tolist() == ["9"]
            assert rules(table)["fhir.versions"] == len(order) - 1

    def test_an_equal_copy_counts_once(self, read):
        table = read([given("p1"), given("p1")], "infusions")
        assert len(table.cells) == 1
        assert rules(table)["fhir.versions"] == 1

    def test_a_correction_that_takes_a_resource_back_counts(self, read):
        good = observation("44261-6", 12, **self.OLD)
        wrong = observation("44261-6", 12, status="entered-in-error", **self.NEW)
        table = read([good, wrong, observation("70274-6", 3)])
        assert table.cells["code"].tolist() == ["70274-6"]
        assert rules(table)["fhir.entered-in-error"] == 1

    @pytest.mark.parametrize("meta", [{}, {"versionId": "1"}, {"versionId": "abc"},
                                      {"lastUpdated": "2025-03-05T00:00:00"}])  # fmt: skip
    @pytest.mark.parametrize(
        ("role", "first", "second"),
        [
            ("assessments", observation("44261-6", 12), observation("44261-6", 9)),
            ("assessments", response([answered("a", valueInteger=1)]),
             response([answered("a", valueInteger=2)])),
            ("infusions", given("p1"), given("p1", status="stopped")),
            ("subjects", member("p1"), member("p1", assignedArm="mdz")),
            ("weights", observation("29463-7", 70), observation("29463-7", 71)),
        ],
        ids=range(5),
    )  # fmt: skip
    def test_versions_that_differ_without_an_order_set_the_person_aside(
        self, read, role, first, second, meta
    ):
        cells = read([first | {"meta": meta}, second | {"meta": meta}], role).cells
        assert set(cells["set_aside"]) == {"fhir.versions-differ"}
        assert set(cells["subject"]) == {"p1"}

    def test_resources_without_an_identifier_are_different_ones(self, read):
        pair = [observation("44261-6", 12), observation("44261-6", 12)]
        for one in pair:
            del one["id"]
        assert len(read(pair).cells) == 2


class TestInfusions:
    def test_a_period_a_dose_and_a_route_are_read_as_written(self, read):
        table = read([given("p1")], "infusions")
        assert table.cells.to_dict("records") == [
            {
                "subject": "p1",
                "agent": "ketamine",
                "agent_code": "http://www.nlm.nih.gov/research/umls/rxnorm|6130",
                "start": "2025-03-04T10:20:00-05:00",
                "end": "2025-03-04T11:00:00-05:00",
                "dose": "0.5",
                "dose_unit": "mg/kg",
                "rate": "",
                "rate_unit": "",
                "route": "Intravenous route",
                "status": "completed",
                "set_aside": "",
            }
        ]

    def test_a_single_time_is_a_start_without_an_end(self, read):
        moment = given(effectivePeriod=None, effectiveDateTime="2025-03-04T10:20:00Z")
        cells = read([moment], "infusions").cells
        assert cells[["start", "end"]].to_numpy().tolist() == [["2025-03-04T10:20:00Z", ""]]

    def test_a_rate_is_never_a_dose(self, read):
        ratio = {"rateRatio": {"numerator": {"value": 0.5, "unit": "mg/kg"},
                               "denominator": {"value": 40, "unit": "min"}}}  # fmt: skip
        speed = {"rateQuantity": {"value": 0.75, "code": "mg/kg/h"}}
        table = read(
            [given("p1", dosage=ratio), given("p2", dosage=speed), given("p3", dosage=None)],
            "infusions",
        )
        assert table.cells["dose"].tolist() == ["", "", ""]
        assert table.cells["rate"].tolist() == ["0.5", "0.75", ""]
        assert table.cells["rate_unit"].tolist() == ["mg/kg/40 min", "mg/kg/h", ""]
        assert (rules(table)["fhir.rate"], rules(table)["fhir.no-dose"]) == (2, 1)

    def test_a_dose_told_only_as_a_limit_is_blank(self, read):
        dosage = {"dose": {"value": 40, "comparator": "<", "unit": "mg"}}
        assert read([given(dosage=dosage)], "infusions").cells["dose"].tolist() == [""]

    @pytest.mark.bad_input("B28")
    def test_statuses_decide_what_counts(self, read):
        statuses = ["completed", "stopped", "in-progress", "not-done", "on-hold", "unknown",
                    "entered-in-error", TOKEN]  # fmt: skip
        table = read([given(f"p{n}", status=s) for n, s in enumerate(statuses)], "infusions")
        used = table.cells["set_aside"] == ""
        assert table.cells.loc[used, "status"].tolist() == ["completed", "stopped"]
        # What may have begun sets its person aside: nobody can tell what a later score follows.
        unclear = table.cells[~used]
        assert set(unclear["set_aside"]) == {"fhir.infusion-unclear"}
        assert not set(unclear["status"]) & {"not-done", "entered-in-error"}
        told = rules(table)
        assert told["fhir.unfinished"] == 4
        assert told["fhir.not-done"] == 1
        assert told["fhir.entered-in-error"] == 1
        assert TOKEN not in repr(table.issues)

    def test_a_modified_infusion_is_set_aside(self, read):
        changed = given("p1", modifierExtension=[{"url": "http://example.org/not-given"}])
        table = read([changed, given("p2")], "infusions")
        assert table.cells["subject"].tolist() == ["p1", "p2"]
        assert table.cells["set_aside"].tolist() == ["fhir.infusion-unclear", ""]
        assert rules(table) == {"fhir.modifier": 1}

    def test_a_medication_is_found_in_the_resource_in_the_file_and_by_address(self, tmp_path):
        drug = {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "373464007",
                                     "display": "Ketamine"}]}}  # fmt: skip
        refer = {"medicationCodeableConcept": None}
        inside = given("p1", contained=[drug | {"id": "m"}], **refer,
                       medicationReference={"reference": "#m"})  # fmt: skip
        outside = given("p2", **refer, medicationReference={"reference": "Medication/m9"})
        by_urn = given("p3", **refer, medicationReference={"reference": "urn:uuid:1"})
        named = given("p4", **refer, medicationReference={"display": "Ketamine"})
        lost = given("p5", **refer, medicationReference={"reference": "Medication/none"})
        own = {"resourceType": "Medication", **drug}
        entries = [{"resource": r} for r in (inside, outside, by_urn, named, lost)]
        entries += [{"resource": own | {"id": "m9"}}, {"fullUrl": "urn:uuid:1", "resource": own}]
        path = tmp_path / "a.json"
        path.write_text(
            json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
        )
        table = read_fhir(path, role="infusions")
        assert table.cells["agent"].tolist() == ["Ketamine"] * 4 + [""]
        assert table.cells["agent_code"].tolist()[:3] == ["http://snomed.info/sct|373464007"] * 3
        assert rules(table)["fhir.no-medication"] == 1

    def test_rescue_medication_is_read_like_an_infusion(self, read):
        assert read([given("p1")], "rescue").cells["agent"].tolist() == ["ketamine"]


class TestResponses:
    @pytest.mark.bad_input("B5")
    def test_the_phq9_of_hl7_keeps_its_wrong_total_beside_its_answers(self, read):
        """HL7/sdc, SDC-Response to PHQ9: answers sum to 10, the total stated is 13."""
        cells = read([phq9()]).cells
        items = cells[cells["code"].str.match("H1/T1/Q")]
        assert items["value"].tolist() == ["0", "0", "0", "1", "2", "1", "3", "2", "1"]
        assert cells.loc[cells["code"] == "H1/TS", "value"].tolist() == ["13"]
        assert set(cells["subject"]) == {"proband"}
        assert set(cells["time"]) == {"2019-08-21T20:36:57.544Z"}
        assert set(cells["form"]) == {"1"}

    def test_forms_are_numbered_and_their_identifiers_stay_behind(self, read):
        forms = [response([answered("a", valueInteger=1)], id=f"{TOKEN}-{n}") for n in range(3)]
        table = read(forms)
        assert table.cells["form"].tolist() == ["1", "2", "3"]
        assert TOKEN not in table.cells.to_csv()

    @pytest.mark.parametrize(
        ("value", "score"),
        [
            ({"valueInteger": 3}, "3"),
            ({"valueDecimal": 2.50}, "2.5"),
            ({"valueString": "2"}, "2"),
            ({"valueQuantity": {"value": 1}}, "1"),
            ({"valueCoding": {"code": "4"}}, "4"),
            ({"valueCoding": {"code": "c", "extension": [{"url": ORDINAL, "valueDecimal": 2}]}},
             "2"),
            ({"valueCoding": {"code": "5", "extension": [{"url": ORDINAL, "valueDecimal": 4}]}},
             "4"),
            ({"valueCoding": {"code": "c"}, "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/itemWeight",
                 "valueDecimal": 1}]}, "1"),
        ],
        ids=range(8),
    )  # fmt: skip
    def test_an_answer_is_scored_by_its_number_or_its_declared_weight(self, read, value, score):
        table = read([response([answered("a", **value)])])
        assert table.cells["value"].tolist() == [score]
        assert rules(table) == {}

    @pytest.mark.parametrize(
        "value",
        [
            {"valueString": TOKEN},
            {"valueBoolean": True},
            {"valueCoding": {"system": LOINC, "code": "LA6568-5"}},
            {"valueCoding": {"system": "http://snomed.info/sct", "code": "999"}},
            {"valueCoding": {"code": "123456789"}},
            {"valueCoding": {"display": TOKEN}},
            {"valueQuantity": {"value": TOKEN}},
            {"valueDate": "2025-03-04"},
        ],
        ids=range(8),
    )
    def test_an_answer_without_a_score_is_blank_and_counted(self, read, value):
        table = read([response([answered("a", **value)])])
        assert table.cells["value"].tolist() == [""]
        assert rules(table) == {"fhir.no-score": 1}
        assert TOKEN not in repr(table.issues) + table.cells.to_csv()

    def test_loinc_answers_count_only_for_scales_that_score_them_so(self, read):
        """LL358-3 counts from 0 for PHQ-9 and GAD-7; the PCL for DSM-IV counts it from 1."""
        codes = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
        items = [answered(f"q{n}", valueCoding={"system": LOINC, "code": code})
                 for n, code in enumerate(codes)]  # fmt: skip
        links = [f"q{n}" for n in range(4)]
        for scale in ("PHQ-9", "GAD-7"):
            cells = read([response(items)], codes=dict.fromkeys(links, scale)).cells
            assert cells["value"].tolist() == ["0", "1", "2", "3"]
        other = read([response(items)], codes=dict.fromkeys(links, "PCL-5"))
        assert other.cells["value"].tolist() == [""] * 4
        # Without a declaration the code of the question itself tells the scale.
        own = answered("/44250-9", valueCoding={"system": LOINC, "code": "LA6571-9"})
        assert read([response([own])]).cells["value"].tolist() == ["3"]

    def test_scores_come_from_a_questionnaire_in_the_file_by_question(self, read):
        def option(code: str, score: int) -> dict[str, Any]:
            weight = {"url": ORDINAL, "valueDecimal": score}
            return {"valueCoding": {"system": "s", "code": code, "extension": [weight]}}

        form = {
            "resourceType": "Questionnaire",
            "url": "http://example.org/Questionnaire/one",
            "item": [
                {"linkId": "g", "item": [{"linkId": "a", "answerOption": [option("no", 0)]}]},
                {"linkId": "b", "answerOption": [option("no", 4)]},
            ],
        }
        said = response([answered(link, valueCoding={"system": "s", "code": "no"})
                         for link in ("a", "b", "c")])  # fmt: skip
        for order in ([form, said], [said, form]):
            table = read(order)
            assert table.cells["value"].tolist() == ["0", "4", ""]
            assert rules(table) == {"fhir.no-score": 1}

    def test_scores_come_from_an_expanded_value_set(self, read):
        weight = {"url": ORDINAL, "valueDecimal": 2}
        options = [{"system": "s", "code": "yes", "extension": [weight]}]
        expanded = {"resourceType": "ValueSet", "expansion": {"contains": options}}
        said = response([answered("a", valueCoding={"system": "s", "code": "yes"})])
        assert read([said, expanded]).cells["value"].tolist() == ["2"]

    def test_scores_that_two_sources_declare_differently_are_none(self, read):
        weight = {"code": "itemWeight", "valueDecimal": 1}
        concepts = [{"code": "Not-at-all", "property": [weight]}]
        system = {"resourceType": "CodeSystem", "url": PHQ9, "concept": concepts}
        table = read([phq9(), system])
        assert table.cells["value"].tolist()[:4] == ["", "", "", "1"]
        assert rules(table)["fhir.no-score"] == 3

    def test_nested_questions_and_blank_ones_keep_their_order(self, read):
        nested = answered("b", valueInteger=1)
        nested["answer"][0]["item"] = [answered("c", valueInteger=2)]
        group = {"linkId": "g", "item": [answered("a"), nested]}
        cells = read([response([group, answered("d", valueInteger=3)])]).cells
        assert cells[["code", "value"]].to_numpy().tolist() == [
            ["a", ""], ["b", "1"], ["c", "2"], ["d", "3"]
        ]  # fmt: skip

    def test_several_answers_to_one_question_are_none(self, read):
        twice = {"linkId": "a", "answer": [{"valueInteger": 1}, {"valueInteger": 2}]}
        again = [answered("b", valueInteger=1), answered("b", valueInteger=1)]
        table = read([response([twice, *again])])
        assert table.cells["value"].tolist() == ["", ""]
        assert rules(table) == {"fhir.several-answers": 2}

    @pytest.mark.bad_input("B28")
    def test_statuses_decide_what_counts(self, read):
        statuses = ["completed", "amended", "in-progress", "stopped", "entered-in-error", ""]
        forms = [response([answered("a", valueInteger=n)], id=f"q{n}", status=status)
                 for n, status in enumerate(statuses)]  # fmt: skip
        table = read(forms)
        assert table.cells["value"].tolist() == ["0", "1"]
        assert rules(table) == {"fhir.unfinished": 3, "fhir.entered-in-error": 1}

    def test_one_linkid_in_two_questionnaires_is_flagged(self, read):
        one = response([answered("pcl/1", valueInteger=2)])
        newer = response([answered("pcl/1", valueInteger=2)], id="qr-2",
                         questionnaire="http://example.org/Questionnaire/one|2.0")  # fmt: skip
        other = response([answered("pcl/1", valueInteger=2)], id="qr-3",
                         questionnaire="http://example.org/Questionnaire/two")  # fmt: skip
        assert rules(read([one, newer], codes=PCL)) == {}
        table = read([one, other], codes=PCL)
        assert rules(table) == {"fhir.several-questionnaires": 1}
        assert table.cells["questionnaire"].tolist() == [
            "http://example.org/Questionnaire/one", "http://example.org/Questionnaire/two"
        ]  # fmt: skip

    def test_only_declared_questions_are_read_and_the_others_are_counted(self, read):
        mine = response([answered("pcl/1", valueInteger=2), answered("note", valueString=TOKEN)])
        other = response([answered("mood", valueInteger=9)], id="qr-2")
        table = read([mine, other], codes=PCL)
        assert table.cells["code"].tolist() == ["pcl/1"]
        assert rules(table) == {"fhir.other-codes": 1, "fhir.other-forms": 1}


class TestObservations:
    PHQ = "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"
    GAD = "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]"

    @pytest.mark.bad_input("B27")
    def test_a_score_is_found_by_its_code_whatever_its_category(self, read):
        laboratory = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/"
                                   "observation-category", "code": "laboratory"}]}]  # fmt: skip
        table = read(
            [observation("70274-6", 12, display=self.GAD, category=laboratory),
             observation("2339-0", 90, display="Glucose")],
            codes={"70274-6": "GAD-7"},
        )  # fmt: skip
        assert table.cells["value"].tolist() == ["12"]
        assert table.cells["unit"].tolist() == ["{score}"]
        assert rules(table) == {"fhir.other-codes": 1}

    @pytest.mark.parametrize("spelled", ["44261-6", "http://loinc.org|44261-6"])
    def test_the_code_is_written_as_study_toml_writes_it(self, read, spelled):
        table = read([observation("44261-6", 9, display=self.PHQ)], codes={spelled: "PHQ-9"})
        assert table.cells["code"].tolist() == [spelled]

    def test_the_declared_code_counts_among_several(self, read):
        local = {"system": "http://clinic.example.org", "code": "pcl5-total"}
        both = {"coding": [{"system": LOINC, "code": "0000-0"}, local], "text": "PCL-5"}
        name = "http://clinic.example.org|pcl5-total"
        total = observation("x", 41) | {"code": both}
        table = read([total], codes={name: "PCL-5"})
        assert table.cells["code"].tolist() == [name]
        assert rules(table) == {"fhir.unknown-code": 1}

    @pytest.mark.parametrize("wrong", ["71969-0", "96843-5", "89244-8"])
    @pytest.mark.bad_input("B26")
    def test_a_wrong_code_in_circulation_is_read_only_if_declared_and_flagged(self, read, wrong):
        total = observation(wrong, 41, display="PCL-5 total score")
        declared = read([total], codes={wrong: "PCL-5"})
        assert declared.cells["value"].tolist() == ["41"]
        assert rules(declared) == {"fhir.unknown-code": 1}
        right = observation("101698-9", 40, display="PTSD Checklist for DSM-5 total score")
        table = read([total, right], codes={"101698-9": "PCL-5"})
        assert table.cells["value"].tolist() == ["40"]
        assert rules(table) == {"fhir.undeclared-code": 1, "fhir.other-codes": 1}

    @pytest.mark.bad_input("B26")
    def test_code_display_and_range_must_agree(self, read):
        cases = [
            observation("44261-6", 9, id="1", display=self.PHQ),
            observation("44261-6", 8, id="2", display="Gesamtwert"),
            observation("44261-6", 7, id="3", display="PCL-5 total"),
            observation("44261-6", 28, id="4", display=self.PHQ),
            observation("44261-6", -1, id="5", display="PHQ-9"),
        ]
        table = read(cases, codes={"44261-6": "PHQ-9"})
        assert table.cells["value"].tolist() == ["9", "8"]
        assert rules(table) == {
            "fhir.display-unlike": 1,
            "fhir.display-contradicts": 1,
            "fhir.total-out-of-range": 2,
        }

    def test_a_total_declared_for_another_scale_is_refused(self, read):
        """LOINC 101698-9 asks about the past month, so it is no PCL-5 of this moment."""
        with pytest.raises(ReliefError, match="101698-9 for PCL-5-now") as caught:
            read([observation("101698-9", 9)], codes={"101698-9": "PCL-5-now"})
        assert caught.value.rule == "fhir.code-of-another-scale"

    @pytest.mark.parametrize(
        ("more", "value", "told"),
        [
            ({"valueQuantity": None, "valueInteger": 9}, "9", {}),
            ({"valueQuantity": {"value": 9, "comparator": ">"}}, "", {"fhir.comparator": 1}),
            ({"valueQuantity": None, "valueString": TOKEN}, "", {"fhir.no-score": 1}),
            ({"valueQuantity": None, "valueCodeableConcept": {"coding": [
                {"code": "x", "extension": [{"url": ORDINAL, "valueDecimal": 2}]}]}}, "2", {}),
        ],
        ids=range(4),
    )  # fmt: skip
    def test_a_value_is_read_from_any_type_that_holds_a_score(self, read, more, value, told):
        total = {k: v for k, v in (observation("44261-6", 9, display=self.PHQ) | more).items() if v}
        table = read([total])
        assert table.cells["value"].tolist() == [value]
        assert rules(table) == told

    def test_an_absent_value_is_blank_and_said(self, read):
        absent = observation("44261-6", None, display=self.PHQ,
                             dataAbsentReason={"coding": [{"code": "asked-declined"}]})  # fmt: skip
        table = read([absent])
        assert table.cells["value"].tolist() == [""]
        assert rules(table) == {"fhir.absent": 1}

    def test_components_are_answers_of_one_form(self, read):
        parts = [{"code": {"coding": [{"system": LOINC, "code": code}]}, "valueInteger": value}
                 for code, value in (("44250-9", 1), ("44255-8", 2))]  # fmt: skip
        panel = observation("44249-1", None, component=parts)
        cells = read([panel], codes=dict.fromkeys(["44250-9", "44255-8"], "PHQ-9")).cells
        assert cells[["code", "value"]].to_numpy().tolist() == [["44250-9", "1"], ["44255-8", "2"]]
        assert set(cells["form"]) == {"1"}

    def test_what_was_measured_together_is_one_form_and_a_repeated_code_another(self, read):
        later = {"effectiveDateTime": "2025-03-05T14:00:00-05:00"}
        table = read(
            [
                observation("44250-9", 1, id="1"),
                observation("44255-8", 2, id="2"),
                observation("44250-9", 3, id="3"),
                observation("44255-8", 0, id="4", **later),
                observation("44255-8", 0, id="5", person="p2"),
            ]
        )
        forms = table.cells.groupby("form")["value"].agg(list).to_dict()
        assert forms == {"1": ["1", "2"], "2": ["3"], "3": ["0"], "4": ["0"]}

    @pytest.mark.parametrize(
        ("effective", "time", "told"),
        [
            ({"effectiveDateTime": "2025-03-04T14:00:00.123456+00:00"},
             "2025-03-04T14:00:00.123456+00:00", {}),
            ({"effectiveInstant": "2025-03-04T14:00:00Z"}, "2025-03-04T14:00:00Z", {}),
            ({"effectiveDateTime": "2025-03"}, "2025-03", {}),
            ({"effectivePeriod": {"start": "2025-02-18", "end": "2025-03-04T14:00:00Z"}},
             "2025-03-04T14:00:00Z", {"fhir.period": 1}),
            ({"effectivePeriod": {"start": "2025-02-18"}}, "", {}),
            ({"effectiveDateTime": "2025-03-04T14:00:00"}, "2025-03-04T14:00:00",
             {"fhir.no-zone": 1}),
            ({"issued": "2025-03-04T14:00:00Z"}, "", {}),
        ],
        ids=range(7),
    )  # fmt: skip
    @pytest.mark.bad_input("E20")
    def test_a_time_keeps_the_precision_and_zone_it_was_written_with(
        self, read, effective, time, told
    ):
        total = observation("44261-6", 9, display=self.PHQ)
        del total["effectiveDateTime"]
        table = read([total | effective])
        assert table.cells["time"].tolist() == [time]
        assert rules(table) == told

    @pytest.mark.bad_input("B28")
    def test_statuses_decide_what_counts(self, read):
        statuses = ["final", "amended", "corrected", "registered", "preliminary", "cancelled",
                    "entered-in-error", "unknown"]  # fmt: skip
        table = read(
            [observation("44261-6", n, id=f"o{n}", status=status, display=self.PHQ)
             for n, status in enumerate(statuses)]
        )  # fmt: skip
        assert table.cells["value"].tolist() == ["0", "1", "2"]
        assert rules(table) == {"fhir.unfinished": 4, "fhir.entered-in-error": 1}

    def test_other_observations_are_not_counted_as_set_aside(self, read):
        glucose = observation("2339-0", 90, status="preliminary", subject=None)
        table = read([glucose, observation("44261-6", 9, display=self.PHQ)],
                     codes={"44261-6": "PHQ-9"})  # fmt: skip
        assert rules(table) == {"fhir.other-codes": 1}


class TestDerivedTotals:
    CODES: ClassVar = {"a": "PHQ-9", "44261-6": "PHQ-9"}

    def total(self, value: int, **more: Any) -> dict[str, Any]:
        source = [{"reference": "QuestionnaireResponse/qr-1"}]
        own = {"derivedFrom": source, "effectiveDateTime": "2025-03-04T14:00:30-05:00"}
        return observation("44261-6", value, display="PHQ-9", **(own | more))

    def test_a_total_made_from_a_response_belongs_to_its_form(self, read):
        answers = response([answered("a", valueInteger=1)])
        for order in ([answers, self.total(3)], [self.total(3), answers]):
            cells = read(order, codes=self.CODES).cells
            assert cells[["form", "code", "value"]].to_numpy().tolist() == [
                ["1", "a", "1"], ["1", "44261-6", "3"]
            ]  # fmt: skip
            # One form has one time: when the answers were gathered.
            assert set(cells["time"]) == {"2025-03-04T14:00:00-05:00"}

    def test_the_response_wins_where_both_give_a_total(self, read):
        stated = [answered("a", valueInteger=1), answered("44261-6", valueInteger=13)]
        table = read([response(stated), self.total(10)], codes=self.CODES)
        assert table.cells["value"].tolist() == ["1", "13"]
        assert rules(table) == {"fhir.totals-differ": 1}
        equal = read([response(stated), self.total(13)], codes=self.CODES)
        assert rules(equal) == {}

    def test_a_total_fills_what_the_response_left_blank(self, read):
        stated = [answered("a", valueInteger=1), answered("44261-6")]
        table = read([response(stated), self.total(10)], codes=self.CODES)
        assert table.cells["value"].tolist() == ["1", "10"]
        assert rules(table) == {}

    def test_a_total_made_from_a_form_that_was_set_aside_goes_with_it(self, read):
        wrong = response([answered("a", valueInteger=1)], status="entered-in-error")
        good = response([answered("a", valueInteger=2)], id="qr-2")
        table = read([wrong, good, self.total(10)], codes=self.CODES)
        assert table.cells["value"].tolist() == ["2"]
        assert rules(table)["fhir.derived-from-set-aside"] == 1

    @pytest.mark.parametrize("more", [{"derivedFrom": [{"reference": "Media/1"}]},
                                      {"derivedFrom": [{"reference": "QuestionnaireResponse/x"}]},
                                      {"subject": {"reference": "Patient/p2"}}])  # fmt: skip
    def test_a_total_of_something_else_is_a_form_of_its_own(self, read, more):
        answers = response([answered("a", valueInteger=1)])
        cells = read([answers, self.total(10, **more)], codes=self.CODES).cells
        assert cells["form"].tolist() == ["1", "2"]


class TestWeights:
    def test_body_weights_are_read_in_kg_and_other_units_set_aside(self, read):
        def weight(number: int, value: float | None, unit: str) -> dict[str, Any]:
            quantity = {"value": value, "unit": unit, "code": unit}
            return observation("29463-7", None, id=f"w{number}", valueQuantity=quantity)

        table = read(
            [weight(1, 70.5, "kg"), weight(2, 150, "[lb_av]"), weight(3, None, "kg"),
             observation("44261-6", 3)],
            "weights",
        )  # fmt: skip
        assert table.cells["weight_kg"].tolist() == ["70.5"]
        assert rules(table)["fhir.weight-unit"] == 1


def test_when_nothing_is_left_the_message_says_how_much_was_set_aside(tmp_path):
    path = write_ndjson(tmp_path / "a.ndjson", [given("p1", status="not-done")])
    error = refused(path, "infusions")
    assert error.rule == "fhir.nothing"
    assert "1 resources or answers were set aside" in error.message


def test_an_escaped_character_in_two_halves_is_one_character(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text(json.dumps(patient("p\N{SQUARED OK}")))
    assert "\\ud83c" in path.read_text()
    cells = read_fhir(path, role="subjects").cells
    assert cells["subject"].tolist() == ["p\N{SQUARED OK}"]


def test_numbers_are_kept_as_they_are_written(tmp_path):
    raw = json.dumps(response([answered("a", valueDecimal="@")])).replace('"@"', "4.00")
    path = tmp_path / "a.ndjson"
    path.write_text(raw)
    assert read_fhir(path, role="assessments").cells["value"].tolist() == ["4.00"]
