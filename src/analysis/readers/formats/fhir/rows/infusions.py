"""MedicationAdministrations to infusions: what was given, when, how much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from analysis.readers.formats.fhir.codes import SNOMED, canonical
from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.nodes import concept, many, text
from analysis.readers.formats.fhir.resources.references import Addresses, Record, Row, Versions
from analysis.readers.formats.fhir.resources.usable import is_modified, note_zone, usable

__all__ = ["Infusions"]

_GIVEN = "MedicationAdministration"
_Medication = tuple[str, str]


class _Given(NamedTuple):
    """A MedicationAdministration; ``reference`` leads to what was given where it is not told."""

    person: str
    status: str
    modified: bool
    medication: _Medication
    reference: str
    start: str
    end: str
    dose: tuple[str, str]
    rate: tuple[str, str]
    route: str


def _medication(node: Any) -> _Medication:
    """A medication's words and its first code."""
    codes = [canonical(text(one, "system"), text(one, "code")) for one in many(node, "coding")]
    return concept(node), next((code for code in codes if code), "")


def _quantity(node: Any) -> tuple[str, str]:
    number = text(node, "value")
    # "Less than 40 mg" is no dose.
    if text(node, "comparator") or not number:
        return "", ""
    return number, text(node, "code") or text(node, "unit")


def _rate(dosage: Any) -> tuple[str, str]:
    """A rate as number and unit; never a dose."""
    number, unit = _quantity(_at(dosage, "rateRatio", "numerator"))
    if not number:
        return _quantity(_at(dosage, "rateQuantity"))
    per, unit_of_per = _quantity(_at(dosage, "rateRatio", "denominator"))
    return number, f"{unit}/{'' if per in ('', '1', '1.0') else f'{per} '}{unit_of_per}"


def _route(node: Any) -> str:
    """A route by its SNOMED CT code, which needs no reading of words, else in words."""
    codings = many(node, "coding")
    codes = [text(one, "code") for one in codings if text(one, "system") == SNOMED]
    return next((code for code in codes if code), concept(node))


def _at(node: Any, *path: str) -> Any:
    for step in path:
        found = many(node, step)
        node = found[0] if found else None
    return node


def _given(resource: dict[str, Any]) -> _Given:
    medication = _medication(resource.get("medicationCodeableConcept"))
    reference = text(resource, "medicationReference", "reference")
    if not any(medication) and reference.startswith("#"):
        inside = (one for one in many(resource, "contained") if f"#{text(one, 'id')}" == reference)
        medication = _medication(next(inside, {}).get("code"))
    if not any(medication) and not reference:
        medication = (text(resource, "medicationReference", "display"), "")
    dosage = _at(resource, "dosage")
    period = _at(resource, "effectivePeriod")
    return _Given(
        person=text(resource, "subject", "reference"),
        status=text(resource, "status"),
        modified=is_modified(resource),
        medication=medication,
        reference=reference,
        start=text(resource, "effectiveDateTime") or text(period, "start"),
        end=text(period, "end"),
        dose=_quantity(_at(dosage, "dose")),
        rate=_rate(dosage),
        route=_route(_at(dosage, "route")),
    )


_FINISHED, _NEVER_GIVEN = ("completed", "stopped"), ("not-done", "entered-in-error")


class Infusions:
    """Collects MedicationAdministrations and Medications, then makes a row of each one given."""

    KINDS = (_GIVEN,)
    COLUMNS = ("subject", "agent", "agent_code", "start", "end", "dose", "dose_unit", "rate",
               "rate_unit", "route", "status", "set_aside")  # fmt: skip

    def __init__(self) -> None:
        self._given: Versions[_Given] = Versions(_GIVEN)
        self._medications: dict[str, _Medication] = {}

    def learn(self, resource: dict[str, Any]) -> None:
        """Take in a Medication; no other resource tells anything of infusions."""
        if text(resource, "resourceType") == "Medication":
            self._medications[text(resource, "id")] = _medication(resource.get("code"))

    def add(self, kind: str, record: Record[dict[str, Any]]) -> None:
        """Take in one version of a MedicationAdministration."""
        self._given.add(record, _given(record.content))

    def rows(self, findings: Findings, addresses: Addresses) -> Iterator[Row]:
        """Infusions in the order of the export, each with the number of its resource."""
        kept, torn = self._given.newest(findings)
        for record in kept:
            given = record.content
            person = addresses.resolve(given.person, "Patient")
            if usable(
                findings, record.row, _GIVEN, status=given.status, finished=_FINISHED,
                modified=given.modified, person=person,
            ):  # fmt: skip
                self._count(findings, record)
                yield record.row, self._cells(findings, addresses, record, person, "")
            elif person and given.status not in _NEVER_GIVEN:
                # It may have begun: which infusion a later score follows cannot be told.
                rule = "fhir.infusion-unclear"
                yield record.row, self._cells(findings, addresses, record, person, rule)
        for record in torn:
            person = addresses.resolve(record.content.person, "Patient")
            if person:
                rule = "fhir.versions-differ"
                yield record.row, self._cells(findings, addresses, record, person, rule)

    def _count(self, findings: Findings, record: Record[_Given]) -> None:
        given = record.content
        note_zone(findings, record.row, _GIVEN, given.start, given.end)
        if not given.dose[0]:
            findings.add("fhir.rate" if given.rate[0] else "fhir.no-dose", record.row)

    def _cells(
        self,
        findings: Findings,
        addresses: Addresses,
        record: Record[_Given],
        person: str,
        rule: str,
    ) -> tuple[str, ...]:
        given = record.content
        medication = given.medication
        if not any(medication):
            known = addresses.resolve(given.reference, "Medication")
            medication = self._medications.get(known, ("", ""))
        findings.add("fhir.no-medication", record.row, int(not any(medication)))
        return (person, *medication, given.start, given.end, *given.dose, *given.rate,
                given.route, given.status, rule)  # fmt: skip
