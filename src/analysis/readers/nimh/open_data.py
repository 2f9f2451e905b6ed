"""Public data in the declared folder, in the cache, or downloaded; every file checked by hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from analysis.errors import DataUnavailable, ReliefError
from analysis.paths import open_data_folder
from analysis.readers.nimh.registry import OpenDataset, OpenFile, dataset
from analysis.rules import refusal

__all__ = ["available", "cache_folder", "fetch"]


def cache_folder() -> Path:
    """Where downloads are kept: ``RELIEF_CACHE``, else the user's cache folder."""
    declared = os.environ.get("RELIEF_CACHE")
    if declared:
        return Path(declared)
    # Here, so that listing what there is loads no client of the network.
    import pooch

    return Path(pooch.os_cache("relief"))


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
    from analysis.readers.nimh.download import download, why

    failures = []
    for address in wanted.addresses if base_url is None else (base_url.rstrip("/") + "/",):
        try:
            download(wanted, address, folder)
            return folder
        except (OSError, ValueError) as error:
            failures.append(f"{address} ({why(error)})")
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
