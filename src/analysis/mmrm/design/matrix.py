"""The arrays of the model: rows sorted by subject and visit, factors as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.design.formula import AtomKey
from analysis.mmrm.design.levels import Levels
from analysis.mmrm.design.recipe import Recipe, learn, outcome_values
from analysis.mmrm.design.table import Roles, Table, find_levels, read_predictors, read_table


@dataclass(frozen=True)
class Totals:
    """What least squares means need of the rows: sums of numbers, counts of levels.

    Attributes
    ----------
    sums : dict of str to float
    counts : array
        One axis a factor of the formula, in the order of the recipe's levels.
    """

    n: int
    sums: dict[str, float]
    counts: Array

    def __add__(self, other: Totals) -> Totals:
        """Totals of two chunks together."""
        sums = {name: value + other.sums[name] for name, value in self.sums.items()}
        return Totals(self.n + other.n, sums, self.counts + other.counts)


@dataclass(frozen=True)
class Template:
    """What is known of a model before its rows: roles of columns, levels, recipe."""

    roles: Roles
    levels: Levels
    recipe: Recipe

    def encode(self, rows: pd.DataFrame) -> Array:
        """Design matrix of new rows, (rows, p); a level the model never saw is refused."""
        codes, numbers = read_predictors(rows, self.roles.predictors, self.recipe.levels)
        return self.matrix(codes, numbers, len(rows))

    def matrix(
        self, codes: Mapping[str, Index], numbers: Mapping[str, Array], n_rows: int
    ) -> Array:
        """Design matrix of rows given by levels and numbers, (rows, p)."""
        return self.recipe.matrix(codes, self.recipe.atoms(codes, numbers, n_rows), n_rows)


@dataclass(frozen=True)
class Design:
    """Rows used by the model, sorted by subject and then visit.

    Attributes
    ----------
    y : array of shape (N,)
        Outcome.
    subject, visit, group : arrays of int, shape (N,)
        Codes; `subjects` and the template's levels name them.
    codes : dict of str to array of int, shape (N,)
        Of the factors of the right-hand side.
    numbers : dict of str to array, shape (N,)
        The other variables of the right-hand side.
    weights : array of shape (N,), or None
        The residual variance of a row is its element of the covariance over its weight.
    times : array of shape (N, d), or None
        Coordinates in time, in the unit of the data, for ``sp_exp``.
    order : array of int, shape (N,)
        Position of each row in the table that came in.
    index : Index
        Of that table, with the rows left out.
    n_excluded : int
        Rows left out because the outcome, a covariate or another named column is missing.
    varying : frozenset of str
        Predictors (and weights) that change between the rows of a subject.
    """

    template: Template
    y: Array
    subject: Index
    visit: Index
    group: Index
    subjects: NDArray[Any]
    codes: dict[str, Index]
    numbers: dict[str, Array]
    weights: Array | None
    times: Array | None
    order: Index
    index: pd.Index
    n_excluded: int
    varying: frozenset[str]

    @property
    def visits(self) -> tuple[Any, ...]:
        """Levels of the visit."""
        return self.template.levels.visits

    @property
    def groups(self) -> tuple[str, ...]:
        """Levels of the group."""
        return tuple(str(level) for level in self.template.levels.groups)

    @property
    def spread(self) -> float:
        """Largest minus smallest outcome."""
        return float(np.ptp(self.y))

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one row used."""
        return len(self.subjects)

    @cached_property
    def first_rows(self) -> Index:
        """First row of each subject."""
        return np.searchsorted(self.subject, np.arange(self.n_subjects))

    @cached_property
    def atoms(self) -> dict[AtomKey, Array]:
        """Values of the expressions of the formula on the rows."""
        return self.template.recipe.atoms(self.codes, self.numbers, len(self.y))

    @cached_property
    def x(self) -> Array:
        """Design matrix of the rows, not weighted, (N, p): made only where it is asked for."""
        return self.template.recipe.matrix(self.codes, self.atoms, len(self.y))

    @cached_property
    def totals(self) -> dict[str, Totals]:
        """Sums of the numbers and counts of the levels, over "rows" and over "subjects"."""
        return {per: self._add_up(per) for per in ("rows", "subjects")}

    def _add_up(self, per: str) -> Totals:
        rows: Any = self.first_rows if per == "subjects" else slice(None)
        levels = self.template.recipe.levels
        shape = [len(values) for values in levels.values()]
        n = len(self.subjects) if per == "subjects" else len(self.y)
        counts = np.array(float(n))
        if shape:
            cell = np.ravel_multi_index([self.codes[name][rows] for name in levels], shape)
            counts = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(float)
        sums = {name: float(values[rows].sum()) for name, values in self.numbers.items()}
        return Totals(n, sums, counts)

    def wide(self, values: Array, absent: float = 0.0) -> Array:
        """Values of the rows by subject and visit, (n, K); another value where there is no row."""
        table = np.full((self.n_subjects, len(self.visits)), absent)
        table[self.subject, self.visit] = values
        return table

    def as_they_came(self, values: Array, name: str) -> pd.Series:
        """Values of the rows, in the order of the data and with its index."""
        came = np.argsort(self.order)
        return pd.Series(values[came], index=self.index[self.order[came]], name=name)

    def varies_within_subject(self) -> Mask:
        """Whether each column of X changes between the visits of some subject."""
        same = np.diff(self.subject) == 0
        return np.array([bool(np.any(np.diff(column)[same] != 0)) for column in self.x.T])


def learn_template(table: Table, roles: Roles, levels: Levels | None = None) -> Template:
    """The levels of a table, and the recipe of the formula."""
    levels = find_levels(table, roles) if levels is None else levels
    codes = {name: table.factors[name].recode(name, v) for name, v in levels.factors.items()}
    numbers = _predicting(table, roles)
    recipe = learn(roles.formula, roles.parsed, levels.factors, codes, numbers)
    return Template(roles, levels, recipe)


def assemble(template: Template, table: Table) -> Design:
    """The design of a table's rows.

    Raises
    ------
    ValueError
        When a subject has two rows for a visit, the group changes within a subject, a level
        is unknown, or the formula gives a value that is not finite.
    """
    roles, levels = template.roles, template.levels
    visit = table.factors[roles.visit].recode(roles.visit, levels.visits)
    position = table.subject * len(levels.visits) + visit
    steps = np.diff(position)
    order: Any = slice(None)
    if np.any(steps < 0):
        order = np.argsort(position, kind="stable")
        steps = np.diff(position[order])
    _refuse_duplicates(int((steps == 0).sum()), roles)
    codes = {
        name: table.factors[name].recode(name, values)[order]
        for name, values in levels.factors.items()
    }
    numbers = {name: values[order] for name, values in _predicting(table, roles).items()}
    y = outcome_values(roles.parsed, table.numbers, lambda: pd.DataFrame(table.numbers))[order]
    varying = table.varying()
    design = Design(
        template=template,
        y=y,
        subject=table.subject[order],
        visit=visit[order],
        group=_groups(table, template, varying)[order],
        subjects=table.subjects,
        codes=codes,
        numbers=numbers,
        weights=table.numbers[roles.weights][order] if roles.weights else None,
        times=_times(table, roles, order),
        order=table.rows[order],
        index=table.index,
        n_excluded=table.n_excluded,
        varying=frozenset(varying & {*roles.predictors, roles.weights or ""}),
    )
    values = [y] if template.recipe.simple else [y, *design.atoms.values()]
    if not all(np.isfinite(part).all() for part in values):
        raise ValueError(f"The formula '{roles.formula}' gives a value that is not finite.")
    return design


def build_design(
    formula: str, data: pd.DataFrame, *, subject: str, visit: str, **columns: Any
) -> Design:
    """Encode the formula on the rows that have every variable.

    Visits are in declared order where the column is an ordered categorical, else in natural
    order, so that VIS10 comes after VIS9. The visit is a factor in the formula, also where
    its column holds numbers. Other text columns are factors in natural order.

    Parameters
    ----------
    columns
        group, weights, time: names of columns, see `analysis.mmrm.mmrm`.

    Raises
    ------
    ValueError
        As `read_table`, `find_levels` and `assemble`.
    """
    roles = Roles.of(formula, data.columns, subject=subject, visit=visit, **columns)
    table = read_table(data, roles)
    return assemble(learn_template(table, roles), table)


def _predicting(table: Table, roles: Roles) -> dict[str, Array]:
    return {name: table.numbers[name] for name in roles.predictors if name in table.numbers}


def _times(table: Table, roles: Roles, order: Any) -> Array | None:
    if not roles.times:
        return None
    return np.column_stack([table.numbers[name][order] for name in roles.times])


def _groups(table: Table, template: Template, varying: set[str]) -> Index:
    name = template.roles.group
    if name is None:
        return np.zeros(len(table), dtype=np.intp)
    codes = table.factors[name].recode(name, template.levels.groups)
    if name in varying:
        pairs = np.unique(np.column_stack([table.subject, codes]), axis=0)
        count = int((np.bincount(pairs[:, 0]) > 1).sum())
        raise ValueError(
            f"Column '{name}' changes within {count} subject(s): the group of a "
            "separate covariance must be the same at all visits of a subject."
        )
    return codes


def _refuse_duplicates(repeated: int, roles: Roles) -> None:
    if repeated:
        raise ValueError(
            f"{repeated} row(s) repeat a pair of '{roles.subject}' and '{roles.visit}': a subject "
            "has one outcome at a visit. Keep one row of each pair."
        )
