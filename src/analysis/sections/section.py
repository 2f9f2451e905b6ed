"""What one cell of a notebook shows: sentences, tables and pictures of a case, or why it has none.

A section is a generator of what stands in it: a ``str`` is prose (Markdown), a table is a table, a
:class:`Picture` is a figure with its alternative text. What a study cannot feed ends in one
sentence, never in an error.
"""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec

import pandas as pd
from matplotlib.axes import Axes

from analysis.claims.case import Case
from analysis.describe.common import policy
from analysis.describe.display import in_print
from analysis.errors import ReliefError
from analysis.figures.common.output import show

__all__ = ["NOT_HERE", "UNFORESEEN", "WITHHELD", "Picture", "Section", "Table", "section"]

NOT_HERE = "*Not in these data:* "
WITHHELD = "*Not in this view:* these numbers are for the study team alone."
UNFORESEEN = "*Not shown:* something unforeseen went wrong inside the project"
PACKAGE = str(Path(__file__).resolve().parents[1])
Parts = ParamSpec("Parts")


@dataclass(frozen=True)
class Picture:
    """A figure and what it shows, in words that are computed from the same table."""

    ax: Axes
    alt: str


@dataclass(frozen=True)
class Table:
    """A table of text with a caption, for a page; the index holds the heads of its rows."""

    frame: pd.DataFrame
    caption: str


@dataclass(frozen=True)
class Section:
    """What a cell shows, in order; it displays itself.

    Attributes
    ----------
    blocks : tuple
        Prose (str), tables (DataFrame, or anything that displays itself) and pictures.
    """

    blocks: tuple[Any, ...]

    @property
    def prose(self) -> list[str]:
        """The sentences alone."""
        return [block for block in self.blocks if isinstance(block, str)]

    @property
    def alternatives(self) -> list[str]:
        """The alternative texts of its pictures."""
        return [block.alt for block in self.blocks if isinstance(block, Picture)]

    @property
    def missing(self) -> list[str]:
        """The sentences that say what these data do not hold."""
        return [text for text in self.prose if text.startswith((NOT_HERE, WITHHELD, UNFORESEEN))]

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for block in self.blocks:
            if isinstance(block, str):
                display({"text/markdown": block, "text/plain": block}, raw=True)
            elif isinstance(block, Picture):
                show(block.ax, alt=block.alt)
            elif isinstance(block, pd.DataFrame):
                display(in_print(block))
            elif isinstance(block, Table):
                display(block.frame)
            else:
                display(block)


def section(
    *, team_only: bool = False
) -> Callable[[Callable[Parts, Iterator[Any]]], Callable[Parts, Section]]:
    """Make a section of a generator of what stands in it.

    A refusal of the project (ValueError or ReliefError, a sentence) ends the section with that
    sentence. Anything else is a fault of the project: it is named by its type alone, since the
    message of a library may hold a person's value, and the notebook goes on. ``RELIEF_DEBUG=1``
    lets it through.

    Parameters
    ----------
    team_only : bool
        Whether what is shown does not pass the release of tables, so that others do not see it
        of real people.
    """

    def of(make: Callable[Parts, Iterator[Any]]) -> Callable[Parts, Section]:
        @functools.wraps(make)
        def made(*args: Parts.args, **kwargs: Parts.kwargs) -> Section:
            case = args[0] if args else None
            if team_only and isinstance(case, Case) and policy(case) is not None:
                return Section((WITHHELD,))
            blocks: list[Any] = []
            try:
                blocks += _filled(make(*args, **kwargs))
            except Exception as error:
                if os.environ.get("RELIEF_DEBUG") == "1" and not _is_refusal(error):
                    raise
                blocks = [*getattr(error, "_blocks", []), _reason(error)]
            return Section(tuple(blocks))

        return made

    return of


def _filled(parts: Iterator[Any]) -> list[Any]:
    """All parts; where making one fails, those before it go with the error."""
    blocks: list[Any] = []
    try:
        for part in parts:
            if isinstance(part, pd.DataFrame) and part.empty:
                continue
            blocks.append(part)
    except Exception as error:
        error._blocks = blocks  # type: ignore[attr-defined]
        raise
    return blocks


def _reason(error: Exception) -> str:
    """Why a section ends, in a sentence."""
    if _is_refusal(error):
        return NOT_HERE + _clause(getattr(error, "message", str(error)))
    return (
        f"{UNFORESEEN} ({type(error).__name__}); please report it with the section, not the data."
    )


def _is_refusal(error: Exception) -> bool:
    """Whether the project itself refused: a library's message is not for people."""
    if isinstance(error, ReliefError):
        return True
    if not isinstance(error, ValueError):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and str(Path(frames[-1].filename).resolve()).startswith(PACKAGE)


def _clause(text: str) -> str:
    """A sentence as it goes on after the colon."""
    first = text.split(" ", 1)[0]
    # Not a name or an abbreviation: those are written as they are.
    plain = first == "A" or (first[1:].isalpha() and first[1:].islower())
    return (text[0].lower() + text[1:]) if plain else text
