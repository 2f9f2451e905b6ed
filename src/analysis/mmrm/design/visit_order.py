"""In which order visits stand: as declared, else as their names read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from analysis.mmrm.design.levels import Coded
from analysis.mmrm.design.natural_order import natural_order

__all__ = ["declared_visits", "order_is_declared", "visit_order"]


def visit_order(column: Coded, name: str) -> tuple[Any, ...]:
    """Visits in declared order (categories, ordered or not), else in natural order.

    Raises
    ------
    ValueError
        When a visit of ordered categories was seen by nobody.
    """
    present = column.present()
    return declared_visits(column.labels, present, name) if column.ordered else present


def order_is_declared(column: Coded, visits: tuple[Any, ...]) -> bool:
    """Whether the data say the order: by ordered categories, by numbers, or by categories.

    Categories in the order of the alphabet are what pandas makes of text by itself: they are
    followed, as all are, but say nothing where a person would order them otherwise.
    """
    if column.ordered or all(isinstance(visit, (int, float, np.number)) for visit in visits):
        return True
    if not column.declared:
        return False
    labels = [str(label) for label in column.labels]
    return labels != sorted(labels) or visits == natural_order(visits)


def declared_visits(declared: Iterable[Any], present: Iterable[Any], name: str) -> tuple[Any, ...]:
    """The declared visits, all of which must have been seen."""
    declared, seen = tuple(declared), set(present)
    empty = [str(value) for value in declared if value not in seen]
    if empty:
        raise ValueError(
            f"No row that can be used has {name} {', '.join(empty)}, which the column "
            "declares: remove the category or find the missing rows."
        )
    return declared
