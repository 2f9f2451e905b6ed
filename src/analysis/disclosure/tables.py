"""Tables as they leave: counts, estimates and the participant flow of real people.

What no rule for a single number sees is asked here: rows of people, extremes, identifiers, ages
of 90 and more and dates, counts that follow from others. Synthetic data and published results
are for all and do not pass here. Figures: :mod:`analysis.disclosure.figure`.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from analysis.disclosure.policy import Policy
from analysis.disclosure.release import released_flow
from analysis.disclosure.suppression import Relation, withheld
from analysis.readers.table.identifiers import refuse_identifiers
from analysis.rules import refusal

__all__ = ["WITHHELD", "released_table"]

WITHHELD = "withheld"
_TOTALS = ("all", "total", "sum")
_PERSON = ("subject", "form", "id", "person", "patient", "participant", "row")
_EXTREMES = re.compile(r"(?:^|_)(?:min|max|minimum|maximum|range|lowest|highest)(?:$|_)")
_OLDEST = 90
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2}.*)?", re.DOTALL)


def released_table(table: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """A table as it may be passed on.

    Told by its columns: the table of estimates (``n``, ``estimate``; with a column ``cell``, which
    does not leave), the participant flow (``stage``, ``arm``, ``n``), or else counts, whose rows
    and columns named ``all``, ``total`` or ``sum`` are their sums. Counts below the minimum are
    told as that, further ones are withheld so that none of them can be worked out, and the others
    are rounded. Ages of 90 and more become one group, dates their year
    (45 CFR 164.514(b)(2)(i)(B), (C)).

    Parameters
    ----------
    table : DataFrame
    policy : Policy

    Raises
    ------
    ReliefError
        ``release.person-rows``, ``release.extremes`` or ``identifier.column``.
    """
    names = [str(name).lower() for name in [*table.index.names, *table.columns]]
    if any(name in _PERSON for name in names):
        raise refusal("release.person-rows")
    if any(_EXTREMES.search(name) for name in names):
        raise refusal("release.extremes")
    refuse_identifiers(names, "the table")
    table = _generalised(table)
    if {"n", "estimate"} <= set(table):
        records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
        rows = [policy.row(one)[0] for one in records]
        columns = [name for name in table if name != "cell"]
        return pd.DataFrame(rows, index=table.index, columns=columns)
    if {"stage", "arm", "n"} <= set(table):
        return released_flow(table, policy)
    return _counts(table, policy)


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


def _counts(table: pd.DataFrame, policy: Policy) -> pd.DataFrame:
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
    mask = withheld(grid.ravel(), relations, minimum=policy.minimum).reshape(grid.shape)
    shown = table.copy()
    for number, name in enumerate(numeric):
        told = [
            WITHHELD if hidden and n >= policy.minimum else policy.count(n)
            for n, hidden in zip(grid[:, number], mask[:, number], strict=True)
        ]
        plain = all(isinstance(one, int) for one in told)
        shown[name] = pd.Series(told, index=table.index, dtype=int if plain else object)
    return shown
