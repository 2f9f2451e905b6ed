"""The pages that people read, and what is shown in them: commands, their output, code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.paths import ROOT

__all__ = ["PAGES", "Snippet", "lines_shown", "prose", "snippets"]

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# Where a page shows the first lines of an output alone, this stands below them.
MORE = "…\n"
FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Snippet:
    """A block of code in a page; ``shown`` is the output that stands right below it, if any."""

    page: str
    language: str
    text: str
    shown: str = ""

    @property
    def commands(self) -> list[str]:
        """The lines of a shell without their comments."""
        lines = (re.sub(r"\s+#.*|^#.*", "", line).strip() for line in self.text.splitlines())
        return [line for line in lines if line]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def snippets(page: Path) -> list[Snippet]:
    """Every block of a page that is not output, with its output."""
    whole = page.read_text(encoding="utf-8")
    found = list(FENCE.finditer(whole))
    outputs = {block.start(): block[2] for block in found if block[1] == "text"}
    return [
        Snippet(page.relative_to(ROOT).as_posix(), block[1], block[2],
                outputs.get(block.end() + 2, ""))
        for block in found
        if block[1] != "text"
    ]  # fmt: skip


def lines_shown(said: str, shown: str) -> str:
    """Of what a command said now, as many lines as a page shows of it."""
    lines = [f"{line.rstrip()}\n" for line in said.strip("\n").splitlines()]
    if not shown.endswith(MORE):
        return "".join(lines)
    return "".join(lines[: len(shown.splitlines()) - 1]) + MORE
