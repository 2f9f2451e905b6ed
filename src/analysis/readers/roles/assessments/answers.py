"""Answers: items and totals as numbers, within the scale and counted from its lowest value."""

from __future__ import annotations

from itertools import count, takewhile

import numpy as np
import pandas as pd

from analysis import instruments
from analysis.config import AssessmentTable
from analysis.instruments.coding import (
    base_line,
    carried_forward,
    decode,
    severity,
    without_not_assessed,
    without_not_assessed_totals,
)
from analysis.instruments.scoring import looks_like_means, looks_older
from analysis.readers.reading import FEW, Reading
from analysis.readers.roles.assessments.answer_codes import refuse_other_codes
from analysis.readers.table.text_table import TextTable

__all__ = ["items", "totals"]

# So many complete forms without the lowest answer are not by chance.
_MANY_FORMS = 30
# Fewer lowest answers than one in so many that are too high are mistyped.
_STRAY = 20


def totals(reading: Reading, table: TextTable, spec: AssessmentTable) -> np.ndarray:
    """Stated totals in points; one beyond the scale says that the column holds something else."""
    scale, column = instruments.get(spec.instrument), str(spec.total)
    values = reading.number(table, column, spec, "totals")
    values, skipped = without_not_assessed_totals(scale, spec.version, values)
    reading.note("item.not-assessed", table, skipped, column, scale=scale.name)
    low, high = scale.total_range(spec.version)
    outside = (values < low) | (values > high)
    hint = f" ({scale.hint})" if scale.hint else ""
    place = {"scale": scale.name, "low": f"{low:g}", "high": f"{high:g}", "hint": hint}
    table.refuse("score.out-of-range", outside, column, **place)
    if looks_like_means(scale, spec.version, values):
        given = values <= scale.largest_mean(spec.version)
        most = f"{scale.largest_mean(spec.version):g}"
        table.refuse(
            "score.mean-for-sum", given, column, scale=scale.name, most=most, top=f"{high:g}"
        )
    fractions = ~np.isnan(values) & (values != np.floor(values)) & scale.whole_totals
    reading.note("form.fractional-total", table, fractions, column, scale=scale.name)
    if not scale.turned:
        return values
    reading.note("score.turned", table, ~np.isnan(values), column, scale=scale.name)
    return low + high - values


def items(reading: Reading, table: TextTable, spec: AssessmentTable) -> pd.DataFrame | None:
    """Items in points, one column an item number; None where the table declares no items."""
    scale = instruments.get(spec.instrument)
    columns = spec.item_columns()
    if spec.frequency is not None and spec.intensity is not None:
        often = _matrix(reading, table, spec, spec.numbered(spec.frequency))
        strong = _matrix(reading, table, spec, spec.numbered(spec.intensity))
        values, odd = severity(often, strong)
        rows = np.asarray(odd.any(axis=1))
        reading.note("item.frequency-intensity", table, rows, spec.frequency, scale=scale.name)
    elif spec.coding is not None:
        values = _decoded(reading, table, spec, columns)
    elif columns:
        values = _matrix(reading, table, spec, columns)
    else:
        return None
    beside = _beside(table, spec)
    every_row = np.full(len(values), bool(beside))
    reading.note("item.not-of-version", table, every_row, scale=scale.name, items=beside)
    old = carried_forward(scale, spec.version, values)
    cannot = ", ".join(map(str, scale.not_assessable.get(spec.version, ())))
    name = scale.name
    reading.note("item.carried-forward", table, old, scale=name, version=spec.version, items=cannot)
    if looks_older(scale, spec.version, values):
        every = np.ones(len(values), dtype=bool)
        most = f"{scale.older_item_max:g}"
        reading.note("score.older-version", table, every, scale=scale.name, most=most)
    if scale.turned_items:
        values = _turned(reading, table, spec, values)
    return pd.DataFrame(values, columns=list(scale.item_numbers(spec.version)))


def _beside(table: TextTable, spec: AssessmentTable) -> str:
    """Numbers of the columns of the items' pattern that are no item of the version, in words.

    Of a version that leaves items out alone: after the last of any other, another scale may go on.
    """
    own = instruments.get(spec.instrument).item_numbers(spec.version)
    if not isinstance(spec.items, str) or list(own) == list(range(1, len(own) + 1)):
        return ""
    there, pattern = {*table.names, *map(str, table.cells.columns)}, spec.items
    after = takewhile(lambda n: pattern.format(n) in there, count(max(own) + 1))
    left_out = (n for n in range(1, max(own)) if n not in own and pattern.format(n) in there)
    return ", ".join(map(str, (*left_out, *after)))


def _turned(
    reading: Reading, table: TextTable, spec: AssessmentTable, values: np.ndarray
) -> np.ndarray:
    """Items that are asked the other way, counted so that higher is worse."""
    scale = instruments.get(spec.instrument)
    items = ", ".join(map(str, scale.turned_items))
    held = ~np.isnan(values).all(axis=1)
    reading.note("item.turned", table, held, scale=scale.name, items=items)
    turn = np.isin(scale.item_numbers(spec.version), scale.turned_items)
    low, tops = scale.item_low(spec.version), np.array(scale.item_max(spec.version), float)
    return np.where(turn, low + tops - values, values)


def _decoded(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str]
) -> np.ndarray:
    """Points of options by the declared coding; other text is set aside."""
    scale, coding = instruments.get(spec.instrument), str(spec.coding)
    refuse_other_codes(reading, table, spec, columns)
    cells = {}
    for number, column in zip(scale.item_numbers(spec.version), columns, strict=True):
        own = table.column(column).astype("str")
        cells[number] = own.mask(reading.missing(own), "")
    read = decode(scale, spec.version, coding, pd.DataFrame(cells))
    unknown = read.unknown.to_numpy()
    reading.note_cells(
        "item.unknown-code", table, unknown, columns, scale=scale.name, coding=coding
    )
    return read.points.to_numpy(float)


def _matrix(
    reading: Reading, table: TextTable, spec: AssessmentTable, columns: list[str]
) -> np.ndarray:
    """Items counted from the scale's own lowest value; what no answer can be is set aside."""
    scale = instruments.get(spec.instrument)
    low, tops = scale.item_low(spec.version), np.array(scale.item_max(spec.version), float)
    refuse_other_codes(reading, table, spec, columns)
    values = reading.numbers(table, columns, spec, "items") - spec.item_base
    values, skipped = without_not_assessed(scale, spec.version, values)
    reading.note("item.not-assessed", table, np.any(skipped, axis=1), scale=scale.name)
    if scale.base_checked:
        _check_base(reading, table, spec, values, columns[0])
    with np.errstate(invalid="ignore"):
        outside = (values < low) | (values > tops) | scale.off_step(values)
    outside &= ~np.isnan(values)
    place = {"scale": scale.name, "low": f"{low:g}", "high": f"{tops.max():g}"}
    reading.note_cells("item.out-of-range", table, outside, columns, base=spec.item_base, **place)
    return np.where(outside, np.nan, values)


def _check_base(
    reading: Reading, table: TextTable, spec: AssessmentTable, values: np.ndarray, column: str
) -> None:
    """Refuse items stored from 1 up that are declared to start at 0, and the reverse."""
    scale = instruments.get(spec.instrument)
    low, tops = scale.item_low(spec.version), np.array(scale.item_max(spec.version), float)
    # Codes for missing say nothing about where the answers start.
    near = (values >= low - 1) & (values <= tops + 1)
    complete = int(near.all(axis=1).sum())
    lowest = near & (values == low)
    below, above = near & (values < low), near & (values > tops)
    line = base_line(scale, 1 - spec.item_base)
    told = {"scale": scale.name, "declared": spec.item_base, "line": line}
    # Mistyped zeros do not hide a table whose answers run one too high.
    stray = lowest.sum() * _STRAY < above.sum()
    if spec.item_base == 0 and (stray or not lowest.any()) and not below.any():
        odd = np.full(len(values), complete >= _MANY_FORMS) | (
            above.any(axis=1) & (near.any(axis=1).sum() >= FEW)
        )
        never = "hardly any answer is" if lowest.any() else "no answer is ever"
        told["why"] = f"{never} {low:g}, so items may be stored from 1 up"
        table.refuse("score.coding-base", odd, column, **told)
    if spec.item_base == 1 and not above.any() and not (values == tops).any():
        odd = below.any(axis=1)
        told["why"] = f"they hold the answer {low:g}, so items may be stored from 0 up"
        table.refuse("score.coding-base", odd & (odd.sum() >= FEW), column, **told)
