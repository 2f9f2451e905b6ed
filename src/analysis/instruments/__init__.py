"""Instruments: scales as data (``instruments.toml``) and their scoring."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.errors import ReliefError

__all__ = ["Instrument", "Threshold", "get", "known"]


@dataclass(frozen=True)
class Threshold:
    """A number of points and where it was published."""

    value: float
    source: str


@dataclass(frozen=True)
class Instrument:
    """One scale: what its items are called, what they may hold and what its totals mean.

    Item numbers are those printed on the scale; a short form keeps the numbers of its parent.
    Scores are in points, higher is worse; recall windows in hours.

    Attributes
    ----------
    name, title, construct, kind, source : str
        ``construct`` is ptsd, depression or dissociation; ``kind`` self-report or interview.
    validated : bool
        False for a form that is declared ad hoc.
    numbers : tuple of int
        Item numbers of the main version.
    item_min, item_maxima : float, tuple of float
        Smallest value of any item, and the largest of each, in the order of ``numbers``.
    item_ids : str
        Suggested column names, with a place for the item number.
    recall_hours : float
        Recall window as published; ``versions`` has the window of each version.
    version_items : dict
        Item numbers of the versions that differ from ``numbers``.
    subscales : dict
        Item numbers of each subscale; together they are all the items, each once.
    subscale_score : {"sum", "mean"}
        What the scale's authors ask for.
    reliable_change, minimal_important_difference, remission : Threshold or None
        In points; ``remission`` is the largest end score that counts. None where nobody
        published one.
    """

    name: str
    title: str
    construct: str
    kind: str
    validated: bool
    numbers: tuple[int, ...]
    item_min: float
    item_maxima: tuple[float, ...]
    item_ids: str
    recall_hours: float
    source: str
    versions: dict[str, float]
    version_items: dict[str, tuple[int, ...]] = field(default_factory=dict)
    subscales: dict[str, tuple[int, ...]] = field(default_factory=dict)
    subscale_score: str = "sum"
    reliable_change: Threshold | None = None
    minimal_important_difference: Threshold | None = None
    remission: Threshold | None = None

    def item_numbers(self, version: str) -> tuple[int, ...]:
        """Item numbers of a version; a version may have its own items (CADSS 6, 19, 23, 27)."""
        return self.version_items.get(version, self.numbers)

    def item_max(self, version: str) -> tuple[float, ...]:
        """Largest valid value of each item of a version, in the order of its numbers."""
        largest = dict(zip(self.numbers, self.item_maxima, strict=True))
        # An item beyond the main version is valued as that version's items are.
        return tuple(
            largest.get(number, self.item_maxima[0]) for number in self.item_numbers(version)
        )

    def total_range(self, version: str) -> tuple[float, float]:
        """Smallest and largest possible total of a version, in points."""
        return self.item_min * len(self.item_numbers(version)), sum(self.item_max(version))


def _threshold(entry: dict[str, Any] | None, key: str) -> Threshold | None:
    return None if entry is None else Threshold(float(entry[key]), entry["source"])


def _build(name: str, entry: dict[str, Any]) -> Instrument:
    numbers = tuple(entry.get("item_numbers", range(1, entry["items"] + 1)))
    top = entry["item_max"]
    return Instrument(
        name=name,
        title=entry["title"],
        construct=entry["construct"],
        kind=entry["kind"],
        validated=entry["validated"],
        numbers=numbers,
        item_min=entry["item_min"],
        item_maxima=tuple(top) if isinstance(top, list) else (top,) * len(numbers),
        item_ids=entry["item_ids"],
        recall_hours=entry["recall_hours"],
        source=entry["source"],
        versions=entry["versions"],
        version_items={
            version: tuple(range(1, items + 1)) if isinstance(items, int) else tuple(items)
            for version, items in entry.get("version_items", {}).items()
        },
        subscales={key: tuple(value) for key, value in entry.get("subscales", {}).items()},
        subscale_score=entry.get("subscale_score", "sum"),
        reliable_change=_threshold(entry.get("reliable_change"), "value"),
        minimal_important_difference=_threshold(entry.get("minimal_important_difference"), "value"),
        remission=_threshold(entry.get("remission"), "at_most"),
    )


@cache
def known() -> dict[str, Instrument]:
    """All instruments by name."""
    text = files(__package__).joinpath("instruments.toml").read_text(encoding="utf-8")
    return {name: _build(name, entry) for name, entry in tomllib.loads(text).items()}


def get(name: str) -> Instrument:
    """The instrument of that name.

    Raises
    ------
    ReliefError
        ``instrument.unknown``, naming the instruments that exist.
    """
    try:
        return known()[name]
    except KeyError:
        raise ReliefError(
            "instrument.unknown",
            f"An instrument in study.toml is not one of {', '.join(sorted(known()))}; "
            "use one of these names.",
        ) from None
