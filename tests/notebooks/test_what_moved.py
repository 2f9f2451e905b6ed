"""A notebook that fails says first what moved, from the stored output to the new one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

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


def compared(conftest, new, *, same):
    cell = SimpleNamespace(comparison_traceback=["nbval's own"], path=Path("04.ipynb"), name="C 3")
    passed = conftest._compare(cell, lambda new, stored: same, new, outputs("−9.1", "2"))
    return passed, cell.comparison_traceback


def test_row_column_old_and_new_stand_before_the_traceback(conftest):
    passed, told = compared(conftest, outputs("−9.1", "3"), same=False)
    assert not passed
    assert told == [
        "Stored → new:",
        "cell: 04.ipynb · C 3 · table 1 · row “day 1” · column “estimate”: 2 → 3 (+50 %)",
        "make review shows all that moved on one page: output/review/index.html",
        "nbval's own",
    ]


def test_many_cells_are_a_few_lines(conftest):
    _, told = compared(conftest, outputs(*map(str, range(40))), same=False)
    assert len(told) == 1 + conftest.MOST_LINES + 3
    assert "more" in told[1 + conftest.MOST_LINES]


def test_a_cell_that_passes_says_nothing(conftest):
    assert compared(conftest, outputs("−9.1", "2"), same=True) == (True, ["nbval's own"])
