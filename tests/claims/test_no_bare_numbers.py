"""No sentence of a gate or evaluator is written with a bare number: whose it is must be told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import analysis.claims

ROOMS = ("gates", "evaluators")
FOLDER = Path(analysis.claims.__file__).parent
# Formatted numbers that are declared or published, and so nobody's.
DECLARED = {
    "window:g",
    "limit:g",
    "bound:.2f",
    "most:g",
    "windows.min():g",
    "points:g",
    "limits['hours']:g",
}


def formatted(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        f"{ast.unparse(node.value)}:{ast.literal_eval(ast.unparse(node.format_spec)[1:])}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None
    }


@pytest.mark.parametrize("path", sorted(p for r in ROOMS for p in (FOLDER / r).glob("*.py")),
                         ids=lambda p: p.stem)  # fmt: skip
def test_only_declared_numbers_are_formatted_in_place(path: Path) -> None:
    assert formatted(path) <= DECLARED
