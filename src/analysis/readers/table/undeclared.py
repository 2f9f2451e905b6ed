"""Times that cannot be read before something is declared: refused, and never guessed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.readers.table.column_texts import Column
from analysis.readers.table.epochs import likely_epoch
from analysis.rules import refusal

__all__ = ["FEW", "refuse_counts", "refuse_slashes"]

# So few odd cells say nothing of the column.
FEW = 3
_SLASHED = (
    r"^(?P<first>[0-9]{1,4})(?P<mark>[/.])(?P<second>[0-9]{1,2})[/.][0-9]{1,4}(?:[^0-9](?s:.*))?$"
)


def refuse_slashes(column: Column, unread: np.ndarray) -> None:
    """Day and month in an order that nobody declared: never guessed."""
    slashed = column.match(_SLASHED, unread)
    if not slashed.any():
        return
    parts = pc.extract_regex(column.texts, _SLASHED)
    first, second = (
        pc.struct_field(parts, name).filter(pa.array(slashed)).cast(pa.int64()).to_numpy()
        for name in ("first", "second")
    )
    both_ways = np.zeros(len(slashed), dtype=bool)
    both_ways[slashed] = (first <= 12) & (second <= 12) & (first != second)
    mark = pc.struct_field(parts, "mark").filter(pa.array(slashed))[0].as_py()
    order = "dmY"
    if (first > 31).all():
        order = "Ymd"
    elif (second > 12).any():
        order = "mdY"
    raise refusal(
        "time.ambiguous-order",
        file=column.file,
        column=column.name,
        count=int(column.rows(slashed).sum()),
        total=len(column.rows(slashed)),
        ambiguous=int(column.rows(both_ways).sum()),
        example=mark.join(f"%{part}" for part in order) + " %H:%M",
    )


def refuse_counts(column: Column, counts: np.ndarray, around: float) -> None:
    """Refuse bare numbers that count days or seconds, but as a spreadsheet counts days."""
    count = int(column.rows(counts).sum())
    if count < FEW:
        return
    numbers = column.texts.filter(pa.array(counts)).cast(pa.float64()).to_numpy()
    likely = likely_epoch(numbers, around)
    if likely is None or likely in (("days", 1900), ("days", 1904)):
        return
    unit, year = likely
    said = f"{unit} since {year}"
    raise refusal("time.epoch", file=column.file, column=column.name, count=count, likely=said)
