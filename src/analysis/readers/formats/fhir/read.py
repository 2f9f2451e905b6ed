"""One FHIR export to one table of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import Issue
from analysis.readers.formats.fhir.resources.documents import digest, entries, files_of
from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.nodes import other_release, text
from analysis.readers.formats.fhir.resources.references import Addresses, Record, Row, stamp
from analysis.readers.formats.fhir.rows.assessments import Assessments
from analysis.readers.formats.fhir.rows.infusions import Infusions
from analysis.readers.formats.fhir.rows.people import People
from analysis.readers.formats.fhir.rows.weights import Weights
from analysis.readers.table.text_table import TextTable
from analysis.rules import refusal

__all__ = ["read_fhir"]

_Wanted = People | Infusions | Assessments | Weights
# Read in one role or another.
_READ = frozenset(
    "Patient ResearchSubject MedicationAdministration Medication QuestionnaireResponse "
    "Observation Questionnaire ValueSet CodeSystem".split()
)
# Types that may be named in a message; what else a file calls a resource is its own affair.
_NAMED = frozenset(
    "AllergyIntolerance CarePlan CareTeam Claim Composition Condition Consent Coverage Device "
    "DiagnosticReport DocumentReference Encounter ExplanationOfBenefit Goal Group ImagingStudy "
    "Immunization Library List Location MedicationRequest MedicationStatement OperationOutcome "
    "Organization PlanDefinition Practitioner PractitionerRole Procedure Provenance "
    "RelatedPerson ResearchStudy ServiceRequest Specimen Task".split()
)


def read_fhir(
    path: Path,
    *,
    role: str,
    codes: Mapping[str, str] | None = None,
) -> TextTable:
    """Read the people, infusions or answers of a FHIR R4 export as text.

    Parameters
    ----------
    path : Path
        A Bundle, a single resource, NDJSON with one resource a line, any of them
        compressed by gzip, or a folder of such files (``*.ndjson``, ``*.json``, ``*.gz``).
        NDJSON is read line by line; a Bundle is held in memory.
    role : {"subjects", "infusions", "rescue", "assessments", "weights"}
        Which table: Patient and ResearchSubject; MedicationAdministration (and
        Medication), for infusions and rescue alike; QuestionnaireResponse and Observation
        (and the scores that Questionnaire, ValueSet and CodeSystem declare); Observations
        of body weight.
    codes : mapping of str to str, optional
        For assessments: every linkId or code that study.toml declares, and its scale. An
        Observation's code is bare for LOINC, else ``system|code``.

    Returns
    -------
    TextTable
        subjects: subject, arm, assigned_arm, actual_arm, study, site, status,
        consent_withdrawn, set_aside. infusions: subject, agent, agent_code, start, end,
        dose, dose_unit, rate, rate_unit, route, status, set_aside. assessments, one row an
        answer: subject, form (a running number), instrument (canonical address of the
        questionnaire, with its version), questionnaire (without), code, value, unit, time,
        status, resource, set_aside. weights: subject, weight_kg, time, set_aside. Blank where
        nothing is told. ``set_aside`` is blank or the rule under which the row's person is
        to be set aside. ``rows`` are running numbers of resources in the export.

    Raises
    ------
    ReliefError
        ``file.empty`` or a rule ``fhir.*`` of scope ``study``.

    Notes
    -----
    HL7 FHIR R4 (4.0.1), http://hl7.org/fhir/R4. ``authored`` is when answers were gathered,
    not when symptoms were felt. Names, dates of birth, addresses, identifiers, photos and
    narratives of a Patient are never read.
    """
    wanted = _wanted(role, codes)
    files = files_of(path)
    file, findings, addresses = path.name, Findings(), Addresses()
    others = _collect(wanted, files, findings, addresses)
    found = list(wanted.rows(findings, addresses))
    addresses.refuse_several_servers(file)
    issues = findings.issues(file)
    if not found:
        dropped = sum(issue.count for issue in issues if issue.severity == "DROP")
        hint = f"; {dropped} resources or answers were excluded" if dropped else ""
        kinds = " or ".join(wanted.KINDS)
        raise refusal("fhir.nothing", file=file, kinds=kinds, role=role, hint=hint)
    if others:
        named = ", ".join(f"{kind} {count}" for kind, count in sorted(others.items()))
        findings.add("fhir.other-resources", 1, others.total(), kinds=named)
        issues = findings.issues(file)
    return _table(file, wanted.COLUMNS, found, digest(files), issues)


def _wanted(role: str, codes: Mapping[str, str] | None) -> _Wanted:
    match role:
        case "subjects":
            return People()
        case "infusions" | "rescue":
            return Infusions()
        case "assessments":
            return Assessments(codes)
        case _:
            return Weights()


def _collect(
    wanted: _Wanted,
    files: list[Path],
    findings: Findings,
    addresses: Addresses,
) -> Counter[str]:
    """Hand every resource to those who want it; counts of the others by type."""
    others: Counter[str] = Counter()
    for row, full_url, resource in entries(files, findings):
        kind = text(resource, "resourceType")
        own = addresses.name(kind, resource, full_url)
        if kind in wanted.KINDS:
            release = other_release(kind, resource)
            if release is not None:
                raise refusal("fhir.version", kind=kind, release=release)
            wanted.add(kind, Record(row, own, stamp(resource), resource))
            continue
        wanted.learn({**resource, "id": own})
        if kind not in _READ:
            others[kind if kind in _NAMED else "of other types"] += 1
    return others


def _table(
    file: str,
    columns: tuple[str, ...],
    found: list[Row],
    sha256: str,
    issues: tuple[Issue, ...],
) -> TextTable:
    cells = pd.DataFrame([values for _, values in found], columns=list(columns), dtype="str")
    rows = np.array([row for row, _ in found], dtype=np.int64)
    return TextTable(file, cells, rows, sha256, issues)
