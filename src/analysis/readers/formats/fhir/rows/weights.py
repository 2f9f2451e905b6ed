"""Observations of body weight, in kg."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.references import Addresses, Record, Row, Versions
from analysis.readers.formats.fhir.resources.usable import FINAL, usable
from analysis.readers.formats.fhir.responses import Said, of_observation

__all__ = ["Weights"]

# LOINC: body weight, body weight measured; the FHIR vital signs profile asks for the first.
_CODES = {"29463-7": "", "3141-9": ""}


class Weights:
    """Collects Observations, then makes a row of each body weight."""

    KINDS = ("Observation",)
    COLUMNS = ("subject", "weight_kg", "time", "set_aside")

    def __init__(self) -> None:
        self._observations: Versions[Said] = Versions("Observation")

    def learn(self, resource: dict[str, Any]) -> None:
        """No other resource tells a weight."""

    def add(self, kind: str, record: Record[dict[str, Any]]) -> None:
        """Take in one version of an Observation."""
        self._observations.add(record, of_observation(record.content, _CODES))

    def rows(self, findings: Findings, addresses: Addresses) -> Iterator[Row]:
        """Weights in the order of the export, each with the number of its resource."""
        kept, torn = self._observations.newest(findings)
        for record in kept:
            said, row = record.content, record.row
            person = addresses.resolve(said.person, "Patient")
            if said.answers and usable(
                findings, row, "Observation", status=said.status, finished=FINAL,
                modified=said.modified, person=person,
            ):  # fmt: skip
                answer = said.answers[0]
                if answer.number and answer.unit != "kg":
                    findings.add("fhir.weight-unit", row)
                elif answer.number:
                    yield row, (person, answer.number, said.time, "")
        for record in torn:
            person = addresses.resolve(record.content.person, "Patient")
            if person and record.content.answers:
                yield record.row, (person, "", record.content.time, "fhir.versions-differ")
