"""What every resource must meet to be read: a status that counts, a person, a plain meaning."""

from __future__ import annotations

import re
from typing import Any

from analysis.readers.formats.fhir.resources.findings import Findings

__all__ = ["FINAL", "is_modified", "note_zone", "usable"]

# Statuses of an Observation whose value stands.
FINAL = ("final", "amended", "corrected")
_WITHOUT_ZONE = re.compile(r"[^T]*T(?!.*(?:Z|[+-]\d\d:?\d\d)$).*", re.ASCII | re.DOTALL)


def is_modified(resource: dict[str, Any]) -> bool:
    """Whether an extension that a reader must understand may turn the meaning round."""
    return bool(resource.get("modifierExtension") or resource.get("implicitRules"))


def usable(
    findings: Findings,
    row: int,
    kind: str,
    *,
    status: str,
    finished: tuple[str, ...],
    modified: bool,
    person: str,
) -> bool:
    """Whether a resource is read; where it is not, the reason is counted."""
    if status == "entered-in-error":
        findings.add("fhir.entered-in-error", row, kind=kind)
    elif status == "not-done":
        findings.add("fhir.not-done", row)
    elif status not in finished:
        findings.add("fhir.unfinished", row, kind=kind, kept=" and ".join(finished))
    elif modified:
        findings.add("fhir.modifier", row, kind=kind)
    elif not person:
        findings.add("fhir.no-person", row, kind=kind)
    else:
        return True
    return False


def note_zone(findings: Findings, row: int, kind: str, *times: str) -> None:
    """Count a resource that tells a time of day without the zone that FHIR requires.

    It is read all the same: the zone that study.toml declares is a decision of the
    researcher, and without one, or beside times with zones, the shared clock refuses.
    """
    if any(_WITHOUT_ZONE.fullmatch(time) for time in times):
        findings.add("fhir.no-zone", row, kind=kind)
