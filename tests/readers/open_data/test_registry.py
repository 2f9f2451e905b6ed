"""The registry of open data is pinned."""

from __future__ import annotations

import json
import re

import pytest

from analysis.errors import ReliefError
from analysis.paths import ROOT
from analysis.readers.open_data import registry
from analysis.readers.open_data.fetch import available, fetch


def test_an_unknown_name_is_one_sentence():
    with pytest.raises(ReliefError, match=r"known are .*nimh-ketamine-ds005917") as caught:
        fetch("no-such-data")
    assert caught.value.rule == "data.unknown"


def test_every_file_is_pinned_and_has_its_licence_size_and_address():
    for name, wanted in registry.REGISTRY.items():
        assert wanted.name == name
        assert wanted.licence
        assert wanted.page.startswith("https://")
        assert all(a.startswith("https://") and a.endswith("/") for a in wanted.addresses)
        assert wanted.bytes == sum(entry.bytes for entry in wanted.files) > 0
        for entry in wanted.files:
            assert entry.bytes > 0
            for pinned in {entry.sha256, entry.published_sha256} - {None}:
                assert len(bytes.fromhex(pinned)) == 32
    assert registry.dataset("nimh-ketamine-ds005917").file("phenotype.tsv").place == (
        "phenotype/phenotype.tsv"
    )


def test_every_set_that_a_test_asks_for_can_be_downloaded():
    """What tests name to `open_data` has an entry, or a stranger could never run that test."""
    asked = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        if path.name != "test_conftest.py"
        for name in re.findall(r"open_data\(\"([\w-]+)\"\)", path.read_text("utf-8"))
    }
    assert {"fev", "cdisc-phq9"} <= asked
    assert asked - {"no-such-set", "here"} <= set(registry.REGISTRY)


@pytest.mark.parametrize("name", list(registry.REGISTRY))
def test_the_published_files_are_those_that_are_pinned(name, open_data):
    folder = open_data(name)
    assert fetch(name) == folder
    assert available(name)[0]


def test_the_crossover_tells_its_doi_and_licence_itself(open_data):
    wanted = registry.dataset("nimh-ketamine-ds005917")
    path = open_data(wanted.name) / "dataset_description.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    assert described["DatasetDOI"] == f"doi:{wanted.doi}"
    assert described["License"] == wanted.licence
