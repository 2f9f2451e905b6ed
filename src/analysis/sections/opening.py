"""Open the study that a notebook is about: the one named in its cell, or in RELIEF_STUDY."""

from __future__ import annotations

import os

from analysis.claims.case import Case
from analysis.claims.ledger import FOR_THE_TEAM, SHARED, TEAM
from analysis.errors import ReliefError
from analysis.studies import opened

__all__ = ["VARIABLE", "CannotOpen", "heading", "open_study"]

VARIABLE = "RELIEF_STUDY"
PASSED_ON = (
    "What may be passed on: numbers that could tell of a few participants are withheld, counts "
    "rounded."
)


class CannotOpen(ReliefError):
    """A study that cannot be opened: a notebook shows the sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{self.message} [{self.rule}]"]


def open_study(study: str = "example", view: str = TEAM) -> Case:
    """Read, check and place a study; say which it is and for whom its numbers are.

    Parameters
    ----------
    study : str
        A study.toml, its folder, or a built-in name; ``RELIEF_STUDY``, where it is set, goes
        before it.
    view : {"team", "shared"}
        Every number for those who hold the data, or what may be passed on.

    Raises
    ------
    CannotOpen
        In one sentence, for whatever cannot be read.
    """
    from IPython.display import display

    if view not in (TEAM, SHARED):
        raise CannotOpen("usage.view", f'view must be "{TEAM}" or "{SHARED}".')
    try:
        case, private = opened(os.environ.get(VARIABLE) or study, view)
    except ReliefError as error:
        raise CannotOpen(error.rule, error.message) from None
    text = heading(case, view, private)
    display({"text/markdown": text, "text/plain": text}, raw=True)
    return case


def heading(case: Case, view: str, private: bool) -> str:
    """Which study it is, and for whom its numbers are, as Markdown."""
    design = case.design
    lines = [f"**{FOR_THE_TEAM}**" if view == TEAM else f"**{PASSED_ON}**"] if private else []
    lines.append(f"Study: {design.title}" + (" (**synthetic**)" if design.synthetic else ""))
    rules = f"Rules: `claims.toml` {case.definitions.sha256[:12]}"
    lines.append(f"{rules}, decisions {case.definitions.decisions_sha256[:12]}.")
    return "\n\n".join(lines)
