"""The page of commands says what the command line says of itself, and every code it ends with."""

from __future__ import annotations

import runpy
import signal

import pytest

from analysis.paths import ROOT

PAGE = runpy.run_path(str(ROOT / "scripts" / "commands.py"))


def test_the_page_is_what_make_commands_writes():
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == PAGE["page"]()


def test_every_command_and_every_option_stands_on_it():
    page = PAGE["page"]()
    for name, command in PAGE["commands"]():
        own = page.partition(f"\n## relief {name}\n")[2].partition("\n## ")[0]
        for one in command.params:
            assert (one.opts[0] if one.opts[0].startswith("--") else one.metavar) in own


@pytest.mark.parametrize("code", [0, 1, 2, 128 + signal.SIGINT, 128 + signal.SIGTERM])
def test_the_codes_are_those_that_the_commands_end_with(code):
    assert code in PAGE["EXIT_CODES"]


def test_files_are_told_of_commands_that_there_are():
    assert set(PAGE["FILES"]) <= {name for name, _ in PAGE["commands"]()}
