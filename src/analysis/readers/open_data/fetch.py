"""Public data in the declared folder, in the cache, or downloaded; every file checked by hash."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import DataUnavailable, ReliefError
from analysis.paths import open_data_folder
from analysis.readers.open_data.registry import REGISTRY, OpenDataset, dataset
from analysis.rules import refusal

__all__ = ["available", "cache_folder", "fetch", "fetch_all", "present"]


def cache_folder() -> Path:
    """Where downloads are kept: ``RELIEF_CACHE``, else the user's cache folder."""
    declared = os.environ.get("RELIEF_CACHE")
    if declared:
        return Path(declared)
    # Here, so that listing what there is loads no client of the network.
    import pooch

    return Path(pooch.os_cache("relief"))


def _complete(folder: Path, wanted: OpenDataset) -> bool:
    """Whether the folder holds every file as published."""
    return all(entry.is_at(folder / entry.name) for entry in wanted.files)


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
    there = [entry for entry in wanted.files if (folder / entry.name).is_file()]
    changed = next((entry for entry in there if not entry.is_at(folder / entry.name)), None)
    if changed is not None:
        place = f"{wanted.name}/{changed.name}"
        raise refusal("data.changed", file=place, version=wanted.version)
    return folder if len(there) == len(wanted.files) else None


def present(name: str) -> Path | None:
    """The folder of a data set that is here, every file verified; None where a download is needed.

    Raises
    ------
    ReliefError
        ``data.changed``, ``data.unknown``, as `fetch`.
    """
    wanted = dataset(name)
    declared = _declared(wanted)
    if declared is not None:
        return declared
    folder = cache_folder() / wanted.name
    return folder if _complete(folder, wanted) else None


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
    here = present(name)
    if here is not None:
        return here
    wanted = dataset(name)
    failures = _downloaded(wanted, (base_url.rstrip("/") + "/",) if base_url else wanted.addresses)
    if not failures:
        return cache_folder() / wanted.name
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


def _downloaded(wanted: OpenDataset, addresses: Sequence[str]) -> list[str]:
    """Fill the cache from the first address that serves; why each failed where none did."""
    from analysis.readers.open_data.download import download, why

    failures = []
    for address in addresses:
        try:
            download(wanted, address, cache_folder() / wanted.name)
            return []
        except (OSError, ValueError) as error:
            failures.append(f"{address} ({why(error)})")
    return failures


def fetch_all(names: Sequence[str], tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Every data set that tests use, or those named: said first, then downloaded if not here.

    Parameters
    ----------
    names : sequence of str
        Names of ``REGISTRY``; none for all.
    tell : callable
        Gets a line a data set before anything is downloaded: what it is, its licence and size.

    Returns
    -------
    list of dict
        name, title, version, licence, page, bytes, folder, downloaded (whether just now).

    Raises
    ------
    ReliefError
        ``data.unknown``; ``data.changed``; ``data.not-downloaded``, once for all that could not be
        had, those that could being in the cache.
    """
    wanted = [dataset(name) for name in names or REGISTRY]
    here = {one.name: present(one.name) for one in wanted}
    for one in wanted:
        state = f"from {one.addresses[0]}" if here[one.name] is None else "is here"
        tell(f"{one.name}: {one.title}. {one.licence}, {one.bytes / 1000:,.0f} kB, {state}")
    failed = {
        one.name: reasons
        for one in wanted
        if here[one.name] is None and (reasons := _downloaded(one, one.addresses))
    }
    if failed:
        first = next(iter(failed.values()))[0]
        raise refusal("data.not-downloaded", names=", ".join(failed), reason=first)
    return [
        {key: getattr(one, key) for key in ("name", "title", "version", "licence", "page", "bytes")}
        | {
            "folder": str(here[one.name] or cache_folder() / one.name),
            "downloaded": here[one.name] is None,
        }
        for one in wanted
    ]
