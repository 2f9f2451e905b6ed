"""Scores that were observed or made of answers."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from analysis.errors import ReliefError
from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    LOINC,
    ORDINAL,
    answered,
    observation,
    response,
)
from tests.readers.formats.fhir.reading import rules


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
