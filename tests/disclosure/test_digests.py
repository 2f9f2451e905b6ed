"""A digest of people's files is keyed, or there is none."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from analysis.disclosure.digests import keyed_digest
from analysis.studies import judged
from tests.factory import tables, write_study

KEY = "a key of the clinic's own, long enough"


@pytest.fixture
def no_key(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("RELIEF_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))


def real(folder: Path, section: str = "") -> Path:
    path = write_study(folder, tables(n_per_arm=6), section=section)
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    return path


def test_without_a_key_there_is_no_digest(no_key, tmp_path) -> None:
    assert keyed_digest({"a.csv": "0" * 64}) is None
    assert judged(str(real(tmp_path))).data_sha256 is None


def test_a_digest_is_that_of_the_key_the_tables_and_the_declaration(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("RELIEF_KEY", KEY)
    path = real(tmp_path)
    one = judged(str(path)).data_sha256
    assert one is not None
    assert one.startswith("hmac:")
    assert len(one) == 69
    assert judged(str(path.parent)).data_sha256 == one
    changed = {}
    for file in ("scores.csv", "study.toml"):
        before = (tmp_path / file).read_bytes()
        (tmp_path / file).write_bytes(before.replace(b"S000", b"S900") + b"\n")
        changed[file] = judged(str(path)).data_sha256
        (tmp_path / file).write_bytes(before)
    monkeypatch.setenv("RELIEF_KEY", KEY[::-1])
    assert len({one, *changed.values(), judged(str(path)).data_sha256}) == 4


def test_no_plain_hash_of_a_table_of_people_stands_in_a_ledger(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("RELIEF_KEY", KEY)
    path = real(tmp_path)
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.glob("*.csv")]
    for view in ("team", "shared"):
        told = str(judged(str(path), view).as_dict())
        assert not any(digest[:12] in told for digest in hashes)


def test_another_declaration_of_synthetic_data_leaves_a_trace_too(tmp_path) -> None:
    path = write_study(tmp_path, tables(n_per_arm=6))
    one = judged(str(path)).data_sha256
    path.write_text(path.read_text().replace("randomised = true", "randomised = false"))
    assert judged(str(path)).data_sha256 != one


def test_synthetic_and_published_data_keep_a_hash_that_anybody_can_check(no_key, tmp_path) -> None:
    path = write_study(tmp_path, tables(n_per_arm=6))
    assert len(judged(str(path)).data_sha256 or "") == 64
    assert len(judged("published").data_sha256 or "") == 64
