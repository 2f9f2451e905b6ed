"""The scales of ``scales/*.toml`` by name, each made from its entry there."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from functools import cache, partial
from importlib.resources import files
from typing import Any, TypeVar

from analysis.instruments.scale import (
    CONFIDENCE,
    WORDS,
    Coding,
    Fact,
    Instrument,
    MissingItems,
    Threshold,
)  # fmt: skip
from analysis.rules import refusal

__all__ = ["blinding_guess", "get", "known", "read_scales"]

# In the order in which tables list the scales.
_FILES = ("ptsd", "depression", "anxiety", "global", "safety")
_THRESHOLDS = (
    "reliable_change", "minimal_important_difference", "remission", "response", "cut",
)  # fmt: skip
_WAYS = ("value", "at_most", "at_least", "share")
_Built = TypeVar("_Built")
_REQUIRED = {own.name for own in fields(Instrument)
             if own.default is MISSING and own.default_factory is MISSING}  # fmt: skip


@cache
def known() -> dict[str, Instrument]:
    """All instruments by name.

    Raises
    ------
    ValueError
        Where two files define one scale, and as :func:`read_scales` does.
    """
    folder = files(__package__).joinpath("scales")
    found: dict[str, Instrument] = {}
    for name in _FILES:
        file = f"{name}.toml"
        scales = read_scales(folder.joinpath(file).read_text(encoding="utf-8"), file)
        for scale in scales:
            if scale in found:
                raise ValueError(f"Scale {scale} is defined twice.")
        found |= scales
    return found


def read_scales(text: str, file: str) -> dict[str, Instrument]:
    """The scales that the text of a file defines, by name.

    Raises
    ------
    ValueError
        Naming file, scale and key: for a key that is missing or that nothing reads, and for a
        word that is none of those expected.
    """
    entries = tomllib.loads(text)
    return {name: _made(partial(_scale, name), f"{file}, {name}", entry)
            for name, entry in entries.items()}  # fmt: skip


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


class _Block:
    """The keys of a block; what its reader asks for is what may stand there."""

    def __init__(self, place: str, entry: Any) -> None:
        if not isinstance(entry, dict):
            raise ValueError(f"{place}: a block of keys is expected.")
        self.place = place
        self._entry = entry
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._entry

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise ValueError(f"{self.place}: the key {key} is missing, which is required.")
        return self._entry[key]

    def get(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self._entry.get(key, default)

    def word(self, key: str, words: tuple[str, ...]) -> str:
        if (found := self[key]) not in words:
            raise ValueError(f"{self.place}: {key} is {found!r}; expected is {_one_of(words)}.")
        return str(found)

    def only(self, keys: tuple[str, ...]) -> str:
        """The one key of several that stands there."""
        found = [key for key in keys if key in self]
        if len(found) != 1:
            raise ValueError(f"{self.place}: exactly {_one_of(keys)} is expected.")
        return found[0]

    def part(self, key: str, build: Callable[[_Block], _Built]) -> _Built | None:
        """What is built of a block inside this one; None where there is none."""
        return _made(build, f"{self.place}.{key}", self[key]) if key in self else None

    def refuse_others(self) -> None:
        """Refuse keys that nobody asked for: what they say would be ignored."""
        for key in self._entry:
            if key not in self._asked:
                expected = _one_of(sorted(self._asked))
                raise ValueError(f"{self.place}: {key} is no key here; expected is {expected}.")


def _one_of(words: Iterable[str]) -> str:
    return f"one of {', '.join(words)}"


def _made(build: Callable[[_Block], _Built], place: str, entry: Any) -> _Built:
    """What is built of a block, all of whose keys are read."""
    block = _Block(place, entry)
    made = build(block)
    block.refuse_others()
    return made


def _threshold(block: _Block) -> Threshold:
    how = block.only(_WAYS)
    confidence = block.word("confidence", CONFIDENCE)
    return Threshold(float(block[how]), block["source"], confidence, how)


def _missing(block: _Block) -> MissingItems:
    block.only(("at_most", "share"))
    return MissingItems(
        block.get("at_most"),
        block.get("share", 0.0),
        block.word("confidence", CONFIDENCE),
        block["source"],
    )


def _coding(block: _Block) -> Coding:
    return Coding(block["usual"], block["special"], tuple(block["items"]))


def _branch(block: _Block) -> dict[str, Any]:
    return {"gate": block["gate"], "branch": tuple(block["items"])}


def _not_assessed(block: _Block) -> dict[str, Any]:
    told = {"code": block["code"], "items": block["items"]}
    return told | ({"versions": block["versions"]} if "versions" in block else {})


def _groups(entry: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(items) for name, items in entry.items()}


def _scale(name: str, block: _Block) -> Instrument:
    """The scale that an entry of the TOML files describes."""
    numbers = tuple(block.get("item_numbers", range(1, block["items"] + 1)))
    top = block["item_max"]
    keys = block.get("subscale_keys", {})
    if "subscales" in block:
        keys = {"published": block["subscales"]}
    plain = ("title", "validated", "item_min", "item_ids", "recall_hours", "source", "versions",
             "differenced", "item_step", "event_level", "rated_twice", "base_checked",
             "older_item_max", "older_least", "codes", "hint")  # fmt: skip
    told: dict[str, Any] = {key: block[key] for key in plain if key in block or key in _REQUIRED}
    told |= {
        key: block.word(key, words)
        for key, words in WORDS.items()
        if key in block or key in _REQUIRED
    }
    told |= {key: block.part(key, _threshold) for key in _THRESHOLDS}
    return Instrument(
        name=name,
        **told,
        **(block.part("branch", _branch) or {}),
        numbers=numbers,
        item_maxima=tuple(top) if isinstance(top, list) else (top,) * len(numbers),
        version_items={
            version: tuple(range(1, items + 1)) if isinstance(items, int) else tuple(items)
            for version, items in block.get("version_items", {}).items()
        },
        version_range={
            version: (float(low), float(high))
            for version, (low, high) in block.get("version_range", {}).items()
        },
        subscale_keys={key: _groups(groups) for key, groups in keys.items()},
        domains=tuple(tuple(items) for items in block.get("domains", ())),
        alternatives=tuple(tuple(items) for items in block.get("alternatives", ())),
        levels=tuple(block.get("levels", ())),
        behaviour=_groups(block.get("behaviour", {})),
        not_assessable=_groups(block.get("not_assessable", {})),
        missing=block.part("missing", _missing),
        codings={
            key: _made(_coding, f"{block.place}.codings.{key}", coding)
            for key, coding in block.get("codings", {}).items()
        },
        bands=tuple(block.get("bands", ())),
        facts={key: Fact(*fact) for key, fact in block.get("facts", {}).items()},
        _not_assessed=block.part("not_assessed", _not_assessed) or {},
    )
