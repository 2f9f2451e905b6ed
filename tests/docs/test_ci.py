"""The workflow for a public service runs what `.ci/run` runs, and docs/ci.md says so."""

from __future__ import annotations

import re

import pytest
import yaml

from analysis.paths import ROOT

OWN = (ROOT / ".ci" / "run").read_text("utf-8")
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text("utf-8"))
STEPS = WORKFLOW["jobs"]["check"]["steps"]
# The one difference in words: which Python is newest is found out here and declared there.
OWN_COMMANDS = [
    command.replace('"$newest"', "python3.13")
    for command in re.findall(r"^\s*(make .*?) </dev/null", OWN, re.MULTILINE)
]
COMMANDS = [
    line.strip() for step in STEPS for line in step.get("run", "").splitlines() if "make" in line
]


def test_the_commands_are_those_of_the_own_check_in_their_order():
    assert OWN_COMMANDS[0] == "make test"
    assert len(OWN_COMMANDS) == 3
    assert ["make data", *OWN_COMMANDS, 'make review OLD="$OLD"'] == COMMANDS


def test_the_page_names_the_same_commands():
    block = re.search(r"```sh\n(.*?)```", PAGE, re.DOTALL)[1]
    named = [line.split("#")[0].strip() for line in block.splitlines()]
    assert named == [*COMMANDS[:-1], "make review OLD=main"]


@pytest.mark.parametrize("target", ["data", "test", "test-python", "test-long", "review"])
def test_every_command_is_in_the_makefile(target):
    assert re.search(rf"^{target}\b.*:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_what_moved_is_kept_whatever_the_tests_said():
    (kept,) = (step for step in STEPS if "upload-artifact" in step.get("uses", ""))
    assert kept["with"]["path"] == "output/review"
    (review,) = (step for step in STEPS if "make review" in step.get("run", ""))
    assert kept["if"] == review["if"] == "always()"


def test_caches_are_where_the_commands_look():
    (cache,) = (step for step in STEPS if "actions/cache" in step.get("uses", ""))
    folders = [WORKFLOW["jobs"]["check"]["env"][name] for name in (
        "RELIEF_CACHE", "UV_CACHE_DIR", "PIP_CACHE_DIR",
    )]  # fmt: skip
    assert all(f"/{cache['with']['path']}/" in folder for folder in folders)
