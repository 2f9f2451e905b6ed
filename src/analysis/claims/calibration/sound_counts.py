"""Whether stored counts and words agree with one another, before they are taken for measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.calibration.common_analyses import COMMON
from analysis.claims.calibration.counts import KEPT
from analysis.claims.calibration.design import scenario
from analysis.claims.calibration.pieces import LETTERS
from analysis.claims.calibration.trial import CLAIMS
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED
from analysis.estimates.proportions import exact_share

__all__ = ["unsound"]

COUNTS = {"supported": SUPPORTED, "contradicted": CONTRADICTED, "not_decided": NOT_DECIDED,
          "not_testable": NOT_TESTABLE}  # fmt: skip
WHOLE = ("n_per_arm", "replicates", "seed", *COUNTS, *COMMON)
SHARES = ("rate", "mc_low", "mc_high")
KINDS = (*CLAIMS, "by estimate", *COMMON)


def unsound(table: pd.DataFrame, words: Any) -> str:
    """The first thing that keeps counts from being whole, in words; empty where nothing does.

    Parameters
    ----------
    table : DataFrame
        As :func:`analysis.claims.calibration.counts.read_table` gives it.
    words : dict of dict of str
        One letter a stored trial, by cell and kind: as many as are kept of so many trials, and
        no more of a letter than the table counts.
    """
    return next(_faults(table, words), "")


def _faults(table: pd.DataFrame, words: Any) -> Iterator[str]:
    lacking = [name for name in ("claim", "world", "by_estimate", *WHOLE, *SHARES)
               if name not in table]  # fmt: skip
    if table.empty or lacking:
        yield f"table.csv has no row, or lacks a column ({', '.join(lacking) or 'none'})"
        return
    for column in (*WHOLE, *SHARES):
        numbers, whole = pd.to_numeric(table[column], errors="coerce"), column in WHOLE
        if not np.isfinite(numbers).all() or (whole and (numbers % 1 != 0).any()):
            yield f"table.csv, {column}: a value is no {'whole ' * whole}number"
            return
    for world in sorted(map(str, table["world"].unique())):
        try:
            scenario(world)
        except ValueError:
            yield f"There is no world named {world} any longer"
    if not isinstance(words, dict):
        yield "words.json is no table of cells"
        return
    for (name, n), rows in table.groupby(["world", "n_per_arm"], sort=True):
        cell = f"{name} n{n}"
        yield from (f"{cell}: {fault}" for fault in _of_cell(rows, words.get(cell)))


def _of_cell(rows: pd.DataFrame, kinds: Any) -> Iterator[str]:
    if sorted(rows["claim"]) != sorted(CLAIMS):
        yield f"table.csv has other rows than one for each of {', '.join(CLAIMS)}"
        return
    if not isinstance(kinds, dict) or not all(isinstance(kinds.get(kind), str) for kind in KINDS):
        yield f"words.json does not hold the letters of {', '.join(KINDS)}"
        return
    for row in rows.to_dict("records"):
        trials, claim = int(row["replicates"]), row["claim"]
        if sum(row[name] for name in COUNTS) != trials:
            yield f"the counts of {claim} do not add up to its trials"
            return
        share = exact_share(int(row["supported"]), trials)
        told = [share["estimate"], share["ci_low"], share["ci_high"]]
        # The table has six digits.
        if not np.allclose([row[name] for name in SHARES], told, rtol=1e-5, atol=1e-9):
            yield f"rate and limits of {claim} are not those of its counts"
        if any(len(kinds[kind]) != min(KEPT, trials) for kind in KINDS):
            yield f"words.json does not hold {min(KEPT, trials)} letters of each kind"
            return
        letters = kinds[claim]
        if any(letters.count(LETTERS[word]) > row[name] for name, word in COUNTS.items()):
            yield f"more trials are stored with a verdict on {claim} than the table counts"
        yes = LETTERS[SUPPORTED]
        if any(kinds[kind].count(yes) > row[kind] for kind in COMMON) or (
            claim == "onset" and kinds["by estimate"].count(yes) > row["by_estimate"]
        ):
            yield "more trials are stored as found than the table counts"
