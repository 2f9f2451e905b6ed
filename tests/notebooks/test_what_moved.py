"""A notebook that fails says first what moved, from the stored output to the new one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from nbformat import v4

from analysis.paths import NOTEBOOKS


@pytest.fixture(scope="module")
def conftest():
    spec = importlib.util.spec_from_file_location("of_notebooks", NOTEBOOKS / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outputs(*numbers: str):
    table = pd.DataFrame({"estimate": numbers}, index=[f"day {n}" for n in range(len(numbers))])
    return [{"output_type": "display_data", "data": {"text/html": table.to_html()}}]


PAGE = "make review shows all that moved on one page: output/review/index.html"
PLACE = "04.ipynb · The difference (cell 3)"
PROSE = ["# Compared with control\n\nWords.", "Words.\n\n## The `difference`"]


def cell_of():
    """The third cell of a notebook, as nbval hands it over."""
    code = v4.new_code_cell("show()")
    cells = [*map(v4.new_markdown_cell, PROSE), code, v4.new_markdown_cell("## Below")]
    parent = SimpleNamespace(nb=v4.new_notebook(cells=cells))
    return SimpleNamespace(
        comparison_traceback=["nbval's own"], path=Path("04.ipynb"), parent=parent, cell=code
    )


def compared(conftest, new, *, same):
    cell = cell_of()
    passed = conftest._compare(cell, lambda new, stored: same, new, outputs("−9.1", "2"))
    return passed, cell


def test_row_column_old_and_new_stand_before_the_traceback(conftest):
    passed, cell = compared(conftest, outputs("−9.1", "3"), same=False)
    assert not passed
    moved = f"cell: {PLACE} · table 1 · row “day 1” · column “estimate”: 2 → 3 (+50 %)"
    assert cell.comparison_traceback == ["Stored → new:", moved, PAGE, "nbval's own"]
    assert headed(conftest, cell) == [moved, "Notebook cell execution failed"]


def headed(conftest, cell, error=None):
    told = conftest._headed(
        cell, lambda _: "Notebook cell execution failed", SimpleNamespace(value=error)
    )
    return told.splitlines()


def test_a_verdict_is_the_first_line(conftest):
    table = pd.DataFrame({"n": ["60"], "verdict": ["supported"]}, index=["onset"])
    stored, new = (
        [{"output_type": "display_data", "data": {"text/html": one.to_html()}}]
        for one in (table, table.assign(n="58", verdict="contradicted"))
    )
    cell = cell_of()
    assert not conftest._compare(cell, lambda *_: False, new, stored)
    assert headed(conftest, cell)[0] == (
        f"verdict: {PLACE} · table 1 · row “onset” · column “verdict”: supported → contradicted"
    )


def test_a_difference_that_nobody_sees_is_named_as_such(conftest):
    _, cell = compared(conftest, outputs("−9.1", "2"), same=False)
    assert headed(conftest, cell)[0] == f"{PLACE}: nothing that a reader sees, see below"


def test_an_error_is_one_line_before_its_traceback(conftest):
    error = SimpleNamespace(
        inner_traceback="\x1b[31mTraceback\x1b[0m\n\x1b[31mKeyError\x1b[0m: 'n'\n"
    )
    assert headed(conftest, cell_of(), error)[0] == f"{PLACE}: KeyError: 'n'"
    assert headed(conftest, cell_of(), RuntimeError("Kernel dead"))[0] == (f"{PLACE}: Kernel dead")


def test_many_cells_are_a_few_lines(conftest):
    told = compared(conftest, outputs(*map(str, range(40))), same=False)[1].comparison_traceback
    assert len(told) == 1 + conftest.MOST_LINES + 3
    assert "more" in told[1 + conftest.MOST_LINES]


def test_a_cell_that_passes_says_nothing(conftest):
    passed, cell = compared(conftest, outputs("−9.1", "2"), same=True)
    assert (passed, cell.comparison_traceback) == (True, ["nbval's own"])
