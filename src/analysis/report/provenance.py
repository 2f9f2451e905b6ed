"""Where every input file came from, and the hash that says it is still the same."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.paths import DATA_RAW, EXAMPLE_STUDY, PUBLISHED
from analysis.simulate import example_truth

__all__ = ["provenance", "provenance_table", "sha256"]


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def provenance() -> list[dict[str, Any]]:
    """One record a file of ``data/raw``: file, sha256, producer, licence, date, made_by."""
    published = tomllib.loads((PUBLISHED / "provenance.toml").read_text(encoding="utf-8"))
    truth = example_truth()
    rows = [
        _record(PUBLISHED / file["name"], file["producer"], file["licence"], file["command"])
        for file in published["file"]
    ]
    command = truth["made_by"]["command"]
    rows += [
        _record(EXAMPLE_STUDY / name, "analysis.simulate, synthetic", "BSD-3-Clause", command)
        for name in truth["sha256"]
    ]
    return rows


def _record(path: Path, producer: str, licence: str, command: str) -> dict[str, Any]:
    return {
        "file": path.relative_to(DATA_RAW).as_posix(),
        "producer": producer,
        "licence": licence,
        "made by": command,
        "sha256": sha256(path),
    }


def provenance_table() -> pd.DataFrame:
    """The records with short hashes, one row a file."""
    table = pd.DataFrame(provenance())
    table["sha256"] = table["sha256"].str[:12]
    return table.drop(columns="licence").set_index("file")
