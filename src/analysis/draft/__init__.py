"""``relief init``: a first study.toml from an export; what can be seen is written, the rest asked.

In: a file or folder. Out: the text of a study.toml with open points as TODO. Not here: reading a
study (readers), validating a study.toml (config).
"""

from __future__ import annotations

from pathlib import Path

from analysis.draft.look import look
from analysis.draft.write import write_draft
from analysis.rules import refusal
from analysis.writing import write_atomic

__all__ = ["look", "write_draft", "write_study_toml"]


def write_study_toml(export: Path, out: Path, *, force: bool = False) -> str:
    """Look at an export, write a draft, and say how many points are left open.

    Raises
    ------
    ReliefError
        ``draft.exists`` without ``force``, and what :func:`look` refuses.
    """
    if out.exists() and not force:
        raise refusal("draft.exists", file=out.name)
    text = write_draft(look(export), out.parent)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, text)
    points = text.count('= "TODO"')
    return f"{out}: a draft with {points} open points, each a line with TODO and its question."
