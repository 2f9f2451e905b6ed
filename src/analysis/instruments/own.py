"""A study's own scale, as a table ``[instruments.NAME]`` of its study.toml describes it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from analysis.errors import is_printable
from analysis.instruments.block import Block, made
from analysis.instruments.catalogue import known, unseen
from analysis.instruments.facts import Coding, Evidence, Measurement, MissingItems, Threshold
from analysis.instruments.measurement import METHODS, jacobson_truax
from analysis.instruments.scale import WORDS, Instrument

__all__ = ["CODING", "VERSION", "own_scales"]

# What the one version of an own scale, and the coding of its options, are called.
VERSION = "own"
CODING = "options"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .+_-]{0,39}", re.ASCII)
_MOST_ITEMS = 200
_DIRECTIONS = ("worse", "better")
_SHARE_MISSING = MissingItems(
    None, 0.2, "judgement", "a fifth of the items, this project's default"
)


def own_scales(entries: Any) -> dict[str, Instrument]:
    """The scales that a study declares, by name.

    Parameters
    ----------
    entries : dict
        The table ``[instruments]`` of a study.toml.

    Raises
    ------
    ValueError
        One sentence that names the scale, the key and what is expected there.
    """
    if not isinstance(entries, dict):
        raise ValueError("instruments: write one table a scale, as in [instruments.my-scale]")
    found = {name: made(partial(_scale, name), f"[instruments.{name}]", entry)
             for name, entry in entries.items()}  # fmt: skip
    for name, scale in found.items():
        same = scale.same_symptoms_as
        if same is not None and (same == name or same not in known() | found):
            raise ValueError(f"[instruments.{name}]: same_symptoms_as must name another scale.")
    return found


def _scale(name: str, block: Block) -> Instrument:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{block.place}: a scale's name has letters, digits, blanks, points, plus signs, "
            "underscores and hyphens, 40 at the most."
        )
    form = unseen().get(name)
    construct = form.construct if form else None
    told: dict[str, Any] = {
        "title": _text(block, "title", form.title if form else name),
        "construct": _word(block, "construct", construct),
        "kind": _word(block, "kind", form.kind if form else "self-report"),
        "source": _text(block, "source", f"doi:{form.evidence.doi}" if form else None),
        "recall_hours": _number(block, "recall_hours", 0, 24 * 3660),
    }
    told["role"] = "efficacy" if told["construct"] == "ptsd" else "comorbidity"
    better = _one_of(block, "higher_is", _DIRECTIONS) == "better"
    items = _totals(block) if "totals" in block else _items(block, better)
    minimal = _points(block, "minimal_important_difference", told["source"])
    reliable, measurement = _reliable(block, told["source"])
    validation = _text(block, "validation", f"doi:{form.evidence.doi}" if form else "")
    same = _text(block, "same_symptoms_as", form.same_symptoms_as if form else "") or None
    return Instrument(
        name=name,
        **told,
        **items,
        rule="sum",
        validated=bool(validation),
        versions={VERSION: told["recall_hours"]},
        base_checked=False,
        missing=_SHARE_MISSING if len(items["numbers"]) > 1 else None,
        minimal_important_difference=minimal,
        reference_sd=_points(block, "reference_sd", told["source"]),
        reliable_change=reliable,
        measurement=measurement,
        same_symptoms_as=same,
        turned=better,
        own=True,
        evidence={VERSION: form.evidence if form else _declared(validation)} if validation else {},
    )


def _declared(validation: str) -> Evidence:
    return Evidence("as the study declares", "whether it was", 0, validation)


def _items(block: Block, better: bool) -> dict[str, Any]:
    """Numbers and range of items, and which are counted the other way in the files."""
    given = block["items"]
    numbers = tuple(range(1, given + 1)) if type(given) is int else given
    if (
        not isinstance(numbers, list | tuple)
        or not 1 <= len(numbers) <= _MOST_ITEMS
        or not all(type(number) is int and number > 0 for number in numbers)
        or len(set(numbers)) != len(numbers)
    ):
        raise ValueError(
            f"{block.place}: items must be how many there are, as in 8, or their numbers, as in "
            f"[1, 2, 5]; {_MOST_ITEMS} at the most."
        )
    low, high = _number(block, "item_min"), _number(block, "item_max")
    step = _number(block, "item_step", 0) if "item_step" in block else 1.0
    if not low < high or (step and (high - low) % step):
        raise ValueError(
            f"{block.place}: item_max must lie whole steps above item_min (item_step is 1 unless "
            "given, 0 for any number)."
        )
    other_way = _members(block, "reverse", numbers)
    turned = [number for number in numbers if (number in other_way) != better]
    options = block.get("options", {})
    if not isinstance(options, dict) or not all(
        type(points) in (int, float) and low <= points <= high for points in options.values()
    ):
        raise ValueError(
            f"{block.place}: options must give the points of each answer in words, from "
            f'{low:g} to {high:g}, as in {{ "not at all" = {low:g} }}.'
        )
    usual = {" ".join(word.split()).casefold(): float(points) for word, points in options.items()}
    return {
        "numbers": tuple(numbers),
        "item_min": low,
        "item_maxima": (high,) * len(numbers),
        "item_step": step,
        "item_ids": "item_{:02d}" if len(numbers) > 1 else "item",
        "turned_items": tuple(turned),
        "subscale_keys": _subscales(block, numbers),
        "codings": {CODING: Coding(usual, {}, ())} if usual else {},
    }


def _totals(block: Block) -> dict[str, Any]:
    """The range of a scale that comes as totals alone."""
    given = block["totals"]
    pair = isinstance(given, list) and len(given) == 2
    if not pair or not all(type(end) in (int, float) for end in given) or not given[0] < given[1]:
        raise ValueError(f"{block.place}: totals must be the least and the largest, as in [0, 80].")
    return {"numbers": (), "item_min": 0.0, "item_maxima": (), "item_ids": "",
            "stated_range": (float(given[0]), float(given[1]))}  # fmt: skip


def _members(block: Block, key: str, numbers: Any) -> list[int]:
    given = block.get(key, [])
    if not isinstance(given, list) or not set(map(repr, given)) <= set(map(repr, numbers)):
        raise ValueError(f"{block.place}: {key} must list items of this scale, as in [2, 4].")
    return given


def _subscales(block: Block, numbers: Any) -> dict[str, dict[str, tuple[int, ...]]]:
    given = block.get("subscales", {})
    lists = isinstance(given, dict) and all(isinstance(items, list) for items in given.values())
    flat = sorted(map(repr, (n for items in given.values() for n in items))) if lists else []
    if not lists or (given and flat != sorted(map(repr, numbers))):
        raise ValueError(
            f"{block.place}: subscales must list every item of the scale once, as in "
            "{ fear = [1, 2], avoidance = [3, 4] }."
        )
    return {"declared": {name: tuple(items) for name, items in given.items()}} if given else {}


def _reliable(block: Block, source: str) -> tuple[Threshold | None, Measurement | None]:
    """A reliable change in points, or what it is worked out from."""
    if "reliable_change" not in block:
        return None, None
    if not isinstance(block["reliable_change"], dict):
        return _points(block, "reliable_change", source), None
    measured = block.part("reliable_change", partial(_measurement, source))
    assert measured is not None
    if measured.method != "jacobson-truax" or measured.sd is None:
        return None, measured
    points = jacobson_truax(measured.reliability, measured.sd)
    return Threshold(points, measured.source), measured


def _measurement(source: str, block: Block) -> Measurement:
    method = _one_of(block, "method", tuple(METHODS), "jacobson-truax")
    after = None
    if "reliability_after" in block:
        after = _number(block, "reliability_after", 0, 1)
    if (method == "nunnally-kotsch") != (after is not None):
        raise ValueError(
            f'{block.place}: reliability_after goes with method = "nunnally-kotsch", and that '
            "method with it."
        )
    reliability = _number(block, "reliability", 0, 1)
    if not 0 < reliability < 1:
        raise ValueError(f"{block.place}: reliability must be above 0 and below 1.")
    return Measurement(
        reliability,
        _number(block, "sd", 1e-9) if "sd" in block else None,
        _number(block, "mean") if "mean" in block else None,
        method,
        after,
        _text(block, "source", source),
    )


def _points(block: Block, key: str, source: str) -> Threshold | None:
    return Threshold(_number(block, key, 1e-9), source) if key in block else None


def _text(block: Block, key: str, default: str | None) -> str:
    text = block[key] if default is None else block.get(key, default)
    if not isinstance(text, str) or not is_printable(text) or len(text) > 300:
        raise ValueError(f"{block.place}: {key} must be a short text in quotation marks.")
    return " ".join(text.split())


def _word(block: Block, key: str, default: str | None) -> str:
    return _one_of(block, key, WORDS[key], default)


def _one_of(block: Block, key: str, words: tuple[str, ...], default: str | None = None) -> str:
    return block.word(key, words) if key in block or default is None else default


def _number(block: Block, key: str, low: float = -1e6, high: float = 1e6) -> float:
    value = block[key]
    if type(value) not in (int, float) or not low <= value <= high:
        least, most = f"{low:g}" if low > 1e-6 or low <= 0 else "0", f"{high:g}"
        span = f" from {least} to {most}" if (low, high) != (-1e6, 1e6) else ""
        raise ValueError(f"{block.place}: {key} must be a number{span}.")
    return float(value)
