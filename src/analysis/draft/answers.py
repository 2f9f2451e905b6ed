"""Answers that an export holds in words, and what a draft can say of their codes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import instruments
from analysis.draft.item_columns import Block
from analysis.readers.roles.answer_codes import words_of_answers
from analysis.readers.table.numbers import numbers
from analysis.readers.table.text_table import TextTable

__all__ = ["answer_labels", "base_seen", "codes_beyond"]

# Words in so large a share of the cells are how answers are written; fewer are for the missing.
_SHARE = 0.05


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
