"""How a draft is put together: sections, lines, open points."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from analysis.draft.recognise import Sighting
from analysis.errors import is_printable

__all__ = ["WINDOW", "Draft", "column", "quoted", "table_of", "todo"]

WINDOW = (
    "hours that the form asks about, as administered: 0 right now, 24, 168 past week, 336, "
    "720 past month"
)


def todo(question: str) -> str:
    """The value of an open point, with its question behind it."""
    return f'"TODO"  # {question}'


@dataclass
class Draft:
    """The sections of a study.toml as they are written."""

    folder: Path
    sections: list[str] = field(default_factory=list)

    def add(self, title: str, **lines: str | None) -> None:
        """A section; a line whose value is None is left out."""
        told = [f"{key} = {value}" for key, value in lines.items() if value is not None]
        self.sections.append("\n".join([title, *told]))

    def path(self, table: Sighting) -> str:
        """The file's path as study.toml writes it."""
        relative = os.path.relpath(table.path.resolve(), self.folder.resolve())
        return quoted(Path(relative).as_posix())

    def place(self, table: Sighting) -> dict[str, str | None]:
        """The lines that tell where a file is: its path, and whether it lies outside."""
        inside = table.path.resolve().is_relative_to(self.folder.resolve())
        return {"path": self.path(table), "outside": None if inside else "true"}


def quoted(value: str | list[str] | tuple[str, ...]) -> str:
    """A string, or a list of them, in TOML."""
    # What JSON leaves as it is and is not seen, or TOML wants escaped, is written by its number.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if is_printable(c) else _numbered(ord(c)) for c in text)


def table_of(values: dict[str, str]) -> str:
    """A table of texts on one line of TOML."""
    return f"{{ {', '.join(f'{quoted(key)} = {quoted(text)}' for key, text in values.items())} }}"


def _numbered(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def column(name: str | None, question: str) -> str:
    """A column's name, or the question which column it is."""
    return quoted(name) if name else todo(question)
