"""A study in an OMOP database, from study.toml to the verdict: the same as in delimited text."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import DECLARED, TOKEN, Outcome, tables, write_study
from tests.readers.formats.omop.cdm import KETAMINE, MIDAZOLAM, Rows, SyntheticCdm, content, score
from tests.readers.formats.omop.postgres import OWNER, PASSWORD

ARMS = {"ket": 1001, "mdz": 1002}
DRUGS = {"ketamine": KETAMINE, "midazolam": MIDAZOLAM}
# Concepts of a clinic's own begin at two milliards.
ITEM = 2_000_000_000

TOML = """
[study]
name = "synthetic-omop"
population = "PTSD"
synthetic = true
design = "parallel"
timezone = "America/Detroit"
arms = {{ 1001 = "ketamine", 1002 = "midazolam", 785649 = "ketamine", 708298 = "midazolam" }}
comparator = "active"
primary = "PCL-5-now"
{declared}

[subjects]
{source}
arm = "cohort_definition_id"
cohorts = ["1001", "1002"]

[infusions]
{source}
codes = ["785649", "708298"]

[[assessments]]
{source}
instrument = "PCL-5-now"
version = "ad-hoc"
recall_hours = 0
form_id = ["visit_occurrence_id"]
items = "20000000{{:02d}}"
"""


def stored(made_up: dict[str, list[dict[str, Any]]]) -> dict[str, Rows]:
    """The rows of delimited tables as a clinic's OMOP database holds them."""

    def person(row: dict[str, Any]) -> int:
        return 500 + int(row["id"][1:])

    def moment(text: str) -> tuple[str, str]:
        return text[:10], str(datetime.fromisoformat(text))

    drugs, scores = [], []
    for number, row in enumerate(made_up["infusions"]):
        (start_date, start), (end_date, end) = moment(row["start"]), moment(row["end"])
        drugs.append({
            "drug_exposure_id": number, "person_id": person(row),
            "drug_concept_id": DRUGS[row["agent"]], "sig": TOKEN, "route_source_value": "IV",
            "drug_exposure_start_date": start_date, "drug_exposure_start_datetime": start,
            "drug_exposure_end_date": end_date, "drug_exposure_end_datetime": end,
        })  # fmt: skip
    for visit, row in enumerate(made_up["scores"]):
        for name, value in row.items():
            if name.startswith("item_"):
                concept = ITEM + int(name[5:])
                date, time = moment(row["when"])
                told = score(len(scores), person(row), date, time, value, concept)
                scores.append(told | {"visit_occurrence_id": visit})
    people = made_up["subjects"]
    return content() | {
        "person": [{"person_id": person(row), "person_source_value": TOKEN} for row in people],
        "cohort": [
            {"cohort_definition_id": ARMS[row["arm"]], "subject_id": person(row)} for row in people
        ],
        "drug_exposure": drugs,
        "measurement": scores,
    }


@pytest.fixture(params=("postgresql", "duckdb", "sqlite"))
def cdm(request: pytest.FixtureRequest, tmp_path: Path) -> SyntheticCdm:
    return SyntheticCdm(request.param, tmp_path, request)


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path) -> SyntheticCdm:
    """The kind of database that is written fastest."""
    return SyntheticCdm("sqlite", tmp_path, request)


def declared(cdm: SyntheticCdm, rows: dict[str, Rows]) -> Path:
    """A study.toml of a database with these rows."""
    source = ['format = "omop"', *([f'schema = "{cdm.schema}"'] if cdm.schema else [])]
    place = f'path = "{cdm.path.name}"' if cdm.server is None else 'url_env = "SYNTHETIC_CDM"'
    path = cdm.path.parent / "study.toml"
    cdm.write(rows)
    assert cdm.source
    path.write_text(
        TOML.format(source="\n".join([place, *source]), declared=DECLARED.format(planned=8)),
        encoding="utf-8",
    )
    return path


def in_text(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> Path:
    """The study.toml of delimited tables that tell what the database tells."""
    given = [row | {"route": "IV"} for row in rows["infusions"]]
    return write_study(folder, rows | {"infusions": given}, infusions='route = "route"')


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Two tables that differ in nothing but where their rows came from."""
    place = ["source", "row"]
    pd.testing.assert_frame_equal(
        one.drop(columns=place, errors="ignore"), other.drop(columns=place, errors="ignore")
    )


def judged(path: Path) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["judge", str(path), "--json"])
    assert result.exit_code == 0, result.output
    assert TOKEN not in result.output
    return json.loads(result.stdout)


@pytest.mark.bad_input("G4")
def test_a_study_in_a_database_is_the_study_in_delimited_text(cdm: SyntheticCdm, tmp_path: Path):
    rows = tables()
    text: Study = read_study(in_text(tmp_path / "text", rows))
    path = declared(cdm, stored(rows))
    study = read_study(path)
    same(study.subjects, text.subjects)
    same(study.infusions, text.infusions)
    same(study.assessments, text.assessments)
    assert study.items.keys() == text.items.keys()
    for key, items in text.items.items():
        pd.testing.assert_frame_equal(study.items[key], items)
    assert study.issues == text.issues == ()


@pytest.mark.bad_input("G4")
def test_the_verdict_and_the_checks_are_the_same_too(file: SyntheticCdm, tmp_path: Path):
    rows = tables(n_per_arm=8)
    text = in_text(tmp_path / "text", rows)
    path = declared(file, stored(rows))
    assert judged(path)["claims"] == judged(text)["claims"]
    assert Outcome(path).flow == Outcome(text).flow
    assert Outcome(path).rules() == Outcome(text).rules()


def test_times_that_are_all_midnight_cannot_answer_for_hours(file: SyntheticCdm):
    rows = stored(tables())
    for row in rows["measurement"]:
        row["measurement_datetime"] = row["measurement_date"] + " 00:00:00"
    path = declared(file, rows)
    outcome = Outcome(path)
    assert outcome.exit_code == 0
    assert outcome.find("time.midnight")["severity"] == "FLAG"
    assert outcome.find("time.date-only")["severity"] == "STOP"
    verdicts = {claim["claim"]: claim["verdict"] for claim in judged(path)["claims"]}
    assert verdicts["onset"] == verdicts["headline"] == "not testable"


def test_a_refusal_is_one_line_and_exit_code_2(cdm: SyntheticCdm, tmp_path: Path):
    path = declared(cdm, stored(tables()))
    cdm.run("DROP TABLE measurement")
    outcome = Outcome(path)
    assert outcome.exit_code == 2
    assert outcome.error["rule"] == "omop.no-table"
    assert PASSWORD not in outcome.said
    assert str(tmp_path) not in outcome.said


@pytest.mark.parametrize("command", ["check", "judge"])
def test_a_password_in_study_toml_is_refused_and_not_repeated(tmp_path: Path, command: str):
    source = f'format = "omop"\nurl = "postgresql://{OWNER}:{PASSWORD}@localhost/cdm"'
    path = tmp_path / "study.toml"
    path.write_text(TOML.format(source=source, declared=""), encoding="utf-8")
    result = CliRunner().invoke(app, [command, str(path), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["rule"] == "omop.password-in-file"
    assert PASSWORD not in result.output + result.stderr


def test_tables_of_other_formats_may_stand_beside(file: SyntheticCdm, tmp_path: Path):
    rows = tables()
    path = declared(file, stored(rows))
    text = path.read_text(encoding="utf-8")
    begin, end = text.index("[subjects]"), text.index("[infusions]")
    people = '[subjects]\npath = "subjects.csv"\nsubject = "id"\narm = "arm"\n\n'
    labels = text[:begin].replace("1001 =", "ket =").replace("1002 =", "mdz =")
    assert labels != text[:begin]
    path.write_text(labels + people + text[end:], encoding="utf-8")
    listed = "".join(f"{500 + int(row['id'][1:])},{row['arm']}\n" for row in rows["subjects"])
    (tmp_path / "subjects.csv").write_text("id,arm\n" + listed, encoding="utf-8")
    study = read_study(path)
    same(study.assessments, read_study(in_text(tmp_path / "text", rows)).assessments)


def test_tables_of_one_database_are_told_apart_in_the_sources(file: SyntheticCdm):
    study = read_study(declared(file, stored(tables())))
    assert len(set(study.sources.values())) == len(study.sources) == 4
