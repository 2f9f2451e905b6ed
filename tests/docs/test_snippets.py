"""What stands in pages to be typed is run: shell and Python, on the exports the pages speak of.

What takes long is run by another test, which ``ELSEWHERE`` names.
"""

from __future__ import annotations

import ast
import re

import pytest

from analysis.paths import ROOT
from tests.docs.pages import lines_shown
from tests.docs.shown import ELSEWHERE, EVERY, OF_WALKS, beside, here, said, shells, typed

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RUN_HERE = sorted({one.page for one in shells() if any(map(here, typed(one)))} - {OF_WALKS})
PYTHON = [one for one in EVERY if one.language == "python"]


def test_every_block_says_what_it_is():
    # A block without a language is no more than a usage line, and JSON is what a command prints.
    assert {one.language for one in EVERY} <= {"", "json", "sh", "python", "toml", "{toctree}"}


@pytest.mark.parametrize("snippet", shells(), ids=lambda one: f"{one.page}: {one.commands[0]}")
def test_a_command_is_run_here_or_by_what_is_named(snippet):
    for words in typed(snippet):
        assert here(words) or " ".join(words[:2]) in ELSEWHERE, words
        if words[0] == "make":
            assert re.search(rf"^{words[1]}\b.*:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(("command", "by"), ELSEWHERE.items(), ids=list(ELSEWHERE))
def test_what_runs_a_command_elsewhere_exists(command, by):
    path, _, name = by.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    if name:
        nodes = ast.walk(ast.parse(text))
        assert name in {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    else:
        assert f"{command} " in text


@pytest.mark.parametrize("page", RUN_HERE)
def test_the_commands_of_a_page_are_run_and_print_what_it_shows(page):
    """Where this fails after a change of what is printed: run ``make pages``."""
    with beside(page) as walk:
        for snippet in shells(page):
            output = said(snippet, walk)
            if snippet.shown:
                assert lines_shown(output, snippet.shown) == snippet.shown


@pytest.mark.parametrize("snippet", PYTHON, ids=lambda one: f"{one.page}: {one.text.split()[1]}")
def test_python_runs_from_the_root_of_the_project(snippet, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(snippet.text, snippet.page, "exec"), {})
    assert capsys.readouterr().out.strip()
