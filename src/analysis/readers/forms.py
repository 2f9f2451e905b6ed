"""The tables of completed forms: when each was filled in, and its items or its total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable
from analysis.readers.reading import FEW, Clock, Reading
from analysis.readers.text import TextTable

__all__ = ["Forms", "read_forms"]

# Values that stand for missing in many exports; outside a scale they must be declared.
_CODES = (-9, -8, -7, -88, -99, -98, -97, -77, -66, -999, -9999,
          77, 88, 96, 97, 98, 99, 777, 888, 998, 999, 9999)  # fmt: skip
# So many complete forms without the lowest answer are not by chance.
_MANY_FORMS = 30


@dataclass(frozen=True)
class Forms:
    """One table of forms as read; ``items`` has the rows of ``frame``, or is None."""

    spec: AssessmentTable
    table: TextTable
    clock: Clock
    frame: pd.DataFrame
    items: pd.DataFrame | None


def read_forms(reading: Reading, spec: AssessmentTable, people: pd.Series, around: float) -> Forms:
    """Read one ``[[assessments]]`` table.

    Parameters
    ----------
    people : Series of str
        Identifiers of the table of subjects.
    around : float
        Hours of the middle of the study on the file's clock; times ten years off are set aside.

    Raises
    ------
    ReliefError
        ``column.missing``, ``column.not-numbers``, ``score.undeclared-code``,
        ``score.coding-base``, ``score.out-of-range`` and what :meth:`Reading.clock` refuses.
    """
    table = reading.known(reading.open(spec), spec.subject, people, "forms")
    numbers = instruments.get(spec.instrument).item_numbers(spec.version)
    columns = [] if spec.items is None else [spec.items.format(number) for number in numbers]
    when = str(spec.time or spec.hours)
    declared = [spec.subject, when, *columns, *([spec.total] if spec.total else [])]
    table = reading.once(table, list(dict.fromkeys(declared)), "a form's row")
    clock = reading.clock(table, spec.time, spec.hours, spec)
    clock = reading.plausible(table, clock, when, around)
    timeless = np.isnan(clock.low)
    reading.note("form.no-time", table, timeless, when)
    frame = pd.DataFrame(
        {
            "id": table.column(spec.subject),
            "instrument": spec.instrument,
            "version": spec.version,
            "recall_hours": float(spec.recall_hours),
            "hours_low": clock.low,
            "hours_high": clock.high,
            "stated_total": np.nan if spec.total is None else _totals(reading, table, spec),
            "status": "complete",
            "source": table.file,
            "row": table.rows,
        }
    )
    items = None
    if columns:
        items = _items(reading, table, spec, columns)
        items = items[~timeless].reset_index(drop=True)
    _note_window(reading, table, spec)
    return Forms(spec, table, clock, frame[~timeless].reset_index(drop=True), items)


def _totals(reading: Reading, table: TextTable, spec: AssessmentTable) -> np.ndarray:
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


def _items(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str]
) -> pd.DataFrame:
    """Items counted from the scale's own lowest value, one column an item number."""
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
    column = (spec.items or "").format(scale.item_numbers(spec.version)[0])
    told = {"scale": scale.name, "declared": base, "other": 1 - base, "why": why}
    reading.refuse("score.coding-base", table, odd, column, **told)


def _note_window(reading: Reading, table: TextTable, spec: AssessmentTable) -> None:
    """The window as administered counts, but a shorter one than the version's must be meant."""
    usual = instruments.get(spec.instrument).versions[spec.version]
    if spec.recall_hours < usual:
        everything = np.ones(len(table.cells), dtype=bool)
        reading.note(
            "recall.shorter-than-version",
            table,
            everything,
            scale=spec.instrument,
            version=spec.version,
            declared=f"{spec.recall_hours:g}",
            usual=f"{usual:g}",
        )
