"""The scales of ``scales/*.toml`` by name, each made from its entry there."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.instruments.scale import Coding, Fact, Instrument, MissingItems, Threshold
from analysis.rules import refusal

__all__ = ["blinding_guess", "get", "known"]

# In the order in which tables list the scales.
_FILES = ("ptsd", "depression", "anxiety", "global", "safety")
_THRESHOLDS = (
    "reliable_change", "minimal_important_difference", "remission", "response", "cut",
)  # fmt: skip
_WAYS = ("value", "at_most", "at_least", "share")


@cache
def known() -> dict[str, Instrument]:
    """All instruments by name.

    Raises
    ------
    ValueError
        Where two files define one scale.
    """
    folder = files(__package__).joinpath("scales")
    found: dict[str, Instrument] = {}
    for name in _FILES:
        entries = tomllib.loads(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        for scale, entry in entries.items():
            if scale in found:
                raise ValueError(f"Scale {scale} is defined twice.")
            found[scale] = _scale(scale, entry)
    return found


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
        raise refusal("instrument.unknown", names=", ".join(sorted(known()))) from None


@cache
def blinding_guess() -> dict[str, Any]:
    """Guessed treatment, which is no scale: allowed answers, respondents, columns, time."""
    text = files(__package__).joinpath("blinding.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _threshold(entry: dict[str, Any]) -> Threshold:
    how = next(key for key in _WAYS if key in entry)
    return Threshold(float(entry[how]), entry["source"], entry["confidence"], how)


def _missing(entry: dict[str, Any] | None) -> MissingItems | None:
    if entry is None:
        return None
    return MissingItems(
        entry.get("at_most"), entry.get("share", 0.0), entry["confidence"], entry["source"]
    )


def _groups(entry: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(items) for name, items in entry.items()}


def _scale(name: str, entry: dict[str, Any]) -> Instrument:
    """The scale that an entry of the TOML files describes."""
    numbers = tuple(entry.get("item_numbers", range(1, entry["items"] + 1)))
    top = entry["item_max"]
    keys = entry.get("subscale_keys", {})
    if "subscales" in entry:
        keys = {"published": entry["subscales"]}
    plain = ("title", "construct", "kind", "role", "rule", "validated", "item_min", "item_ids",
             "recall_hours", "source", "versions", "differenced", "item_step", "subscale_score",
             "event_level", "rated_twice", "base_checked", "older_item_max", "codes",
             "hint")  # fmt: skip
    told: dict[str, Any] = {key: entry[key] for key in plain if key in entry}
    told |= {key: _threshold(entry[key]) for key in _THRESHOLDS if key in entry}
    return Instrument(
        name=name,
        **told,
        numbers=numbers,
        item_maxima=tuple(top) if isinstance(top, list) else (top,) * len(numbers),
        version_items={
            version: tuple(range(1, items + 1)) if isinstance(items, int) else tuple(items)
            for version, items in entry.get("version_items", {}).items()
        },
        version_range={
            version: (float(low), float(high))
            for version, (low, high) in entry.get("version_range", {}).items()
        },
        subscale_keys={key: _groups(groups) for key, groups in keys.items()},
        domains=tuple(tuple(items) for items in entry.get("domains", ())),
        alternatives=tuple(tuple(items) for items in entry.get("alternatives", ())),
        levels=tuple(entry.get("levels", ())),
        behaviour=_groups(entry.get("behaviour", {})),
        gate=entry.get("branch", {}).get("gate", 0),
        branch=tuple(entry.get("branch", {}).get("items", ())),
        not_assessable=_groups(entry.get("not_assessable", {})),
        missing=_missing(entry.get("missing")),
        codings={
            key: Coding(coding["usual"], coding["special"], tuple(coding["items"]))
            for key, coding in entry.get("codings", {}).items()
        },
        bands=tuple(entry.get("bands", ())),
        facts={key: Fact(*fact) for key, fact in entry.get("facts", {}).items()},
        _not_assessed=entry.get("not_assessed", {}),
    )
