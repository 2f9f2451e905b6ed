"""Levels of visits, groups and factors: which there are, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Index
from analysis.mmrm.design.natural_order import natural_order
from analysis.numbers import as_numbers

# A text column with more levels than this is looked at: it may be numbers by mistake.
MANY = 5


@dataclass(frozen=True)
class Levels:
    """The levels a model knows.

    Attributes
    ----------
    visits, groups : tuple
        Groups have a covariance of their own; one unnamed group where there is no such column.
    factors : dict
        Levels of each factor of the formula, the visit included where it stands there.
    order_declared : bool
        Whether the data say in which order the visits are; otherwise it was read off their names.
    """

    visits: tuple[Any, ...]
    groups: tuple[Any, ...]
    factors: dict[str, tuple[Any, ...]]
    order_declared: bool = True


@dataclass(frozen=True)
class Coded:
    """A column of labels as codes.

    Attributes
    ----------
    codes : array of int
        Places in `labels`; -1 where the value is missing.
    labels : tuple
        In declared order, or in the order of first appearance.
    declared, ordered : bool
        Whether the data declare the labels (a categorical column), and their order as one
        that means something.
    """

    codes: Index
    labels: tuple[Any, ...]
    declared: bool = False
    ordered: bool = False

    def take(self, rows: Index) -> Coded:
        """The codes of some rows."""
        return Coded(self.codes[rows], self.labels, self.declared, self.ordered)

    def present(self) -> tuple[Any, ...]:
        """Labels that occur, in declared order (ordered categories or not), else in natural."""
        count = np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels))
        found = [label for label, n in zip(self.labels, count, strict=True) if n]
        return tuple(found) if self.declared else natural_order(found)

    def recode(self, name: str, levels: tuple[Any, ...]) -> Index:
        """Codes among the levels of a model.

        Raises
        ------
        ValueError
            When a value is not among them.
        """
        if self.labels == levels:
            return self.codes
        place = {level: i for i, level in enumerate(levels)}
        found = np.array([place.get(label, -1) for label in self.labels], dtype=np.intp)
        codes = found[self.codes]
        unseen = int((codes < 0).sum())
        if unseen:
            raise ValueError(
                f"Column '{name}' has {unseen} value(s) that are not among the levels the model "
                f"was fitted with: {', '.join(str(level) for level in levels)}."
            )
        return codes


def code(values: pd.Series) -> Coded:
    """Codes and labels of a column; lengths of time are labelled by their hours."""
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        hours = pd.Series(as_numbers(values, str(values.name)))
        values = hours.astype("Int64") if (hours.dropna() % 1 == 0).all() else hours
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy().astype(np.intp)
        return Coded(codes, tuple(values.cat.categories), True, bool(values.cat.ordered))
    codes, labels = places_of(values, str(values.name))
    return Coded(codes, tuple(labels.tolist()))


def places_of(values: pd.Series, name: str) -> tuple[Index, Any]:
    """Codes and distinct values of a column, in order of first appearance.

    Raises
    ------
    ValueError
        When a value is a list or another collection.
    """
    try:
        codes, labels = pd.factorize(values)
    except TypeError as error:
        raise ValueError(
            f"Column '{name}' holds lists or other collections: give one name or number a row."
        ) from error
    return codes, labels


def is_factor(values: pd.Series) -> bool:
    """Whether a column is coded as a factor: it holds text, categories or truth values.

    Raises
    ------
    ValueError
        When it holds dates, which are neither levels nor numbers.
    """
    types = pd.api.types
    if types.is_bool_dtype(values.dtype) or isinstance(values.dtype, pd.CategoricalDtype):
        return True
    if values.dtype == object:
        held = types.infer_dtype(values, skipna=True)
        # Dates are left to be refused as numbers.
        return held in ("string", "boolean", "mixed", "categorical", "bytes", "mixed-integer")
    return not (types.is_numeric_dtype(values.dtype) or _is_time(values.dtype))


def refuse_dates(values: pd.Series, name: str) -> None:
    """Refuse a column of dates as a factor: each would be a level of its own.

    Raises
    ------
    ValueError
    """
    dates = pd.api.types.is_datetime64_any_dtype(values.dtype)
    if values.dtype == object:
        dates = pd.api.types.infer_dtype(values, skipna=True) in ("date", "datetime", "datetime64")
    if dates:
        raise ValueError(
            f"Column '{name}' holds dates: give hours, "
            f"(data['{name}'] - start) / pandas.Timedelta('1h'), or the names of the visits."
        )


def _is_time(dtype: Any) -> bool:
    types = pd.api.types
    arrow = str(dtype).startswith(("duration", "timestamp", "date"))
    return types.is_timedelta64_dtype(dtype) or types.is_datetime64_any_dtype(dtype) or arrow


def refuse_numbers_as_text(column: Coded, name: str, n_subjects: int) -> None:
    """Refuse a text column with a level for nearly every subject: a covariate by mistake.

    Raises
    ------
    ValueError
    """
    labels = column.labels
    if column.declared or len(labels) <= MANY or not all(isinstance(v, str) for v in labels):
        return
    reading = sum(_reads_as_number(label) for label in labels)
    if 2 * reading > len(labels):
        raise ValueError(
            f"Column '{name}' is text with {len(labels)} different values, most of which read as "
            f"numbers: convert it, data['{name}'] = pandas.to_numeric(data['{name}']), or write "
            f"C({name}) where each is a level of a factor."
        )
    if len(labels) > max(2 * MANY, n_subjects / 2):
        raise ValueError(
            f"Column '{name}' is text with {len(labels)} different values for {n_subjects} "
            f"subjects, each of which would be a level of a factor: leave it out, or write "
            f"C({name}) where that is meant."
        )


def _reads_as_number(label: str) -> bool:
    try:
        float(label.strip().replace(",", "."))
    except ValueError:
        return False
    return True
