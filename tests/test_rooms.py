"""The order of the stages: a room imports only from earlier ones, and nothing goes in a circle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from analysis.paths import ROOT

SETTINGS = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(SETTINGS.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
BY_ID = {contract["id"]: contract for contract in CONTRACTS}


def run(source: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """What the linter says of the package in a folder."""
    arguments = ["--no-cache", "--no-logo", "--contract", contract, str(SETTINGS)]
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(source)},
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("contract", sorted(BY_ID))
def test_the_contract_is_kept(contract):
    found = run(ROOT / "src", contract)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The package with two imports upward, and one back to where it is imported."""
    source = tmp_path_factory.mktemp("src")
    shutil.copytree(
        ROOT / "src/analysis", source / "analysis", ignore=shutil.ignore_patterns("__pycache__")
    )
    for module, planted in {
        "readers/table/numbers.py": "from analysis.readers.formats.open_table import kind_of",
        "timeline.py": "from analysis.claims.ledger import GATES",
        "claims/ledger.py": "from analysis.claims.definitions import CLAIM_IDS",
    }.items():
        path = source / "analysis" / module
        path.write_text(path.read_text("utf-8") + f"\n{planted}\n", "utf-8")
    return source


@pytest.mark.parametrize(
    ("contract", "told"),
    [
        ("stages", "analysis.timeline -> analysis.claims.ledger"),
        ("no-cycles", "No cycles are allowed in analysis.claims."),
        ("readers", "analysis.readers.table.numbers -> analysis.readers.formats.open_table"),
    ],
)
def test_a_planted_import_breaks_it(copy, contract, told):
    found = run(copy, contract)
    assert found.returncode == 1
    assert told in " ".join(found.stdout.split())


def test_exceptions_stand_in_one_list_each_with_its_reason():
    assert [name for name, contract in BY_ID.items() if "ignore_imports" in contract] == ["stages"]
    text = SETTINGS.read_text("utf-8").split("ignore_imports = [")[1].split("\n]")[0]
    groups = text.split("  # ")[1:]
    assert sum(group.count(" -> ") for group in groups) == len(BY_ID["stages"]["ignore_imports"])
    assert all(" -> " in group for group in groups)
