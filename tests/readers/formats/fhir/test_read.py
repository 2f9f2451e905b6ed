"""FHIR R4 exports as text, on synthetic resources shaped like HL7's and Synthea's examples."""

from __future__ import annotations

import json

from analysis.readers.formats.fhir.read import read_fhir
from tests.readers.formats.fhir.export import (
    answered,
    given,
    patient,
    response,
    write_ndjson,
)
from tests.readers.formats.fhir.reading import refused


def test_when_nothing_is_left_the_message_says_how_much_was_set_aside(tmp_path):
    path = write_ndjson(tmp_path / "a.ndjson", [given("p1", status="not-done")])
    error = refused(path, "infusions")
    assert error.rule == "fhir.nothing"
    assert "1 resources or answers were excluded" in error.message


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
