"""Where a table may be: a regular file, in the folder of study.toml unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.config import Table
from analysis.rules import refusal

__all__ = ["refuse_places"]


def refuse_places(folder: Path, spec: Table) -> None:
    """Refuse a table, or a file that goes with it, before anything of it is opened.

    A pipe would be waited for without end, and a study.toml that somebody else wrote must not
    lead to whatever its reader may open. What is not there is left to the format's reader, and
    so are addresses of servers.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.
    spec : Table
        The table as study.toml declares it.

    Raises
    ------
    ReliefError
        ``file.outside`` where the place, links followed, lies outside the folder and the table
        does not declare ``outside = true``; ``file.not-regular`` for a pipe, a socket or a
        device, and for a folder of anything but FHIR.
    """
    declared = (spec.path, spec.dictionary, spec.event_table)
    for path in [folder / name for name in declared if name]:
        try:
            for file in _files(path, spec):
                if not spec.outside and not file.resolve().is_relative_to(folder.resolve()):
                    raise refusal("file.outside", file=file.name)
                if file.exists() and not (file.is_file() or _holds_files(file, spec)):
                    raise refusal("file.not-regular", file=file.name)
        except (OSError, ValueError, RuntimeError):
            # No name that a system knows, no right to look, or links that lead in a circle.
            continue


def _holds_files(path: Path, spec: Table) -> bool:
    return spec.format == "fhir" and path.is_dir()


def _files(path: Path, spec: Table) -> Iterator[Path]:
    """The path itself, and the files that are read of a folder."""
    yield path
    if _holds_files(path, spec):
        from analysis.readers.formats.fhir.documents import ENDINGS

        yield from sorted(f for f in path.iterdir() if f.name.lower().endswith(ENDINGS))
