"""Nothing that is committed tells of a person, or is the study team's view of people."""

from __future__ import annotations

import ast

import nbformat
import pytest
from nbformat import v4

from analysis.disclosure.notebooks import (
    TEAM_HEADING,
    Identities,
    holds_team_view,
    identities,
    team_view,
    tells_of_people,
)
from analysis.paths import DATA_PROCESSED, EXAMPLE_STUDY, NOTEBOOKS, ROOT
from analysis.studies import BUILT_IN, available
from tests.factory import write_study

COMMITTED = sorted(NOTEBOOKS.glob("*.ipynb"))
DERIVED = sorted(path for path in DATA_PROCESSED.rglob("*") if path.suffix in (".csv", ".json"))


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def built_in():
    """Identities of every built-in study whose data are here."""
    return [identities(name) for name in BUILT_IN if available(name)[0]]


def declared_in(notebook, folder):
    """Studies that a notebook's code names by the path of their study.toml or its folder."""
    texts = {
        node.value
        for cell in notebook.cells
        if cell.cell_type == "code"
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
    }
    paths = {folder / text for text in texts if len(text) < 200 and "\0" not in text}
    return sorted(
        path for path in paths if path.name == "study.toml" or (path / "study.toml").is_file()
    )


def problems(notebook, built_in, folder):
    studies = [*built_in, *(identities(str(path)) for path in declared_in(notebook, folder))]
    return [*tells_of_people(notebook, studies), *team_view(notebook)]


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
@pytest.mark.bad_input("F10")
def test_notebook_tells_of_nobody(path, built_in):
    assert problems(read(path), built_in, NOTEBOOKS) == []


def test_notebooks_are_no_lists_of_people_whatever_the_study():
    ids = tuple(f"S{n:02d}" for n in range(1, 81))
    any_size = Identities(ids, arms=tuple(range(10, 81)))
    assert [
        problem for path in COMMITTED for problem in tells_of_people(read(path), [any_size])
    ] == []


@pytest.mark.parametrize("path", DERIVED, ids=lambda path: path.name)
def test_derived_file_tells_of_nobody(path, built_in):
    text = path.read_text(encoding="utf-8")
    assert not holds_team_view(text)
    assert not any(study.named_in(text) for study in built_in)


@pytest.mark.parametrize("folder", ["/reports/", "/output/"])
def test_pages_and_copies_of_a_study_are_not_committed(folder):
    assert folder in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def output(text):
    cell = v4.new_code_cell("show()")
    cell.outputs = [v4.new_output("stream", name="stdout", text=text)]
    return cell


# Faults planted in a committed notebook, and what resembles them and passes.
FAULTS = {
    "rows of the example": (EXAMPLE_STUDY / "subjects_synthetic.csv").read_text(encoding="utf-8"),
    "a person by name": "The largest fall was seen in EX-17.",
    "a person by number": "Participant 17 fell by 31 points.",
    "heading of the team": f"{TEAM_HEADING}; `relief report` makes the page for others",
    "JSON of the team": '{"study": "clinic", "view": "team"}',
}
NEAR = {
    "counts of the example": "arm,n\nket,30\nmdz,30\n",
    "all by name": "The largest fall was seen in EXPOSURE, 17 people.",
    "all by number": "17 participants fell by 31 points.",
    "heading of the page": "The page for others is made by `relief report`.",
    "JSON for others": '{"study": "clinic", "view": "shared"}',
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
@pytest.mark.bad_input("F10")
def test_fault_in_a_committed_notebook(text, built_in):
    notebook = read(COMMITTED[0])
    notebook.cells.append(output(text))
    assert problems(notebook, built_in, NOTEBOOKS)


@pytest.mark.parametrize("text", NEAR.values(), ids=NEAR)
def test_what_resembles_a_fault_passes(text, built_in):
    notebook = read(COMMITTED[0])
    notebook.cells.append(output(text))
    assert problems(notebook, built_in, NOTEBOOKS) == []


def test_study_that_a_notebook_was_run_on_counts(tmp_path):
    write_study(tmp_path / "clinic")
    notebook = v4.new_notebook(cells=[v4.new_code_cell('study = "clinic"'), output("s-3 fell.")])
    assert problems(notebook, [], tmp_path)
    notebook.cells[0].source = 'study = "elsewhere"'
    assert problems(notebook, [], tmp_path) == []
