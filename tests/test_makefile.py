"""What make says of itself: every target that tells what it does stands in one of three groups."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from analysis.paths import NOTEBOOKS, ROOT

TEXT = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def groups():
    """The targets that `make help` lists, by the group they stand in."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    done = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    parts = (part.splitlines() for part in done.stdout.split("\n\n"))
    return {head: [line.split()[1] for line in lines] for head, *lines in parts}


def test_help_lists_every_target_once_in_three_groups(groups):
    assert list(groups) == ["Use it", "Check it", "Maintain it"]
    told = re.findall(r"^([a-z-]+):.*## ", TEXT, re.MULTILINE)
    assert sorted(name for names in groups.values() for name in names) == sorted(told)


def test_a_reader_finds_report_and_lab_among_what_is_to_use(groups):
    assert {"report", "lab", "help"} <= set(groups["Use it"])
    assert {"test", "lint"} <= set(groups["Check it"])
    assert "renew" in groups["Maintain it"]


def test_report_prints_the_answer_and_an_address_to_open(tmp_path):
    """With stand-ins for what is installed, so that only the recipe is tried."""
    command = tmp_path / ".venv" / "bin" / "relief"
    command.parent.mkdir(parents=True)
    command.write_text(
        '#!/bin/sh\ntest "$1" = report && echo reports/index.html && exit\n'
        'printf "The answer,\\nin a sentence.\\n\\nA table.\\n"\n'
    )
    command.chmod(0o755)
    recipe = re.search(r"^report:.*\n((?:\t.*\n)+)", TEXT, re.MULTILINE)[1]
    (tmp_path / "Makefile").write_text(f"report:\n{recipe}")
    # The make that runs these tests hands its own arguments on.
    free = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "ARGS")}
    done = subprocess.run(
        ["make", "-s"], cwd=tmp_path, env=free, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == [
        "The answer,", "in a sentence.", "",
        f"Open the report in a browser: file://{tmp_path}/reports/index.html", "",
    ]  # fmt: skip


def test_a_target_that_is_named_in_a_group_is_there():
    grouped = re.search(r"^USE := (.*)\nCHECK := ((?:.*\\\n)*.*)\n", TEXT, re.MULTILINE)
    named = " ".join(grouped.groups()).replace("\\", " ").split()
    assert set(named) <= set(re.findall(r"^([a-z-]+):", TEXT, re.MULTILINE))


def test_lab_opens_the_first_notebook_and_serves_the_whole_project():
    first = re.search(r"^FIRST_PAGE := /lab/tree/([^\s?]+)$", TEXT, re.MULTILINE)[1]
    assert ROOT / first == NOTEBOOKS / "00_verdict.ipynb"
    assert (ROOT / first).is_file()
    assert "--notebook-dir=. " in TEXT
