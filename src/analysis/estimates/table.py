"""The one table of estimates: every estimator returns rows of it, every face reads only it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

COLUMNS = (
    "claim",
    "estimand",
    "contrast",
    "instrument",
    "window",
    "n",
    "estimate",
    "se",
    "df",
    "ci_low",
    "ci_high",
    "p_value",
    "method",
)
TEXT = ("claim", "estimand", "contrast", "instrument", "window", "method")
NUMBERS = tuple(name for name in COLUMNS if name not in TEXT)


def row(**values: Any) -> dict[str, Any]:
    """One row with every column; numbers not given are NaN, words not given are empty.

    A further key ``cell`` says who is behind the numbers (:class:`analysis.quantity.Cell`);
    no table shows it, and without one the row is not passed on for real people.

    Raises
    ------
    TypeError
        When a name is not a column of the table.
    """
    unknown = set(values) - {*COLUMNS, "cell"}
    if unknown:
        raise TypeError(f"not columns of the table of estimates: {sorted(unknown)}")
    empty: dict[str, Any] = {name: "" if name in TEXT else math.nan for name in COLUMNS}
    return empty | values


def table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a DataFrame with the declared columns in the declared order, numbers as numbers."""
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return frame.astype({name: float for name in NUMBERS if frame[name].dtype == object})


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """One row for JSON: NaN and infinities become null, NumPy numbers become plain ones."""

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            return value
        if value is None or value is pd.NA:
            return None
        number = float(value)
        if not math.isfinite(number):
            return None
        return int(number) if number.is_integer() and not isinstance(value, float) else number

    return {name: plain(values[name]) for name in COLUMNS}
