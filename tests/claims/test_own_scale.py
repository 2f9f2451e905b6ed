"""A study's own scale: without a published spread a narrow entry could lower its bars."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.claims import judge
from analysis.claims.evaluators import common
from analysis.claims.ledger import NOT_DECIDED, SUPPORTED, Reason
from analysis.readers.assemble import read_study
from analysis.simulate import write_study
from analysis.simulate.scenarios.scenario import EXAMPLE

SCALE = """
[instruments.moment]
title = "Symptoms at this moment"
construct = "ptsd"
items = [1, 3, 4, 5, 6, 9, 10, 11, 13, 14, 15, 17, 18, 19]
item_min = 0
item_max = 4
higher_is = "worse"
recall_hours = 0
source = "the clinic's own questionnaire, 2025"
"""
CLEAR = replace(EXAMPLE, drug=-16.0, drug_none=0.0, belief=0.0)


@pytest.fixture
def gate_7_passes(monkeypatch):
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


@pytest.mark.usefixtures("gate_7_passes")
def test_a_clear_difference_on_it_is_decided_only_with_a_reference_sd(tmp_path, monkeypatch):
    path = write_study(CLEAR, 30, 3, tmp_path)
    written = path.read_text().replace('instrument = "PCL-5-now"', 'instrument = "moment"')
    written = written.replace('primary = "PCL-5-now"', 'primary = "moment"')
    written = written.replace('version = "ad-hoc"', 'version = "own"')
    found = {}
    for name, more in (("without", ""), ("with", "reference_sd = 7\n")):
        monkeypatch.setattr("analysis.instruments.catalogue._declared", {})
        path.write_text(written + SCALE + more)
        onset = judge(read_study(path))["onset"]
        found[name] = onset.verdict
        told = next(reason for reason in onset.reasons if reason.gate == "estimate")
        assert ("declare reference_sd" in told.text) == (name == "without")
        assert told.passed is (None if name == "without" else True)
    assert found == {"without": NOT_DECIDED, "with": SUPPORTED}
