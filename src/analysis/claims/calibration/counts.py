"""Counts of words from the pieces of a calibration, and the table that is committed."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from analysis.claims.calibration.shards import LETTERS, keys
from analysis.claims.calibration.trial import CLAIMS
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.simulate import entry
from analysis.writing import write_atomic

__all__ = ["VISITS", "merge", "read_table", "rows_of"]

# What every world of the catalogue has: the design that a cell is committed for.
VISITS, COMPARATOR = 2, "active"
# Of each cell so many words are kept, one letter a trial, for the tests to judge again.
KEPT = 200
_ROW = ("claim", "world", "n_per_arm", "replicates", "supported", "contradicted", "rate", "mc_low",
        "mc_high")  # fmt: skip


def rows_of(results: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a claim, world and size.

    Returns
    -------
    DataFrame
        claim; world; n_per_arm; replicates; supported, contradicted (trials); rate of
        supported with the exact 95 % Monte Carlo interval mc_low, mc_high, so that mc_high is
        a 97.5 % upper limit; not_decided, not_testable (trials); by_estimate (trials that gate
        5 alone supports; only for onset); no_effect, bias_sd (what the catalogue says of the
        world); fell_back, failed (fits); dropout (mean share without a score at the last
        visit); one column an analysis of :mod:`analysis.claims.calibration.common` (trials in
        which it finds relief); seed, claims_sha256, code_sha256, world_sha256.
    """
    cells: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        cells[result["world"], result["n_per_arm"]].append(result)
    rows = [row for key in sorted(cells) for row in _cell(*key, cells[key])]
    return pd.DataFrame(rows)


def _cell(name: str, n: int, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = sorted(parts, key=lambda part: part["start"])
    truth = entry(name)
    relief: Counter[str] = Counter()
    for part in parts:
        relief.update(part["relief"])
    replicates = sum(part["stop"] - part["start"] for part in parts)
    by_estimate = _letters(parts, "by estimate").count(LETTERS[SUPPORTED])
    shared = {
        "no_effect": truth.no_effect,
        "bias_sd": truth.bias,
        "drug_sd": truth.drug,
        "fell_back": sum(part["fell_back"] for part in parts),
        "failed": sum(part["failed"] for part in parts),
        "dropout": round(sum(part["missing"] for part in parts) / replicates, 4),
        "visits": VISITS,
        "comparator": COMPARATOR,
        **relief,
        **{key: parts[0][key] for key in
           ("seed", "claims_sha256", "code_sha256", "world_sha256")},
    }  # fmt: skip
    rows = []
    for claim in CLAIMS:
        letters = Counter(_letters(parts, claim))
        count = {word: letters[letter] for word, letter in LETTERS.items()}
        limits = stats.binomtest(count[SUPPORTED], replicates).proportion_ci(method="exact")
        numbers = (count[SUPPORTED], count[CONTRADICTED], count[SUPPORTED] / replicates)
        row = dict(zip(_ROW, (claim, name, n, replicates, *numbers, limits.low, limits.high),
                       strict=True))  # fmt: skip
        row |= {"not_decided": count[NOT_DECIDED], "not_testable": count[NOT_TESTABLE]}
        row["by_estimate"] = by_estimate if claim == "onset" else None
        rows.append(row | shared)
    return rows


def _letters(parts: list[dict[str, Any]], claim: str) -> str:
    return "".join(part["words"][claim] for part in parts)


def merge(shards: Path, table: Path, words: Path) -> pd.DataFrame:
    """Count all pieces of a folder into the committed table, and keep some words of each cell.

    Pieces made by other rules, code or parameters than those of now are left out, and so are
    pieces of any seed but the one with the most trials.
    """
    found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for file in sorted(shards.glob("*.json")):
        part = json.loads(file.read_text(encoding="utf-8"))
        found[part["world"], part["n_per_arm"]].append(part)
    kept = {cell: _alike(parts) for cell, parts in sorted(found.items())}
    rows = rows_of(part for parts in kept.values() for part in parts)
    write_atomic(table, rows.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode())
    sample = {
        f"{name} n{n}": {claim: _letters(first, claim)[:KEPT] for claim in CLAIMS}
        for (name, n), parts in kept.items()
        if (first := _from_the_first_trial(parts))
    }
    write_atomic(words, (json.dumps(sample, indent=1) + "\n").encode())
    return rows


def read_table(path: Path) -> pd.DataFrame:
    """The counts that :func:`merge` wrote."""
    # A world is named null, which by default would be read as a missing value.
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def _alike(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces that may be counted together: of one seed, and the rules, code and world of now."""
    now = keys(parts[0]["world"])
    own = [part for part in parts if all(part[key] == value for key, value in now.items())]
    trials: Counter[int] = Counter()
    for part in own:
        trials[part["seed"]] += part["stop"] - part["start"]
    return [part for part in own if part["seed"] == trials.most_common(1)[0][0]]


def _from_the_first_trial(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces from trial 0 on without a gap, so that a letter's place is its trial's number."""
    run: list[dict[str, Any]] = []
    for part in sorted(parts, key=lambda part: part["start"]):
        if part["start"] != (run[-1]["stop"] if run else 0):
            break
        run.append(part)
    return run
