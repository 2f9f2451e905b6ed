"""What is compared: a folder of notebooks, one notebook, a page, or a commit."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from analysis.claims.ledger import FOR_THE_TEAM
from analysis.report.comparison.documents import Document, of_notebook, of_page
from analysis.rules import refusal

__all__ = ["Side", "read_side"]

PAGES = ("index.html", "*/index.html", "*/notebooks/*.html")
_TEAMS_MARK = FOR_THE_TEAM.partition(";")[0]


@dataclass(frozen=True)
class Side:
    """One of the two: what it was called, and its documents by name."""

    name: str
    documents: dict[str, Document]

    @property
    def private(self) -> bool:
        """Whether it shows the study team's numbers of real people."""
        return any(_TEAMS_MARK in document.words() for document in self.documents.values())


def read_side(name: str) -> Side:
    """The documents behind a name.

    Parameters
    ----------
    name
        A notebook or page; a folder that holds notebooks, or has them in ``notebooks``, or a page
        ``index.html`` with those it leads to; else a commit, branch or tag of the repository
        around the working folder.

    Raises
    ------
    ReliefError
        ``compare.unknown`` where it is none of these, ``compare.empty`` where it holds nothing to
        compare.
    """
    path = Path(name)
    if path.is_dir():
        documents = _of_folder(path)
    elif path.is_file():
        documents = [_read(path)]
    else:
        documents = _of_commit(name)
    if not documents:
        raise refusal("compare.empty", name=path.name or name)
    return Side(name, {document.name: document for document in documents})


def _of_folder(folder: Path) -> list[Document]:
    for place in (folder, folder / "notebooks"):
        if found := sorted(place.glob("*.ipynb")):
            return [_read(path) for path in found]
    if not (folder / "index.html").is_file():
        return []
    # A report of several sources leads to a page of each, and to those of notebooks.
    below = [path for way in PAGES for path in sorted(folder.glob(way))]
    return [_read(path, path.relative_to(folder).as_posix()) for path in below]


def _read(path: Path, name: str = "") -> Document:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise refusal("compare.unreadable", name=path.name) from None
    return _document(name or path.name, text)


def _document(name: str, text: str) -> Document:
    return of_notebook(name, text) if name.endswith(".ipynb") else of_page(name, text)


def _of_commit(name: str) -> list[Document]:
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    top = _git("rev-parse", "--show-toplevel")
    if commit is None or top is None:
        raise refusal("compare.unknown", name=name)
    commit, top = commit.strip(), top.strip()
    listed = _git("-C", top, "ls-tree", "--name-only", "-z", commit, "notebooks/") or ""
    return [
        _document(Path(path).name, _git("-C", top, "show", f"{commit}:{path}") or "")
        for path in sorted(listed.split("\0"))
        if path.endswith(".ipynb")
    ]


def _git(*arguments: str) -> str | None:
    """What git prints, or None where it cannot or is not there."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
