"""How a draft is put together: sections, lines, open points."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis.draft.sighting import Sighting
from analysis.errors import is_printable

__all__ = ["WINDOW", "Draft", "Open", "Section", "column", "quoted", "table_of", "todo"]

WINDOW = (
    "hours that the form asks about, as administered: 0 right now, 24, 168 past week, 336, "
    "720 past month"
)


@dataclass(frozen=True)
class Open:
    """A point that no program may decide.

    Attributes
    ----------
    question : str
        Stands behind the open line.
    seen : str
        What the export shows of it; for the terminal alone, since it may hold cells.
    suggestion : str
        A value in TOML, never taken unasked; empty where there is none.
    """

    question: str
    seen: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        return f'"TODO"  # {self.question}'


def todo(question: str, *, seen: str = "", suggestion: str = "") -> Open:
    """An open point, with what was seen and a suggestion."""
    return Open(question, seen, suggestion)


# A line's value in TOML, an open point, or None for a line that is left out.
Line = str | Open | None


@dataclass(frozen=True)
class Section:
    """A table of the draft: its title in brackets, and its lines by key."""

    title: str
    lines: dict[str, str | Open]

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"{key} = {value}" for key, value in self.lines.items())])


@dataclass
class Draft:
    """The sections of a study.toml as they are written; ``headers`` by path of a file.

    ``notes`` say what of the export is in no section, and why.
    """

    folder: Path
    notes: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, title: str, **lines: Line) -> None:
        """A section; a line whose value is None is left out."""
        told = {key: value for key, value in lines.items() if value is not None}
        self.sections.append(Section(title, told))

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.sections)) + "\n"

    def path(self, table: Sighting) -> str:
        """The file's path as study.toml writes it."""
        relative = os.path.relpath(table.path.resolve(), self.folder.resolve())
        return quoted(Path(relative).as_posix())

    def place(self, table: Sighting) -> dict[str, Line]:
        """The lines that tell where a file is: its path, and whether it lies outside."""
        path = json.loads(self.path(table))
        self.headers[path] = (*self.headers.get(path, ()), *table.header)
        inside = table.path.resolve().is_relative_to(self.folder.resolve())
        return {"path": self.path(table), "outside": None if inside else "true"}


def quoted(value: str | list[str] | tuple[str, ...]) -> str:
    """A string, or a list of them, in TOML."""
    # What JSON leaves as it is and is not seen, or TOML wants escaped, is written by its number.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if is_printable(c) else _numbered(ord(c)) for c in text)


def table_of(values: Mapping[str, str | float]) -> str:
    """A table of texts or numbers on one line of TOML."""
    told = {key: quoted(v) if isinstance(v, str) else f"{v:g}" for key, v in values.items()}
    return f"{{ {', '.join(f'{quoted(key)} = {text}' for key, text in told.items())} }}"


def _numbered(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def column(name: str | None, question: str, *, seen: str = "") -> str | Open:
    """A column's name, or the question which column it is."""
    return quoted(name) if name else todo(question, seen=seen)
