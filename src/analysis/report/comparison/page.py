"""A comparison as one page that makes no request: verdicts, cells, figures side by side, texts."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis.describe.answer.sentence import QUESTION
from analysis.report.comparison.changes import Change
from analysis.report.comparison.pictures import difference_png
from analysis.report.comparison.sides import Side
from analysis.report.comparison.told import (
    first_of_all,
    percent,
    summary,
    verdicts_in_order,
    where,
)
from analysis.report.page import template, write_page

__all__ = ["write_comparison"]

_SENTENCE = 60
# Of two texts that share less, one stands after the other.
_ALIKE = 0.4


def write_comparison(old: Side, new: Side, changes: Sequence[Change], path: Path) -> Path:
    """Write the page and return its path.

    Raises
    ------
    ReliefError
        ``file.not-written`` where the place cannot be written to.
    """
    of_kind = {
        kind: [change for change in changes if change.kind == kind]
        for kind in ("verdict", "cell", "figure", "text", "document")
    }
    names = _shown(old), _shown(new)
    if names[0] == names[1]:
        names = _shown(old, 2), _shown(new, 2)
    text = template("compare.html.j2").render(
        old=names[0],
        new=names[1],
        private=old.private or new.private,
        summary=summary(changes),
        first=first_of_all(changes),
        answers=[(one.old, one.new) for one in of_kind["text"] if one.heading == QUESTION],
        verdicts=verdicts_in_order(changes),
        cells=[(place, list(group)) for place, group in groupby(of_kind["cell"], key=_table)],
        figures=[(where(change), change, _images(change)) for change in of_kind["figure"]],
        texts=[(where(change), _marked(change.old, change.new)) for change in of_kind["text"]],
        documents=of_kind["document"],
        percent=percent,
        marked=_marked,
        long=_long,
        where=where,
    )
    return write_page(text, path)


def _shown(side: Side, parts: int = 1) -> str:
    """What a side was called; of a path the last parts."""
    if not Path(side.name).exists():
        return side.name
    return "/".join(Path(side.name).parts[-parts:]) or side.name


def _table(change: Change) -> str:
    return where(Change("cell", change.document, change.heading, change.place, change.table,
                        change.title))  # fmt: skip


def _images(change: Change) -> dict[str, str]:
    """Old, new and difference as addresses of data, those there are."""
    found = {"old": change.old_png, "new": change.new_png}
    if change.old_png and change.new_png:
        found["difference"] = difference_png(change.old_png, change.new_png)
    return {
        name: f"data:image/png;base64,{b64encode(png).decode()}"
        for name, png in found.items()
        if png
    }


def _long(change: Change) -> bool:
    """Whether both sides are sentences, of which the words that moved are marked."""
    return min(len(change.old or ""), len(change.new or "")) > _SENTENCE


def _marked(old: str | None, new: str | None) -> Any:
    """Both texts in one, what went and what came marked word by word."""
    before, after = (re.findall(r"\s+|[^\s]+", text or "") for text in (old, new))
    matcher = SequenceMatcher(None, before, after, False)
    if before and after and matcher.ratio() < _ALIKE:
        return Markup("<del>{}</del> <ins>{}</ins>").format(old, new)
    parts = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            parts.append(Markup("{}").format("".join(before[i:i_end])))
            continue
        for name, words in (("del", before[i:i_end]), ("ins", after[j:j_end])):
            if words:
                parts.append(Markup(f"<{name}>{{}}</{name}>").format("".join(words)))
    return Markup("").join(parts)
