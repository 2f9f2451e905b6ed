"""The documents say what the code does: every study.toml in them is accepted, every rule listed."""

from __future__ import annotations

import re
import tomllib

import pytest

from analysis.config import (
    AssessmentTable,
    InfusionTable,
    RescueTable,
    StudyConfig,
    SubjectTable,
    WeightTable,
)
from analysis.config.study import StudySection
from analysis.instruments import known
from analysis.instruments.own import own_scales
from analysis.paths import ROOT
from analysis.rules.listing import page

STUDY = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(\[study\].*?)```", STUDY + README, re.DOTALL)
SCALES = re.findall(r"```toml\n(\[instruments\..*?)```", STUDY, re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS, ids=lambda text: re.search(r'name = "(.*)"', text)[1])
def test_every_example_is_a_valid_study(text):
    assert StudyConfig.model_validate(tomllib.loads(text)).study.name


def test_the_example_of_an_own_scale_is_one_of_at_most_25_lines():
    (text,) = SCALES
    (scale,) = own_scales(tomllib.loads(text)["instruments"]).values()
    assert scale.validated
    assert len(text.splitlines()) <= 25


def test_the_examples_cover_every_format():
    formats = set(re.findall(r'format = "(.*)"', "".join(BLOCKS)))
    assert formats == {"redcap", "sdtm", "fhir", "omop"}
    assert ".xlsx" in "".join(BLOCKS)


def test_every_scale_that_instrument_may_name_is_listed():
    scales = STUDY.split("## Scales")[1].split("## ")[0]
    listed = scales.partition("scales`): ")[2].partition(". ")[0]
    assert set(re.findall(r"`([^`]+)`", listed)) == set(known())


def test_every_key_of_the_study_is_explained():
    told = set(re.findall(r"`(\w+)`", STUDY.split("## The tables")[0]))
    assert set(StudySection.model_fields) <= told


@pytest.mark.parametrize(
    "table", [SubjectTable, InfusionTable, AssessmentTable, RescueTable, WeightTable]
)
def test_every_key_of_a_table_is_told(table):
    keys = {field.alias or name for name, field in table.model_fields.items()}
    assert keys - {"filled_in", "visit", "at_hours"} <= set(re.findall(r"\w+", STUDY))


def test_the_list_of_rules_is_that_of_the_catalogue():
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == page(), "run: make rules"
