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

    Item numbers are those printed on the scale; scores are in points, higher is worse.
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
    version_items: dict[str, int] = field(default_factory=dict)
    subscales: dict[str, tuple[int, ...]] = field(default_factory=dict)
    subscale_score: str = "sum"
    reliable_change: Threshold | None = None
    minimal_important_difference: Threshold | None = None
    remission: Threshold | None = None

    def item_numbers(self, version: str) -> tuple[int, ...]:
        """Item numbers of a version; a version may have its own count (CADSS 19, 23, 27)."""
        count = self.version_items.get(version)
        return self.numbers if count is None else tuple(range(1, count + 1))

    def item_max(self, version: str) -> tuple[float, ...]:
        """Largest valid value of each item of a version."""
        count = len(self.item_numbers(version))
        return self.item_maxima if count == len(self.numbers) else (self.item_maxima[0],) * count

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
        version_items=entry.get("version_items", {}),
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
