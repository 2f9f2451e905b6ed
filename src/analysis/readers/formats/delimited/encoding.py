"""The encoding of a file that tells none, by the words that its letters make.

General detectors weigh languages and disorder over pages of prose; the few accented words of
an export tell them little, and they answer big5 for ``két``. Words tell more: letters of one
alphabet, small, capital or with a capital first, and in Latin some letters without an accent.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["detect"]

# One byte a character, and ASCII at its place: a wrong guess among these garbles letters, but
# never a digit, a separator or a row. In a tie the first wins.
_GUESSES = ("cp1252", "mac_roman", "cp1250", "cp1251", "cp850")
_SAMPLE = 1 << 16
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
# Signs that stand beside words; an apostrophe may be in one.
_SIGNS = "’‘“”„–—…©®°±µ×÷½¼¾¹²³«»·•§€™ªº¿¡£¥¤¬¦\xa0\xad"
# A guess with more odd words than one in ten explains nothing.
_FEW = 0.1


def detect(path: Path) -> str | None:
    """The likely encoding of a file that is not UTF-8; None where it cannot be decided.

    A file in which some words are UTF-8 and others are not has no one encoding.
    """
    words: set[bytes] = set()
    size = 0
    with path.open("rb") as lines:
        for line in lines:
            if line.isascii():
                continue
            words.update(_WORD.findall(line[:_SAMPLE]))
            size += len(line)
            if size >= _SAMPLE:
                break
    if any(_reads(word, "utf-8") for word in words):
        return None
    odd = {name: sum(not _reads(word, name) for word in words) for name in _GUESSES}
    best = min(_GUESSES, key=lambda name: odd[name])
    return best if odd[best] <= _FEW * len(words) else None


def _reads(word: bytes, encoding: str) -> bool:
    """Whether bytes are a word in an encoding."""
    try:
        text = word.decode(encoding)
    except UnicodeDecodeError:
        return False
    letters = text.strip(_SIGNS).replace("’", "")
    if not letters:
        return True
    # Where Latin ends and other alphabets begin.
    foreign = sum(letter >= "\u0250" for letter in letters)
    plain = sum(letter.isascii() for letter in letters)
    cased = letters.islower() or letters.isupper() or letters.istitle()
    # Latin words of three letters have a plain one; other alphabets have none among theirs.
    latin = foreign == 0 and (plain > 0 or len(letters) < 3)
    return letters.isalpha() and cased and (latin or foreign == len(letters))
