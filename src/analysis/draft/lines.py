"""The lines of a study.toml, by the names that a person may call them, and which one is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LINE", "TITLE", "Line", "lines_of", "meant_by"]

LINE = re.compile(r"([A-Za-z_]+) = (.*)")
TITLE = re.compile(r"\[+[^\]]+\]+")
_NAMED = re.compile(r"\[+(\w+)\]+(?: number (\d+))?")


@dataclass(frozen=True)
class Line:
    """One line: its number, its table by number and title, its name such as assessments.time."""

    number: int
    section: int
    title: str
    name: str
    key: str


def lines_of(out: Path) -> list[Line]:
    """The lines of the file; a key of the second table of forms is ``assessments 2.time``."""
    found: list[Line] = []
    section, title, table = -1, "", ""
    times: dict[str, int] = {}
    for number, line in enumerate(out.read_text(encoding="utf-8").splitlines()):
        if TITLE.fullmatch(line.strip()):
            section, title = section + 1, line.strip()
            own = title.strip("[]")
            times[own] = times.get(own, 0) + 1
            table = own if times[own] == 1 else f"{own} {times[own]}"
        if told := LINE.match(line):
            found.append(Line(number, section, title, f"{table}.{told[1]}", told[1]))
    return found


def meant_by(wrong: str, lines: list[Line]) -> Line | None:
    """The line that a sentence speaks of: of the table that it names the first key in it."""
    named = _NAMED.search(wrong)
    if named is None:
        return None
    table = named[1] if named[2] in (None, "1") else f"{named[1]} {named[2]}"
    own = {line.key: line for line in lines if line.name.rpartition(".")[0] == table}
    words = re.findall(r"[a-z_]+", wrong[named.start() :])
    return next((own[word] for word in words if word in own), None)
