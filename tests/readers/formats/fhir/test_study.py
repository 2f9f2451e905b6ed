"""A PTSD study exported as FHIR is the same study as its delimited tables. All made up."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import DECLARED, TOKEN, Outcome, tables, write_study
from tests.readers.formats.fhir.export import (
    LOINC,
    Resource,
    answered,
    given,
    member,
    observation,
    patient,
    response,
    write_bundle,
    write_ndjson,
)

ZONE = ZoneInfo("America/Detroit")
FHIR = """
[study]
name = "made-up"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
arms = {{ ket = "ketamine", mdz = "midazolam" }}
comparator = "active"
primary = "PCL-5-now"
{declared}

[subjects]
path = "{path}"
format = "fhir"
arm = "arm"

[infusions]
path = "{path}"
format = "fhir"

[[assessments]]
path = "{path}"
format = "fhir"
instrument = "PCL-5-now"
version = "ad-hoc"
recall_hours = 0
items = "item_{{:02d}}"
{more}
"""


def zoned(local: str) -> str:
    return datetime.fromisoformat(local).replace(tzinfo=ZONE).isoformat()


def resources(content: dict[str, list[dict[str, Any]]]) -> list[Resource]:
    """The tables of a study as a server would export them."""
    made: list[Resource] = []
    for row in content["subjects"]:
        made += [patient(row["id"]), member(row["id"], assignedArm=row["arm"])]
    for number, row in enumerate(content["infusions"]):
        period = {"start": zoned(row["start"]), "end": zoned(row["end"])}
        made.append(
            given(row["id"], id=f"ma-{number}", effectivePeriod=period,
                  medicationCodeableConcept={"text": row["agent"]})
        )  # fmt: skip
    for number, row in enumerate(content["scores"]):
        items = [answered(name, **({} if value == "" else {"valueInteger": value}))
                 for name, value in row.items() if name.startswith("item_")]  # fmt: skip
        made.append(response([{"linkId": "all", "item": items}], row["id"], id=f"qr-{number}",
                             authored=zoned(row["when"])))  # fmt: skip
    return made


def fhir_study(folder: Path, made: list[Resource], more: str = "") -> Path:
    folder.mkdir()
    write_bundle(folder / "export.json", made)
    path = folder / "study.toml"
    path.write_text(
        FHIR.format(path="export.json", more=more, declared=DECLARED.format(planned=6)),
        encoding="utf-8",
    )
    return path


def same(one: Study, other: Study) -> None:
    """Equal in everything but where each row was."""
    own = ["source", "row"]
    for name in ("subjects", "infusions", "assessments"):
        left, right = (getattr(study, name).drop(columns=own, errors="ignore")
                       for study in (one, other))  # fmt: skip
        pd.testing.assert_frame_equal(left, right)
    assert one.items.keys() == other.items.keys()
    for key in one.items:
        pd.testing.assert_frame_equal(one.items[key], other.items[key])
    assert one.set_aside == other.set_aside


@pytest.fixture
def content():
    """Tables of a study, whose infusions tell what the resources tell."""
    made = tables()
    more = {"dose": "0.5", "unit": "mg/kg", "route": "Intravenous route", "status": "completed"}
    made["infusions"] = [row | more for row in made["infusions"]]
    return made


ROLES = 'dose = "dose"\ndose_unit = "unit"\nroute = "route"\nstatus = "status"'


@pytest.fixture
def csv(tmp_path):
    def _csv(content) -> Path:
        return write_study(tmp_path / "csv", content, infusions=ROLES)

    return _csv


@pytest.fixture
def delimited(csv, content):
    return read_study(csv(content))


@pytest.mark.bad_input("G4")
def test_a_bundle_is_the_same_study_as_delimited_tables(tmp_path, content, delimited):
    same(read_study(fhir_study(tmp_path / "fhir", resources(content))), delimited)


def test_a_folder_of_ndjson_is_the_same_study(tmp_path, content, delimited):
    folder = tmp_path / "fhir"
    (folder / "export").mkdir(parents=True)
    made = resources(content)
    for kind in {one["resourceType"] for one in made}:
        own = [one for one in made if one["resourceType"] == kind]
        write_ndjson(folder / "export" / f"{kind}.ndjson.gz", own[::-1])
    (folder / "study.toml").write_text(
        FHIR.format(path="export", more="", declared=""), encoding="utf-8"
    )
    study = read_study(folder)
    same(study, delimited)
    assert set(study.sources) == {"export", "study.toml"}


def test_blank_answers_are_blank_items_in_both(tmp_path, content, csv):
    for row in content["scores"][::3]:
        row |= dict.fromkeys(("item_03", "item_04", "item_05"), "")
    for name in [name for name in content["scores"][1] if name.startswith("item_")]:
        content["scores"][1][name] = ""
    table = Outcome(csv(content))
    fhir = Outcome(fhir_study(tmp_path / "fhir", resources(content)))
    assert table.flow == fhir.flow
    assert {"form.blank", "form.incomplete"} <= fhir.rules("DROP")


@pytest.mark.bad_input("G4")
def test_the_verdicts_are_the_same(tmp_path, content, csv):
    said = []
    for path in (csv(content),
                 fhir_study(tmp_path / "fhir", resources(content))):  # fmt: skip
        result = CliRunner().invoke(app, ["judge", str(path), "--json"])
        assert result.exit_code == 0
        document = json.loads(result.stdout)
        said.append({claim["claim"]: (claim["verdict"], claim["estimate"])
                     for claim in document["claims"]})  # fmt: skip
    assert said[0] == said[1]


@pytest.mark.bad_input("B28")
def test_what_is_set_aside_stands_in_the_flow(tmp_path, content):
    made = resources(content)
    of = {kind: [one for one in made if one["resourceType"] == kind]
          for kind in ("MedicationAdministration", "QuestionnaireResponse")}  # fmt: skip
    of["QuestionnaireResponse"][3]["status"] = "entered-in-error"
    of["QuestionnaireResponse"][7]["status"] = "in-progress"
    of["QuestionnaireResponse"][9]["subject"] = {"identifier": {"value": TOKEN}}
    extra = given("S000", id="extra", status="not-done")
    outcome = Outcome(fhir_study(tmp_path / "fhir", [*made, extra]))
    assert TOKEN not in outcome.said
    wanted = {"fhir.entered-in-error", "fhir.unfinished", "fhir.no-person", "fhir.not-done"}
    assert wanted <= outcome.rules("DROP")
    told = {row["rule"]: row["n"] for row in outcome.flow}
    assert {rule: told[rule] for rule in wanted} == dict.fromkeys(wanted, 1)


def test_a_person_whose_resource_has_two_versions_without_an_order_is_set_aside(tmp_path, content):
    made = resources(content)
    twin = json.loads(json.dumps(made[-1]))
    twin["item"][0]["item"][0]["answer"][0]["valueInteger"] = 4
    made[-1]["item"][0]["item"][0]["answer"][0]["valueInteger"] = 0
    outcome = Outcome(fhir_study(tmp_path / "fhir", [*made, twin]))
    assert outcome.find("fhir.versions-differ")["count"] == 1
    assert outcome.people("people set aside") == 1


def test_an_infusion_that_was_stopped_still_counts(tmp_path, content):
    made = resources(content)
    next(one for one in made if one["resourceType"] == "MedicationAdministration")["status"] = (
        "stopped"
    )
    outcome = Outcome(fhir_study(tmp_path / "fhir", made))
    assert outcome.people("people analysed") == len(content["subjects"])


def test_times_without_a_zone_are_read_in_the_declared_one_and_flagged(
    tmp_path, content, delimited
):
    made = resources(content)
    for one in made:
        if "authored" in one:
            one["authored"] = one["authored"][:19]
        if "effectivePeriod" in one:
            one["effectivePeriod"] = {k: v[:19] for k, v in one["effectivePeriod"].items()}
    path = fhir_study(tmp_path / "fhir", made)
    study = read_study(path)
    same(study, delimited)
    assert "fhir.no-zone" in {issue.rule for issue in study.issues}
    path.write_text(path.read_text().replace('timezone = "America/Detroit"', ""))
    assert Outcome(path).error["rule"] == "time.no-zone"


def test_times_with_and_without_a_zone_in_one_study_are_refused(tmp_path, content):
    made = resources(content)
    made[-1]["authored"] = made[-1]["authored"][:19]
    assert Outcome(fhir_study(tmp_path / "fhir", made)).error["rule"] == "time.mixed-zones"


def test_offsets_of_any_kind_name_the_same_moment(tmp_path, content, delimited):
    made = resources(content)
    for number, one in enumerate(made):
        if "authored" in one:
            moment = datetime.fromisoformat(one["authored"]).astimezone(ZoneInfo("UTC"))
            one["authored"] = moment.isoformat(timespec="microseconds")
            if number % 2:
                one["authored"] = one["authored"].replace("+00:00", "Z")
    same(read_study(fhir_study(tmp_path / "fhir", made)), delimited)


def test_forms_known_only_by_date_stop_the_question_of_hours(tmp_path, content):
    made = resources(content)
    for one in made:
        if "authored" in one:
            one["authored"] = one["authored"][:10]
    assert Outcome(fhir_study(tmp_path / "fhir", made)).find("time.date-only")["severity"] == "STOP"


PHQ = [f"q{number}" for number in range(1, 10)]
MOOD = f"""
[[assessments]]
path = "export.json"
format = "fhir"
instrument = "PHQ-9"
version = "standard"
recall_hours = 336
items = {json.dumps(PHQ)}
total = "44261-6"
"""


@pytest.mark.bad_input("B5")
def test_a_stated_total_that_is_not_the_sum_is_reported_and_the_items_count(tmp_path, content):
    """As in HL7's own PHQ-9 response: answers sum to 10, the total stated is 13."""
    scores = [0, 0, 0, 1, 2, 1, 3, 2, 1]
    codes = ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
    mood = response(
        [answered(link, valueCoding={"system": LOINC, "code": codes[score]})
         for link, score in zip(PHQ, scores, strict=True)],
        "S000", id="mood", authored="2025-03-04T09:00:00-05:00",
    )  # fmt: skip
    total = observation(
        "44261-6", 13, "S000", display="PHQ-9 total score",
        category=[{"coding": [{"code": "laboratory"}]}],
        derivedFrom=[{"reference": "QuestionnaireResponse/mood"}],
    )  # fmt: skip
    path = fhir_study(tmp_path / "fhir", [*resources(content), mood, total], MOOD)
    study = read_study(path)
    forms = study.assessments
    assert forms.loc[forms["instrument"] == "PHQ-9", "stated_total"].tolist() == [13]
    assert study.items["PHQ-9", "standard"].to_numpy().tolist() == [scores]
    assert Outcome(path).find("form.total-mismatch")["count"] == 1


def test_a_total_without_items_is_a_form_of_its_own(tmp_path, content):
    total = observation("44261-6", 13, "S000", display="PHQ-9 total score")
    study = read_study(fhir_study(tmp_path / "fhir", [*resources(content), total], MOOD))
    forms = study.assessments
    assert forms.loc[forms["instrument"] == "PHQ-9", "stated_total"].tolist() == [13]


def test_withdrawal_of_consent_ends_what_is_used(tmp_path, content, csv):
    made = resources(content)
    first = next(one for one in made if one["resourceType"] == "ResearchSubject")
    first |= {"status": "withdrawn", "period": {"end": "2025-03-04T12:00:00-05:00"}}
    path = fhir_study(tmp_path / "fhir", made)
    declared = path.read_text().replace(
        'arm = "arm"', 'arm = "arm"\nconsent_withdrawn = "consent_withdrawn"'
    )
    path.write_text(declared)
    whole = Outcome(csv(content))
    assert Outcome(path).people("scored 2 to 6 h after") == (
        whole.people("scored 2 to 6 h after") - 1
    )


def test_the_export_may_hold_other_resources_without_harm(tmp_path, content, delimited):
    others = [{"resourceType": "Encounter", "id": "e"}, observation("2339-0", 90, "S000"),
              {"resourceType": "Practitioner", "name": [{"family": TOKEN}]}]  # fmt: skip
    path = fhir_study(tmp_path / "fhir", [*others, *resources(content)])
    same(read_study(path), delimited)
    assert TOKEN not in Outcome(path).said


def test_doses_in_milligrams_need_the_weights_that_are_observed(tmp_path, content):
    made = resources(content)
    for one in made:
        if one["resourceType"] == "MedicationAdministration":
            one["dosage"]["dose"] = {"value": 40, "code": "mg"}
    people = [row["id"] for row in content["subjects"]]
    made += [
        observation("29463-7", None, person, id=f"w-{person}",
                    valueQuantity={"value": 80, "code": "kg"})
        for person in people
    ]  # fmt: skip
    weights = '[weights]\npath = "export.json"\nformat = "fhir"\nweight_kg = "weight_kg"'
    infusions = read_study(fhir_study(tmp_path / "fhir", made, weights)).infusions
    # 40 mg for 80 kg is the 0.5 mg/kg of the delimited tables.
    assert infusions["dose_mg_per_kg"].tolist() == [0.5] * len(people)
    assert infusions["dose_mg"].tolist() == [40] * len(people)


def test_rescue_medication_is_told_apart_by_its_agent(tmp_path, content):
    rescue = """[rescue]
path = "export.json"
format = "fhir"
subject = "subject"
agent = "agent"
time = "start"
where = { agent = "lorazepam" }
"""
    lorazepam = given(
        "S000", id="rescue", medicationCodeableConcept={"text": "lorazepam"},
        effectivePeriod=None, effectiveDateTime="2025-03-04T12:00:00-05:00",
    )  # fmt: skip
    study = read_study(fhir_study(tmp_path / "fhir", [*resources(content), lorazepam], rescue))
    assert study.events["event"].tolist() == ["rescue"]


@pytest.mark.parametrize(
    ("route", "known"),
    [
        ({"text": "IV"}, "intravenous"),
        ({"coding": [{"display": "Intravenous route"}]}, "intravenous"),
        ({"coding": [{"system": "http://snomed.info/sct", "code": "47625008",
                      "display": "Intravenous route (qualifier value)"}]}, "intravenous"),
        ({"coding": [{"system": "http://snomed.info/sct", "code": "46713006"}]}, "intranasal"),
    ],
    ids=range(4),
)  # fmt: skip
def test_routes_are_known_by_words_and_by_snomed(tmp_path, content, route, known):
    made = resources(content)
    for one in made:
        if one["resourceType"] == "MedicationAdministration":
            one["dosage"]["route"] = route
    study = read_study(fhir_study(tmp_path / "fhir", made))
    assert set(study.infusions["route"]) == {known}
