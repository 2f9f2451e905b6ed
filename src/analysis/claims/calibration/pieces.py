"""A cell of the calibration in pieces: each a file of its own, so that a killed run goes on."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis import instruments
from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.design import scenario
from analysis.claims.calibration.kept_hash import kept_sha256
from analysis.claims.calibration.trial import Judged, judge_trials
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.simulate import Trial, World, trial, trials
from analysis.writing import write_atomic

__all__ = [
    "LETTERS",
    "Piece",
    "drawn_world",
    "keep",
    "keys",
    "pieces",
    "run_piece",
    "stored",
    "trial_of",
    "trials_of",
]

# Trials a file, trials that are judged at once, and people that are drawn at once: their arrays
# stay in a processor's cache.
SIZE, TOGETHER, PEOPLE = 1000, 250, 960
# Words that gate 7 may take away.
_DECIDED = "SC"
LETTERS = {SUPPORTED: "S", CONTRADICTED: "C", NOT_DECIDED: "N", NOT_TESTABLE: "T"}


@dataclass(frozen=True)
class Piece:
    """Trials ``start`` to ``stop`` of one world and size."""

    world: str
    n_per_arm: int
    start: int
    stop: int
    seed: int

    @property
    def name(self) -> str:
        """The file it is kept in."""
        return f"{self.world}_n{self.n_per_arm}_{self.start:06d}.json"


def pieces(worlds: list[str], sizes: list[int], replicates: int, seed: int) -> Iterator[Piece]:
    """All pieces of the cells asked for, world by world."""
    for n in sizes:
        for name in worlds:
            for start in range(0, replicates, SIZE):
                yield Piece(name, n, start, min(start + SIZE, replicates), seed)


def trial_of(name: str, n_per_arm: int, number: int, seed: int) -> Trial:
    """One trial of a cell: the same whichever piece, worker or session draws it."""
    return trial(drawn_world(name), n_per_arm, generator(name, n_per_arm, number, seed))


def trials_of(name: str, n_per_arm: int, numbers: Sequence[int], seed: int) -> list[Trial]:
    """Trials of a cell, each the one that :func:`trial_of` draws."""
    found: list[Trial] = []
    world = drawn_world(name)
    together = max(1, PEOPLE // (world.people_per_n * n_per_arm))
    for start in range(0, len(numbers), together):
        sources = [generator(name, n_per_arm, i, seed) for i in numbers[start : start + together]]
        found += trials(world, n_per_arm, sources)
    return found


@cache
def drawn_world(name: str) -> World:
    """The world of a scenario at the design that its name asks for."""
    truth, design = scenario(name)
    return design.drawn(truth.world)


def generator(name: str, n_per_arm: int, number: int, seed: int) -> np.random.Generator:
    """The source of randomness of one trial."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), n_per_arm, number])


def run_piece(piece: Piece, folder: Path | None) -> dict[str, Any]:
    """Judge the trials of a piece; keep the result as a file where a folder is given.

    A common analysis that finds relief counts as one that says supported.
    """
    definitions = load_definitions()
    words: dict[str, list[str]] = defaultdict(list)
    fell_back = failed = 0
    missing = 0.0
    by_row: Counter[str] = Counter()
    for judged in _judged(piece, definitions):
        for claim, word in judged.words.items():
            words[claim].append(LETTERS[word])
        words["by estimate"].append(LETTERS[judged.by_estimate])
        for analysis_name, found in judged.relief.items():
            words[analysis_name].append(LETTERS[SUPPORTED if found else NOT_DECIDED])
        fell_back += judged.fell_back
        failed += judged.failed
        missing += judged.missing
        if (word := LETTERS[judged.words["onset"]]) in _DECIDED:
            by_row[f"{judged.row} {word}"] += 1
    result = {
        **asdict(piece),
        **keys(piece.world),
        "words": {claim: "".join(letters) for claim, letters in words.items()},
        "relief": {name: words[name].count(LETTERS[SUPPORTED]) for name in COMMON},
        "by_row": dict(sorted(by_row.items())),
        "fell_back": fell_back,
        "failed": failed,
        "missing": missing,
    }
    if folder is not None:
        keep(result, folder)
    return result


def _judged(piece: Piece, definitions: Definitions) -> Iterator[Judged]:
    for start in range(piece.start, piece.stop, TOGETHER):
        numbers = range(start, min(start + TOGETHER, piece.stop))
        drawn = trials_of(piece.world, piece.n_per_arm, numbers, piece.seed)
        yield from judge_trials(drawn, definitions, scenario(piece.world)[1])


def keep(result: dict[str, Any], folder: Path) -> None:
    """Write the result of a piece into its file, whole or not at all."""
    own = {name: result[name] for name in Piece.__dataclass_fields__}
    write_atomic(folder / Piece(**own).name, (json.dumps(result, indent=1) + "\n").encode())


def stored(piece: Piece, folder: Path) -> dict[str, Any] | None:
    """The kept result of a piece, if it was made by these rules, this code and this world."""
    try:
        kept: dict[str, Any] = json.loads((folder / piece.name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {**asdict(piece), **keys(piece.world)}
    return kept if all(kept.get(name) == value for name, value in wanted.items()) else None


def keys(name: str, definitions: Definitions | None = None) -> dict[str, str]:
    """Hashes of what a result depends on: what decides in the rules and in the code, the world."""
    return {
        "decisions_sha256": (definitions or load_definitions()).decisions_sha256,
        "code_sha256": code_of_now(),
        "world_sha256": _world_sha256(name),
    }


@cache
def code_of_now() -> str:
    """The hash of the code that draws and judges a trial."""
    return kept_sha256(*roots())


def roots() -> tuple[str, ...]:
    """Where a trial's word begins: how it is drawn, from which numbers, and judged."""
    own = (trials, generator, judge_trials)
    return tuple(f"{function.__module__}:{function.__qualname__}" for function in own)


@cache
def _world_sha256(name: str) -> str:
    """Of a world's parameters, and of what the scoring of its forms takes from the scales."""
    truth = drawn_world(name)
    forms = {}
    for scale_name, version, *_ in truth.forms.values():
        scale = instruments.get(scale_name)
        items = scale.item_numbers(version)
        allowed = scale.blanks_allowed(len(items))
        forms[f"{scale_name} {version}"] = [
            items, scale.item_low(version), scale.item_max(version), scale.item_step, allowed,
            {key: dict(groups) for key, groups in scale.subscale_keys.items()},
            scale.version_items, scale.versions[version],
        ]  # fmt: skip
    parameters = json.dumps({"world": asdict(truth), "forms": forms}, sort_keys=True)
    return hashlib.sha256(parameters.encode()).hexdigest()
