"""Patients and ResearchSubjects to people: identifier, arm, site, withdrawal, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.nodes import many, text
from analysis.readers.formats.fhir.resources.references import Addresses, Record, Row, Versions
from analysis.readers.formats.fhir.resources.usable import is_modified, note_zone

__all__ = ["People"]


class _Patient(NamedTuple):
    site: str
    linked: bool
    modified: bool


class _Member(NamedTuple):
    """A ResearchSubject: somebody in a study."""

    person: str
    study: str
    status: str
    assigned: str
    actual: str
    end: str
    modified: bool


def _patient(resource: dict[str, Any]) -> _Patient:
    # Names, dates of birth, addresses, identifiers, photos and narratives are never touched.
    site = text(resource, "managingOrganization", "reference")
    return _Patient(site, bool(many(resource, "link")), is_modified(resource))


def _member(resource: dict[str, Any]) -> _Member:
    return _Member(
        person=text(resource, "individual", "reference"),
        study=text(resource, "study", "reference"),
        status=text(resource, "status"),
        assigned=text(resource, "assignedArm"),
        actual=text(resource, "actualArm"),
        end=text(resource, "period", "end"),
        modified=is_modified(resource),
    )


class People:
    """Collects Patients and ResearchSubjects, then makes a row of each person in each study."""

    KINDS = ("Patient", "ResearchSubject")
    COLUMNS = ("subject", "arm", "assigned_arm", "actual_arm", "study", "site", "status",
               "consent_withdrawn", "set_aside")  # fmt: skip

    def __init__(self) -> None:
        self._patients: Versions[_Patient] = Versions("Patient")
        self._members: Versions[_Member] = Versions("ResearchSubject")

    def learn(self, resource: dict[str, Any]) -> None:
        """No other resource tells anything of people."""

    def add(self, kind: str, record: Record[dict[str, Any]]) -> None:
        """Take in one version of a resource of ``KINDS``."""
        if kind == "Patient":
            self._patients.add(record, _patient(record.content))
        else:
            self._members.add(record, _member(record.content))

    def rows(self, findings: Findings, addresses: Addresses) -> Iterator[Row]:
        """People in the order of the export, each with the number of its resource."""
        members: dict[str, list[tuple[int, _Member | None, str]]] = {}
        for torn, records in enumerate(self._members.newest(findings)):
            for record in records:
                rule = "fhir.versions-differ" if torn else ""
                if person := self._person(findings, addresses, record):
                    members.setdefault(person, []).append((record.row, record.content, rule))
        for torn, patients in enumerate(self._patients.newest(findings)):
            for patient in patients:
                if not patient.id:
                    findings.add("fhir.no-person", patient.row, kind="Patient")
                    continue
                if patient.content.modified:
                    findings.add("fhir.modifier", patient.row, kind="Patient")
                    members.pop(patient.id, None)
                    continue
                findings.add("fhir.linked-person", patient.row, int(patient.content.linked))
                site = _last(patient.content.site)
                for _, member, rule in members.pop(patient.id, None) or [(patient.row, None, "")]:
                    rule = "fhir.versions-differ" if torn else rule
                    yield self._row(findings, patient.row, patient.id, member, site, rule)
        for person, without in members.items():
            for row, member, rule in without:
                yield self._row(findings, row, person, member, "", rule)

    def _person(self, findings: Findings, addresses: Addresses, record: Record[_Member]) -> str:
        member = record.content
        person = addresses.resolve(member.person, "Patient")
        if member.status == "entered-in-error":
            findings.add("fhir.entered-in-error", record.row, kind="ResearchSubject")
        elif member.modified:
            findings.add("fhir.modifier", record.row, kind="ResearchSubject")
        elif not person:
            findings.add("fhir.no-person", record.row, kind="ResearchSubject")
        else:
            return person
        return ""

    def _row(
        self,
        findings: Findings,
        row: int,
        person: str,
        member: _Member | None,
        site: str,
        rule: str,
    ) -> Row:
        if member is None:
            return row, (person, "", "", "", "", site, "", "", rule)
        assigned, actual = member.assigned, member.actual
        findings.add("fhir.arms-differ", row, int(bool(assigned and actual and assigned != actual)))
        withdrawn = member.status == "withdrawn"
        if withdrawn and not member.end:
            rule = rule or "fhir.withdrawn-no-time"
        end = member.end if withdrawn else ""
        note_zone(findings, row, "ResearchSubject", end)
        study = _last(member.study)
        arm = actual or assigned
        return row, (person, arm, assigned, actual, study, site, member.status, end, rule)


def _last(reference: str) -> str:
    """The id at the end of a reference; blank for what leads nowhere outside the file."""
    return "" if reference.startswith("#") else reference.partition("/_history/")[0].split("/")[-1]
