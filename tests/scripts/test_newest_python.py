"""Which Python the second run of the checks takes: the newest supported one that answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.newest_python import main, newest, supported


def interpreter(path: Path, minor: int, level: str = "final") -> Path:
    """A program that answers as Python 3.`minor` would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = minor if level == "final" else 0
    path.write_text(f"#!/bin/sh\necho {said} {path}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}


def test_a_version_is_found_on_path_and_among_those_of_pyenv(machine, tmp_path):
    interpreter(tmp_path / "bin" / "python3.11", 11)
    on_path = interpreter(tmp_path / "bin" / "python3.12", 12)
    assert newest(machine, 11) == (12, on_path)
    kept = interpreter(tmp_path / "home/.pyenv/versions/3.13.0/bin/python3.13", 13)
    assert newest(machine, 11) == (13, kept)
    assert newest(machine | {"PYENV_ROOT": str(tmp_path / "elsewhere")}, 11) == (12, on_path)


def test_plain_python3_counts_by_what_it_says(machine, tmp_path):
    plain = interpreter(tmp_path / "bin" / "python3", 14)
    assert newest(machine, 11) == (14, plain)


def test_what_does_not_answer_is_not_listed_or_not_released_is_left_out(machine, tmp_path):
    # As pyenv's names on PATH do for a version that is not chosen.
    shim = interpreter(tmp_path / "bin" / "python3.13", 13)
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n", encoding="utf-8")
    interpreter(tmp_path / "bin" / "python3", max(supported()) + 1)
    interpreter(tmp_path / "home/.pyenv/versions/3.14.0b1/bin/python3.14", 14, "beta")
    assert newest(machine, 11) is None


def test_none_that_is_newer_is_said_by_name(monkeypatch, capsys):
    monkeypatch.setattr("scripts.newest_python.newest", lambda *_: None)
    assert main() == 1
    assert f"No Python newer than 3.{sys.version_info.minor}" in capsys.readouterr().err


def test_the_one_that_runs_this_answers_its_version(tmp_path):
    found = newest({"PATH": str(tmp_path)}, 0)
    assert found is None
    link = tmp_path / f"python3.{sys.version_info.minor}"
    link.symlink_to(sys.executable)
    found = newest({"PATH": str(tmp_path)}, 0)
    assert found == (sys.version_info.minor, link)
    subprocess.run([link, "-c", ""], check=True)
