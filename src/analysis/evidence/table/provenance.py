"""What the files of published results are and where they came from, with their hashes."""

from __future__ import annotations

import hashlib
import json

from analysis.evidence.table.schema import COLUMNS

__all__ = [
    "ADDED",
    "DICTIONARY",
    "PROVENANCE",
    "TABLE",
    "added_record",
    "provenance_text",
    "sha256",
]

TABLE, DICTIONARY, PROVENANCE = "published_results.csv", "data_dictionary.csv", "provenance.toml"
ADDED = "added_results.csv"
"""Rows added since the table was built, with the columns of the table."""


def sha256(content: bytes) -> str:
    """SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


LICENCE = (
    "No licence came with the source file. It holds single figures with their sources, read in "
    "abstracts, registry records and one open data file; for use beyond this study ask the "
    "owners of the publications named in each row."
)
ADDED_LICENCE = (
    "Single figures with their sources, read in abstracts, tables and registry records, or "
    "computed from an open data file (CC0); for use beyond this study ask the owners of the "
    "publications named in each row."
)
CITATION = "Each row names its own source: columns registry_id, doi, citation, read_from."
COMMAND = "make published EVIDENCE=path"


def added_record(content: bytes) -> str:
    """The provenance record of the rows that were added one by one."""
    rows = content.decode("utf-8").count("\n") - 1
    fields = {
        "name": ADDED, "producer": "analysis.evidence.adding", "citation": CITATION,
        "licence": ADDED_LICENCE, "sha256": sha256(content), "rows": rows,
        "command": "relief evidence add FILE --write",
    }  # fmt: skip
    lines = [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in fields.items()]
    return "\n".join(["", "[[file]]", *lines]) + "\n"


def provenance_text(hash_of_source: str, texts: dict[str, str], rows: int) -> str:
    """The provenance record of the built table and its dictionary."""
    records = [
        ("source", "published_results.csv (evidence file)", hash_of_source, None),
        ("file", TABLE, sha256(texts[TABLE].encode()), rows),
        ("file", DICTIONARY, sha256(texts[DICTIONARY].encode()), len(COLUMNS)),
    ]
    lines = ["# What these files are and where they come from. Written by the builder."]
    for kind, name, digest, count in records:
        source = kind == "source"
        fields: dict[str, str | int] = {
            "name": name,
            "producer": "supplied with the project; who extracted the figures is not recorded"
            if source
            else "analysis.evidence.build",
            "citation": CITATION,
            "licence": LICENCE,
            "date": "2026-11-23",
            "sha256": digest,
        }
        fields |= {"rows": count, "command": COMMAND} if count is not None else {}
        lines += ["", f"[{kind}]" if source else f"[[{kind}]]"]
        lines += [f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in fields.items()]
    return "\n".join(lines) + "\n"
