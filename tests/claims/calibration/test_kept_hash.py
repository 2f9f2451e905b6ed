"""The kept hash is that of the sources as they stand: never of those it was computed for once."""

from __future__ import annotations

import os
import sys

import pytest

from analysis.claims.calibration import code_hash, kept_hash
from analysis.claims.calibration.kept_hash import kept_sha256

ROOT = "pkg.decides:judge"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one module, whose hash is its text, and how often it was computed."""
    folder = tmp_path / "pkg"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "decides.py").write_text("LIMIT = 1\n")
    computed = []

    def compute(*roots):
        computed.append(roots)
        return (folder / "decides.py").read_text().strip().replace(" ", "")

    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(kept_hash, "folder_of", lambda name: tmp_path / name)
    monkeypatch.setattr(kept_hash, "code_sha256", compute)
    return folder, computed, tmp_path / "kept.txt"


def test_it_is_computed_once_for_the_same_sources(package):
    _, computed, place = package
    assert [kept_sha256(ROOT, place=place) for _ in range(3)] == ["LIMIT=1"] * 3
    assert len(computed) == 1


@pytest.mark.parametrize("name", ["decides.py", "__init__.py", "new.py"])
def test_a_source_that_is_changed_or_added_makes_it_computed_anew(package, name):
    folder, computed, place = package
    kept_sha256(ROOT, place=place)
    (folder / name).write_text("LIMIT = 2\n")
    kept_sha256(ROOT, place=place)
    assert len(computed) == 2


def test_a_source_of_the_same_length_and_time_is_another_one(package):
    folder, _, place = package
    source = folder / "decides.py"
    times = source.stat()
    kept_sha256(ROOT, place=place)
    source.write_text("LIMIT = 3\n")
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert kept_sha256(ROOT, place=place) == "LIMIT=3"


def test_of_other_roots_it_says_nothing(package):
    _, computed, place = package
    kept_sha256(ROOT, place=place)
    kept_sha256("pkg.decides:other", place=place)
    assert len(computed) == 2


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"one two three", b"0 1"])
def test_a_damaged_file_is_computed_anew(package, damage):
    _, _, place = package
    place.write_bytes(damage)
    assert kept_sha256(ROOT, place=place) == "LIMIT=1"


def test_where_nothing_can_be_kept_it_is_computed_each_time(package):
    _, computed, place = package
    for _ in range(2):
        assert kept_sha256(ROOT, place=place.parent / "none" / "kept.txt") == "LIMIT=1"
    assert len(computed) == 2


def test_where_python_writes_no_bytecode_nothing_is_kept(package, monkeypatch):
    _, _, place = package
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    kept_sha256(ROOT, place=place)
    assert not place.exists()


def test_of_this_project_it_is_the_hash_of_the_code(tmp_path):
    root = "analysis.claims.calibration.kept_hash:kept_sha256"
    assert kept_sha256(root, place=tmp_path / "kept.txt") == code_hash.code_sha256(root)
