"""In which order visits stand: as declared, else as their names read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from analysis.mmrm.design.levels import Coded, natural_key

__all__ = ["declared_visits", "visit_order"]


def visit_order(column: Coded, name: str) -> tuple[Any, ...]:
    """Visits in declared order (ordered categorical), else in natural order.

    Raises
    ------
    ValueError
        When a declared visit was seen by nobody.
    """
    present = column.present()
    if not column.ordered:
        return tuple(sorted(present, key=natural_key))
    return declared_visits(column.labels, present, name)


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
