"""The folder of published results is the source file, built again."""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import EvidenceError
from analysis.evidence import build as builder
from analysis.evidence.__main__ import main
from analysis.evidence.table.schema import NAMES
from analysis.paths import PUBLISHED


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def source() -> Path:
    declared = os.environ.get("RELIEF_DATA")
    path = Path(declared or ".") / ".." / "evidence" / "published_results.csv"
    if not declared or not path.is_file():
        pytest.skip("the source evidence file is not beside RELIEF_DATA")
    return path


# --- the folder -----------------------------------------------------------------------------


def test_provenance_hashes_are_those_of_the_files():
    record = tomllib.loads((PUBLISHED / builder.PROVENANCE).read_text(encoding="utf-8"))
    names = {builder.TABLE, builder.DICTIONARY, builder.ADDED}
    assert {f["name"] for f in record["file"]} == names
    for file in record["file"]:
        assert sha256(PUBLISHED / file["name"]) == file["sha256"]
        assert len(pd.read_csv(PUBLISHED / file["name"], dtype=str)) == file["rows"]
        added = file["name"] == builder.ADDED
        command = "relief evidence add FILE --write" if added else "make published EVIDENCE=path"
        assert file["command"] == command
    for entry in [record["source"], *record["file"]]:
        assert all(entry[key] for key in ("producer", "citation", "licence", "sha256"))


def test_dictionary_and_table_name_the_same_columns(text):
    words = pd.read_csv(PUBLISHED / builder.DICTIONARY, dtype=str, keep_default_na=False)
    assert list(words["column"]) == list(text.columns) == list(NAMES)
    assert (words["meaning"].str.len() > 0).all()
    assert set(words["type"]) <= {"text", "number", "integer", "boolean"}
    for word in words.itertuples():
        allowed = word.allowed_values.split("; ") if word.allowed_values else []
        cells = set(text[word.column]) - {""}
        assert not allowed or cells <= set(allowed)


def test_built_folder_is_the_source_file_built_again(source, tmp_path):
    record = tomllib.loads((PUBLISHED / builder.PROVENANCE).read_text(encoding="utf-8"))
    assert sha256(source) == record["source"]["sha256"]
    (tmp_path / builder.ADDED).write_bytes((PUBLISHED / builder.ADDED).read_bytes())
    assert main(["--build", str(source), "--out", str(tmp_path)]) == 0
    for name in (builder.TABLE, builder.DICTIONARY, builder.PROVENANCE):
        assert (tmp_path / name).read_bytes() == (PUBLISHED / name).read_bytes()


def test_no_figure_of_the_source_is_lost(source, text):
    raw = pd.read_csv(source, dtype=str, keep_default_na=False)
    assert len(raw) == len(text) == 217
    same = {
        "study_id": "study_id", "registry_id": "registry_id", "design": "design", "arm": "arm",
        "dose_mg_per_kg": "dose", "period": "period", "n": "n", "instrument": "instrument_printed",
        "recall_window": "recall_window", "phase": "phase", "analysis": "analysis", "unit": "unit",
        "hours_since_first_infusion": "hours_since_first_infusion",
        "hours_since_last_infusion": "hours_since_last_infusion", "read_from": "read_from",
        "statistic": "statistic_printed", "value": "printed_value", "note": "note",
        "improvement_sign": "printed_sign", "documents_seen": "documents_seen",
    }  # fmt: skip
    # Small counts of individual data are the one thing that is not passed on.
    kept = text["statistic"] != "withheld"
    assert list(text.loc[~kept, "row"]) == [f"Duek2023-{i:03d}" for i in range(29, 33)]
    for theirs, ours in same.items():
        assert list(raw.loc[kept, theirs]) == list(text.loc[kept, ours]), theirs
    for key in ("doi", "citation"):
        assert all(a == b for a, b in zip(raw[key], text[key], strict=True) if a)
    added = raw[["registry_id", "doi", "citation"]].eq("").all(axis=1)
    assert list(added) == list(text["identifier_added"] == "true")


def test_builder_refuses_another_header_and_an_unknown_word(source):
    raw = source.read_text(encoding="utf-8")
    with pytest.raises(EvidenceError, match="header"):
        builder.tidy(raw.replace("improvement_sign", "sign", 1))
    with pytest.raises(EvidenceError, match=r"Feder2014-001.*vocabulary") as error:
        builder.tidy(raw.replace(",IES-R,", ",IES-X,", 1))
    assert error.value.rule == "unknown_word"
    with pytest.raises(EvidenceError, match="which sign is better"):
        builder.tidy(raw.replace("12.7,points,positive", "12.7,points,", 1))
