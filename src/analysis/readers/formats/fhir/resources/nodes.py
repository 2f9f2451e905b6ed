"""Reaching into a resource, whatever shape it has."""

from __future__ import annotations

from typing import Any

__all__ = ["at", "concept", "many", "other_release", "text"]

# Elements that R4 does not know, of the resources that are read, and where they are from.
_OTHER_RELEASES: dict[str, dict[str, tuple[str, ...]]] = {
    "MedicationAdministration": {
        "R5": ("occurenceDateTime", "occurencePeriod", "occurenceTiming", "medication"),
        "STU3 or older": (
            "notGiven", "wasNotGiven", "reasonNotGiven", "prescription", "patient",
            "effectiveTimeDateTime", "effectiveTimePeriod",
        ),
    },
    "Observation": {
        "R5": ("triggeredBy", "instantiatesCanonical", "instantiatesReference", "bodyStructure"),
        "STU3 or older": ("related", "context"),
    },
    "QuestionnaireResponse": {"STU3 or older": ("parent", "context", "group")},
    "ResearchSubject": {
        "R5": ("subject", "assignedComparisonGroup", "actualComparisonGroup", "progress"),
    },
}  # fmt: skip


def at(node: Any, *path: str) -> Any:
    """What stands at a path, or None where the path ends before."""
    # JSON gives these very types; asking for them exactly halves the time of a large export.
    for step in path:
        if type(node) is not dict:
            return None
        node = node.get(step)
    return node


def text(node: Any, *path: str) -> str:
    """The text (or number, kept as written) at a path; blank where there is none."""
    found = at(node, *path)
    return found.strip() if type(found) is str else ""


def many(node: Any, *path: str) -> list[dict[str, Any]]:
    """The elements of a list at a path; a single element counts as a list of one."""
    found = at(node, *path)
    if type(found) is dict:
        return [found]
    return [one for one in found if type(one) is dict] if type(found) is list else []


def concept(node: Any) -> str:
    """A CodeableConcept in words: its text, else the display of a coding, else a code."""
    codings = many(node, "coding")
    words = [text(node, "text"), *(text(coding, key) for key in ("display", "code")
                                   for coding in codings)]  # fmt: skip
    return next((word for word in words if word), "")


def other_release(kind: str, resource: dict[str, Any]) -> str | None:
    """The FHIR release that an element of the resource betrays, None for R4."""
    for release, names in _OTHER_RELEASES.get(kind, {}).items():
        if any(name in resource for name in names):
            return release
    return None
