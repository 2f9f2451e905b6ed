"""The scales of ``scales/*.toml`` by name, each made from its entry there."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache, partial
from importlib.resources import files
from typing import Any

from analysis.instruments.block import Block, made
from analysis.instruments.facts import (
    CONFIDENCE,
    Coding,
    Evidence,
    Fact,
    MissingItems,
    Threshold,
)
from analysis.instruments.scale import WORDS, Instrument
from analysis.rules import refusal

__all__ = ["Unseen", "blinding_guess", "declare", "get", "known", "read_scales", "unseen"]

# In the order in which tables list the scales.
_FILES = ("ptsd", "ptsd_other", "depression", "anxiety", "global", "safety")
_THRESHOLDS = (
    "reliable_change", "minimal_important_difference", "remission", "response", "cut",
    "reference_sd", "change_error",
)  # fmt: skip
_WAYS = ("value", "at_most", "at_least", "share")
_REQUIRED = {own.name for own in fields(Instrument)
             if own.default is MISSING and own.default_factory is MISSING}  # fmt: skip


# Scales that studies declare, by name, and the study.toml that declared each.
_declared: dict[str, tuple[Instrument, str]] = {}


@dataclass(frozen=True)
class Unseen:
    """A published form whose items nobody here has seen: a study that has it declares them."""

    title: str
    construct: str
    kind: str
    same_symptoms_as: str
    evidence: Evidence


def known() -> dict[str, Instrument]:
    """All instruments by name, those that a study declared included.

    Raises
    ------
    ValueError
        As :func:`read_scales` does, and where two files define one scale.
    """
    return _published() | {name: scale for name, (scale, _) in _declared.items()}


@cache
def _published() -> dict[str, Instrument]:
    folder = files(__package__).joinpath("scales")
    found: dict[str, Instrument] = {}
    for name in _FILES:
        file = f"{name}.toml"
        scales = read_scales(folder.joinpath(file).read_text(encoding="utf-8"), file)
        for scale in scales:
            if scale in found:
                raise ValueError(f"Scale {scale} is defined twice.")
        found |= scales
    for name, one in found.items():
        if one.same_symptoms_as is not None:
            same = found.get(one.same_symptoms_as)
            if same is None or same is one or same.construct != one.construct:
                raise ValueError(f"{name}: same_symptoms_as names no other scale of its construct.")
    return found


def declare(scales: dict[str, Instrument], study: str) -> None:
    """Make the scales that a study declares known, in this process.

    Parameters
    ----------
    scales : dict of Instrument
        By name; those that the same study declared before are forgotten.
    study : str
        What tells its study.toml from others: its path.

    Raises
    ------
    ValueError
        Where a published scale, or another study's with other properties, has that name.
    """
    for name, scale in scales.items():
        if name in _published():
            raise ValueError(f"{name} is a published scale; give the study's own another name")
        other, owner = _declared.get(name, (scale, study))
        if owner != study and other != scale:
            raise ValueError(f"another study declares another scale {name}; give one a new name")
    for name in [name for name, (_, owner) in _declared.items() if owner == study]:
        del _declared[name]
    _declared.update({name: (scale, study) for name, scale in scales.items()})


def read_scales(text: str, file: str) -> dict[str, Instrument]:
    """The scales that the text of a file defines, by name.

    Raises
    ------
    ValueError
        Naming file, scale and key: for a key that is missing or that nothing reads, and for a
        word that is none of those expected.
    """
    entries = tomllib.loads(text)
    return {name: made(partial(_scale, name), f"{file}, {name}", entry)
            for name, entry in entries.items()}  # fmt: skip


def get(name: str) -> Instrument:
    """The instrument of that name.

    Raises
    ------
    ReliefError
        ``instrument.unknown``, naming the instruments that exist.
    """
    found = _published().get(name)
    if found is None and name in _declared:
        found = _declared[name][0]
    if found is None:
        raise refusal("instrument.unknown", names=", ".join(sorted(known())))
    return found


@cache
def unseen() -> dict[str, Unseen]:
    """Published forms whose items are not in the catalogue, by name."""
    text = files(__package__).joinpath("scales", "unseen.toml").read_text(encoding="utf-8")
    return {name: made(_unseen, f"unseen.toml, {name}", entry)
            for name, entry in tomllib.loads(text).items()}  # fmt: skip


@cache
def blinding_guess() -> dict[str, Any]:
    """Guessed treatment, which is no scale: allowed answers, respondents, columns, time."""
    text = files(__package__).joinpath("blinding.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _threshold(block: Block) -> Threshold:
    how = block.only(_WAYS)
    confidence = block.word("confidence", CONFIDENCE)
    return Threshold(float(block[how]), block["source"], confidence, how)


def _missing(block: Block) -> MissingItems:
    block.only(("at_most", "share"))
    return MissingItems(
        block.get("at_most"),
        block.get("share", 0.0),
        block.word("confidence", CONFIDENCE),
        block["source"],
    )


def _coding(block: Block) -> Coding:
    return Coding(block["usual"], block["special"], tuple(block["items"]))


def _branch(block: Block) -> dict[str, Any]:
    return {"gate": block["gate"], "branch": tuple(block["items"])}


def _not_assessed(block: Block) -> dict[str, Any]:
    told = {"code": block["code"], "items": block["items"]}
    return told | ({"versions": block["versions"]} if "versions" in block else {})


def _evidence(block: Block) -> Evidence:
    return Evidence(block["shown"], block["not_seen"], block.get("people", 0), block["doi"])


def _unseen(block: Block) -> Unseen:
    return Unseen(
        block["title"],
        block.word("construct", WORDS["construct"]),
        block.word("kind", WORDS["kind"]),
        block["same_symptoms_as"],
        made(_evidence, f"{block.place}.evidence", block["evidence"]),
    )


def _groups(entry: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(items) for name, items in entry.items()}


def _items(block: Block) -> dict[str, Any]:
    """Item numbers, their range and the names of their columns."""
    numbers = tuple(block.get("item_numbers", range(1, block["items"] + 1)))
    top = block["item_max"]
    return {
        "numbers": numbers,
        "item_maxima": tuple(top) if isinstance(top, list) else (top,) * len(numbers),
        "item_min": block["item_min"],
        "item_ids": block["item_ids"],
    }


def _scale(name: str, block: Block) -> Instrument:
    """The scale that an entry of the TOML files describes."""
    if "totals" in block:
        low, high = block["totals"]
        own: dict[str, Any] = {"numbers": (), "item_maxima": (), "item_min": 0, "item_ids": "",
                               "stated_range": (float(low), float(high))}  # fmt: skip
    else:
        own = _items(block)
    keys = block.get("subscale_keys", {})
    if "subscales" in block:
        keys = {"published": block["subscales"]}
    plain = ("title", "validated", "recall_hours", "source", "versions", "differenced",
             "item_step", "event_level", "rated_twice", "base_checked", "older_item_max",
             "older_least", "same_symptoms_as", "codes", "hint")  # fmt: skip
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
        **own,
        **(block.part("branch", _branch) or {}),
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
            key: made(_coding, f"{block.place}.codings.{key}", coding)
            for key, coding in block.get("codings", {}).items()
        },
        bands=tuple(block.get("bands", ())),
        evidence={
            key: made(_evidence, f"{block.place}.evidence.{key}", entry)
            for key, entry in block.get("evidence", {}).items()
        },
        facts={key: Fact(*fact) for key, fact in block.get("facts", {}).items()},
        _not_assessed=block.part("not_assessed", _not_assessed) or {},
    )
