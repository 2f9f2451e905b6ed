"""References and versions of resources."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from analysis.readers.formats.fhir.read import read_fhir
from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    answered,
    bundle,
    given,
    member,
    observation,
    patient,
    response,
    write_ndjson,
)
from tests.readers.formats.fhir.reading import refused, rules


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
