"""A cell of the calibration in pieces: each a file of its own, so that a killed run goes on."""

from __future__ import annotations

import ast
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import analysis
from analysis.claims.calibration.trial import CLAIMS, judge_trial
from analysis.claims.definitions import load_definitions
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.simulate import Trial, trial, world
from analysis.writing import write_atomic

__all__ = ["LETTERS", "Piece", "code_sha256", "keep", "pieces", "run_piece", "stored", "trial_of"]

# Trials a file: about twenty seconds of work.
SIZE = 1000
LETTERS = {SUPPORTED: "S", CONTRADICTED: "C", NOT_DECIDED: "N", NOT_TESTABLE: "T"}
# What decides the words. Comments, layout and docstrings do not.
CODE = (
    "claims/calibration/common_analyses.py",
    "claims/calibration/trial.py",
    "claims/decision_rule.py",
    "claims/gates/robustness_of_scores.py",
    "claims/primary_analysis.py",
    "estimates/missing/closed_form.py",
    "estimates/missing/conditional_normal.py",
    "instruments/totals.py",
    "mmrm/moments/columns.py",
    "mmrm/fit/covariance.py",
    "mmrm/design/arrays.py",
    "mmrm/fit/maximise.py",
    "mmrm/inference/contrasts.py",
    "mmrm/inference/kenward_roger.py",
    "mmrm/fit/likelihood.py",
    "mmrm/moments/cross_products.py",
    "mmrm/inference/satterthwaite.py",
    "simulate/cohort.py",
    "simulate/course.py",
    "simulate/missing_data.py",
    "simulate/people.py",
    "simulate/trial.py",
)


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
    return trial(world(name), n_per_arm, generator(name, n_per_arm, number, seed))


def generator(name: str, n_per_arm: int, number: int, seed: int) -> np.random.Generator:
    """The source of randomness of one trial."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), n_per_arm, number])


def run_piece(piece: Piece, folder: Path | None) -> dict[str, Any]:
    """Judge the trials of a piece; keep the result as a file where a folder is given."""
    definitions = load_definitions()
    words: dict[str, list[str]] = {name: [] for name in (*CLAIMS, "by estimate")}
    relief: dict[str, int] = {}
    fell_back = failed = 0
    missing = 0.0
    for number in range(piece.start, piece.stop):
        drawn = trial_of(piece.world, piece.n_per_arm, number, piece.seed)
        judged = judge_trial(drawn, definitions)
        for claim, word in judged.words.items():
            words[claim].append(LETTERS[word])
        words["by estimate"].append(LETTERS[judged.by_estimate])
        for analysis_name, found in judged.relief.items():
            relief[analysis_name] = relief.get(analysis_name, 0) + int(found)
        fell_back += judged.fell_back
        failed += judged.failed
        missing += judged.missing
    result = {
        **asdict(piece),
        **keys(piece.world),
        "words": {claim: "".join(letters) for claim, letters in words.items()},
        "relief": relief,
        "fell_back": fell_back,
        "failed": failed,
        "missing": missing,
    }
    if folder is not None:
        keep(result, folder)
    return result


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


@cache
def keys(name: str) -> dict[str, str]:
    """Hashes of what a result depends on: the rules, the code, the world's parameters."""
    parameters = json.dumps(asdict(world(name)), sort_keys=True)
    return {
        "claims_sha256": load_definitions().sha256,
        "code_sha256": code_sha256(),
        "world_sha256": hashlib.sha256(parameters.encode()).hexdigest(),
    }


@cache
def code_sha256() -> str:
    """Hash of the modules that decide the words, their docstrings and comments left out."""
    root = Path(next(iter(analysis.__path__)))
    digest = hashlib.sha256()
    for pattern in CODE:
        for file in sorted(root.glob(pattern)):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            digest.update(f"{file.relative_to(root).as_posix()}\n".encode())
            digest.update(ast.dump(_without_docstrings(tree)).encode())
    return digest.hexdigest()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    return tree
