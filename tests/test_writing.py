"""A file is the old one or the new one, never half of one, even where the writer is killed."""

from __future__ import annotations

import ast
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import analysis
from analysis.errors import ReliefError
from analysis.writing import write_atomic

SIZE = 3_000_000
WRITER = f"""
import sys
from pathlib import Path
from analysis.writing import write_atomic
path = Path(sys.argv[1])
print("ready", flush=True)
turn = 0
while True:
    turn += 1
    write_atomic(path, bytes([97 + turn % 26]) * {SIZE})
"""


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert write_atomic(path, "é,\r\n1\n") == path.resolve()
    assert path.read_bytes() == "é,\r\n1\n".encode()
    write_atomic(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]


def test_killed_writers_leave_whole_files_and_nothing_that_looks_like_data(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"z" * SIZE)
    seen = set()
    for turn in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(0.003 * turn)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        content = path.read_bytes()
        assert len(content) == SIZE
        assert content == content[:1] * SIZE
        seen.add(content[:1])
    assert len(seen) > 1, "no writer lived long enough to write"
    left = [entry.name for entry in tmp_path.iterdir() if entry != path]
    assert all(name.startswith(".scores.csv.") and name.endswith(".part") for name in left)
    assert list(tmp_path.glob("*.csv")) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReliefError, match=r"a\.csv cannot be written there \(No space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_modes_are_those_of_any_other_file(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a.csv", b"")
        assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o640
        (tmp_path / "a.csv").chmod(0o600)
        write_atomic(tmp_path / "a.csv", b"1")
        assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600
    finally:
        os.umask(mask)


SOURCES = Path(analysis.__file__).parent
WRITES = {"write_text", "write_bytes", "savefig", "to_parquet", "to_excel", "to_json", "to_csv"}


def _writes(call: ast.Call) -> bool:
    """Whether a call puts a file in its place by itself; without a target it gives text."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in ("to_csv", "to_json", "savefig"):
        target = call.args[0] if call.args else None
        return target is not None and getattr(target, "id", "") not in ("buffer", "out")
    if name == "open":
        modes = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
        return any(isinstance(m, ast.Constant) and m.value in ("w", "wb", "x") for m in modes)
    return name in WRITES


@pytest.mark.parametrize("folder", [SOURCES, SOURCES.parents[1] / "scripts"])
def test_nothing_else_in_the_project_writes_files(folder: Path) -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted(folder.rglob("*.py"))
        if path.name != "writing.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _writes(node)
    ]
    assert found == []


def test_a_link_stays_a_link_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_atomic(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_atomic(tmp_path / "pipe", b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
