"""Where a table may be: a regular file, in the folder of study.toml unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.config import Table
from analysis.rules import refusal

__all__ = ["refuse_place", "refuse_places"]


def refuse_places(folder: Path, spec: Table) -> None:
    """Refuse the place of a table, or of a file that goes with it, before anything is opened.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.
    spec : Table
        The table as study.toml declares it; addresses of servers are no places.

    Raises
    ------
    ReliefError
        As :func:`refuse_place`; only FHIR may be a folder, of which each file counts.
    """
    for name in filter(None, (spec.path, spec.dictionary, spec.event_table)):
        refuse_place(folder, name, outside=spec.outside, holds_fhir=spec.format == "fhir")


def refuse_place(folder: Path, name: str, *, outside: bool, holds_fhir: bool = False) -> None:
    """Refuse a place that study.toml names and that nothing should be read from.

    A pipe would be waited for without end, and a study.toml that somebody else wrote must not
    lead to whatever its reader may open. What is not there is left to who opens it.

    Raises
    ------
    ReliefError
        ``file.outside`` where the place, links followed, lies outside the folder and may not;
        ``file.not-regular`` for a folder, a pipe, a socket or a device.
    """
    try:
        for file in _files(folder / name, holds_fhir):
            if not outside and not file.resolve().is_relative_to(folder.resolve()):
                raise refusal("file.outside", file=file.name)
            if file.exists() and not file.is_file() and not (holds_fhir and file.is_dir()):
                raise refusal("file.not-regular", file=file.name)
    except (OSError, ValueError, RuntimeError):
        # No name that a system knows, no right to look, or links that lead in a circle.
        return


def _files(path: Path, holds_fhir: bool) -> Iterator[Path]:
    """The path itself, and the files that are read of a folder."""
    yield path
    if holds_fhir and path.is_dir():
        from analysis.readers.formats.fhir.resources.documents import ENDINGS

        yield from sorted(f for f in path.iterdir() if f.name.lower().endswith(ENDINGS))
