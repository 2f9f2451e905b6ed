"""A bound changed in claims.toml leaves no old number in any sentence, table or picture's words."""

from __future__ import annotations

import re

import pytest

from analysis.claims.definitions import load_definitions
from analysis.paths import CLAIMS, NOTEBOOKS
from analysis.sections import calibration, first_session, verdict
from analysis.sections.section import Section
from tests.notebooks.cells import run

CHANGED = {
    "bias_bound_sd = { value = 0.30": "bias_bound_sd = { value = 0.37",
    "[0.0, 0.15, 0.30, 0.50": "[0.0, 0.15, 0.37, 0.50",
    "smallest_difference_sd = { value = 0.5,": "smallest_difference_sd = { value = 0.65,",
    "false_supported_at_most = { value = 0.06": "false_supported_at_most = { value = 0.045",
}
# Where each of them is told, as it was and as it is.
TOLD = {
    "00_verdict": (r"0\.30? SD", "0.37 SD"),
    "07_dissociation_blinding_expectancy": (r"decides, 0\.30? SD", "decides, 0.37 SD"),
    "10_how_often_is_this_procedure_wrong": (r"bound of 0\.30? SD|limit of 6%", "bound of 0.37 SD"),
}


@pytest.fixture
def other_rules(tmp_path, monkeypatch):
    """The rules with other bounds, for whoever reads them."""
    text = CLAIMS.read_text(encoding="utf-8")
    for old, new in CHANGED.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "claims.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(load_definitions, "__defaults__", (path,))
    for module, names in {
        verdict: ("other_assumptions", "other_assumptions_published"),
        first_session: ("foretold", "worth"),
    }.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda *_: Section(()))
    for cached in (verdict._published, calibration._counts):
        cached.cache_clear()
    yield
    for cached in (verdict._published, calibration._counts):
        cached.cache_clear()


@pytest.mark.parametrize("name", TOLD)
def test_the_new_number_is_told_and_the_old_one_nowhere(name, other_rules):
    old, new = TOLD[name]
    shown = run(NOTEBOOKS / f"{name}.ipynb")
    assert shown.faults == []
    text = shown.text()
    assert new in text
    assert re.findall(old, text) == []
