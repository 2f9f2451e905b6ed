"""How a draft is put together: sections, lines, open points."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from analysis.draft.recognise import Sighting

__all__ = ["WINDOW", "Draft", "column", "quoted", "todo"]

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
    # TOML wants one character escaped that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def column(name: str | None, question: str) -> str:
    """A column's name, or the question which column it is."""
    return quoted(name) if name else todo(question)
