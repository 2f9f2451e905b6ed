"""Every notebook keeps the guards, and every guard can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import v4

from tests.notebooks import guards

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.bad_input("F10")
def test_notebook_keeps_the_guards(path):
    assert guards.badly_named(path) + guards.problems(guards.read(path)) == []


def figure(alt="Two lines that fall and part."):
    metadata = {"image/png": {"alt": alt}}
    return v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}, metadata=metadata)


def sound_notebook():
    """Build a notebook without a fault; a test plants one."""
    first = v4.new_code_cell("import analysis\n'a;b'  # n; m", execution_count=1)
    first.outputs = [v4.new_output("execute_result", {"text/plain": "'a;b'"}, execution_count=1)]
    second = v4.new_code_cell("print(analysis.__doc__)\nshow()", execution_count=2)
    second.outputs = [v4.new_output("stream", name="stdout", text="See /docs/ and 1/2."), figure()]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    prose = v4.new_markdown_cell("See <https://example.org/work/page>.")
    return v4.new_notebook(cells=[prose, first, second], metadata=kernel)


@pytest.fixture
def notebook():
    return sound_notebook()


@pytest.fixture
def cell(notebook):
    return notebook.cells[-1]


def test_sound_notebook_has_no_problem(notebook):
    assert guards.problems(notebook) == []


def only_problem(notebook, guard):
    """The one problem found, and found by the guard that is meant to find it."""
    (problem,) = guards.problems(notebook)
    assert list(guard(notebook)) == [problem]
    return problem


@pytest.mark.parametrize("count", [None, 1, 3])
def test_cell_not_run_in_order(notebook, cell, count):
    cell.execution_count = count
    assert "execution count" in only_problem(notebook, guards.executed_in_order)


def test_output_of_another_execution(notebook):
    notebook.cells[1].outputs[0].execution_count = 7
    assert "another execution" in only_problem(notebook, guards.executed_in_order)


def test_notebook_without_code(notebook):
    notebook.cells = notebook.cells[:1]
    assert "no code cell" in only_problem(notebook, guards.executed_in_order)


def test_stripped_notebook(notebook):
    for cell in notebook.cells[1:]:
        cell.outputs, cell.execution_count = [], None
    assert len(guards.problems(notebook)) == 2


def test_stored_error(notebook, cell):
    cell.outputs.append(v4.new_output("error", ename="ValueError", evalue="no", traceback=[]))
    assert "an error" in only_problem(notebook, guards.no_error_or_stderr)


def test_stored_stderr(notebook, cell):
    cell.outputs.append(v4.new_output("stream", name="stderr", text="FutureWarning"))
    assert "stderr" in only_problem(notebook, guards.no_error_or_stderr)


@pytest.mark.parametrize(
    "line",
    [
        "# NBVAL_IGNORE_OUTPUT",
        "#NBVAL_SKIP",
        "## NBVAL_RAISES_EXCEPTION",
        "# NBVAL_CHECK_OUTPUT",
        "# PYTEST_VALIDATE_IGNORE_OUTPUT",
    ],
)
def test_escape_hatch_in_a_cell(notebook, cell, line):
    cell.source = f"{line}\n{cell.source}"
    assert "code cell 2" in only_problem(notebook, guards.no_escape_hatch)


@pytest.mark.parametrize(
    "line",
    [
        "warnings.simplefilter('ignore')",
        "get_ipython().run_line_magic('load', '')",
        "clear_output()",
    ],
)
def test_hidden_warning_in_a_cell(notebook, cell, line):
    cell.source = f"{line}\n{cell.source}"
    assert "code cell 2 hides" in only_problem(notebook, guards.nothing_hidden)


@pytest.mark.parametrize(
    "tag",
    [
        "nbval-ignore-output",
        "NBVAL_SKIP",
        "nbval-raises-exception",
        "raises-exception",
        "remove_stderr",
        "hide-output",
    ],
)
def test_escape_hatch_in_a_tag(notebook, cell, tag):
    cell.metadata.tags = ["figure", tag]
    assert tag in only_problem(notebook, guards.no_escape_hatch)


@pytest.mark.parametrize("metadata", [{"collapsed": True}, {"jupyter": {"outputs_hidden": True}}])
def test_outputs_folded_away(notebook, cell, metadata):
    cell.metadata.update(metadata)
    assert "folded away" in only_problem(notebook, guards.no_escape_hatch)


@pytest.mark.parametrize(
    "metadata", [{"tags": ["parameters"]}, {"jupyter": {"source_hidden": False}}]
)
def test_tags_that_hide_nothing_pass(notebook, cell, metadata):
    cell.metadata.update(metadata)
    assert guards.problems(notebook) == []


@pytest.mark.parametrize(
    "source", ["%%capture\nshow()", "!relief 2>/dev/null", "%env PYTHONWARNINGS=ignore", "show?"]
)
def test_cell_that_is_not_python(notebook, cell, source):
    cell.source = source
    assert "not plain Python" in only_problem(notebook, guards.plain_python)


def test_empty_cell(notebook, cell):
    cell.source = "# nothing"
    assert "empty" in only_problem(notebook, guards.plain_python)


@pytest.mark.parametrize(
    "source",
    ["def f():\n    return 1", "class A: ...", "if True:\n    async def f(): ..."],
)
def test_definition_in_a_cell(notebook, cell, source):
    cell.source = source
    assert "src/analysis" in only_problem(notebook, guards.plain_python)


@pytest.mark.parametrize("source", ["show();", "show();  # quiet", "a = 1;\nshow()"])
def test_trailing_semicolon(notebook, cell, source):
    cell.source = source
    assert "semicolon" in only_problem(notebook, guards.plain_python)


def test_long_cell(notebook, cell):
    cell.source = "\n".join(["show()"] * 11)
    assert "11 lines" in only_problem(notebook, guards.short_cells)


def test_cell_of_ten_lines_passes(notebook, cell):
    cell.source = "\n".join(["show()"] * 10)
    assert guards.problems(notebook) == []


@pytest.mark.parametrize("number", ["−9.1 points", "50 %", "n = 30", "about 7 days", "0.30 SD"])
def test_number_in_the_prose(notebook, number):
    notebook.cells[0].source += f" The arms differed by {number}."
    assert "in its prose" in only_problem(notebook, guards.no_number_in_prose)


@pytest.mark.parametrize(
    "words", ["PCL-5-now", "[05](05_onset.ipynb)", "`claims.toml` 30", "Varker 2020", "doi:10.1/2"]
)
def test_digits_that_are_no_result_pass(notebook, words):
    notebook.cells[0].source += f" See {words.replace(' 30', '')}."
    assert guards.problems(notebook) == []


def test_alternative_text_that_is_typed(notebook, cell):
    cell.source = "show(ax, alt='A line that rises by 9 points.')\nshow()"
    problem = only_problem(notebook, guards.alternative_text_is_computed)
    assert "types an alternative text" in problem


@pytest.mark.parametrize(
    "media",
    [
        "image/svg+xml",
        "image/jpeg",
        "application/javascript",
        "application/vnd.jupyter.widget-view+json",
    ],
)
def test_output_that_is_not_compared(notebook, cell, media):
    cell.outputs.append(v4.new_output("display_data", {media: "<svg/>"}))
    assert media in only_problem(notebook, guards.comparable_outputs)


@pytest.mark.parametrize(
    "html",
    [
        "<script>1</script>",
        "<p><img alt='' /></p>",
        '<video src="a.mp4">',
        "<svg></svg>",
        "<p style='background: url(a)'>",
        "<p onclick='f()'>",
    ],
)
def test_html_with_a_script_or_an_image(notebook, cell, html):
    cell.outputs.append(v4.new_output("display_data", {"text/html": html}))
    assert "HTML" in only_problem(notebook, guards.comparable_outputs)


def test_html_table_passes(notebook, cell):
    table = '<style scoped>td {color: red}</style><table border="1"><td>mean = 1</td></table>'
    cell.outputs.append(v4.new_output("display_data", {"text/html": table}))
    assert guards.problems(notebook) == []


@pytest.mark.bad_input("F10")
def test_copies_that_jupyter_keeps_are_not_committed():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".ipynb_checkpoints/" in ignored


def test_attached_image(notebook):
    notebook.cells[0].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}
    assert "attached" in only_problem(notebook, guards.comparable_outputs)


@pytest.mark.parametrize("alt", ["", "  "])
def test_figure_without_alternative_text(notebook, cell, alt):
    cell.outputs[-1] = figure(alt)
    assert "alternative text" in only_problem(notebook, guards.alternative_text)


def test_figure_without_metadata(notebook, cell):
    cell.outputs[-1].metadata = {}
    assert "alternative text" in only_problem(notebook, guards.alternative_text)


# Put together here, so that no file of the project holds such a path.
PATHS = ["/".join(["", "home", "ann", "x"]), "/".join(["", "tmp", "x"]), "C:" + r"\Users\ann"]
PATHS += ["file" + ":///x.csv", '"' + "/".join(["", "work", "x"])]


@pytest.mark.parametrize("path", PATHS)
def test_machine_path_in_a_source(notebook, path):
    notebook.cells[0].source = f"Read {path}"
    assert "machine path" in only_problem(notebook, guards.nothing_of_the_machine)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("media", ["text/plain", "text/html"])
def test_machine_path_in_an_output(notebook, cell, path, media):
    cell.outputs.append(v4.new_output("display_data", {media: f"<td>{path}</td>"}))
    assert "machine path" in only_problem(notebook, guards.nothing_of_the_machine)


def test_machine_path_in_a_stream(notebook, cell):
    cell.outputs[0].text = f"reading {PATHS[0]}"
    assert "machine path" in only_problem(notebook, guards.nothing_of_the_machine)


def test_memory_address(notebook, cell):
    cell.outputs[0].text = "<Axes object at 0x7f3a5c0d2e10>"
    assert "memory address" in only_problem(notebook, guards.nothing_of_the_machine)


def test_kernel_of_another_name(notebook):
    notebook.metadata.kernelspec.name = "venv"
    assert "not python3" in only_problem(notebook, guards.plain_metadata)


@pytest.mark.parametrize("key", ["execution", "ExecuteTime", "papermill"])
def test_timing_of_a_cell(notebook, cell, key):
    cell.metadata[key] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
    assert key in only_problem(notebook, guards.plain_metadata)


@pytest.mark.parametrize("key", ["papermill", "widgets"])
def test_run_metadata_of_the_notebook(notebook, key):
    notebook.metadata[key] = {}
    assert key in only_problem(notebook, guards.plain_metadata)


@pytest.mark.parametrize(
    "name", ["verdict.ipynb", "0_verdict.ipynb", "00 verdict.ipynb", "Untitled.ipynb"]
)
def test_badly_named_file(name):
    assert guards.badly_named(Path(name))


def test_well_named_file():
    assert guards.badly_named(Path("00_verdict.ipynb")) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_cell_of_a_table_is_cut(path):
    cut = re.compile(r"<t[dh][^>]*>[^<]*(?:\.\.\.|\u2026)\s*</t[dh]>")
    for cell in guards.read(path).cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            assert not cut.search(html), f"{path.name}, {cell.id}"
