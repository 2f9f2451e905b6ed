"""Infusions and other drugs."""

from __future__ import annotations

import json

import pytest

from analysis.readers.formats.fhir.read import read_fhir
from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    given,
)
from tests.readers.formats.fhir.reading import rules


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
