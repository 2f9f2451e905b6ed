"""What moved between two sides; cells of notebooks are found again by their code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest

from analysis.claims.ledger import WORDS
from analysis.report.comparison.documents import Block, Document, Picture
from analysis.report.comparison.pictures import figures_agree
from analysis.report.comparison.sides import Side
from analysis.report.comparison.tables import (
    LINES,
    Table,
    relative_change,
    side_by_side,
    tables_moved,
)

__all__ = ["Change", "blocks_moved", "compared"]

KINDS = ("verdict", "cell", "figure", "text", "document")
_EMPTY = Table((), ())


@dataclass(frozen=True)
class Change:
    """One thing that moved; ``old`` or ``new`` is None where it is on one side only.

    ``kind`` is verdict (a cell whose word of the four is another), cell, figure, text or document.
    A figure has its PNGs, and its alternative texts as ``old`` and ``new``.
    """

    kind: str
    document: str
    heading: str = ""
    place: str = ""
    table: int | None = None
    title: str = ""
    row: str = ""
    column: str = ""
    old: str | None = None
    new: str | None = None
    old_png: bytes | None = None
    new_png: bytes | None = None
    why: str = ""

    @property
    def relative(self) -> float | None:
        """(new - old) / |old|, where both are numbers."""
        return relative_change(self.old, self.new) if self.kind == "cell" else None


def compared(old: Side, new: Side) -> list[Change]:
    """All that moved: verdicts first, then cells, figures, texts, whole documents."""
    names = sorted({*old.documents, *new.documents})
    if len(old.documents) == len(new.documents) == 1:
        # Two files are compared whatever they are called.
        pairs = [(*old.documents.values(), *new.documents.values())]
        found = list(_documents_moved(*pairs[0]))
    else:
        found = []
        for name in names:
            before, after = old.documents.get(name), new.documents.get(name)
            if before is None or after is None:
                sides = (None if before is None else name, None if after is None else name)
                found.append(Change("document", name, old=sides[0], new=sides[1]))
            else:
                found += _documents_moved(before, after)
    return sorted(found, key=lambda change: KINDS.index(change.kind))


def _documents_moved(old: Document, new: Document) -> Iterator[Change]:
    for before, after in _aligned(old.blocks, new.blocks):
        yield from blocks_moved(new.name, before, after)


def _aligned(
    old: Sequence[Block], new: Sequence[Block]
) -> Iterator[tuple[Block | None, Block | None]]:
    """Blocks side by side: the same code or heading, else the most alike between two such."""
    before, after = ([(block.kind, block.key) for block in blocks] for blocks in (old, new))
    for _, i, i_end, j, j_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if i_end - i == j_end - j:
            yield from zip(old[i:i_end], new[j:j_end], strict=True)
            continue
        left = [(block, _words(block)) for block in new[j:j_end]]
        for block in old[i:i_end]:
            place = _most_alike(block, left)
            yield block, None if place is None else left.pop(place)[0]
        yield from ((None, block) for block, _ in left)


def _words(block: Block) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", block.key)


def _most_alike(block: Block, others: Sequence[tuple[Block, list[str]]]) -> int | None:
    """Which of the others shares most of a block's words in their order, if more than half."""
    # Two bounds that cost little come first, so that few pairs are compared in their order.
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_words(block))
    found: int | None = None
    most = 0.5
    for place, (other, words) in enumerate(others):
        if other.kind != block.kind:
            continue
        matcher.set_seq1(words)
        if matcher.real_quick_ratio() > most and matcher.quick_ratio() > most:
            ratio = matcher.ratio()
            if ratio > most:
                found, most = place, ratio
    return found


def _verdict(cell: str | None) -> str | None:
    """The verdict that a cell holds, without the gates that may stand below it."""
    word = (cell or "").partition(LINES)[0]
    return word if word in WORDS else None


def blocks_moved(document: str, old: Block | None, new: Block | None) -> Iterator[Change]:
    """What moved in one cell of a notebook or below one heading of a page."""
    one = new or old
    if one is None:
        return
    here = Change("text", document, one.heading, one.place)
    tables = (old.tables if old else (), new.tables if new else ())
    for number, before, after in side_by_side(*tables):
        title = (after or before or _EMPTY).title
        for moved in tables_moved(before or _EMPTY, after or _EMPTY):
            kind = "cell" if _verdict(moved.old) == _verdict(moved.new) else "verdict"
            yield replace(here, kind=kind, table=number, title=title, **vars(moved))
    pictures = (old.pictures if old else (), new.pictures if new else ())
    for number, (was, now) in enumerate(zip_longest(*pictures), start=1):
        why = _picture_moved(was, now)
        if why:
            yield replace(
                here,
                kind="figure",
                table=number,
                why=why,
                old=None if was is None else was.alt,
                new=None if now is None else now.alt,
                old_png=None if was is None else was.png,
                new_png=None if now is None else now.png,
            )
    texts = (old.texts if old else (), new.texts if new else ())
    for gone, come in _texts_moved(*texts):
        yield replace(here, old=gone, new=come)


def _picture_moved(old: Picture | None, new: Picture | None) -> str:
    """Why two figures are not the same, or nothing."""
    if old is None or new is None:
        return "only the new side has it" if old is None else "only the old side has it"
    agree, why = figures_agree(old.png, new.png)
    if not agree:
        return why
    return "" if old.alt == new.alt else "the alternative text alone"


def _texts_moved(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Paragraphs that differ, side by side."""
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from zip_longest(old[i:i_end], new[j:j_end])
