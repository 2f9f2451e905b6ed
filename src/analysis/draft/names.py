"""What names of columns and labels of arms say, by whole words."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["drug_of", "holds", "plain", "words"]

# Words of a name, whether set apart or run together: start_dose, StartTime, pcl5.
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# What a label of an arm stands for, by how its first word begins.
_DRUGS = {
    "ket": "ketamine", "midaz": "midazolam", "mdz": "midazolam", "mid": "midazolam",
    "saline": "saline", "sal": "saline", "nacl": "saline", "plac": "placebo", "pbo": "placebo",
}  # fmt: skip


def plain(name: str) -> str:
    """A name without case, punctuation and places for numbers."""
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"\{[^}]*\}", "", name.lower()))


def words(name: str) -> list[str]:
    """The words of a name in small letters; numbers are words."""
    return [word.lower() for word in _WORDS.findall(name)]


def holds(name: str, wanted: Iterable[str]) -> bool:
    """Whether a name is one of some words, or has one of them among its own."""
    told = {*words(name), plain(name)}
    return any(word in told for word in wanted)


def drug_of(label: str) -> str | None:
    """The treatment that a label such as Ket, MDZ or Placebo stands for, where it says so."""
    first = plain((words(label) or [""])[0])
    if first in _DRUGS:
        return _DRUGS[first]
    long = [drug for start, drug in _DRUGS.items() if len(start) > 3 and first.startswith(start)]
    long += ["ketamine"] if first.startswith("keta") else []
    long += ["midazolam"] if first.startswith("mida") else []
    return long[0] if long else None
