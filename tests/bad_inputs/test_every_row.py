"""Every row of the table of bad inputs has a test that says which row it covers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.paths import open_data_folder

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def rows() -> list[str]:
    """Ids of the table: its rows A1 to F11, and the numbered changes of section G."""
    folder = open_data_folder()
    path = None if folder is None else folder.parent / "facts" / "bad-inputs.md"
    if path is None or not path.is_file():
        pytest.skip("facts/bad-inputs.md is not beside the folder that RELIEF_DATA names")
    text = path.read_text(encoding="utf-8")
    changes = text[text.index("## G.") :].split("\n", 1)[1]
    numbers = re.findall(r"(?:^|; )(\d+) ", changes)
    return re.findall(r"^\| ([A-F]\d+) \|", text, re.MULTILINE) + [f"G{n}" for n in numbers]


@pytest.fixture(scope="module")
def covered() -> set[str]:
    """Rows that the marks of the tests name."""
    return set(marked())


def marked() -> Iterator[str]:
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.bad_input":
                yield from (ast.literal_eval(argument) for argument in node.args)


def test_every_row_has_a_test(rows, covered):
    assert len(rows) == len(set(rows)) > 100
    assert set(rows) - covered == set()


def test_every_mark_names_a_row(rows, covered):
    assert covered - set(rows) == set()
