"""README and CITATION.cff: short, and of what there is now."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml

from analysis.claims.definitions import load_definitions
from analysis.paths import ROOT
from analysis.studies import judged

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_readme_can_be_read_in_a_few_minutes():
    assert len(README.split()) <= 900


def test_the_number_of_claims_is_that_of_claims_toml():
    assert len(load_definitions().claims) == 14
    assert "each of fourteen claims" in README


@pytest.mark.parametrize("study", ["published", "example"])
def test_the_verdict_on_a_built_in_study_is_that_of_now(study):
    (told,) = re.findall(rf"^\| `{study}` \|.*\| \*([\w ]+)\*:", README, re.MULTILINE)
    assert told == judged(study)["headline"].verdict


def test_the_citation_is_of_this_version_and_names_nobody_and_no_doi_that_there_is_not():
    assert (CITATION["version"], CITATION["license"]) == (PROJECT["version"], PROJECT["license"])
    assert [list(author) for author in CITATION["authors"]] == [["name"]]
    assert CITATION["authors"][0]["name"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert not {"doi", "identifiers"} & set(CITATION)
