"""Downloads of public data, checked by SHA-256, with a bar in a terminal; by pooch."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pooch
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from analysis.readers.open_data.r_table import csv_of
from analysis.readers.open_data.registry import OpenDataset, OpenFile
from analysis.writing import write_atomic

__all__ = ["download", "why"]

TIMEOUT_SECONDS = 30.0


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


def why(error: Exception) -> str:
    """Why an address gave nothing, in words that hold no path of the machine."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"it did not answer within {TIMEOUT_SECONDS:g} seconds"
    if isinstance(error, requests.RequestException):
        return "it could not be reached"
    if isinstance(error, OSError):
        return "the cache cannot be written"
    return "what it sent is not the published file (its SHA-256 differs)"


def download(wanted: OpenDataset, address: str, folder: Path) -> None:
    """Fill the folder from one address; a file that is there as published is left alone."""
    # stderr, so that --json stays JSON alone; drawn in a terminal only.
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with (
        _quiet_pooch(),
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
    ):
        for entry in wanted.files:
            target = folder / entry.name
            if entry.published_sha256 is None:
                _retrieve(address + entry.place, entry.sha256, target, progress)
            elif not entry.is_at(target):
                _retrieve_and_convert(address, entry, target, progress)


def _retrieve(address: str, sha256: str, target: Path, progress: Progress) -> None:
    pooch.retrieve(
        address,
        known_hash=f"sha256:{sha256}",
        fname=target.name,
        path=target.parent,
        downloader=pooch.HTTPDownloader(
            progressbar=_Bar(progress, target.name), timeout=TIMEOUT_SECONDS
        ),
    )


def _retrieve_and_convert(address: str, entry: OpenFile, target: Path, progress: Progress) -> None:
    """Fetch what R saved, and keep the table in it, which has a hash of its own."""
    published = target.with_suffix(Path(entry.place).suffix)
    _retrieve(address + entry.place, str(entry.published_sha256), published, progress)
    content = csv_of(published.read_bytes())
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ValueError(f"{entry.name} was not made as pinned")
    write_atomic(target, content)
    published.unlink()
