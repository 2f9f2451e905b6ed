"""Tables as they leave: counts and estimates of real people.

The rules are those that data centres check outputs by (the rule of ten; no extremes; no rows
of people; no differencing), as in Hundepool et al. 2012, doi:10.1002/9781118348239, and the
handbook of the SDC data access professionals, doi:10.6084/m9.figshare.9958520. Synthetic data
and published results are for all and do not pass here. Figures: :mod:`analysis.disclosure.figure`.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from analysis.checks.participant_flow import ANALYSED, READ, SET_ASIDE
from analysis.disclosure.suppression import Relation, withheld
from analysis.estimates.table import NUMBERS
from analysis.readers.table.identifiers import refuse_identifiers
from analysis.rules import refusal

__all__ = ["WITHHELD", "shareable_table"]

WITHHELD = "withheld"
_TOTALS = ("all", "total", "sum")
_PERSON = ("subject", "form", "id", "person", "patient", "participant", "row")
_EXTREMES = re.compile(r"(?:^|_)(?:min|max|minimum|maximum|range|lowest|highest)(?:$|_)")
_DIGITS = 3
_OLDEST = 90
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2}.*)?", re.DOTALL)
# A number that counts something: whole, and followed by no unit.
_COUNT = re.compile(
    r"(?<![\w.,:%/-])(\d+)(?![\w:%-]|[.,]\d|–)"
    r"(?! ?(?:h|hours?|days?|weeks?|months?|minutes?|points?|%|SD|mg|to)\b)(?! ?%)"
)
_PART = re.compile(r"(\d+) of (\d+)")


def shareable_table(
    table: pd.DataFrame, *, minimum: int = 10, for_all: bool = False
) -> pd.DataFrame:
    """A table as it may be shared.

    Told by its columns: the table of estimates (``n``, ``estimate``), the participant flow
    (``stage``, ``arm``, ``n``), or else counts, whose rows and columns named ``all``,
    ``total`` or ``sum`` are their sums. Counts from 1 to below the minimum are withheld, and
    further ones so that none can be worked out; estimates on fewer people, and shares with
    fewer on either side, lose their numbers; the others keep three significant digits. Ages
    of 90 and more become one group, dates their year (45 CFR 164.514(b)(2)(i)(B), (C)).

    Parameters
    ----------
    table : DataFrame
    minimum : int
        The smallest count that may be shown.
    for_all : bool
        Synthetic or published: nothing is withheld.

    Raises
    ------
    ReliefError
        ``release.person-rows``, ``release.extremes`` or ``identifier.column``.
    """
    names = [str(name).lower() for name in [*table.index.names, *table.columns]]
    if any(name in _PERSON for name in names):
        raise refusal("release.person-rows")
    if for_all:
        return table
    if any(_EXTREMES.search(name) for name in names):
        raise refusal("release.extremes")
    refuse_identifiers(names, "the table")
    table = _generalised(table)
    if {"n", "estimate"} <= set(table):
        records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
        rows = _estimates(records, minimum)
        return pd.DataFrame(rows, index=table.index, columns=table.columns)
    if {"stage", "arm", "n"} <= set(table):
        return _flow(table, minimum)
    return _counts(table, minimum)


def _generalised(table: pd.DataFrame) -> pd.DataFrame:
    """Old ages as one group, dates as years."""
    shown = table.copy()
    for name in shown:
        column = shown[name]
        if str(name).lower() in ("age", "age_years") and (column >= _OLDEST).any():
            old = column >= _OLDEST
            shown[name] = column.astype(object).mask(old, f"{_OLDEST} or older")
        elif pd.api.types.is_datetime64_any_dtype(column):
            shown[name] = column.dt.year
        elif not pd.api.types.is_numeric_dtype(column):
            shown[name] = [
                cell[:4] if isinstance(cell, str) and _DAY.fullmatch(cell) else cell
                for cell in column
            ]
    return shown


# --- counts ---------------------------------------------------------------------------------


def _counts(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Counts by one or two classifications, with whatever totals they have."""
    numeric = [name for name in table if pd.api.types.is_integer_dtype(table[name])]
    grid = table[numeric].to_numpy(dtype=int)
    cell = np.arange(grid.size).reshape(grid.shape)
    relations: list[Relation] = []
    for axis, labels in ((0, table.index), (1, pd.Index(numeric))):
        total = [n for n, label in enumerate(labels) if str(label).lower() in _TOTALS]
        if len(total) == 1:
            parts = np.delete(cell, total[0], axis=axis)
            sums = np.take(cell, total[0], axis=axis)
            relations += [
                (int(sums[n]), np.take(parts, n, axis=1 - axis).tolist()) for n in range(len(sums))
            ]
    return _masked(table, numeric, withheld(grid.ravel(), relations, minimum=minimum))


def _flow(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Participant flow: people read are those set aside and those analysed, in every arm."""
    flow = table.reset_index(drop=True)
    relations: list[Relation] = []
    for _, own in flow.groupby("arm", sort=False):
        read = own.index[own["stage"] == READ]
        parts = own.index[own["stage"].isin([SET_ASIDE, ANALYSED])]
        if len(read) == 1 and len(parts):
            relations.append((int(read[0]), parts.tolist()))
    # Who was analysed is told beside every estimate; who was read is told nowhere else.
    dear = flow["stage"].map({READ: 1, ANALYSED: 2}).fillna(0).to_numpy()
    mask = withheld(flow["n"].to_numpy(dtype=int), relations, minimum=minimum, dear=dear)
    return _masked(table, ["n"], mask)


def _masked(table: pd.DataFrame, columns: list[Any], mask: np.ndarray) -> pd.DataFrame:
    shown = table.copy()
    for number, name in enumerate(columns):
        own = mask.reshape(len(table), len(columns))[:, number]
        if own.any():
            shown[name] = shown[name].astype(object).mask(own, WITHHELD)
    return shown


# --- estimates ---------------------------------------------------------------


def _small(count: int, minimum: int) -> bool:
    return 1 <= count < minimum


def _tells(text: str, minimum: int) -> bool:
    """Whether a sentence holds a small count, or a share with few on either side of it."""
    if any(_small(int(count), minimum) for count in _COUNT.findall(text)):
        return True
    parts = [(int(part), int(whole)) for part, whole in _PART.findall(text)]
    return any(_small(part, minimum) or _small(whole - part, minimum) for part, whole in parts)


def _rounded(value: Any) -> Any:
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return float(f"{value:.{_DIGITS}g}")


def _estimates(rows: list[dict[str, Any]], minimum: int) -> list[dict[str, Any]]:
    """Rows of the table of estimates without the numbers of few people, the others rounded.

    What follows from a withheld share, and names no counts of its own, is withheld with it.
    """
    few = [_few(row, minimum) for row in rows]
    if any(few):
        few = [one or _follows(row) for one, row in zip(few, rows, strict=True)]
    told = f"{WITHHELD}: fewer than {minimum} people behind a number"
    empty = dict.fromkeys(NUMBERS, math.nan) | {"method": told}
    return [
        {name: empty.get(name, value) if one else _rounded(value) for name, value in row.items()}
        for one, row in zip(few, rows, strict=True)
    ]


def _follows(row: dict[str, Any]) -> bool:
    """Whether a row is worked out from shares that stand in other rows."""
    return "share" in str(row.get("estimand")) and not _PART.search(str(row.get("method")))


def _few(row: dict[str, Any], minimum: int) -> bool:
    # A difference is of two groups, and each must have enough people.
    groups = 1 + str(row.get("contrast", "")).count(" - ")
    n = row.get("n", math.nan)
    few = not pd.isna(n) and float(n) < groups * minimum
    return few or _tells(str(row.get("method", "")), minimum)
