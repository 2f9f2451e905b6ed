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

from analysis.report.comparison.changes import Change
from analysis.report.comparison.pictures import difference_png
from analysis.report.comparison.sides import Side
from analysis.report.comparison.told import files, percent, summary, where
from analysis.report.page import template, write_page

__all__ = ["write_comparison"]

_SENTENCE = 60


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
    text = template("compare.html.j2").render(
        old=_shown(old),
        new=_shown(new),
        private=old.private or new.private,
        summary=summary(changes),
        files=files(changes),
        verdicts=of_kind["verdict"],
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


def _shown(side: Side) -> str:
    """What a side was called, without the folders above it."""
    return Path(side.name).name or side.name if Path(side.name).exists() else side.name


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
    parts = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            parts.append(Markup("{}").format("".join(before[i:i_end])))
            continue
        for name, words in (("del", before[i:i_end]), ("ins", after[j:j_end])):
            if words:
                parts.append(Markup(f"<{name}>{{}}</{name}>").format("".join(words)))
    return Markup("").join(parts)
