"""A whole file as bytes, or the sentence why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from analysis.rules import refusal

__all__ = ["file_bytes"]


def file_bytes(path: Path, file: str) -> bytes:
    """All bytes of a file, which messages call ``file``.

    Raises
    ------
    ReliefError
        ``file.missing`` or ``file.not-opened``.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise refusal("file.missing", file=file) from None
    except (OSError, ValueError):
        raise refusal("file.not-opened", file=file) from None
