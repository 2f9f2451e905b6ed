"""One hostile input by its number: the same seed and number give the same input again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.fuzz import archives, cells, damage, databases, people, trees
from tests.fuzz.seeds import TRIALS, WRITERS, Content, Files, content, render, trial

# A study.toml has more keys than a table has columns.
FORMATS = [*WRITERS, "study.toml"]
# Names of what is written beside the study.
PAGE, PAGES = "page.html", "pages"
_TRIES = 20
_REPORTED = 0.2
_INSIDE = "inside of the archive"
_BOMBS = {"gz": damage.gzip_bomb, "dsjc": damage.gzip_bomb, "xlsx": archives.bomb,
          "ods": archives.bomb}  # fmt: skip


Call = tuple[str, ...]


@dataclass(frozen=True)
class Input:
    """A study as files, what was done to it, and how it is called, one call after the other."""

    format: str
    kind: str
    files: Files
    calls: tuple[Call, ...]


@cache
def seed_of(name: str) -> Files:
    """The unchanged study in a format."""
    return render(name, trial(name) if name in TRIALS else content())


def _of_content(name: str, draw: random.Random) -> tuple[str, Files]:
    made = trial(name) if name in TRIALS else content()
    kind = cells.change(made, draw)
    return f"content: {kind}", render(name, made)


def _of_people(name: str, draw: random.Random) -> tuple[str, Files]:
    # With six an arm most gates have something to say.
    made: Content = trial(name) if name in TRIALS else content(n_per_arm=draw.choice([3, 6]))
    kind = people.change(made, draw)
    return f"people: {kind}", render(name, made)


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


def _calls(files: Files, draw: random.Random) -> tuple[Call, ...]:
    """How the study is called; ``.`` stands for its folder.

    Whatever can be checked is judged too, and a part of it reported: pictures take the time.
    """
    share = draw.random()
    data = [path for path in files if path != "study.toml"]
    if share < 0.19:
        return (("init", draw.choice([".", ".", *data]), "--out", "draft.toml"),)
    asked: list[tuple[str, ...]] = [("--json",), ("--json",), ("--json",), (), ("--html", PAGE)]
    words: list[tuple[str, ...]] = [("--json",), ("--json",), ()]
    judged = ("judge", ".", *draw.choice(words))
    reported: tuple[Call, ...] = (("report", ".", "--out", PAGES),)
    checked = ("check", ".", *draw.choice(asked))
    return (checked, judged, *(reported if draw.random() < _REPORTED else ()))


def _way(name: str, draw: random.Random) -> Callable[[str, random.Random], tuple[str, Files]]:
    """What is damaged: people and arms, cells, or the file itself."""
    share = draw.random()
    if name == "study.toml":
        return _of_file
    if share < (0.8 if name in TRIALS else 0.15):
        return _of_people
    return _of_content if share < (0.9 if name in TRIALS else 0.45) else _of_file


def holds_its_time(name: str) -> bool:
    """Whether files of a format tell when they were written: equal content, other bytes."""
    return name.startswith(("xlsx", "sav", "dta", "xpt", "omop duckdb"))


def make(seed: int, number: int) -> Input:
    """The input of a number: formats take turns, everything else is drawn."""
    name = FORMATS[number % len(FORMATS)]
    draw = random.Random(f"{seed} {number}")
    for _ in range(_TRIES):
        try:
            kind, files = _way(name, draw)(name, draw)
        except Exception:
            # A change that does not fit its file, or that no writer of the format takes.
            continue
        if files == seed_of(name) and not holds_its_time(name):
            continue
        calls = _calls(files, draw)
        if name == "study.toml" and calls[0][0] == "init":
            calls = (("check", ".", "--json"),)
        return Input(name, kind, files, calls)
    return Input(name, "unchanged", dict(seed_of(name)), (("check", ".", "--json"),))
