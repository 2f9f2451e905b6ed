"""The same quantity in several cells: whether they say the same of it.

A quantity is an estimand of a contrast on a form in a window. A cell may give more estimates of it
than another (a mean by several methods), never others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from tests.notebooks.cells import Shown

__all__ = ["disagreements"]

QUANTITY = ["estimand", "contrast", "instrument", "window"]
NUMBERS = ["n", "estimate", "ci_low", "ci_high"]


def disagreements(shown: Iterable[Shown]) -> list[str]:
    """Quantities whose numbers differ between two tables, in words."""
    known: dict[tuple[str, ...], tuple[str, set[tuple[str, ...]]]] = {}
    found = []
    for place, rows in _tables(shown):
        for quantity, own in rows.groupby(QUANTITY, sort=False):
            numbers = set(own[NUMBERS].itertuples(index=False, name=None))
            first, others = known.setdefault(tuple(quantity), (place, numbers))
            if not (numbers <= others or others <= numbers):
                found.append(
                    f"{quantity}: {sorted(others)} in {first}, {sorted(numbers)} in {place}"
                )
    return found


def _tables(shown: Iterable[Shown]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of estimates that says what it is of, and the notebook."""
    for one in shown:
        for block in (block for section in one.sections for block in section.blocks):
            table = getattr(block, "data", block)
            if isinstance(table, pd.DataFrame):
                rows = table.reset_index().reindex(columns=QUANTITY + NUMBERS)
                if rows[QUANTITY].notna().all(axis=None):
                    yield one.name, rows.astype(object).fillna("–").astype(str)
