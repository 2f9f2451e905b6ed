"""``relief notebooks STUDY``: executed copies, never in notebooks/, headed by whom they are for."""

from __future__ import annotations

import re

import nbformat
import pytest
from typer.testing import CliRunner

from analysis.claims.ledger import FOR_THE_TEAM
from analysis.cli import app
from analysis.disclosure.notebooks import identities, tells_of_people
from analysis.paths import NOTEBOOKS
from analysis.report import study_notebooks
from analysis.sections.opening import PASSED_ON
from analysis.sections.section import UNFORESEEN
from tests import length
from tests.designs import DESIGNS, write, write_design

WHOLE = ("visits by name, without times", "single arm")
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


def called(*arguments):
    return CliRunner().invoke(app, ["notebooks", *map(str, arguments)])


def read(folder):
    return {path.name: nbformat.read(path, as_version=4) for path in folder.glob("*.ipynb")}


def errors(notebook):
    return [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
        or UNFORESEEN in output.get("data", {}).get("text/plain", "")
    ]


@pytest.mark.parametrize("name", DESIGNS if length.LONG else WHOLE)
def test_all_notebooks_run_on_a_study_from_fresh_kernels(name, tmp_path):
    before = {path: path.read_bytes() for path in NOTEBOOKS.glob("*.ipynb")}
    result = called(write_design(tmp_path / "study", name), "--out", tmp_path / "out", "--html")
    assert result.exit_code == 0, result.output
    assert result.stdout.strip().endswith("out")
    copies = read(tmp_path / "out")
    assert sorted(copies) == NAMES
    assert [fault for copy in copies.values() for fault in errors(copy)] == []
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == len(NAMES)
    assert not re.search(r"<script|https?://(?!doi\.org)[^\"' ]+\.(?:js|css|png)", page)
    assert {path: path.read_bytes() for path in before} == before


@pytest.fixture
def few(monkeypatch, tmp_path):
    """One notebook, so that a test of the copies runs one kernel."""
    folder = tmp_path / "few"
    folder.mkdir()
    source = nbformat.read(NOTEBOOKS / "01_the_data.ipynb", as_version=4)
    nbformat.write(source, folder / "01_the_data.ipynb")
    monkeypatch.setattr(study_notebooks, "NOTEBOOKS", folder)
    return folder


@pytest.mark.parametrize(("option", "heading"), [("--team", FOR_THE_TEAM), ("--share", PASSED_ON)])
def test_a_copy_says_for_whom_it_is_and_tells_others_of_nobody(option, heading, few, tmp_path):
    path = write(tmp_path / "clinic", DESIGNS["many sites"], "clinic", synthetic=False)
    assert called(path, "--out", tmp_path / "out", option).exit_code == 0
    (copy,) = read(tmp_path / "out").values()
    assert heading in copy.cells[0].source
    assert "made up" not in copy.cells[0].source
    text = nbformat.writes(copy)
    assert "synthetic" not in copy.cells[0].source
    if option == "--share":
        assert FOR_THE_TEAM not in text
        assert str(tmp_path) not in text
        assert list(tells_of_people(copy, [identities(str(path))])) == []


def test_the_folder_of_the_notebooks_is_refused(few, tmp_path):
    result = called("example", "--out", few)
    assert result.exit_code == 2
    assert "never written into notebooks/" in result.stderr


def test_what_cannot_be_read_is_one_sentence_and_exit_2(tmp_path):
    result = called(tmp_path / "nowhere", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_cell_that_fails_has_a_sentence_and_the_next_ones_run(few, tmp_path):
    path = few / "01_the_data.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(3, nbformat.v4.new_code_cell("raise KeyError('Smith 41')", id="fault"))
    nbformat.write(notebook, path)
    result = called("example", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "1 cells could not be shown" in result.stderr
    text = (tmp_path / "out" / path.name).read_text(encoding="utf-8")
    assert "something unforeseen went wrong inside the project (KeyError)" in text
    assert "Traceback" not in text
    assert text.count("display_data") > 4
