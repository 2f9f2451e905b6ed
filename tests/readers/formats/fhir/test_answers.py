"""Answers of questionnaires and their scores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factory import TOKEN
from tests.readers.formats.fhir.export import (
    LOINC,
    ORDINAL,
    PHQ9,
    answered,
    phq9,
    response,
)
from tests.readers.formats.fhir.reading import rules

PCL = {f"pcl/{number}": "PCL-5" for number in range(1, 21)}


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
