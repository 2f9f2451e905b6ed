"""Who is in a study, as its files write it: what must not be found again in what leaves."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from analysis import instruments

__all__ = ["Identities", "identities"]

# Between the parts of an identifier stands at most one sign that writes it differently.
_BETWEEN = re.compile(r"[ \t_./#:\-\u2010-\u2015]?")
_PART = re.compile(r"[^\W\d_]+|\d+")
# A number or word of so many signs is told wherever it stands, a shorter one in a list of them.
_LONG = 5
# Shares and numbers of two arms, as sentences about methods write them.
_FORMULAS = ("p0", "p1", "n0", "n1", "n2")
# Fewer labels may be visits, sites or bounds.
_FEWEST_LABELS = 5
# Many a table has as many rows as a smaller study has people.
_FEWEST_ROWS = 10


@dataclass(frozen=True)
class Identities:
    """The identifiers of a study, and how many people it has.

    Attributes
    ----------
    ids : tuple of str
        As the files write them.
    arms : tuple of int
        People in each arm.
    """

    ids: tuple[str, ...] = ()
    arms: tuple[int, ...] = ()

    @cached_property
    def sizes(self) -> frozenset[int]:
        """How many rows a table of everyone, or of everyone in an arm, has; 10 at least."""
        return frozenset(
            n for n in (len(set(self.ids)), sum(self.arms), *self.arms) if n >= _FEWEST_ROWS
        )

    def named_in(self, text: str) -> bool:
        """Whether a text holds an identifier, however it is written.

        ``EX001`` is found in ``ex-1``, ``EX 001`` and ``Ex_0001``, not in ``EX0012`` or
        ``REX001``. Any text holds short numbers and words: see :meth:`listed_in`.
        """
        return _any_in(text, self._spellings)

    def listed_in(self, labels: Sequence[str]) -> bool:
        """Whether labels of rows or columns are short identifiers, or the numbers in longer ones.

        At least half of the people have to be among them, each once, and nobody else.
        """
        shown = [_alone(label) for label in labels if label.strip()]
        once = len(set(shown)) == len(shown)
        enough = len(shown) >= max(_FEWEST_LABELS, len(set(self.ids)) / 2)
        return once and enough and self._ends.issuperset(shown)

    @cached_property
    def _ends(self) -> frozenset[str]:
        """The last part of each identifier, a number without its leading zeros or a word."""
        ends = [parts[-1][0] for parts, _ in map(_parts, self.ids) if parts]
        return frozenset(ends)

    @cached_property
    def _spellings(self) -> _Spellings:
        """What is looked for in texts; no part of a scale's name or of a formula."""
        ordinary = " ".join([*instruments.known(), *_FORMULAS])
        each = {spelling for identifier in self.ids for spelling in _spellings_of(identifier)}
        return _by_first([one for one in each if not _any_in(ordinary, _by_first([one]))])


# By the first part and the number of parts.
_Spellings = dict[str, dict[int, set[tuple[str, ...]]]]
# A part of a folded text: the part, a number without leading zeros; where it starts and ends.
_Part = tuple[str, int, int]


def _parts(text: str) -> tuple[list[_Part], str]:
    """The words and numbers of a text, and the text without case and accents they stand in."""
    folded = text.casefold()
    if not folded.isascii():
        split = unicodedata.normalize("NFKD", folded)
        folded = "".join(sign for sign in split if not unicodedata.combining(sign))
    found = []
    for part in _PART.finditer(folded):
        word = part[0]
        found.append((_number(word) if word[0].isdecimal() else word, *part.span()))
    return found, folded


def _number(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _spellings_of(identifier: str) -> Iterator[tuple[str, ...]]:
    """How an identifier may be told in a text; nothing where any text would hold it."""
    parts, folded = _parts(identifier)
    own = tuple(part[0] for part in parts)
    numbers = [part.isdecimal() for part in own]
    if any(numbers) and not all(numbers):
        yield own
        # `S-AB-01-02` may lose its separators, and `sub-MOA101` is MOA101 too.
        together, _ = _parts("".join(folded[start:end] for _, start, end in parts))
        yield tuple(part[0] for part in together)
        if len(own) > 2 and numbers[-1] and not numbers[-2] and len(own[-2]) > 1:
            yield own[-2:]
    elif sum(end - start for _, start, end in parts) >= _LONG:
        # Numbers alone are those of ranges and dates unless every digit agrees.
        yield tuple(_exact(part, folded) for part in parts) if all(numbers) else own


def _by_first(spellings: Iterable[tuple[str, ...]]) -> _Spellings:
    """Spellings by their first part and how many parts they have."""
    found: _Spellings = {}
    for one in spellings:
        found.setdefault(one[0], {}).setdefault(len(one), set()).add(one)
    return found


def _any_in(text: str, spellings: _Spellings) -> bool:
    """Whether any spelling stands in a text as a word of its own."""
    if not spellings:
        return False
    parts, folded = _parts(text)
    exact = [_exact(part, folded) for part in parts]
    plain = [part[0] for part in parts]
    return any(
        tuple(words[place : place + length]) in wanted and _joined(parts, folded, place, length)
        for words in (plain, exact)
        for place, first in enumerate(words)
        for length, wanted in spellings.get(first, {}).items()
    )


def _exact(part: _Part, folded: str) -> str:
    return f"={folded[part[1] : part[2]]}"


def _joined(parts: list[_Part], folded: str, place: int, length: int) -> bool:
    """Whether parts belong to one word, and neither a longer word nor a decimal goes on."""
    own = parts[place : place + length]
    gaps = [folded[a[2] : b[1]] for a, b in itertools.pairwise(own)]
    if not all(_BETWEEN.fullmatch(gap) for gap in gaps):
        return False
    if gaps[:1] == [" "] and own[0][2] - own[0][1] == 1:
        return False  # `a 12-point fall` is no A-12
    before = folded[parts[place - 1][2] : own[0][1]] if place else " "
    after = parts[place + length] if place + length < len(parts) else None
    behind = folded[own[-1][2] : after[1]] if after else " "
    decimal = behind in (".", ",") and after is not None and after[0][0].isdecimal()
    fraction = before in (".", ",") and own[0][0][0].isdecimal()
    return bool(before and behind) and not decimal and not fraction


def _alone(label: str) -> str:
    """A label that is one number or one word, as :attr:`Identities._ends` holds it."""
    parts, folded = _parts(re.sub(r"\.0+$", "", label.strip()))
    return parts[0][0] if len(parts) == 1 and parts[0][2] - parts[0][1] == len(folded) else ""


def identities(source: str) -> Identities:
    """The identities of a study, by its built-in name or the path of a study.toml.

    Every identifier counts, those of people who are set aside too. Published results have
    nobody's.

    Raises
    ------
    ReliefError
        Whatever the readers refuse, and ``DataUnavailable`` where data are not here.
    """
    if source == "published":
        return Identities()
    if source == "nimh":
        from analysis.readers.nimh.crossover import read_identifiers as of_nimh

        return Identities(*of_nimh())
    from analysis.paths import EXAMPLE_STUDY
    from analysis.readers.assemble import read_identifiers

    return Identities(*read_identifiers(EXAMPLE_STUDY if source == "example" else Path(source)))
