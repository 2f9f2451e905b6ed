"""The bytes of a file, or the sentence why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.rules import refusal

__all__ = ["file_bytes", "reading_file"]


def file_bytes(path: Path, file: str) -> bytes:
    """All bytes of a file, which messages call ``file``; refused as by :func:`reading_file`."""
    with reading_file(file):
        return path.read_bytes()


@contextmanager
def reading_file(file: str) -> Iterator[None]:
    """Where a file is opened or read: what the system says of it in our words.

    Raises
    ------
    ReliefError
        ``file.missing`` or ``file.not-opened``.
    """
    try:
        yield
    except FileNotFoundError:
        raise refusal("file.missing", file=file) from None
    except (OSError, ValueError):
        raise refusal("file.not-opened", file=file) from None
