"""The registry of open data is pinned."""

from __future__ import annotations

import json

import pytest

from analysis.errors import ReliefError
from analysis.paths import open_data_folder
from analysis.readers.nimh import registry
from analysis.readers.nimh.open_data import available, fetch


def test_an_unknown_name_is_one_sentence():
    with pytest.raises(ReliefError, match="known are nimh-ketamine-ds005917") as caught:
        fetch("no-such-data")
    assert caught.value.rule == "data.unknown"


def test_the_registry_is_pinned():
    for name, wanted in registry.REGISTRY.items():
        assert wanted.name == name
        assert wanted.licence
        assert wanted.version in wanted.doi
        assert all(a.startswith("https://") and a.endswith("/") for a in wanted.addresses)
        for entry in wanted.files:
            assert len(bytes.fromhex(entry.sha256)) == 32
    assert registry.dataset("nimh-ketamine-ds005917").file("phenotype.tsv").place == (
        "phenotype/phenotype.tsv"
    )


def test_the_published_files_are_those_that_are_pinned():
    name = "nimh-ketamine-ds005917"
    root = open_data_folder()
    if root is None or not (root / name).is_dir():
        pytest.skip(f"{name} is not in the folder that RELIEF_DATA names")
    assert fetch(name) == root / name
    assert available(name)[0]
    described = json.loads((root / name / "dataset_description.json").read_text(encoding="utf-8"))
    assert described["DatasetDOI"] == f"doi:{registry.dataset(name).doi}"
    assert described["License"] == registry.dataset(name).licence
