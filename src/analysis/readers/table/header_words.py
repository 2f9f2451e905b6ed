"""Whether a header announces an identifier: by its words, in many languages and any spelling."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

__all__ = ["announces_identifier", "bare"]

# Letters that no decomposition takes apart, and those that two letters may stand for.
_BARE = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | {"ẞ": "SS", "Ł": "L", "Ø": "O", "Æ": "AE", "Œ": "OE", "Đ": "D", "Ð": "D", "Þ": "TH"}
)
_IN_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
# Accents, and characters that are not seen.
_MARKS = frozenset({"Mn", "Cf"})
# A word of camelCase or of a name with separators, in letters of Latin; a run of other letters.
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
# Words of scripts without spaces stand in a header wherever they stand.
_UNSPACED = re.compile(r"[\u1100-\u11ff\u2e80-\ud7ff]")
# A sentence is no name that is made of words alone.
_LONGEST = 60
_LONGEST_WINDOW = 5


@dataclass(frozen=True)
class _Words:
    """The lists of header_words.toml, each word bare and joined."""

    born: frozenset[str]
    named: frozenset[str]
    alone: frozenset[str]
    anywhere: frozenset[str]
    unspaced: tuple[str, ...]
    around: frozenset[str]
    around_dates: frozenset[str]
    longest: int


def bare(text: str) -> str:
    """Letters without accents, with a space for all else; the case stays."""
    # The sign of a degree is that of a number, as in N°.
    whole = unicodedata.normalize("NFKD", text.replace("°", "o"))
    plain = "".join(c for c in whole if unicodedata.category(c) not in _MARKS)
    return re.sub(r"[\W\d_]+", " ", plain.translate(_BARE)).strip()


def _spellings(words: str) -> frozenset[str]:
    """Each word of a list, joined, without its accents and with two letters in their place."""
    found = set()
    for word in re.split(r"[,\n]", unicodedata.normalize("NFKC", words).lower()):
        for spelt in (word, word.translate(_IN_TWO)):
            found.add(bare(spelt).replace(" ", "").lower())
    return frozenset(found - {""})


@cache
def _words() -> _Words:
    read = tomllib.loads(files(__package__).joinpath("header_words.toml").read_text("utf-8"))
    anywhere = _spellings(read["anywhere"]["words"])
    named = {key: _spellings(words) for key, words in read["words"].items()}
    people, others, dates = (_spellings(words) for words in read["around"].values())
    longest = max(map(len, anywhere.union(people, others, dates, *named.values())))
    return _Words(
        born=named.pop("dates"),
        named=frozenset(anywhere.union(*named.values())),
        alone=_spellings(read["alone"]["words"]),
        anywhere=anywhere,
        unspaced=tuple(sorted(word for word in anywhere if _UNSPACED.search(word))),
        around=people | others,
        around_dates=people | dates,
        longest=longest,
    )


@lru_cache(maxsize=16_384)
def announces_identifier(header: str) -> bool:
    """Whether a header names an identifier of the Safe Harbor list, 45 CFR 164.514(b)(2)(i).

    Case, accents and their transcriptions, separators and digits do not count: ``Geburts-Datum``,
    ``geburtsDatum2`` and ``GEBURTSDATUM`` are one. It does where it consists of nothing but the
    words of an identifier and words such as ``patient`` and ``no``, or holds one that is never
    anything else, such as ``last name``. What the lists of header_words.toml do not know is no
    identifier: ``record_id``, ``birth_weight``, ``license_type``, ``recording``.
    """
    words = _words()
    letters = bare(header)
    joined = letters.replace(" ", "").lower()
    if joined in words.alone or any(word in joined for word in words.unspaced):
        return True
    for tokens in (letters.lower().split(), [token.lower() for token in _TOKEN.findall(letters)]):
        if not words.anywhere.isdisjoint(_windows(tokens)):
            return True
    return len(joined) <= _LONGEST and (
        _made_of(joined, words.named, words.around)
        or _made_of(joined, words.born, words.around_dates)
    )


def _windows(tokens: list[str]) -> set[str]:
    """Up to five words in a row, joined."""
    return {
        "".join(tokens[first:last])
        for first in range(len(tokens))
        for last in range(first + 1, min(first + _LONGEST_WINDOW, len(tokens)) + 1)
    }


def _made_of(text: str, wanted: Collection[str], around: Collection[str]) -> bool:
    """Whether a text can be cut into words of both lists, one of those wanted among them."""
    longest = _words().longest
    # Where a cut can be, and whether a wanted word can lie before it.
    cuts = {0: False}
    for start in range(len(text)):
        if start not in cuts:
            continue
        for end in range(start + 1, min(start + longest, len(text)) + 1):
            word = text[start:end]
            if word in wanted:
                cuts[end] = True
            elif word in around:
                cuts[end] = cuts.get(end, False) or cuts[start]
    return cuts.get(len(text), False)
