"""Answers that an export holds in words, and what a draft can say of their codes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from analysis import instruments
from analysis.draft.item_columns import Block
from analysis.readers.roles.assessments.answer_codes import words_of_answers
from analysis.readers.table.numbers import numbers
from analysis.readers.table.text_table import TextTable

__all__ = ["answer_labels", "base_seen", "codes_beyond", "option_codes"]

# Words in so large a share of the cells are how answers are written; fewer are for the missing.
_SHARE = 0.05
# A survey's code of an option: letters, then its number.
_OPTION = re.compile(r"([A-Za-z]{1,6})0*(\d{1,2})")


def answer_labels(
    table: TextTable, blocks: Sequence[Block], subject: str, scales: Sequence[str | None]
) -> dict[str, dict[str, str]]:
    """Of blocks whose answers are words: by pattern the words, and the code of each or TODO.

    ``scales`` has the scale of each block, or None.

    Only words that several people answered: what one person wrote is in no draft.
    """
    found = {}
    for block, told in zip(blocks, scales, strict=True):
        columns = [name for name in block.columns if name in table.cells]
        if not columns or subject not in table.cells:
            continue
        ids = table.column(subject)
        cells = pd.concat(
            [pd.DataFrame({"id": ids, "text": table.column(name)}) for name in columns]
        )
        cells = cells[cells["text"] != ""]
        words = cells[numbers(cells["text"])[1]]
        if words.empty or len(words) < _SHARE * len(cells):
            continue
        people = words.groupby("text")["id"].nunique()
        texts = pd.Series(people.index[people > 1].astype("str"), dtype="str")
        scale = instruments.get(told) if told else None
        # Of an unknown scale only what the words themselves say is known.
        version = next(iter(scale.versions)) if scale else ""
        low = scale.item_low(version) if scale else 0.0
        top = max(scale.item_max(version)) if scale else -1.0
        if labels := words_of_answers(texts, low, top):
            found[block.pattern] = labels
    return found


def base_seen(name: str | None, answers: Sequence[str]) -> str:
    """``0`` or ``1`` where the answers that were seen fit one of them alone, else empty."""
    values = _values(answers)
    if name is None or not values:
        return ""
    scale = instruments.get(name)
    version = next(iter(scale.versions))
    if not scale.numbers:
        return ""
    low, top = scale.item_low(version), max(scale.item_max(version))
    inside = [value for value in values if low <= value <= top + 1]
    if low in inside and top + 1 not in inside:
        return "0"
    return "1" if top + 1 in inside and low not in inside else ""


def option_codes(name: str | None, answers: Sequence[str]) -> dict[str, str] | None:
    """Codes of options such as A1 to A5, and the answer each would be by its place.

    The values are empty where the scale has another number of answers or is not known; None
    where answers are no such codes.
    """
    told = [_OPTION.fullmatch(text) for text in answers]
    if not all(told) or len({option[1] for option in told if option}) != 1:
        return None
    order = sorted(answers, key=lambda text: int(_OPTION.sub(r"\2", text)))
    scale = instruments.get(name) if name else None
    if scale is None or not scale.numbers:
        return dict.fromkeys(order, "")
    version = next(iter(scale.versions))
    low, tops = scale.item_low(version), set(scale.item_max(version))
    numbered = [int(_OPTION.sub(r"\2", text)) for text in order]
    run = list(range(numbered[0], numbered[0] + len(order)))
    if len(tops) > 1 or numbered != run or len(order) != max(tops) - low + 1:
        return dict.fromkeys(order, "")
    return {text: f"{low + place:g}" for place, text in enumerate(order)}


def codes_beyond(name: str | None, answers: Sequence[str]) -> list[str]:
    """Answers that are numbers and far from the scale's: codes for missing ones, it seems."""
    if name is None or not instruments.get(name).numbers:
        return []
    scale = instruments.get(name)
    version = next(iter(scale.versions))
    low, top = scale.item_low(version), max(scale.item_max(version))
    far = [text for text in answers if _values([text])]
    return [text for text in far if not low - 1 <= float(text) <= top + 1 or float(text) < 0]


def _values(texts: Sequence[str]) -> list[float]:
    cells = pd.Series(list(texts), dtype="str")
    values, wrong = numbers(cells)
    return [] if cells.empty else [float(value) for value in values[~wrong]]
