"""Blocks of item columns in a header, the scales they may be, and the visits of a wide file."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from analysis import instruments
from analysis.config.source import VISIT
from analysis.config.tables import items_of
from analysis.draft.names import holds, plain, words

__all__ = ["Block", "Totals", "find_blocks", "find_totals", "visit_parts"]

# What follows an item's number where words do; a column of a grid: its question, then its row.
_OWN_WORDS = re.compile(r"[\W_]+[^\W\d_]{2}")
_GRID = re.compile(r"(.*\S) ?\[[^\[\]]*[^\W\d_]{2}[^\[\]]*\]")
_DIGITS = re.compile(r"\d{1,2}(?!\d)")
# Fewer numbered columns than this are visits, doses or the like.
_FEWEST = 4
# Words of columns that hold no total of the scale that they name.
_NO_TOTALS = (
    "complete", "timestamp", "comment", "notes", "date", "time", "version", "cluster", "severity",
    "cut", "item", "change", "delta", "difference", "diff", "percent", "pct", "reduction",
    "improvement", "responder", "response", "remission", "remitter", "mean", "average", "intrusion",
    "intrusions", "avoidance", "arousal", "hyperarousal", "reexperiencing", "cognition", "mood",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """Numbered columns that belong together.

    Attributes
    ----------
    pattern : str
        Name with a place for the item number, and one for the visit where there are several.
    columns : tuple of str
        The columns, of all visits.
    numbers : tuple of int
    visits : tuple of str
        Empty unless the file is wide.
    instrument : str or None
        The scale, where the name and the numbers leave only one.
    written : str
        ``pattern`` where the number alone differs; else each name has words of its own, and the
        columns are listed: ``numbered``, or ``ordered`` where their order alone tells the item.
    """

    pattern: str
    columns: tuple[str, ...]
    numbers: tuple[int, ...]
    visits: tuple[str, ...] = ()
    written: str = "pattern"

    @property
    def instrument(self) -> str | None:
        """The scale whose items have these numbers and whose name the columns hold."""
        named = plain(self.pattern)
        fitting = [
            name
            for name, scale in instruments.known().items()
            if any(self._fits(scale.item_numbers(version)) for version in scale.versions)
            and _stem(scale.item_ids) in named
        ]
        # The longest name is the one meant: pcl5now holds pcl5.
        fitting.sort(key=lambda name: len(_stem(instruments.get(name).item_ids)))
        return fitting[-1] if fitting else self._by_numbers()

    def _fits(self, numbers: tuple[int, ...]) -> bool:
        """Whether these are the items: by number, or as many where none is told."""
        return self.numbers == numbers or (
            self.written == "ordered" and len(self.numbers) == len(numbers)
        )

    @property
    def told(self) -> str:
        """Which items they are, for the reader."""
        if self.written == "ordered":
            return f"{len(self.numbers)} items, in the order of the file"
        told = f"items {items_of(self.numbers)}"
        # A version may ask fewer items than its form prints.
        listed = self.written == "numbered" and self.instrument is None
        return told + "; keep only those that the scale's version asks" * listed

    def _by_numbers(self) -> str | None:
        """The only scale whose items have these numbers, where they have gaps: it is no chance."""
        scales = instruments.known().items()
        same = [name for name, scale in scales for version in scale.versions
                if self.numbers == scale.item_numbers(version)]  # fmt: skip
        gaps = self.numbers != tuple(range(1, len(self.numbers) + 1))
        return same[0] if gaps and len(set(same)) == 1 else None


@dataclass(frozen=True)
class Totals:
    """Columns of one scale's totals: one a visit of a wide file, or a single one."""

    pattern: str
    columns: tuple[str, ...]
    instrument: str
    visits: tuple[str, ...] = ()


def find_totals(columns: Sequence[str]) -> list[Totals]:
    """Columns whose names hold a scale's name and no item number, put together by visit."""
    stems = {plain(name): name for name in instruments.known()}
    stems |= {"caps": "CAPS-5", "pcl": "PCL-5", "bdi": "BDI-II", "iesr": "IES-R", "hamd": "HAM-D17"}
    by_scale: dict[str, list[str]] = defaultdict(list)
    for column in columns:
        named = [stem for stem in stems if plain(column).startswith(stem) or f"_{stem}" in
                 column.lower() or plain(column).endswith(f"{stem}total")
                 or stem in _run_together(column)]  # fmt: skip
        if named and not holds(column, _NO_TOTALS):
            by_scale[stems[max(named, key=len)]].append(column)
    found = []
    for name, own in by_scale.items():
        head, visits, tail = visit_parts(own)
        if len(own) > 1 and all(visits) and len(set(visits)) == len(own):
            found.append(Totals(head + VISIT + tail, tuple(own), name, tuple(visits)))
        elif len(own) == 1:
            found.append(Totals(own[0], tuple(own), name))
    return found


def _run_together(name: str) -> set[str]:
    """The words of a name, alone and run together with those that follow: pcl, pcl5."""
    told = words(name)
    return {"".join(told[at:to]) for at in range(len(told)) for to in range(at + 1, len(told) + 1)}


def visit_parts(columns: Sequence[str]) -> tuple[str, list[str], str]:
    """What names of columns begin with alike, what differs, and what they end with alike."""
    return _differing(list(columns))


def _stem(item_ids: str) -> str:
    """What a column's name must hold; many exports say pcl_01 for the PCL-5."""
    return "pcl" if plain(item_ids) == "pcl5" else plain(item_ids)


def _runs(name: str) -> list[tuple[str, str, str]]:
    """Each run of digits of a name: what stands before it, the digits, what stands after."""
    return [(name[: m.start()], m.group(), name[m.end() :]) for m in _DIGITS.finditer(name)]


def find_blocks(header: Sequence[str]) -> list[Block]:
    """Blocks of at least four consecutively numbered columns, each column in one block."""
    found: dict[tuple[str, str], dict[int, tuple[str, str]]] = defaultdict(dict)
    for name in header:
        for before, digits, after in _runs(name):
            found[before, after].setdefault(int(digits), (digits, name))
    blocks: list[tuple[str, str, Block]] = []
    taken: set[str] = set()
    for (before, after), columns in sorted(found.items(), key=lambda entry: -len(entry[1])):
        own = {n: (d, c) for n, (d, c) in sorted(columns.items()) if c not in taken and n > 0}
        if len(own) < _FEWEST or not _is_series(list(own)):
            continue
        padded = any(digits.startswith("0") for digits, _ in own.values())
        place = "{:02d}" if padded else "{}"
        names = tuple(column for _, column in own.values())
        taken.update(names)
        blocks.append((before, after, Block(f"{before}{place}{after}", names, tuple(own))))
    return sorted([*_by_visit(blocks), *_listed(header, taken)], key=lambda block: block.pattern)


def _listed(header: Sequence[str], taken: set[str]) -> list[Block]:
    """Items whose names each have words of their own, behind a number or in a survey's grid."""
    numbered: dict[str, dict[int, tuple[int, str]]] = defaultdict(dict)
    grids: dict[str, dict[int, tuple[int, str]]] = defaultdict(dict)
    for at, name in enumerate(header):
        if name in taken:
            continue
        for before, digits, after in _runs(name):
            if _OWN_WORDS.match(after):
                numbered[before].setdefault(int(digits), (at, name))
        if row := _GRID.fullmatch(name):
            grids[row[1]][len(grids[row[1]]) + 1] = (at, name)
    found = []
    for written, groups in (("numbered", numbered), ("ordered", grids)):
        for before, columns in sorted(groups.items(), key=lambda entry: -len(entry[1])):
            names = tuple(name for _, name in columns.values())
            places = [at for at, _ in columns.values()]
            side_by_side = places == list(range(places[0], places[0] + len(places)))
            if (len(names) < _FEWEST or not side_by_side or not _is_series(list(columns))
                    or taken & set(names)):  # fmt: skip
                continue
            taken.update(names)
            found.append(Block(before, names, tuple(columns), written=written))
    return found


def _is_series(numbers: list[int]) -> bool:
    """Whether numbers are those of a scale, or run on without a gap."""
    scales = instruments.known().values()
    known = {scale.item_numbers(version) for scale in scales for version in scale.versions}
    return tuple(numbers) in known or numbers == list(range(1, len(numbers) + 1))


def _by_visit(blocks: list[tuple[str, str, Block]]) -> list[Block]:
    """Put blocks together that differ in one part of their names: the visits of a wide file."""
    groups: dict[tuple[object, ...], list[tuple[str, Block]]] = defaultdict(list)
    for before, after, block in blocks:
        place = block.pattern[len(before) : len(block.pattern) - len(after)]
        # Only one scale is asked at several visits; two scales of one length are two blocks.
        scale = (block.numbers, block.instrument)
        groups[*scale, before + place, "after"].append((after, block))
        groups[*scale, place + after, "before"].append((before, block))
    used: set[str] = set()
    wide = []
    for (*_, rest, side), members in sorted(groups.items(), key=lambda group: -len(group[1])):
        members = [(part, block) for part, block in members if block.pattern not in used]
        if len(members) < 2:
            continue
        head, visits, tail = _differing([part for part, _ in members])
        part = head + VISIT + tail
        pattern = str(rest) + part if side == "after" else part + str(rest)
        named = len(plain(pattern.replace(VISIT, ""))) > 1
        if named and all(visits):
            used.update(block.pattern for _, block in members)
            columns = tuple(column for _, block in members for column in block.columns)
            wide.append(Block(pattern, columns, members[0][1].numbers, tuple(visits)))
    alone = [block for *_, block in blocks if block.pattern not in used]
    return sorted([*wide, *alone], key=lambda block: block.pattern)


def _differing(parts: list[str]) -> tuple[str, list[str], str]:
    """What texts begin with alike, what differs, and what they end with alike; whole words."""
    words = [re.split(r"(?<=[^A-Za-z0-9])|(?=[^A-Za-z0-9])", part) for part in parts]
    head = _alike(words)
    tail = _alike([word[len(head) :][::-1] for word in words])[::-1]
    middle = ["".join(word[len(head) : len(word) - len(tail)]) for word in words]
    return "".join(head), middle, "".join(tail)


def _alike(lists: list[list[str]]) -> list[str]:
    """What all lists begin with."""
    ranks = zip(*lists, strict=False)
    return [rank[0] for rank in takewhile(lambda rank: len(set(rank)) == 1, ranks)]
