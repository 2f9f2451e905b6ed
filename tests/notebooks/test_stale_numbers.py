"""A bound changed in claims.toml leaves no old number in any sentence, table or picture's words.

In this process; in the long form also by ``make notebooks`` in a copy of the project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from analysis.claims.definitions import load_definitions
from analysis.paths import CLAIMS, NOTEBOOKS
from analysis.sections import calibration, verdict
from analysis.sections.scores import first_session
from analysis.sections.section import Section
from tests import length
from tests.notebooks.cells import run

ROOT = Path(__file__).resolve().parents[2]

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


def changed_rules():
    text = CLAIMS.read_text(encoding="utf-8")
    for old, new in CHANGED.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.fixture
def other_rules(tmp_path, monkeypatch):
    """The rules with other bounds, for whoever reads them."""
    path = tmp_path / "claims.toml"
    path.write_text(changed_rules(), encoding="utf-8")
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


def everything_in(path):
    """What a notebook says in its cells and outputs, pictures in words."""
    for cell in nbformat.read(path, as_version=4).cells:
        yield cell.source
        for output in cell.get("outputs", ()):
            yield output.get("text", "")
            yield from (text for kind, text in output.get("data", {}).items() if "text" in kind)
            yield from (own.get("alt", "") for own in output.get("metadata", {}).values())


# Sets the copy up as a clone is, which takes as long as the notebooks.
if length.LONG:

    def test_make_notebooks_in_a_copy_leaves_no_old_number(tmp_path):
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in filter(lambda name: (ROOT / name).is_file(), names.split("\0")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
        (tmp_path / "claims.toml").write_text(changed_rules(), encoding="utf-8")
        paths = [f"notebooks/{name}.ipynb" for name in TOLD]
        # What `make test-long` was given is not for this one.
        env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        command = ["make", "notebooks", f"ARGS={' '.join(paths)}"]
        subprocess.run(command, cwd=tmp_path, env=env, check=True)
        for name, (old, new) in TOLD.items():
            text = "\n".join(everything_in(tmp_path / "notebooks" / f"{name}.ipynb"))
            assert new in text
            assert re.findall(old, text) == []
