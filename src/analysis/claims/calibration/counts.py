"""Counts of words from the pieces of a calibration, and the table that is committed."""

from __future__ import annotations

import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.design import scenario
from analysis.claims.calibration.pieces import LETTERS, keys
from analysis.claims.calibration.trial import CLAIMS
from analysis.claims.definitions import Definitions
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.estimates.proportions import exact_share
from analysis.writing import write_atomic

__all__ = ["HASHES", "Merged", "is_current", "merge", "read_table", "rows_of"]

# What a cell depends on.
HASHES = ("decisions_sha256", "code_sha256", "world_sha256")
# What every scenario of the catalogue has.
COMPARATOR = "active"
# Of each cell so many words are kept, one letter a trial, for the tests to judge again.
KEPT = 200
_CELL = ["world", "n_per_arm"]
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
        world); fell_back, failed (fits); loss (mean share without a score in the window); one
        column an analysis of ``COMMON`` of
        :mod:`analysis.claims.calibration.common_analyses` (trials in which it finds relief; 0
        where the design is not the usual one); by_row (trials with a word by the row that gate
        7 reads for them, as JSON);
        seed; decisions_sha256, code_sha256, world_sha256; judged_again (trials that a renewal
        of these hashes has judged again, 0 where there was none).
    """
    cells: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        cells[result["world"], result["n_per_arm"]].append(result)
    rows = [row for key in sorted(cells) for row in _cell(*key, cells[key])]
    return pd.DataFrame(rows)


def _cell(name: str, n: int, parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = sorted(parts, key=lambda part: part["start"])

    truth = scenario(name)[0]
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
        "loss": round(sum(part["missing"] for part in parts) / replicates, 4),
        "comparator": COMPARATOR,
        **{name: relief[name] for name in COMMON},
        "by_row": json.dumps(_by_row(parts), separators=(",", ":")),
        **{key: parts[0][key] for key in ("seed", *HASHES)},
        "judged_again": 0,
    }  # fmt: skip
    rows = []
    for claim in CLAIMS:
        letters = Counter(_letters(parts, claim))
        count = {word: letters[letter] for word, letter in LETTERS.items()}
        limits = exact_share(count[SUPPORTED], replicates)
        numbers = (count[SUPPORTED], count[CONTRADICTED],
                   *(limits[key] for key in ("estimate", "ci_low", "ci_high")))  # fmt: skip
        row = dict(zip(_ROW, (claim, name, n, replicates, *numbers), strict=True))
        row |= {"not_decided": count[NOT_DECIDED], "not_testable": count[NOT_TESTABLE]}
        row["by_estimate"] = by_estimate if claim == "onset" else None
        rows.append(row | shared)
    return rows


def _by_row(parts: list[dict[str, Any]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for part in parts:
        found.update(part["by_row"])
    return dict(sorted(found.items()))


def _letters(parts: list[dict[str, Any]], claim: str) -> str:
    return "".join(part["words"][claim] for part in parts)


@dataclass(frozen=True)
class Merged:
    """The counts of all pieces, and what was left out of them.

    Attributes
    ----------
    rows : DataFrame
        As :func:`rows_of` gives them, with the cells that were committed before.
    left_out : dict
        Why, and how many.
    """

    rows: pd.DataFrame
    left_out: dict[str, int]


def merge(shards: Path, table: Path, words: Path) -> Merged:
    """Count all pieces of a folder into the committed table, and keep some words of each cell.

    Pieces made by other rules, code or parameters than those of now are left out, and so are
    pieces of any seed but the one with the most trials, and files that hold no piece.
    """
    found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    out: Counter[str] = Counter()
    for file in sorted(shards.glob("*.json")):
        part, why = _read(file)
        if part is None:
            out[why] += 1
        else:
            found[part["world"], part["n_per_arm"]].append(part)
    pieces = {cell: _one_seed(parts) for cell, parts in sorted(found.items())}
    of_now = sum(len(parts) for parts in found.values())
    out["piece(s) of another seed"] += of_now - sum(len(parts) for parts in pieces.values())
    counted = rows_of(part for parts in pieces.values() for part in parts)
    rows, gone = _with_committed(counted, table)
    out["cell(s) of the table that stood there, made with other rules or code"] += gone
    left_out = {why: count for why, count in out.items() if count}
    if rows.empty:
        return Merged(rows, left_out)
    # One order, whatever was there before: a run that is resumed writes the same bytes.
    rows = rows.sort_values(_CELL, kind="stable", ignore_index=True)
    write_atomic(table, rows.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode())
    sample = {
        f"{name} n{n}": {said: _letters(first, said)[:KEPT] for said in first[0]["words"]}
        for (name, n), parts in pieces.items()
        if (first := _from_the_first_trial(parts))
    }
    if words.exists():
        # Letters of cells that hold more trials, or were counted elsewhere, stay.
        old = json.loads(words.read_text(encoding="utf-8"))
        longer = {cell: kept for cell, kept in old.items() if len(kept["onset"]) >
                  len(sample.get(cell, {}).get("onset", ""))}  # fmt: skip
        sample |= longer
    cells = set((rows["world"] + " n" + rows["n_per_arm"].astype(str)).unique())
    sample = {cell: sample[cell] for cell in sorted(sample) if cell in cells}
    write_atomic(words, (json.dumps(sample, indent=1) + "\n").encode())
    return Merged(rows, left_out)


def _read(file: Path) -> tuple[dict[str, Any] | None, str]:
    """A piece made by the rules, code and world of now, or why the file is none."""
    try:
        part: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        now = keys(part["world"])
        if all(part[key] == value for key, value in now.items()):
            return part, ""
    except (OSError, ValueError, KeyError, TypeError):
        return None, "file(s) that hold no piece, or one of a world there is no longer"
    return None, "piece(s) made with other rules, code or world"


def _with_committed(rows: pd.DataFrame, table: Path) -> tuple[pd.DataFrame, int]:
    """The rows, and of the table that stands there the cells that hold more trials than they.

    Also how many of its cells, not counted again, were made with other rules or code.
    """
    if not table.exists():
        return rows, 0
    old = read_table(table)
    if rows.empty:
        return old, 0
    by_cell = rows.groupby(_CELL)["replicates"].max()
    now = by_cell.reindex(pd.MultiIndex.from_frame(old[_CELL])).fillna(0).to_numpy()
    same = old["decisions_sha256"].isin(rows["decisions_sha256"]) & (
        old["code_sha256"].isin(rows["code_sha256"])
    )
    stays = old[same & (old["replicates"] > now)]
    larger = pd.MultiIndex.from_frame(stays[_CELL])
    fresh = rows[~pd.MultiIndex.from_frame(rows[_CELL]).isin(larger)]
    both = [part for part in (stays, fresh) if len(part)]
    gone = len(old[~same & (now == 0)].drop_duplicates(_CELL))
    return pd.concat(both, ignore_index=True), gone


def read_table(path: Path) -> pd.DataFrame:
    """The counts that :func:`merge` wrote."""
    # A world is named null, which by default would be read as a missing value.
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def is_current(table: pd.DataFrame, definitions: Definitions | None = None) -> pd.Series:
    """Which rows were made by these rules, and by the code and the worlds of now.

    The other rows are pending: until they are renewed or counted anew they speak for nothing.
    """
    now: dict[str, list[str]] = {}
    for name in table["world"].unique():
        # A world that is gone, or called otherwise, has no hash of now.
        with contextlib.suppress(ValueError):
            now[name] = list(keys(name, definitions).values())
    same = [
        list(hashes) == now.get(name)
        for name, hashes in zip(
            table["world"], table[list(HASHES)].itertuples(index=False), strict=True
        )
    ]
    return pd.Series(same, index=table.index, dtype=bool)


def _one_seed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pieces of the seed with the most trials: others may not be counted with them."""
    trials: Counter[int] = Counter()
    for part in parts:
        trials[part["seed"]] += part["stop"] - part["start"]
    return [part for part in parts if part["seed"] == trials.most_common(1)[0][0]]


def _from_the_first_trial(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pieces from trial 0 on without a gap, so that a letter's place is its trial's number."""
    run: list[dict[str, Any]] = []
    for part in sorted(parts, key=lambda part: part["start"]):
        if part["start"] != (run[-1]["stop"] if run else 0):
            break
        run.append(part)
    return run
