"""The secret of a clinic's own that digests of its files are made with."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from analysis.rules import refusal

__all__ = ["key"]

# Characters of a key, at 6 bits or so each: 128 bits, the strength of the hash's halves.
_SHORTEST = 20


def key() -> bytes | None:
    """``RELIEF_KEY``, else what the file ``relief/key`` of the user's configuration folder holds.

    Returns
    -------
    bytes or None
        None where there is neither.

    Raises
    ------
    ReliefError
        ``key.short``, ``key.open`` where others may read the file, or ``key.unusable``.
    """
    told = os.environ.get("RELIEF_KEY")
    if told is not None:
        return _long_enough(told.encode("utf-8"))
    try:
        content = _read(_folder() / "key")
    except OSError:
        raise refusal("key.unusable") from None
    return None if content is None else _long_enough(content)


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


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise refusal("key.open")
            return file.read().strip()
    except FileNotFoundError:
        return None
