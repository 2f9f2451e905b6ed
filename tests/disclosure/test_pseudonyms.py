"""Codes of people: keyed, the same everywhere, made once."""

from __future__ import annotations

import hashlib
import hmac
import multiprocessing
import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from analysis.disclosure import pseudonyms
from analysis.disclosure.pseudonyms import code_of, key
from analysis.errors import ReliefError

# --- codes of people ------------------------------------------------------------------------

SECRET = "a random text of the clinic 93751"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RELIEF_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(pseudonyms.sys, "platform", "linux")
    return tmp_path / "relief" / "key"


def test_a_code_is_the_keyed_hash_of_the_identifier() -> None:
    codes = code_of(pd.Series(["KPE008", " KPE008 ", "8"]), key=SECRET.encode())
    expected = hmac.new(SECRET.encode(), b"KPE008", hashlib.sha256).hexdigest()[:16]
    assert list(codes[:2]) == [expected, expected]
    assert codes[2] != expected
    other = code_of(pd.Series(["KPE008"]), key=b"another random text 551900")
    assert other[0] != expected


def test_a_code_matches_the_published_test_of_hmac_sha256() -> None:
    # RFC 4231, test case 2.
    (code,) = code_of(pd.Series(["what do ya want for nothing?"]), key=b"Jefe")
    assert code == "5bdcc146bf60754e"


def test_two_people_with_one_code_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudonyms, "_DIGITS", 1)
    with pytest.raises(ReliefError) as caught:
        code_of(pd.Series([str(number) for number in range(17)]), key=SECRET.encode())
    assert caught.value.rule == "key.collision"


def test_the_environment_gives_the_key(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("RELIEF_KEY", SECRET)
    assert key(create=True) == SECRET.encode()
    assert not home.exists()
    monkeypatch.setenv("RELIEF_KEY", "short")
    with pytest.raises(ReliefError, match="fewer than 20") as caught:
        key()
    assert caught.value.rule == "key.short"


def test_without_a_key_there_is_none_until_one_is_made(home: Path) -> None:
    assert key() is None
    made = key(create=True)
    assert made is not None
    assert len(made) == 64
    assert stat.S_IMODE(home.stat().st_mode) == 0o600
    assert key() == key(create=True) == made
    assert [path.name for path in home.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(mode: int, home: Path) -> None:
    key(create=True)
    home.chmod(mode)
    with pytest.raises(ReliefError) as caught:
        key()
    assert caught.value.rule == "key.open"
    assert str(home.parent) not in caught.value.message


def test_a_folder_that_cannot_be_used_is_said(home: Path) -> None:
    home.parent.write_text("a file where the folder should be")
    with pytest.raises(ReliefError) as caught:
        key(create=True)
    assert caught.value.rule == "key.unusable"


def _make(barrier: object, queue: object) -> None:
    barrier.wait()
    queue.put(key(create=True))


def test_processes_that_make_the_key_at_once_get_one_key(home: Path) -> None:
    fork = multiprocessing.get_context("fork")
    barrier, queue = fork.Barrier(4), fork.Queue()
    makers = [fork.Process(target=_make, args=(barrier, queue)) for _ in range(4)]
    for maker in makers:
        maker.start()
    keys = {queue.get(timeout=60) for _ in makers}
    for maker in makers:
        maker.join()
    assert keys == {home.read_bytes()}
    assert os.listdir(home.parent) == ["key"]  # noqa: PTH208
