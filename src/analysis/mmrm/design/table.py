"""The rows that a model uses, with factors as codes, or a refusal in a sentence."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.design.formula import only_in_c, parse, variables_of
from analysis.mmrm.design.frames import as_frame
from analysis.mmrm.design.levels import (
    Coded,
    Levels,
    code,
    is_factor,
    places_of,
    refuse_dates,
    refuse_numbers_as_text,
)
from analysis.mmrm.design.visit_order import order_is_declared, visit_order
from analysis.mmrm.spelling import refuse_covariance_in_formula, refuse_names_with_dots
from analysis.numbers import as_numbers


@dataclass(frozen=True)
class Roles:
    """What each column of the data is to the model.

    Attributes
    ----------
    outcomes, predictors : tuple of str
        Variables of the left and of the right-hand side of the formula.
    coded : frozenset of str
        Columns that are factors whatever they hold: the visit, the group, what stands in C().
    """

    formula: str
    parsed: Any
    outcomes: tuple[str, ...]
    predictors: tuple[str, ...]
    coded: frozenset[str]
    subject: str
    visit: str
    group: str | None = None
    weights: str | None = None
    times: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        formula: str,
        columns: Any,
        *,
        subject: str | None,
        visit: str | None,
        group: str | None = None,
        weights: str | None = None,
        time: str | Sequence[str] | None = None,
    ) -> Roles:
        """Read the formula; `columns` are the names of the data's columns."""
        refuse_covariance_in_formula(formula)
        refuse_names_with_dots(formula, columns)
        one_each = all(isinstance(name, Hashable) for name in (subject, visit, group, weights))
        if subject is None or visit is None or not one_each:
            raise ValueError(
                "Name the columns of the subjects and of the visits, as in "
                "mmrm('y ~ arm * visit', data, subject='id', visit='visit')."
            )
        if subject == visit:
            raise ValueError(f"subject and visit must be different columns, not both '{subject}'.")
        parsed = parse(formula)
        left, right = formula.split("~", 1)
        predictors = variables_of(right, columns, parsed.rhs.required_variables)
        coded = {visit, *([group] if group else []), *only_in_c(right)}
        return cls(
            formula=formula,
            parsed=parsed,
            outcomes=variables_of(left, columns, parsed.lhs.required_variables),
            predictors=predictors,
            coded=frozenset(coded),
            subject=subject,
            visit=visit,
            group=group,
            weights=weights,
            times=(time,) if isinstance(time, str) else tuple(time or ()),
        )

    @property
    def outcome(self) -> str:
        """The left-hand side of the formula."""
        return str(self.parsed.lhs)

    @property
    def needed(self) -> list[str]:
        """Every column the model reads."""
        extra = [name for name in (self.group, self.weights, *self.times) if name]
        names = (*self.outcomes, *self.predictors, self.subject, self.visit, *extra)
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Table:
    """Rows that have every column, in the order in which they came.

    Attributes
    ----------
    subject : array of int, shape (N,)
        Places in `subjects`.
    factors : dict of str to Coded
    numbers : dict of str to array
    rows : array of int, shape (N,)
        Positions in the data.
    index : Index
        Of all rows of the data.
    n_excluded : int
        Rows of the data with a missing value.
    """

    subject: Index
    subjects: NDArray[Any]
    factors: dict[str, Coded]
    numbers: dict[str, Array]
    rows: Index
    index: pd.Index
    n_excluded: int

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Index) -> Table:
        """Some of the rows, and only their subjects."""
        subject = self.subject[rows]
        present = np.bincount(subject, minlength=len(self.subjects)) > 0
        return Table(
            subject=(np.cumsum(present) - 1)[subject],
            subjects=self.subjects[present],
            factors={name: column.take(rows) for name, column in self.factors.items()},
            numbers={name: values[rows] for name, values in self.numbers.items()},
            rows=self.rows[rows],
            index=self.index,
            n_excluded=self.n_excluded,
        )

    def varying(self) -> set[str]:
        """Columns that change between the rows of a subject."""
        first = np.empty(len(self.subjects), dtype=np.intp)
        first[self.subject[::-1]] = np.arange(len(self))[::-1]
        own = first[self.subject]
        columns = {name: column.codes for name, column in self.factors.items()}
        return {
            name
            for name, values in {**columns, **self.numbers}.items()
            if not np.array_equal(values[own], values)
        }


def read_table(data: pd.DataFrame, roles: Roles) -> Table:
    """The rows of the data that have every column the model needs.

    Raises
    ------
    ValueError
        When a column is missing, a value is infinite, or a weight is not positive.
    """
    for name in roles.needed:
        _refuse_column(name, data, roles)
    subject, subjects = places_of(data[roles.subject], roles.subject)
    complete = subject >= 0
    factors: dict[str, Coded] = {}
    numbers: dict[str, Array] = {}
    for name in roles.needed:
        values = data[name]
        if name in roles.coded or (name in roles.predictors and is_factor(values)):
            refuse_dates(values, name)
            factors[name] = code(values)
            if name not in roles.coded:
                refuse_numbers_as_text(factors[name], name, len(subjects))
            complete &= factors[name].codes >= 0
        elif name != roles.subject or name in roles.predictors:
            numbers[name] = _numbers(values, name, roles)
            complete &= ~np.isnan(numbers[name])
    table = Table(
        subject=subject.astype(np.intp, copy=False),
        subjects=_plain(subjects),
        factors=factors,
        numbers=numbers,
        rows=np.arange(len(data)),
        index=data.index,
        n_excluded=int(len(data) - complete.sum()),
    )
    if table.n_excluded:
        table = table.take(np.flatnonzero(complete))
    for name, column in table.numbers.items():
        infinite = int(np.isinf(column).sum())
        if infinite:
            raise ValueError(
                f"Column '{name}' has {infinite} infinite value(s): correct them or leave the "
                "rows out."
            )
    if roles.weights and (table.numbers[roles.weights] <= 0).any():
        count = int((table.numbers[roles.weights] <= 0).sum())
        raise ValueError(f"Column '{roles.weights}' has {count} weight(s) that are not positive.")
    return table


def _refuse_column(name: str, data: pd.DataFrame, roles: Roles) -> None:
    times = list(data.columns).count(name)
    if times > 1:
        raise ValueError(f"The data have {times} columns named '{name}': keep one.")
    if times == 0 and name == "factor":
        raise ValueError("R's factor(x) is C(x) in a formula here.")
    if times == 0 and re.search(rf"\b{re.escape(str(name))}\s*\(", roles.formula):
        raise ValueError(
            f"The formula calls '{name}', which is neither a function it knows (bs, cr, cs, poly, "
            "scale, center, C, and those of NumPy as np.log) nor a column of the data."
        )
    if times == 0:
        raise ValueError(f"The data have no column '{name}', which the model needs.")


def find_levels(table: Table, roles: Roles) -> Levels:
    """The levels that occur in the rows used.

    Raises
    ------
    ValueError
        When there is no row, or a declared visit was seen by nobody.
    """
    if not len(table):
        raise ValueError("No row has the outcome and every covariate: there is nothing to fit.")
    visits = visit_order(table.factors[roles.visit], roles.visit)
    factors = {
        name: visits if name == roles.visit else table.factors[name].present()
        for name in roles.predictors
        if name in table.factors
    }
    groups: tuple[Any, ...] = ("",)
    if roles.group:
        groups = table.factors[roles.group].present()
    declared = order_is_declared(table.factors[roles.visit], visits)
    return Levels(visits, groups, factors, declared)


def read_predictors(
    data: pd.DataFrame, predictors: Sequence[str], levels: Mapping[str, tuple[Any, ...]]
) -> tuple[dict[str, Index], dict[str, Array]]:
    """Codes and numbers of new rows; a level the model never saw is refused."""
    data = as_frame(data)
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"New data must be a DataFrame, not a {type(data).__name__}.")
    codes: dict[str, Index] = {}
    numbers: dict[str, Array] = {}
    for name in predictors:
        if name not in data:
            raise ValueError(f"The new data have no column '{name}', which the model needs.")
        missing = int(data[name].isna().sum())
        if missing:
            raise ValueError(f"Column '{name}' of the new data has {missing} missing value(s).")
        if name in levels:
            codes[name] = code(data[name]).recode(name, levels[name])
        elif is_factor(data[name]):
            raise ValueError(f"Column '{name}' of the new data must be numeric.")
        else:
            numbers[name] = as_numbers(data[name], name)
            if not np.isfinite(numbers[name]).all():
                raise ValueError(f"Column '{name}' of the new data has an infinite value.")
    return codes, numbers


def _numbers(values: pd.Series, name: str, roles: Roles) -> Array:
    if is_factor(values) or pd.api.types.is_complex_dtype(values.dtype):
        what = f"The outcome '{name}'" if name in roles.outcomes else f"Column '{name}'"
        raise ValueError(f"{what} must be one numeric column.")
    return as_numbers(values, name)


def _plain(subjects: Any) -> NDArray[Any]:
    """Names of subjects, equal ones alike in every chunk: whole numbers are integers.

    A missing name makes floats of integers, and pandas has several kinds of integers.
    """
    names = np.asarray(subjects)
    whole = names.dtype.kind in "iu" or pd.api.types.infer_dtype(names) == "integer"
    if whole or (names.dtype.kind == "f" and np.all(names == np.floor(names))):
        return names.astype(np.int64)
    return names
