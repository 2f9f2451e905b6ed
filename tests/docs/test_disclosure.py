"""docs/disclosure.md: every rule is held by a test that there is."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from analysis.paths import ROOT

PAGE = (ROOT / "docs" / "disclosure.md").read_text(encoding="utf-8")
RULES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| subject")
]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_exists(path, name):
    assert name in functions_of(path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule[0])
def test_a_rule_says_what_all_three_do_and_names_a_test(rule):
    assert len(rule) == 5
    assert all(rule)
    assert re.search(r"`tests/[\w/]+\.py::test_\w+`", rule[4])
