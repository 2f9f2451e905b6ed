"""One hostile input by its number: the same seed and number give the same input again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.fuzz import archives, cells, damage, databases, trees
from tests.fuzz.seeds import WRITERS, Files, content, render

# A study.toml has more keys than a table has columns.
FORMATS = [*WRITERS, "study.toml"]
_TRIES = 20
_INSIDE = "inside of the archive"
_BOMBS = {"gz": damage.gzip_bomb, "dsjc": damage.gzip_bomb, "xlsx": archives.bomb,
          "ods": archives.bomb}  # fmt: skip


@dataclass(frozen=True)
class Input:
    """A study as files, what was done to it, and how it is called."""

    format: str
    kind: str
    files: Files
    arguments: tuple[str, ...]


@cache
def seed_of(name: str) -> Files:
    """The unchanged study in a format."""
    return render(name, content())


def _of_content(name: str, draw: random.Random) -> tuple[str, Files]:
    made = content()
    kind = cells.change(made, draw)
    return f"content: {kind}", render(name, made)


def _of_file(name: str, draw: random.Random) -> tuple[str, Files]:
    files = dict(seed_of(name))
    if name == "study.toml":
        files["study.toml"] = damage.declaration(files["study.toml"], draw)
        return "declaration", files
    data = [path for path in files if path != "study.toml"]
    path = draw.choice(data)
    raw = files[path]
    special = _special(path)
    general = {**damage.ANY, "another file": None}
    chosen = special if special and draw.random() < 0.6 else general
    bomb = _BOMBS.get(path.rpartition(".")[2])
    if bomb and draw.random() < 0.02:
        chosen = {"bomb": bomb}
    kind = draw.choice(list(chosen))
    if kind == "another file":
        other = draw.choice([file for file in FORMATS if file != name])
        files[path] = draw.choice(list(seed_of(other).values()))
    elif kind.startswith(_INSIDE):
        kind, files[path] = archives.changed(raw, draw)
        kind = f"archive: {kind}"
    else:
        files[path] = chosen[kind](raw, draw)
    return kind, files


def _special(path: str) -> dict[str, Any]:
    """Changes that only some kinds of files have, and how often each is drawn."""
    inside = {f"{_INSIDE} {number}": None for number in range(4)}
    tree = {"tree": trees.changed, "tree again": trees.changed}
    text = {**damage.TEXT, **tree, "references": trees.references}
    unpacked = {**tree, "inside": damage.repacked}
    cells_of_text = {"cells as they stand": damage.cells_of_text}
    return {
        "csv": {**damage.TEXT, **cells_of_text},
        "json": text,
        "ndjson": text,
        "gz": unpacked,
        "dsjc": unpacked,
        "xlsx": {**inside, "flags": archives.flags},
        "ods": {**inside, "flags": archives.flags},
        "sqlite": {"statements": databases.sqlite},
        "duckdb": {"statements": databases.duck},
    }.get(path.rpartition(".")[2], {})


def _arguments(files: Files, draw: random.Random) -> tuple[str, ...]:
    """How the study is called; ``.`` stands for its folder."""
    share = draw.random()
    if share < 0.62:
        return ("check", ".", "--json")
    if share < 0.72:
        return ("judge", ".", "--json")
    if share < 0.76:
        return ("check", ".")
    if share < 0.78:
        return ("judge", ".")
    if share < 0.81:
        return ("check", ".", "--html", "page.html")
    data = [path for path in files if path != "study.toml"]
    return ("init", draw.choice([".", ".", *data]), "--out", "draft.toml")


def make(seed: int, number: int) -> Input:
    """The input of a number: formats take turns, everything else is drawn."""
    name = FORMATS[number % len(FORMATS)]
    draw = random.Random(f"{seed} {number}")
    for _ in range(_TRIES):
        try:
            own = _of_content if name != "study.toml" and draw.random() < 0.35 else _of_file
            kind, files = own(name, draw)
        except Exception:
            # A change that does not fit its file, or that no writer of the format takes.
            continue
        if files == seed_of(name):
            continue
        arguments = _arguments(files, draw)
        if name == "study.toml" and arguments[0] == "init":
            arguments = ("check", ".", "--json")
        return Input(name, kind, files, arguments)
    return Input(name, "unchanged", dict(seed_of(name)), ("check", ".", "--json"))
