"""People, their arms and their withdrawal."""

from __future__ import annotations

from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    member,
    patient,
)
from tests.readers.formats.fhir.reading import rules


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
