"""Codes in place of identifiers, for files that hold one row a person."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import sys
import tempfile
from pathlib import Path

import pandas as pd

from analysis.rules import refusal

__all__ = ["code_of", "key"]

# Characters of a key, at 6 bits or so each: 128 bits, the strength of the hash's halves.
_SHORTEST = 20
# 64 bits: with a million people, two share a code once in 37 million studies.
_DIGITS = 16


def key(*, create: bool = False) -> bytes | None:
    """The secret that codes are made with: ``RELIEF_KEY``, else a file of the user's own.

    Parameters
    ----------
    create : bool
        Make the file, once, where there is neither; only its owner can read it.

    Returns
    -------
    bytes or None
        None where there is no key and none is to be made: then no file with a row a
        person is written.

    Raises
    ------
    ReliefError
        ``key.short``, ``key.open`` where others may read the file, or ``key.unusable``.
    """
    told = os.environ.get("RELIEF_KEY")
    if told is not None:
        return _long_enough(told.encode("utf-8"))
    path = _folder() / "key"
    try:
        if create and not path.exists():
            _make(path)
        content = _read(path)
    except OSError:
        raise refusal("key.unusable") from None
    return None if content is None else _long_enough(content)


def code_of(ids: pd.Series, *, key: bytes) -> pd.Series:
    """A code for each identifier: the same wherever the key is the same, and no way back.

    HMAC-SHA-256 (RFC 2104) of the identifier's UTF-8 text, its first 16 hexadecimal digits.

    Parameters
    ----------
    ids : Series of str
    key : bytes

    Raises
    ------
    ReliefError
        ``key.collision`` where two identifiers get one code.
    """
    texts = ids.astype("str").str.strip()
    codes = {
        text: hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()[:_DIGITS]
        for text in texts.unique()
    }
    if len(set(codes.values())) < len(codes):
        raise refusal("key.collision")
    return texts.map(codes)


def _long_enough(content: bytes) -> bytes:
    if len(content) < _SHORTEST:
        raise refusal("key.short", least=_SHORTEST)
    return content


def _folder() -> Path:
    """Where programs keep what belongs to one user, on this kind of machine."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        declared = os.environ.get("XDG_CONFIG_HOME", "")
        # The XDG specification has relative paths ignored.
        base = declared if Path(declared).is_absolute() else Path.home() / ".config"
    return Path(base) / "relief"


def _make(path: Path) -> None:
    """Write a new key; where another process was faster, its key stands."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp gives mode 0600 from the start; a link appears whole, or not at all.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise refusal("key.open")
            return file.read().strip()
    except FileNotFoundError:
        return None
