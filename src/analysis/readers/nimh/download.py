"""Downloads of public data, checked by SHA-256, with a bar in a terminal; by pooch."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pooch
import requests
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from analysis.readers.nimh.registry import OpenDataset

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
            pooch.retrieve(
                address + entry.place,
                known_hash=f"sha256:{entry.sha256}",
                fname=entry.name,
                path=folder,
                downloader=pooch.HTTPDownloader(
                    progressbar=_Bar(progress, entry.name), timeout=TIMEOUT_SECONDS
                ),
            )
