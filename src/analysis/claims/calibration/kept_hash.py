"""The hash of the code that decides, kept beside Python's bytecode from one process to the next.

Following every name takes a third of a second, and reading the sources a hundredth. What is kept
says of which sources it is, by all their bytes: of any others it says nothing, and the hash is
computed anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from importlib.util import cache_from_source
from pathlib import Path

from analysis.claims.calibration.code_hash import code_sha256, folder_of
from analysis.errors import ReliefError
from analysis.writing import write_atomic

__all__ = ["kept_sha256"]

PLACE = Path(cache_from_source(__file__)).with_suffix(".txt")


def kept_sha256(*roots: str, place: Path = PLACE) -> str:
    """:func:`analysis.claims.calibration.code_hash.code_sha256`, once for a state of the sources.

    Parameters
    ----------
    *roots : str
        Module and name, all of one package.
    place : Path
        The file that keeps it. Where Python writes no bytecode, nothing is kept.

    Raises
    ------
    LookupError
        As ``code_sha256``.
    """
    now = _sources_sha256(*roots)
    with contextlib.suppress(OSError, ValueError):
        sources, kept = place.read_text(encoding="utf-8").split()
        if sources == now:
            return kept
    found = code_sha256(*roots)
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError, ReliefError):
            write_atomic(place, f"{now} {found}\n")
    return found


def _sources_sha256(*roots: str) -> str:
    """Of the roots, and of the names and bytes of every module of their package."""
    package = folder_of(roots[0].partition(":")[0].partition(".")[0])
    digest = hashlib.sha256(" ".join(roots).encode())
    for file in sorted(package.rglob("*.py")):
        own = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{own} {file.relative_to(package).as_posix()}\n".encode())
    return digest.hexdigest()
