"""Public data sets that the project uses and does not hold: where they are, pinned by SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from analysis.errors import DataUnavailable, ReliefError
from analysis.paths import open_data_folder
from analysis.rules import refusal

__all__ = ["REGISTRY", "OpenDataset", "OpenFile", "available", "cache_folder", "dataset", "fetch"]

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class OpenFile:
    """One published file: its name here, where it lies under an address, and its SHA-256."""

    name: str
    place: str
    sha256: str


@dataclass(frozen=True)
class OpenDataset:
    """A published data set.

    ``addresses`` are tried in order; each ends in a slash and the places of the files
    follow it. ``page`` is for people, ``doi`` without a prefix.
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

    def file(self, name: str) -> OpenFile:
        """The entry of that file name."""
        return next(entry for entry in self.files if entry.name == name)


# The mirror is tagged by version. The bucket serves the newest version only, so that a later
# release of a file would be refused by its hash, never read in its place.
_NIMH = OpenDataset(
    name="nimh-ketamine-ds005917",
    title="NIMH Ketamine Mechanism of Action Study (NCT00088699)",
    producer="Evans JW, Nugent AC, Zarate CA; National Institute of Mental Health",
    version="1.0.1",
    doi="10.18112/openneuro.ds005917.v1.0.1",
    licence="CC0",
    page="https://openneuro.org/datasets/ds005917/versions/1.0.1",
    addresses=(
        "https://raw.githubusercontent.com/OpenNeuroDatasets/ds005917/1.0.1/",
        "https://s3.amazonaws.com/openneuro.org/ds005917/",
    ),
    files=(
        OpenFile(
            "participants.tsv",
            "participants.tsv",
            "34cdc8adfe06e76ca276216e00ea2dc1ae12c03ce186038d9fa541cb1ae4e592",
        ),
        OpenFile(
            "phenotype.tsv",
            "phenotype/phenotype.tsv",
            "5a4c4f92a72cb50070f7ffbd50ce3e5ea34a40c1e0f6245c27d1dc6575084b28",
        ),
        OpenFile(
            "participants.json",
            "participants.json",
            "1b3d54b2f5cfeb8fe2ff2c0a822aff2704b93aba8b1c22572396e676d02ec45a",
        ),
        OpenFile(
            "phenotype.json",
            "phenotype/phenotype.json",
            "fc1ab7a7fbb9bd33f2da5c385f40feda11aa75ff85554f4de729f023a1a9db82",
        ),
        OpenFile(
            "dataset_description.json",
            "dataset_description.json",
            "592a3a0c42bc8429ee9220422dd388b77343e01377631df1461454db7793d8d0",
        ),
    ),
)

REGISTRY: dict[str, OpenDataset] = {_NIMH.name: _NIMH}


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


def cache_folder() -> Path:
    """Where downloads are kept: ``RELIEF_CACHE``, else the user's cache folder."""
    declared = os.environ.get("RELIEF_CACHE")
    return Path(declared) if declared else Path(pooch.os_cache("relief"))


def _same(path: Path, entry: OpenFile) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256


def _complete(folder: Path, wanted: OpenDataset) -> bool:
    """Whether the folder holds every file as published."""
    return all(
        (folder / entry.name).is_file() and _same(folder / entry.name, entry)
        for entry in wanted.files
    )


def _declared(wanted: OpenDataset) -> Path | None:
    """The folder under ``RELIEF_DATA``, if it holds every file.

    Raises
    ------
    ReliefError
        ``data.changed`` where a file is there and is not the published one: it is the
        user's own folder, so nothing there is replaced and nothing else is read instead.
    """
    root = open_data_folder()
    if root is None:
        return None
    folder = root / wanted.name
    present = [entry for entry in wanted.files if (folder / entry.name).is_file()]
    changed = next((entry for entry in present if not _same(folder / entry.name, entry)), None)
    if changed is not None:
        place = f"{wanted.name}/{changed.name}"
        raise refusal("data.changed", file=place, version=wanted.version)
    return folder if len(present) == len(wanted.files) else None


def available(name: str) -> tuple[bool, str]:
    """Whether a data set can be read at once, without a download, and why or why not.

    Parameters
    ----------
    name : str
        A name of ``REGISTRY``.

    Returns
    -------
    available : bool
    reason : str
        Where it is, or from which address it would come on first use.
    """
    wanted = dataset(name)
    try:
        if _declared(wanted) is not None:
            return True, "in the folder that RELIEF_DATA names"
    except ReliefError as error:
        return False, error.message
    if _complete(cache_folder() / wanted.name, wanted):
        return True, "in the cache of earlier downloads"
    return False, f"would be downloaded from {wanted.addresses[0]} on first use"


class _Bar:
    """What pooch asks of a progress bar (total, update, reset, close), drawn by rich."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=None)

    @property
    def total(self) -> float | None:
        return self._progress.tasks[self._task].total

    @total.setter
    def total(self, size: float) -> None:
        self._progress.update(self._task, total=size)

    def update(self, size: float) -> None:
        self._progress.advance(self._task, size)

    def reset(self) -> None:
        self._progress.reset(self._task, start=True)

    def close(self) -> None:
        self._progress.stop_task(self._task)


@contextlib.contextmanager
def _quiet_pooch() -> Iterator[None]:
    """Keep pooch from logging paths of the machine; what went wrong is said in one sentence."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _why(error: Exception) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"it did not answer within {TIMEOUT_SECONDS:g} seconds"
    if isinstance(error, requests.RequestException):
        return "it could not be reached"
    if isinstance(error, OSError):
        return "the cache cannot be written"
    return "what it sent is not the published file (its SHA-256 differs)"


def _download(wanted: OpenDataset, address: str, folder: Path) -> None:
    """Fill the folder from one address; a file that is there as published is left alone."""
    # stderr, so that --json stays JSON alone; drawn in a terminal only.
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with (
        _quiet_pooch(),
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
    ):
        for entry in wanted.files:
            pooch.retrieve(
                address + entry.place,
                known_hash=f"sha256:{entry.sha256}",
                fname=entry.name,
                path=folder,
                downloader=pooch.HTTPDownloader(
                    progressbar=_Bar(progress, entry.name), timeout=TIMEOUT_SECONDS
                ),
            )


def fetch(name: str, *, base_url: str | None = None) -> Path:
    """The folder that holds a data set, every file verified by its SHA-256.

    Looked for in ``<RELIEF_DATA>/<name>/``, then in the cache (``RELIEF_CACHE``, else the
    user's cache folder), then downloaded into the cache from the data set's addresses in
    turn. A progress bar is drawn in a terminal and nowhere else.

    Parameters
    ----------
    name : str
        A name of ``REGISTRY``.
    base_url : str, optional
        One address to use instead of the registered ones, for a mirror of one's own.

    Returns
    -------
    Path
        The folder; the files lie directly in it under their registered names.

    Raises
    ------
    DataUnavailable
        ``data.unavailable``: what was sought, where, why each place failed, what to do.
    ReliefError
        ``data.changed``: a file under ``RELIEF_DATA`` is not the published one.
        ``data.unknown``: no such data set.
    """
    wanted = dataset(name)
    declared = _declared(wanted)
    if declared is not None:
        return declared
    folder = cache_folder() / wanted.name
    if _complete(folder, wanted):
        return folder
    failures = []
    for address in wanted.addresses if base_url is None else (base_url.rstrip("/") + "/",):
        try:
            _download(wanted, address, folder)
            return folder
        except (requests.RequestException, OSError, ValueError) as error:
            failures.append(f"{address} ({_why(error)})")
    place = "is not set" if open_data_folder() is None else "does not hold all its files"
    missing = refusal(
        "data.unavailable",
        name=wanted.name,
        title=wanted.title,
        version=wanted.version,
        place=place,
        addresses=" nor from ".join(failures),
    )
    raise DataUnavailable(missing.rule, missing.message)
