"""A block of TOML that describes a scale: every key is asked for, or refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

__all__ = ["Block", "made", "one_of"]

_Built = TypeVar("_Built")


class Block:
    """The keys of a block; what its reader asks for is what may stand there."""

    def __init__(self, place: str, entry: Any) -> None:
        if not isinstance(entry, dict):
            raise ValueError(f"{place}: a block of keys is expected.")
        self.place = place
        self._entry = entry
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._entry

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise ValueError(f"{self.place}: the key {key} is missing, which is required.")
        return self._entry[key]

    def get(self, key: str, default: Any = None) -> Any:
        """What stands there, or else the default."""
        self._asked.add(key)
        return self._entry.get(key, default)

    def word(self, key: str, words: tuple[str, ...]) -> str:
        """One of several words; ValueError where it is another."""
        if (found := self[key]) not in words:
            raise ValueError(f"{self.place}: {key} is {found!r}; expected is {one_of(words)}.")
        return str(found)

    def only(self, keys: tuple[str, ...]) -> str:
        """The one key of several that stands there."""
        found = [key for key in keys if key in self]
        if len(found) != 1:
            raise ValueError(f"{self.place}: exactly {one_of(keys)} is expected.")
        return found[0]

    def part(self, key: str, build: Callable[[Block], _Built]) -> _Built | None:
        """What is built of a block inside this one; None where there is none."""
        return made(build, f"{self.place}.{key}", self[key]) if key in self else None

    def refuse_others(self) -> None:
        """Refuse keys that nobody asked for: what they say would be ignored."""
        for key in self._entry:
            if key not in self._asked:
                expected = one_of(sorted(self._asked))
                raise ValueError(f"{self.place}: {key} is no key here; expected is {expected}.")


def one_of(words: Iterable[str]) -> str:
    """How a sentence lists what is expected."""
    return f"one of {', '.join(words)}"


def made(build: Callable[[Block], _Built], place: str, entry: Any) -> _Built:
    """What is built of a block, all of whose keys are read."""
    block = Block(place, entry)
    made = build(block)
    block.refuse_others()
    return made
