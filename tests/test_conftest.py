"""Strict mode is run for real, on a small test folder that skips in each possible way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest

@pytest.mark.skip(reason="by mark")
def test_mark(): ...

def test_body():
    pytest.skip("in body")

def test_absent(open_data):
    open_data("no-such-set")

@pytest.mark.xfail(reason="known", strict=True)
def test_known():
    assert False

def test_present(open_data):
    assert open_data("here").name == "here"
"""
NOTEBOOK = """{
 "cells": [{"cell_type": "code", "execution_count": 1, "id": "a", "outputs": [],
  "metadata": {}, "source": ["# NBVAL_SKIP\\n", "1 + 1"]}],
 "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
  "language_info": {"name": "python"}},
 "nbformat": 4, "nbformat_minor": 5
}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a conftest like this one, and one skip of each kind."""
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(Path(__file__).parents[1] / "conftest.py", tmp_path)
    shutil.copy(Path(__file__).parent / "length.py", tests)
    (tests / "test_skips.py").write_text(SKIPS)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "one.ipynb").write_text(NOTEBOOK)
    (tmp_path / "data" / "here").mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --nbval --nbval-current-env -ra\nmarkers = long\n"
    )
    return tmp_path


def run(folder: Path, strict: str, *only: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *(only or ("tests", "notebooks"))],
        cwd=folder,
        env=os.environ | {"RELIEF_STRICT": strict, "RELIEF_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_without_strict_a_skip_is_named_and_passes(folder: Path) -> None:
    code, output = run(folder, strict="")
    assert code == 0, output
    assert "1 passed, 4 skipped, 1 xfailed" in output
    assert "open data no-such-set: neither under RELIEF_DATA nor in the cache (make data)" in output


def test_with_strict_every_skip_fails_with_its_reason(folder: Path) -> None:
    code, output = run(folder, strict="1")
    assert code == 1, output
    # nbval skips a cell while it is set up, which pytest calls an error.
    assert "3 failed, 1 passed, 1 xfailed, 1 error" in output
    for reason in ("by mark", "in body", "open data no-such-set"):
        assert f"RELIEF_STRICT=1 allows no skip. Skipped: {reason}" in output


def test_with_strict_a_module_that_skips_itself_is_an_error(folder: Path) -> None:
    (folder / "tests" / "test_module.py").write_text(
        "import pytest\n\npytest.importorskip('no_such_module')\n"
    )
    assert run(folder, "", "tests")[0] == 0
    code, output = run(folder, "1", "tests")
    assert code == 2, output
    assert "no_such_module" in output
