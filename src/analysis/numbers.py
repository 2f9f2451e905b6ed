"""What numbers are, and whose they are: one rule for every estimator.

**Numbers.** Numbers and truth values are taken; a length of time (timedelta) becomes hours; a
missing value becomes NaN. Dates, text and complex numbers are refused: a date has no zero that all
people share, and text is converted where it is read.

**Whose.** Columns of the same people are matched by label where two or more of them are pandas
Series: the labels must then be the same, in whatever order, and the first Series gives the order.
Everything else (arrays, lists, polars and other columns, a Series beside an array) goes by
position. All must have one value a person.
"""

from __future__ import annotations

import datetime
import numbers as abstract
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["aligned", "as_numbers", "columns_of", "numbers", "one_number", "share_of_one"]

Array = NDArray[np.float64]

HOUR = np.timedelta64(1, "h")


def numbers(**columns: Any) -> list[Array]:
    """Columns of the same people as floats, in one order.

    Parameters
    ----------
    **columns
        Array-likes by the name that a sentence calls them.

    Raises
    ------
    ValueError
        As `aligned` and `as_numbers`.
    """
    return [as_numbers(column, name) for name, column in aligned(**columns).items()]


def aligned(*optional: str, **columns: Any) -> dict[str, Any]:
    """Columns of the same people in one order, of whatever kind they are.

    Parameters
    ----------
    *optional : str
        Names of columns that may be None, and then are.

    Raises
    ------
    ValueError
        When lengths differ, or Series do not have the same labels, each once.
    """
    given = {k: v for k, v in columns.items() if v is not None or k not in optional}
    for name, column in given.items():
        if not np.ndim(column):
            raise ValueError(f"'{name}' must be a column of values, one per person.")
    sizes = {name: len(column) for name, column in given.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} of '{name}'" for name, size in sizes.items())
        raise ValueError(
            f"Columns of the same people are needed, one value per person; got {told}."
        )
    labelled = [name for name, column in given.items() if isinstance(column, pd.Series)]
    for name in labelled[1:]:
        columns[name] = _in_order_of(columns[labelled[0]], columns[name], labelled[0], name)
    return columns


def _in_order_of(first: pd.Series, other: pd.Series, name: str, other_name: str) -> pd.Series:
    if first.index.equals(other.index):
        return other
    strange = int((~other.index.isin(first.index)).sum())
    if strange or not (first.index.is_unique and other.index.is_unique):
        what = f"{strange} label(s) of one are not in the other" if strange else "labels repeat"
        raise ValueError(
            f"'{name}' and '{other_name}' are matched by their labels (index), and {what}: give "
            "both one index of people, or both as arrays (.to_numpy()) in the same order."
        )
    return other.reindex(first.index)


def as_numbers(values: Any, name: str) -> Array:
    """Values as floats: lengths of time in hours, missing values NaN.

    Parameters
    ----------
    values : array_like, or a single value
    name : str
        What a sentence calls them.

    Raises
    ------
    ValueError
        When they are dates, text, or anything else that is no number.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return values
    types = pd.api.types
    column = isinstance(values, pd.Series) and types.is_numeric_dtype(values.dtype)
    if column and not types.is_complex_dtype(values.dtype):
        # Nullable and Arrow-backed columns too, whose missing value is no NaN.
        return np.asarray(values.to_numpy(dtype=float, na_value=np.nan))
    array = np.asarray(values)
    if array.dtype.kind == "O":
        array = _of_objects(array, name)
    if array.dtype.kind == "m":
        return np.asarray(array / HOUR, dtype=float)
    if array.dtype.kind == "M":
        raise ValueError(_no_dates(name))
    if array.dtype.kind not in "biuf":
        raise ValueError(_no_numbers(name, "complex values" if array.dtype.kind == "c" else "text"))
    return np.asarray(array, dtype=float)


def one_number(value: Any, name: str) -> float:
    """A single value as `as_numbers` has it: a length of time in hours.

    Raises
    ------
    ValueError
        When it is more than one, or as `as_numbers`.
    """
    found = as_numbers(value, name)
    if found.ndim:
        raise ValueError(f"'{name}' must be one number.")
    return float(found)


def share_of_one(value: Any, name: str) -> float:
    """A confidence level or another share above 0 and below 1.

    Raises
    ------
    ValueError
    """
    found = one_number(value, name)
    if not 0 < found < 1:
        raise ValueError(f"'{name}' lies between 0 and 1, such as 0.95, and is not {found:g}.")
    return found


def columns_of(data: pd.DataFrame, numeric: Sequence[str], *others: str) -> Array:
    """Columns of a table as floats, shape (n, columns), once it has them and the others.

    Raises
    ------
    ValueError
        When the data are no table, or lack a column or have it twice; as `as_numbers`.
    """
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"The data must be a pandas DataFrame, not a {type(data).__name__}.")
    for name in (*numeric, *others):
        found = list(data.columns).count(name)
        if found != 1:
            has = "no column" if not found else f"{found} columns"
            raise ValueError(f"The data have {has} '{name}': one is needed.")
    return np.column_stack([as_numbers(data[name], name) for name in numeric])


def _of_objects(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Python's and pandas' own objects as one type of NumPy, missing ones included."""
    known = [value for value in array.flat if not pd.api.types.is_scalar(value) or pd.notna(value)]
    kinds = (datetime.timedelta, np.timedelta64), (abstract.Real, np.bool_, Decimal)
    if any(isinstance(value, (datetime.date, np.datetime64, pd.Period)) for value in known):
        raise ValueError(_no_dates(name))
    lengths, reals = ([isinstance(value, kind) for value in known] for kind in kinds)
    if known and all(lengths):
        lengths_of_time = pd.to_timedelta(pd.Series(list(array.flat), dtype=object))
        return lengths_of_time.to_numpy().reshape(array.shape)
    if not all(reals):
        text = any(isinstance(value, str) for value in known)
        raise ValueError(_no_numbers(name, "text" if text else "things of several kinds"))
    found = [float(value) if pd.notna(value) else np.nan for value in array.flat]
    return np.array(found, dtype=float).reshape(array.shape)


def _no_numbers(name: str, what: str) -> str:
    return f"'{name}' holds {what}, not numbers: convert it (pandas.to_numeric)."


def _no_dates(name: str) -> str:
    return (
        f"'{name}' holds dates, and a date is no number: give hours, "
        "(date - start) / pandas.Timedelta('1h')."
    )
