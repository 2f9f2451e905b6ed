"""The key of a clinic's own: from the environment, or a file that nobody else can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.disclosure import keys
from analysis.disclosure.keys import key
from analysis.errors import ReliefError

SECRET = "a random text of the clinic 93751"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RELIEF_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(keys.sys, "platform", "linux")
    return tmp_path / "relief" / "key"


def write(home: Path, mode: int = 0o600) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    home.write_text(f"{SECRET}\n", encoding="utf-8")
    home.chmod(mode)


def test_the_environment_gives_the_key(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    write(home)
    monkeypatch.setenv("RELIEF_KEY", SECRET[::-1])
    assert key() == SECRET[::-1].encode()
    monkeypatch.setenv("RELIEF_KEY", "short")
    with pytest.raises(ReliefError, match="fewer than 20") as caught:
        key()
    assert caught.value.rule == "key.short"


def test_without_it_the_users_own_file_does_and_without_both_there_is_none(home: Path) -> None:
    assert key() is None
    write(home)
    assert key() == SECRET.encode()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(mode: int, home: Path) -> None:
    write(home, mode)
    with pytest.raises(ReliefError) as caught:
        key()
    assert caught.value.rule == "key.open"
    assert str(home.parent) not in caught.value.message


def test_a_folder_that_cannot_be_used_is_said(home: Path) -> None:
    home.parent.write_text("a file where the folder should be")
    with pytest.raises(ReliefError) as caught:
        key()
    assert caught.value.rule == "key.unusable"
