"""A notebook's cells run in this process, without a kernel: what they show, and what fails.

``python -m tests.notebooks.cells STUDY [NOTEBOOK ...]`` prints what a study cannot feed.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat

from analysis.paths import NOTEBOOKS
from analysis.sections.section import UNFORESEEN, Section

__all__ = ["Shown", "run", "run_all"]


@dataclass
class Shown:
    """What the cells of one notebook showed.

    Attributes
    ----------
    name : str
    values : list
        What each code cell ends in, and what it displayed itself.
    errors : list of str
        One a cell that raised, with its traceback.
    """

    name: str
    values: list[Any] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def sections(self) -> list[Section]:
        """The sections among them."""
        return [value for value in self.values if isinstance(value, Section)]

    @property
    def missing(self) -> list[str]:
        """Sentences about what the study cannot feed."""
        return [text for one in self.sections for text in one.missing]

    @property
    def faults(self) -> list[str]:
        """What no study may bring about: an error, or a sentence about an unforeseen one."""
        return self.errors + [text for text in self.missing if text.startswith(UNFORESEEN)]

    def text(self) -> str:
        """Everything shown as text: prose, tables, alternative texts."""
        parts: list[str] = []
        for value in self.values:
            blocks = value.blocks if isinstance(value, Section) else [value]
            parts += [getattr(block, "alt", None) or str(block) for block in blocks]
        return "\n".join(parts)


def run(path: Path, study: str | None = None, view: str = "team") -> Shown:
    """Run the code cells of a notebook; a study goes before the one that it names."""
    shown = Shown(path.stem)
    space: dict[str, Any] = {}
    with _study(study), patch("IPython.display.display", _collected(shown)):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                _cell(cell, space, shown)
                if "parameters" in cell.metadata.get("tags", ()):
                    space["view"] = view
    return shown


def _collected(shown: Shown) -> Any:
    return lambda data, **_: shown.values.append(
        data.get("text/plain", "") if isinstance(data, dict) else data
    )


@contextlib.contextmanager
def _study(study: str | None) -> Iterator[None]:
    with patch.dict(os.environ):
        os.environ.pop("RELIEF_STUDY", None)
        if study is not None:
            os.environ["RELIEF_STUDY"] = study
        yield


def _cell(cell: nbformat.NotebookNode, space: dict[str, Any], shown: Shown) -> None:
    """Run a cell; its last expression is what it shows."""
    tree = ast.parse(cell.source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, shown.name, "exec"), space)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), shown.name, "eval"), space)
                if value is not None:
                    shown.values.append(value)
    except Exception:
        shown.errors.append(f"{shown.name}: {cell.source}\n{traceback.format_exc()}")
    if printed.getvalue():
        shown.values.append(printed.getvalue())


def run_all(study: str | None, view: str = "team") -> list[Shown]:
    """Every notebook on a study."""
    return [run(path, study, view) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


def main(arguments: list[str]) -> None:
    study, *names = arguments
    paths = [NOTEBOOKS / name for name in names] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        start = time.monotonic()
        shown = run(path, study)
        print(f"## {shown.name} ({time.monotonic() - start:.1f} s)")
        for text in shown.missing:
            print("  ", text)
        for text in shown.errors:
            print("  !!", text)


if __name__ == "__main__":
    main(sys.argv[1:])
