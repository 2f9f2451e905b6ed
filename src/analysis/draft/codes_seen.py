"""The codes of scores and drugs that an OMOP database or a FHIR export holds, to choose from."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from analysis.errors import ReliefError
from analysis.readers.formats.fhir.resources.documents import entries, files_of
from analysis.readers.formats.fhir.resources.findings import Findings
from analysis.readers.formats.fhir.resources.nodes import many, text

__all__ = ["fhir_codes", "omop_codes"]

# What is a code and no sentence about somebody; as many of them as a line holds.
_CODE = re.compile(r"[A-Za-z0-9][\w.:|/-]{0,40}", re.ASCII)
_MANY, _RESOURCES = 24, 50_000
_OMOP = {
    "scores": (
        ("measurement", "measurement_concept_id"), ("measurement", "measurement_source_value"),
        ("observation", "observation_concept_id"), ("observation", "observation_source_value"),
    ),
    "drugs": (("drug_exposure", "drug_concept_id"),),
    "cohorts": (("cohort", "cohort_definition_id"),),
}  # fmt: skip


def omop_codes(path: Path) -> dict[str, str]:
    """Codes of ``scores``, ``drugs`` and ``cohorts`` of a database in a file, the commonest first.

    A table or column that is not there has none; a source value counts only where several rows
    hold it, since it may be anything.
    """
    found: dict[str, Counter[str]] = {kind: Counter() for kind in _OMOP}
    names: dict[str, str] = {}
    with suppress(Exception), closing(_connected(path)) as database:
        for kind, columns in _OMOP.items():
            for table, column in columns:
                rows: Iterable[Any] = ()
                with suppress(Exception):
                    rows = database.execute(
                        f"SELECT {column}, COUNT(*) FROM {table} GROUP BY {column}"
                    ).fetchall()
                for code, count in rows:
                    if code not in (None, 0) and (count > 1 or not column.endswith("value")):
                        found[kind][str(code)] += count
        with suppress(Exception):
            said = database.execute("SELECT concept_id, concept_name FROM concept").fetchall()
            wanted = found["drugs"]
            names = {str(code): str(name) for code, name in said if str(code) in wanted}
    return {kind: _listed(codes, names) for kind, codes in found.items()}


def _connected(path: Path) -> Any:
    """A connection that only reads."""
    with path.open("rb") as file:
        lite = file.read(16).startswith(b"SQLite format 3")
    if lite:
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    import duckdb

    return duckdb.connect(str(path), read_only=True)


def fhir_codes(path: Path) -> dict[str, str]:
    """Codes of ``scores`` (link ids of answers, codes of observations) and ``drugs``."""
    scores: Counter[str] = Counter()
    drugs: Counter[str] = Counter()
    with suppress(ReliefError):
        for number, entry in enumerate(entries(files_of(path), Findings())):
            kind = text(entry.resource, "resourceType")
            if kind == "QuestionnaireResponse":
                _links(entry.resource, scores)
            elif kind == "Observation":
                scores.update(_coded(entry.resource, "code"))
            elif kind.startswith("Medication"):
                drugs.update(_coded(entry.resource, "medicationCodeableConcept"))
            if number > _RESOURCES:
                break
    return {"scores": _listed(scores, {}), "drugs": _listed(drugs, {})}


def _links(node: Any, into: Counter[str]) -> None:
    for item in many(node, "item"):
        if many(item, "answer"):
            into[text(item, "linkId")] += 1
        _links(item, into)


def _coded(node: dict[str, Any], key: str) -> list[str]:
    """Codes of a concept, with its name where that is one word."""
    concept = node.get(key)
    codings = many(concept, "coding") if isinstance(concept, dict) else []
    word = text(concept, "text") if isinstance(concept, dict) else ""
    return [text(coding, "code") for coding in codings] or [word]


def _listed(codes: Counter[str], names: dict[str, str]) -> str:
    """The commonest codes as one line."""
    kept = [code for code, _ in codes.most_common() if _CODE.fullmatch(code)]
    told = [f"{code} ({names[code]})" if code in names else code for code in kept[:_MANY]]
    return ", ".join(told) + (", ..." if len(kept) > _MANY else "")
