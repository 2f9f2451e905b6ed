"""What an OMOP database or a FHIR export holds is listed beside the question which of it counts."""

from __future__ import annotations

import pytest

from analysis.draft import write_study_toml
from analysis.draft.codes_seen import fhir_codes, omop_codes
from tests.factory import TOKEN
from tests.readers.formats.fhir.export import answered, given, patient, response, write_bundle
from tests.readers.formats.omop.cdm import content, write_duckdb, write_sqlite


@pytest.mark.parametrize("write", [write_sqlite, write_duckdb])
def test_codes_of_scores_and_drugs_of_a_database_are_listed(tmp_path, write):
    path = write(tmp_path / "cdm.db", content())
    seen = omop_codes(path)
    assert "785649 (ketamine)" in seen["drugs"]
    assert "708298" in seen["drugs"]
    assert {"2000000001", "PCL5"} <= set(seen["scores"].split(", "))
    assert seen["cohorts"] == "1001, 1002"


def test_a_database_without_the_tables_has_none(tmp_path):
    path = tmp_path / "cdm.db"
    path.write_bytes(b"SQLite format 3\x00")
    assert omop_codes(path) == {"scores": "", "drugs": "", "cohorts": ""}


def test_codes_of_a_fhir_export_are_listed(tmp_path):
    items = [answered("pcl-1", valueInteger=2), answered("pcl-2", valueInteger=3)]
    path = write_bundle(tmp_path / "bundle.json", [patient(), given(), response(items)])
    seen = fhir_codes(path)
    assert {"pcl-1", "pcl-2"} <= set(seen["scores"].split(", "))
    assert seen["drugs"]


def test_the_draft_of_a_database_names_what_there_is_and_nobody(tmp_path):
    write_sqlite(tmp_path / "cdm.db", content())
    write_study_toml(tmp_path / "cdm.db", tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert "785649 (ketamine)" in text
    assert "2000000001" in text
    assert TOKEN not in text
