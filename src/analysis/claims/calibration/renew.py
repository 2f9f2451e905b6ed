"""``relief calibrate --renew``: the counts stay, if all that is stored is judged as it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.claims.calibration.counts import HASHES, read_table
from analysis.claims.calibration.pieces import Piece, keys
from analysis.claims.calibration.run import results
from analysis.claims.calibration.sound_counts import unsound
from analysis.errors import ReliefError
from analysis.writing import write_atomic

__all__ = ["Renewed", "renew"]

# Trials a task: about a second of work.
SIZE = 50
Words = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Renewed:
    """What was judged again and found the same.

    Attributes
    ----------
    cells, trials, words : int
    hashes : dict
        The rules and the code that the counts now carry.
    """

    cells: int
    trials: int
    words: int
    hashes: dict[str, str]


def renew(
    folder: Path,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Renewed:
    """Judge every stored trial of the counted cells again and write the hashes of now.

    Parameters
    ----------
    folder : Path
        With ``table.csv`` and ``words.json``, as :func:`analysis.claims.calibration.merge`
        writes them.
    jobs, scheduler, told
        As of :func:`analysis.claims.calibration.calibrate`.

    Raises
    ------
    ReliefError
        ``calibrate.words`` where a word differs, ``calibrate.renew`` where there is nothing
        to judge again, or counts and words do not agree; the files then stay as they are.
    """
    table, stored = _read(folder)
    pieces = _pieces(table, stored)
    # Taken before the first trial, so that a file edited meanwhile is not what was judged.
    now = {name: keys(name) for name in table["world"].unique()}
    told = told or (lambda _done, _all: None)
    told(0, len(pieces))
    found: Words = {cell: dict.fromkeys(kinds, "") for cell, kinds in stored.items()}
    judged = []
    for result in results(pieces, None, jobs, scheduler):
        if any(result[key] != value for key, value in now[result["world"]].items()):
            raise ReliefError(
                "calibrate.renew",
                "The rules or the code changed while trials were judged, or a worker has others; "
                "nothing was renewed.",
            )
        judged.append(result)
        told(len(judged), len(pieces))
    for result in sorted(judged, key=lambda result: result["start"]):
        own = found[_cell(result["world"], result["n_per_arm"])]
        for kind, letters in result["words"].items():
            own[kind] = own.get(kind, "") + letters
    _refuse_differences(stored, found)
    _write(folder, table, found, now)
    return Renewed(
        cells=len(found),
        trials=sum(_length(kinds) for kinds in stored.values()),
        words=sum(len(letters) for kinds in stored.values() for letters in kinds.values()),
        hashes={key: value for key, value in next(iter(now.values())).items()
                if key != "world_sha256"},
    )  # fmt: skip


def _cell(name: str, n: int) -> str:
    return f"{name} n{n}"


def _length(kinds: dict[str, str]) -> int:
    return max((len(letters) for letters in kinds.values()), default=0)


def _read(folder: Path) -> tuple[pd.DataFrame, Words]:
    """The counts, and the words of their cells, once they agree with one another."""
    try:
        table = read_table(folder / "table.csv")
        words: Words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ReliefError(
            "calibrate.renew",
            "There are no counts with stored verdicts there; count first: relief calibrate.",
        ) from None
    if why := unsound(table, words):
        raise ReliefError(
            "calibrate.renew", f"{why}, so nothing was renewed; count anew: relief calibrate."
        )
    cells = {_cell(name, n) for name, n in zip(table["world"], table["n_per_arm"], strict=True)}
    return table, {cell: words[cell] for cell in sorted(cells)}


def _pieces(table: pd.DataFrame, stored: Words) -> list[Piece]:
    """The stored trials in tasks, those that take longest first."""
    cells = table.drop_duplicates(["world", "n_per_arm"])
    found = []
    for name, n, seed in zip(cells["world"], cells["n_per_arm"], cells["seed"], strict=True):
        length = _length(stored[_cell(name, n)])
        found += [Piece(name, int(n), start, min(start + SIZE, length), int(seed))
                  for start in range(0, length, SIZE)]  # fmt: skip
    return sorted(found, key=lambda piece: -piece.n_per_arm)


def _refuse_differences(stored: Words, found: Words) -> None:
    differ: Counter[str] = Counter()
    for cell, kinds in stored.items():
        for kind, letters in kinds.items():
            now = found[cell].get(kind, "").ljust(len(letters))
            differ[cell] += sum(old != new for old, new in zip(letters, now, strict=False))
    differ = +differ
    if not differ:
        return
    total = sum(len(letters) for kinds in stored.values() for letters in kinds.values())
    where = ", ".join(f"{cell} ({count})" for cell, count in differ.items())
    raise ReliefError(
        "calibrate.words",
        f"{differ.total():,} of {total:,} stored verdicts differ, in {len(differ)} of "
        f"{len(stored)} cells: {where}. Nothing was rewritten; the cells stay pending until "
        "relief calibrate counts them anew.",
    )


def _write(folder: Path, table: pd.DataFrame, words: Words, now: dict[str, dict[str, str]]) -> None:
    """Words first: hashes of now must never stand beside words of before."""
    lengths = [_length(words[_cell(name, n)])
               for name, n in zip(table["world"], table["n_per_arm"], strict=True)]  # fmt: skip
    hashes = {key: [now[name][key] for name in table["world"]] for key in HASHES}
    renewed = table.assign(**hashes, judged_again=lengths)
    write_atomic(folder / "words.json", (json.dumps(words, indent=1) + "\n").encode())
    text = renewed.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    write_atomic(folder / "table.csv", text.encode())
