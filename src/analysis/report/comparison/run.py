"""Compare two sides by name, and write what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.report.comparison.changes import Change, compared
from analysis.report.comparison.page import write_comparison
from analysis.report.comparison.sides import read_side
from analysis.report.comparison.told import as_dict, log, write_junit

__all__ = ["Compared", "compare_sides"]


@dataclass(frozen=True)
class Compared:
    """What moved; ``private`` where a side shows the study team's numbers of real people."""

    old: str
    new: str
    changes: tuple[Change, ...]
    private: bool

    def log(self) -> str:
        """A few lines, without values of real people."""
        return log(self.changes, private=self.private)

    def as_dict(self) -> dict[str, Any]:
        """The same as a document, whole."""
        return {"old": self.old, "new": self.new} | as_dict(self.changes, private=self.private)


def compare_sides(
    old: str, new: str, *, html: Path | None = None, junit: Path | None = None
) -> Compared:
    """What moved from the one to the other.

    Parameters
    ----------
    old, new
        As `analysis.report.comparison.sides.read_side` takes them.
    html, junit
        Where to write the page and the JUnit XML, if at all.

    Raises
    ------
    ReliefError
        What cannot be read, or not written.
    """
    before, after = read_side(old), read_side(new)
    changes = tuple(compared(before, after))
    private = before.private or after.private
    if html is not None:
        write_comparison(before, after, changes, html)
    if junit is not None:
        names = [*before.documents, *after.documents]
        write_junit(names, changes, junit, private=private)
    return Compared(old, new, changes, private)
