"""Who and what a reference means: ``Patient/1``, ``urn:uuid:...``, absolute addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.nodes import text
from analysis.rules import refusal

__all__ = ["Addresses", "Record", "Row", "Stamp", "Versions", "stamp"]

_REFERENCE = re.compile(
    r"(?:https?://(?P<server>[^\s?#]+)/)?(?P<kind>[A-Z][A-Za-z]+)/(?P<id>[^\s/?#]{1,64})"
    r"(?:/_history/[^\s/?#]+)?"
)
_URN = re.compile(r"urn:(?:uuid|oid):", re.IGNORECASE)
P = TypeVar("P")
# A row of the table: the number of its resource, and its cells.
Row = tuple[int, tuple[str, ...]]


@dataclass
class Addresses:
    """The addresses of a Bundle's entries, and the servers that people are named by."""

    _known: dict[str, tuple[str, str]] = field(default_factory=dict)
    _servers: set[str] = field(default_factory=set)

    def name(self, kind: str, resource: dict[str, Any], full_url: str) -> str:
        """The id of a resource, or the one that its address gives it; blank without either."""
        own = text(resource, "id")
        found = _REFERENCE.fullmatch(full_url)
        if not own and _URN.match(full_url):
            own = _URN.sub("", full_url)
        elif not own and found and found["kind"] == kind:
            own = found["id"]
        if kind == "Patient" and found and found["server"]:
            self._servers.add(found["server"])
        if own and full_url:
            self._known[full_url] = (kind, own)
        return own

    def resolve(self, reference: str, kind: str) -> str:
        """The id of the resource of a kind that is meant; blank where it cannot be told."""
        known = self._known.get(reference)
        if known is not None:
            return known[1] if known[0] == kind else ""
        found = _REFERENCE.fullmatch(reference)
        if found is None or found["kind"] != kind:
            return ""
        if kind == "Patient" and found["server"]:
            self._servers.add(found["server"])
        return found["id"]

    def refuse_several_servers(self, file: str) -> None:
        """End the reading where one identifier may be two people: ``fhir.several-servers``."""
        if len(self._servers) > 1:
            raise refusal("fhir.several-servers", file=file)


class Stamp(NamedTuple):
    """What ``meta`` tells of a version; None where it does not."""

    updated: float | None
    version: int | None


def stamp(resource: dict[str, Any]) -> Stamp:
    """``meta.lastUpdated`` as seconds and ``meta.versionId`` as a number."""
    version = text(resource, "meta", "versionId")
    try:
        moment = datetime.fromisoformat(text(resource, "meta", "lastUpdated"))
        # A time without a zone orders nothing.
        updated = moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        updated = None
    plain = re.fullmatch(r"[0-9]{1,18}", version, re.ASCII)
    return Stamp(updated, int(version) if plain else None)


class Record(NamedTuple, Generic[P]):
    """What one version of a resource says."""

    row: int
    id: str
    stamp: Stamp
    content: P


class Versions(Generic[P]):
    """All versions of the resources of one kind, by id."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._records: list[list[Record[P]]] = []
        self._places: dict[str, int] = {}

    def add(self, version: Record[Any], content: P) -> None:
        """Keep what matters of a version; a resource without an id is one of its own."""
        record = Record(version.row, version.id, version.stamp, content)
        place = self._places.get(record.id)
        if place is not None:
            self._records[place].append(record)
            return
        if record.id:
            self._places[record.id] = len(self._records)
        self._records.append([record])

    def newest(self, findings: Findings) -> tuple[list[Record[P]], list[Record[P]]]:
        """One version a resource, and those of resources of which none is known to be newest."""
        kept, torn = [], []
        for versions in self._records:
            if len(versions) == 1:
                kept.append(versions[0])
                continue
            newest = _newest(versions)
            if newest is None:
                torn.extend(versions)
                continue
            kept.append(newest)
            findings.add("fhir.versions", versions[1].row, len(versions) - 1, kind=self.kind)
        return kept, torn


def _newest(versions: list[Record[P]]) -> Record[P] | None:
    """The newest version; None where versions differ and their order is not told."""
    if all(one.content == versions[0].content for one in versions):
        return versions[0]
    for place in range(len(Stamp._fields)):
        stamps = [one.stamp[place] for one in versions]
        if any(told is None for told in stamps):
            continue
        latest = max(told for told in stamps if told is not None)
        top = [one for one in versions if one.stamp[place] == latest]
        if all(one.content == top[0].content for one in top):
            return top[0]
    return None
