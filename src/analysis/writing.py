"""Files appear whole or not at all: the old one stands until the new one is safe on the disk."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import ReliefError

__all__ = ["make_folder", "write_atomic"]


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """A system that will not write, as one sentence."""
    try:
        yield
    except OSError as error:
        raise ReliefError(
            "file.not-written",
            f"{path.name} cannot be written there ({error.strerror}); make room, or name "
            "another place.",
        ) from None


def make_folder(folder: Path) -> Path:
    """Make a folder and those it lies in, where they are not there.

    Raises
    ------
    ReliefError
        ``file.not-written`` where that cannot be.
    """
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_atomic(path: Path, content: bytes | str) -> Path:
    """Put a file in its place in one step, whatever happens on the way.

    Written beside its place under a hidden name ending in ``.part``, flushed to the disk,
    and renamed over the old file (POSIX ``rename``, atomic within one file system). A
    process that is killed leaves the old file, and at worst such a part, which no reader
    takes for data.

    Parameters
    ----------
    path : Path
        The folder must be there.
    content : bytes or str
        Text is written as UTF-8, line ends as they are.

    Returns
    -------
    Path
        Where it is, links followed.

    Raises
    ------
    ReliefError
        ``file.not-written`` where the place cannot be written to; the old file stands.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with _told(path):
        return _put(path.resolve(), data)


def _put(path: Path, data: bytes) -> Path:
    """Write beside the place, flush, rename."""
    if path.exists() and not path.is_file():
        # A pipe or a terminal has no place to be put in.
        path.write_bytes(data)
        return path
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.chmod(_mode(path))
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync(path.parent)
    return path


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, else what the user's umask leaves of 0666."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync(folder: Path) -> None:
    """Flush a folder, so that the new name outlives a power cut; not every system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
