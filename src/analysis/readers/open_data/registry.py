"""Public data sets that the project uses and does not hold: where they are, pinned by SHA-256."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from analysis.rules import refusal

__all__ = ["REGISTRY", "OpenDataset", "OpenFile", "dataset"]


@dataclass(frozen=True)
class OpenFile:
    """One published file.

    ``name`` is what it is read under, ``place`` where it lies under an address, ``bytes`` what
    is downloaded. ``sha256`` is of what is read; where that is made from R's own format,
    ``published_sha256`` is of the published file.
    """

    name: str
    place: str
    sha256: str
    bytes: int = 0
    published_sha256: str | None = None

    def is_at(self, path: Path) -> bool:
        """Whether a file is there and is this one, by its SHA-256."""
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


@dataclass(frozen=True)
class OpenDataset:
    """A published data set.

    ``addresses`` are tried in order; each ends in a slash and the places of the files
    follow it. ``page`` is for people, ``doi`` without a prefix, or empty.
    """

    name: str
    title: str
    producer: str
    version: str
    doi: str
    licence: str
    page: str
    addresses: tuple[str, ...]
    files: tuple[OpenFile, ...]

    @property
    def bytes(self) -> int:
        """What a download of all its files brings."""
        return sum(entry.bytes for entry in self.files)

    def file(self, name: str) -> OpenFile:
        """The entry of that file name."""
        return next(entry for entry in self.files if entry.name == name)


def _read() -> dict[str, OpenDataset]:
    text = files(__package__).joinpath("registry.toml").read_text(encoding="utf-8")
    return {
        name: OpenDataset(
            **entry
            | {
                "name": name,
                "addresses": tuple(entry["addresses"]),
                "files": tuple(
                    OpenFile(**{"place": file["name"]} | file) for file in entry["files"]
                ),
            }
        )
        for name, entry in tomllib.loads(text).items()
    }


REGISTRY: dict[str, OpenDataset] = _read()


def dataset(name: str) -> OpenDataset:
    """The registered data set of that name.

    Raises
    ------
    ReliefError
        ``data.unknown``, naming the data sets that exist.
    """
    if name not in REGISTRY:
        raise refusal("data.unknown", names=", ".join(REGISTRY))
    return REGISTRY[name]
