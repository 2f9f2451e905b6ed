"""Answers: items and totals as numbers, within the scale and counted from its lowest value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable
from analysis.readers.reading import FEW, Reading
from analysis.readers.text import TextTable

__all__ = ["items", "totals"]

# Values that stand for missing in many exports; outside a scale they must be declared.
_CODES = (-9, -8, -7, -88, -99, -98, -97, -77, -66, -999, -9999,
          77, 88, 96, 97, 98, 99, 777, 888, 998, 999, 9999)  # fmt: skip
# So many complete forms without the lowest answer are not by chance.
_MANY_FORMS = 30


def totals(reading: Reading, table: TextTable, spec: AssessmentTable) -> np.ndarray:
    """Stated totals in points; one beyond the scale says that the column holds something else."""
    scale, column = instruments.get(spec.instrument), str(spec.total)
    values = reading.number(table, column, spec, "totals")
    low, high = scale.total_range(spec.version)
    outside = (values < low) | (values > high)
    place = {"scale": scale.name, "low": f"{low:g}", "high": f"{high:g}"}
    reading.refuse("score.out-of-range", table, outside, column, **place)
    fractions = ~np.isnan(values) & (values != np.floor(values))
    reading.note("form.fractional-total", table, fractions, column, scale=scale.name)
    return values


def items(reading: Reading, table: TextTable, spec: AssessmentTable) -> pd.DataFrame | None:
    """Items counted from the scale's own lowest value, one column an item number.

    None where the table declares no items.
    """
    if spec.frequency is not None and spec.intensity is not None:
        return _rated_twice(reading, table, spec, spec.frequency, spec.intensity)
    columns = spec.item_columns()
    return _matrix(reading, table, spec, columns) if columns else None


def _matrix(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str]
) -> pd.DataFrame:
    """A column of numbers an item; what no answer can be is set aside."""
    scale = instruments.get(spec.instrument)
    tops = np.array(scale.item_max(spec.version), float)
    read = [reading.number(table, column, spec, "items") for column in columns]
    values = np.column_stack(read) - spec.item_base
    _check_base(reading, table, spec, values, tops)
    with np.errstate(invalid="ignore"):
        outside = (values < scale.item_min) | (values > tops) | (values != np.floor(values))
    outside &= ~np.isnan(values)
    codes = outside & np.isin(values + spec.item_base, _CODES)
    for position, column in enumerate(columns):
        reading.refuse("score.undeclared-code", table, codes[:, position], column)
        reading.note(
            "item.out-of-range",
            table,
            outside[:, position],
            column,
            scale=scale.name,
            low=f"{scale.item_min:g}",
            high=f"{tops[position]:g}",
            base=spec.item_base,
        )
    values[outside] = np.nan
    return pd.DataFrame(values, columns=list(scale.item_numbers(spec.version)))


def _check_base(
    reading: Reading, table: TextTable, spec: AssessmentTable, values: np.ndarray, tops: np.ndarray
) -> None:
    """Refuse items stored from 1 up that are declared to start at 0, and the reverse."""
    scale = instruments.get(spec.instrument)
    # Codes for missing say nothing about where the answers start.
    near = (values >= scale.item_min - 1) & (values <= tops + 1)
    complete = int(near.all(axis=1).sum())
    lowest = near & (values == scale.item_min)
    below, above = near & (values < scale.item_min), near & (values > tops)
    if spec.item_base == 0 and not lowest.any() and not below.any():
        odd = np.full(len(values), complete >= _MANY_FORMS) | (
            above.any(axis=1) & (near.any(axis=1).sum() >= FEW)
        )
        why = f"no answer is ever {scale.item_min:g}, so items may be stored from 1 up"
        _refuse_base(reading, table, spec, odd, why)
    if spec.item_base == 1 and not above.any() and not (values == tops).any():
        odd = below.any(axis=1)
        why = f"they hold the answer {scale.item_min:g}, so items may be stored from 0 up"
        _refuse_base(reading, table, spec, odd & (odd.sum() >= FEW), why)


def _refuse_base(
    reading: Reading, table: TextTable, spec: AssessmentTable, odd: np.ndarray, why: str
) -> None:
    scale, base = instruments.get(spec.instrument), spec.item_base
    column = spec.answer_columns()[0]
    told = {"scale": scale.name, "declared": base, "other": 1 - base, "why": why}
    reading.refuse("score.coding-base", table, odd, column, **told)
