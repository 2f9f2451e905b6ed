"""Synthetic FHIR R4 resources, written as servers export them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LOINC = "http://loinc.org"
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
Resource = dict[str, Any]


def patient(person: str = "p1", **more: Any) -> Resource:
    """A person with everything in it that must never be read."""
    named = {
        "name": [{"family": "Zebra4711Quartz", "given": ["Zebra4711Quartz"]}],
        "birthDate": "1961-02-03",
        "telecom": [{"system": "phone", "value": "415-555-0100"}],
        "address": [{"city": "Zebra4711Quartz", "postalCode": "48109"}],
        "identifier": [{"system": "urn:mrn", "value": "Zebra4711Quartz"}],
        "text": {"status": "generated", "div": "<div>Zebra4711Quartz</div>"},
    }
    return {"resourceType": "Patient", "id": person} | named | more


def member(person: str = "p1", **more: Any) -> Resource:
    """A ResearchSubject."""
    own = {
        "resourceType": "ResearchSubject",
        "id": f"rs-{person}",
        "status": "on-study",
        "study": {"reference": "ResearchStudy/relief-1"},
        "individual": {"reference": f"Patient/{person}"},
        "assignedArm": "ket",
    }
    return own | more


def given(person: str = "p1", **more: Any) -> Resource:
    """An infusion of 40 minutes."""
    own = {
        "resourceType": "MedicationAdministration",
        "id": f"ma-{person}",
        "status": "completed",
        "medicationCodeableConcept": {
            "text": "ketamine",
            "coding": [
                {
                    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                    "code": "6130",
                    "display": "ketamine",
                }
            ],
        },
        "subject": {"reference": f"Patient/{person}"},
        "effectivePeriod": {
            "start": "2025-03-04T10:20:00-05:00",
            "end": "2025-03-04T11:00:00-05:00",
        },
        "dosage": {
            "route": {"coding": [{"display": "Intravenous route"}]},
            "dose": {"value": 0.5, "unit": "mg/kg", "code": "mg/kg"},
        },
    }
    return own | more


def answered(link: str, **value: Any) -> Resource:
    """An item of a response: ``answered("a", valueInteger=2)``."""
    return {"linkId": link, "text": "not read", "answer": [value]} if value else {"linkId": link}


def response(items: Iterable[Resource], person: str = "p1", **more: Any) -> Resource:
    """A completed QuestionnaireResponse."""
    own = {
        "resourceType": "QuestionnaireResponse",
        "id": "qr-1",
        "questionnaire": "http://example.org/Questionnaire/one|1.0",
        "status": "completed",
        "subject": {"reference": f"Patient/{person}"},
        "authored": "2025-03-04T14:00:00-05:00",
        "item": list(items),
    }
    return own | more


def observation(
    code: str, value: float | None, person: str = "p1", display: str = "", **more: Any
) -> Resource:
    """A final Observation with a quantity, as Synthea writes it."""
    coding = {"system": LOINC, "code": code} | ({"display": display} if display else {})
    own: Resource = {
        "resourceType": "Observation",
        "id": f"o-{code}",
        "status": "final",
        "category": [{"coding": [{"code": "survey"}]}],
        "code": {"coding": [coding], "text": display},
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": "2025-03-04T14:00:00-05:00",
    }
    if value is not None:
        own["valueQuantity"] = {"value": value, "unit": "{score}", "code": "{score}"}
    return own | more


def bundle(resources: Iterable[Resource], kind: str = "collection", **more: Any) -> Resource:
    """A Bundle whose entries have no address of their own."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} | more


def write_bundle(path: Path, resources: Iterable[Resource], **more: Any) -> Path:
    """Write a Bundle laid out over many lines."""
    path.write_text(json.dumps(bundle(resources, **more), indent=2), encoding="utf-8")
    return path


def ndjson(resources: Iterable[Resource]) -> bytes:
    """One resource a line."""
    return b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)


def write_ndjson(path: Path, resources: Iterable[Resource]) -> Path:
    """Write NDJSON; compressed where the name says so."""
    raw = ndjson(resources)
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)
    return path


PHQ9 = "http://hl7.org/fhir/uv/sdc/CodeSystem/CSPHQ9"


def phq9() -> Resource:
    """The structure of HL7's PHQ-9 response (HL7/sdc, SDC-Response to PHQ9).

    Nine nested answers by code, whose scores (0 0 0 1 2 1 3 2 1, sum 10) a ValueSet
    declares, and a stated total of 13.
    """
    words = ["Not-at-all", "Several-days", "More than half the days", "Nearly every day"]
    scores = [0, 0, 0, 1, 2, 1, 3, 2, 1]
    items = [
        answered(f"H1/T1/Q{n}", valueCoding={"system": PHQ9, "code": words[score]})
        for n, score in enumerate(scores, 1)
    ]
    total = {"value": 13, "code": "1", "system": "http://unitsofmeasure.org"}
    items.append(answered("H1/TS", valueQuantity=total))
    return response(
        [{"linkId": "H1/T1", "item": items}],
        person="proband",
        subject={"reference": "http://example.org/fhir/Patient/proband"},
        authored="2019-08-21T20:36:57.544Z",
        contained=[
            {
                "resourceType": "ValueSet",
                "id": "VSPHQ9",
                "compose": {
                    "include": [
                        {
                            "system": PHQ9,
                            "concept": [
                                {
                                    "code": word,
                                    "extension": [{"url": ORDINAL, "valueDecimal": score}],
                                }
                                for score, word in enumerate(words)
                            ],
                        }
                    ]
                },
            }
        ],
    )
