"""Proof that the notebooks' checks bite: faults planted in copies turn the same run red.

A copy holds the package, one notebook, the inputs and the checks. Its run is the one of
``make test``, guards and nbval in one go, in a process of its own whose PYTHONPATH names the copy,
so that the kernel imports the copy's package and not the installed one.

A run is red for the right reason: results differ (exit code 1), no cell fails to execute, and the
first difference, where the run stops, is the one that the fault is meant to make. The first half
proves the machinery on a module of a few lines, the second plants ``FAULTS`` in this project.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tests.notebooks import guards

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    "pyproject.toml",
    "notebooks/conftest.py",
    "tests/notebooks/guards.py",
    "tests/notebooks/hidden_warnings.py",
    "tests/notebooks/test_guards.py",
]
INPUTS = ["src", "data/raw", "claims.toml", "docs/operating_characteristics.csv"]

# What the report says when a text, a figure or a guard turns the run red.
TEXT = " mismatch 'text/"
FIGURE = "pixels differ in the"
STRIPPED = "has the execution count None"


@dataclass(frozen=True)
class Fault:
    """One replacement in one source file, and a notebook whose run must then turn red."""

    name: str
    file: str  # below src/analysis
    old: str  # occurs exactly once in the file
    new: str
    notebook: str  # its file name
    seen: str  # TEXT or FIGURE: what differs first


# One entry each for a shifted effect, a swapped arm and another column plotted. Each costs a run.
CHANGE = "03_change_after_infusion.ipynb"
FAULTS: list[Fault] = [
    Fault(
        "a shifted effect",
        "estimates/change/paired.py",
        "mean, sd = difference.mean(),",
        "mean, sd = difference.mean() - 2.0,",
        CHANGE,
        TEXT,
    ),
    Fault(
        "a swapped arm",
        "describe/common.py",
        "treated, control = case.design.active_arm, case.design.comparator_arm",
        "control, treated = case.design.active_arm, case.design.comparator_arm",
        CHANGE,
        TEXT,
    ),
    Fault(
        "another column plotted",
        "figures/common/base.py",
        'estimate = rows["estimate"].to_numpy(float)',
        'estimate = rows["ci_low"].to_numpy(float)',
        CHANGE,
        FIGURE,
    ),
]


def plant(fault: Fault, root: Path) -> None:
    path = root / "src" / "analysis" / fault.file
    source = path.read_text(encoding="utf-8")
    count = source.count(fault.old)
    if count != 1:
        raise ValueError(f"{fault.name}: the text to replace occurs {count} times in {fault.file}")
    path.write_text(source.replace(fault.old, fault.new), encoding="utf-8")


def strip(path: Path) -> None:
    notebook = guards.read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


def copy(root: Path, to: Path, paths: list[str]) -> Path:
    for path in paths:
        source, target = root / path, to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return to


def run(root: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        # Options of the outer run, and its coverage, are not those of the copy.
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "COV_", "COVERAGE_"))
    }
    environment["PYTHONPATH"] = str(root / "src")
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "--color=no"]
    guard = "tests/notebooks/test_guards.py::test_notebook_keeps_the_guards"
    return subprocess.run(
        [*command, guard, "notebooks"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def run_all(roots: dict[str, Path]) -> dict[str, subprocess.CompletedProcess[str]]:
    # Two at a time: a run mostly imports, and a small machine has two cores.
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(roots, pool.map(run, roots.values()), strict=True))


def assert_green(result: subprocess.CompletedProcess[str], notebooks: int) -> None:
    assert result.returncode == 0, result.stdout + result.stderr
    passed = [line for line in result.stdout.splitlines() if " passed" in line]
    # The guards of each notebook and at least one cell of it.
    assert int(passed[-1].split()[0]) >= 2 * notebooks, result.stdout


def assert_red(result: subprocess.CompletedProcess[str], seen: str) -> None:
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Cell execution caused an exception" not in result.stdout, result.stdout
    assert seen in result.stdout, result.stdout


# The machinery, on a module of a few lines.

TINY = "tiny.py"
MODULE = """
import base64
import io

CHANGE = {"ketamine": [0.0, -14.2, -9.4], "midazolam": [0.0, -5.1, -4.2]}


def effect():
    return round(CHANGE["ketamine"][1] - CHANGE["midazolam"][1], 1)


def draw(visits=(0, 1, 2)):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3), layout="constrained")
    ax = figure.subplots()
    ax.plot(visits, CHANGE["ketamine"], "o-", visits, CHANGE["midazolam"], "s--")
    ax.set_ylabel("Change (points)")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100, metadata={"Software": None})
    return base64.b64encode(file.getvalue()).decode()


def alternative():
    further = min(CHANGE, key=lambda arm: CHANGE[arm][-1])
    return f"Two lines that fall, {further} further."


def show():
    from IPython.display import display

    alt = alternative()
    data = {"image/png": draw(), "text/plain": alt}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})
"""
NOTEBOOK = "00_tiny.ipynb"
WHERE = """from pathlib import Path
import analysis
from analysis import tiny
Path(analysis.__file__).is_relative_to(Path.cwd().parent), Path.cwd().name"""
TINY_FAULTS = [
    Fault("shifted effect", TINY, "-14.2", "-13.2", NOTEBOOK, TEXT),
    Fault("another column", TINY, 's, CHANGE["ketamine"]', "s, visits", NOTEBOOK, FIGURE),
]


def tiny_project(root: Path) -> Path:
    # The comparison of figures and of what moved is the package's own.
    copy(ROOT, root, [*CHECKS, "src", "claims.toml"])
    module = root / "src" / "analysis" / TINY
    module.write_text(MODULE, encoding="utf-8")
    made = runpy.run_path(str(module))
    image, alt = made["draw"](), made["alternative"]()

    def cell(place, source, *outputs):
        code = v4.new_code_cell(source, execution_count=place)
        code.outputs = list(outputs)
        return code

    def result(place, text):
        return v4.new_output("execute_result", {"text/plain": text}, execution_count=place)

    figure = v4.new_output(
        "display_data",
        {"image/png": image, "text/plain": alt},
        metadata={"image/png": {"alt": alt}},
    )
    cells = [
        cell(1, WHERE, result(1, "(True, 'notebooks')")),
        cell(2, "tiny.effect()", result(2, "-9.1")),
        cell(3, "tiny.show()", figure),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), root / "notebooks" / NOTEBOOK)
    return root


@pytest.fixture(scope="module")
def tiny_runs(tmp_path_factory):
    names = ["sound", "stripped", *(fault.name for fault in TINY_FAULTS)]
    roots = {name: tiny_project(tmp_path_factory.mktemp("tiny")) for name in names}
    strip(roots["stripped"] / "notebooks" / NOTEBOOK)
    for fault in TINY_FAULTS:
        plant(fault, roots[fault.name])
    return run_all(roots)


def test_sound_project_is_green(tiny_runs):
    assert_green(tiny_runs["sound"], notebooks=1)


def test_stripped_project_is_red_by_the_guards(tiny_runs):
    assert_red(tiny_runs["stripped"], STRIPPED)


@pytest.mark.parametrize("fault", TINY_FAULTS, ids=lambda fault: fault.name)
def test_fault_turns_the_project_red(tiny_runs, fault):
    assert_red(tiny_runs[fault.name], fault.seen)


def test_column_is_seen_in_the_figure_alone(tiny_runs):
    assert TEXT not in tiny_runs["another column"].stdout


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("shifted effect", "text: 00_tiny.ipynb · cell 2: ", "-9.1 → -8.1"),
        ("another column", "figure: 00_tiny.ipynb · cell 3 · figure 1: ", " are allowed"),
    ],
)
def test_a_failure_begins_with_one_line_on_what_moved_and_where(tiny_runs, name, start, end):
    lines = tiny_runs[name].stdout.splitlines()
    (title,) = (place for place, line in enumerate(lines) if line.startswith("____"))
    assert lines[title + 1].startswith(start)
    assert lines[title + 1].endswith(end)


@pytest.mark.parametrize("old", ["not in the file", "CHANGE"])
def test_fault_that_cannot_be_planted_is_refused(tmp_path, old):
    root = tiny_project(tmp_path)
    with pytest.raises(ValueError, match=r"occurs (0|\d+) times in tiny\.py"):
        plant(Fault("stale", TINY, old, "x", NOTEBOOK, TEXT), root)


# This project.


def project(to: Path, notebooks: list[str]) -> Path:
    return copy(ROOT, to, [*CHECKS, *INPUTS, *(f"notebooks/{name}" for name in notebooks)])


def faulty_notebooks() -> list[str]:
    return sorted({fault.notebook for fault in FAULTS})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    assert FAULTS, "no fault is planted in this project"
    notebooks = faulty_notebooks()
    roots = {"sound": project(tmp_path_factory.mktemp("copy"), notebooks)}
    roots["stripped"] = project(tmp_path_factory.mktemp("copy"), notebooks[:1])
    strip(roots["stripped"] / "notebooks" / notebooks[0])
    for fault in FAULTS:
        roots[fault.name] = project(tmp_path_factory.mktemp("copy"), [fault.notebook])
        plant(fault, roots[fault.name])
    return run_all(roots)


def test_a_text_and_a_figure_are_at_fault():
    assert {fault.seen for fault in FAULTS} == {TEXT, FIGURE}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_can_be_planted(fault):
    source = (ROOT / "src" / "analysis" / fault.file).read_text(encoding="utf-8")
    assert source.count(fault.old) == 1
    assert fault.new != fault.old


def test_copies_without_a_fault_are_green(runs):
    assert_green(runs["sound"], notebooks=len(faulty_notebooks()))


def test_stripped_notebook_is_red(runs):
    assert_red(runs["stripped"], STRIPPED)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_planted_fault_is_red(runs, fault):
    assert_red(runs[fault.name], fault.seen)
