"""The recipe of a formula: how levels and numbers become the columns of X.

formulaic reads the formula, decides which factors are coded in full and which with one level
less, and learns the state of splines and scalings. It is asked for this structure once, on a
table as long as the longest factor. The columns themselves are products of a value looked up
by level (arm, visit) and of numbers (baseline), so that new rows and the grids of least
squares means need no second reading of the formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.design.formula import AtomKey, variables_of


@dataclass(frozen=True)
class Column:
    """One column of the design: a number times what is looked up times expressions."""

    scale: float
    tables: dict[str, Array] = field(default_factory=dict)
    atoms: tuple[AtomKey, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """How the right-hand side of a formula turns levels and numbers into columns.

    Attributes
    ----------
    names : tuple of str
        Of the columns, as formulaic gives them.
    levels : dict
        Levels of each factor.
    numbers : tuple of str
        The variables that are not factors.
    spec : formulaic ModelSpec
        With the state that expressions have learned.
    simple : bool
        Whether every expression is a bare variable.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    levels: dict[str, tuple[Any, ...]]
    numbers: tuple[str, ...]
    spec: Any
    simple: bool

    def atoms(
        self, codes: Mapping[str, Index], numbers: Mapping[str, Array], n_rows: int
    ) -> dict[AtomKey, Array]:
        """Values of the expressions on rows given by levels and numbers."""
        keys = dict.fromkeys(key for column in self.columns for key in column.atoms)
        if self.simple:
            return {key: numbers[key[0]] for key in keys}
        # formulaic takes as long to import as NumPy: bare variables do without it.
        from analysis.mmrm.design.materializer import evaluating, record

        frame = row_frame(self.levels, codes, numbers, n_rows)
        with evaluating("The formula cannot be evaluated on every row"):
            _, recorded = record(self.spec, frame, self.levels)
        products = [value[1] for _, value in recorded if not isinstance(value, np.ndarray)]
        pieces = [piece for product in products for piece in product]
        return {piece.key: piece.table for piece in pieces if not piece.variable}

    def matrix(
        self, codes: Mapping[str, Index], atoms: Mapping[AtomKey, Array], n_rows: int
    ) -> Array:
        """The columns on rows given by levels and values of expressions, (rows, p)."""
        x = np.empty((n_rows, len(self.columns)), order="F")
        for j, column in enumerate(self.columns):
            x[:, j] = column.scale
            for name, table in column.tables.items():
                x[:, j] *= table[codes[name]]
            for key in column.atoms:
                x[:, j] *= atoms[key]
        return x


def learn(
    formula: str,
    parsed: Any,
    levels: Mapping[str, tuple[Any, ...]],
    codes: Mapping[str, Index],
    numbers: Mapping[str, Array],
) -> Recipe:
    """The recipe of a formula; splines and scalings learn their state from the rows given.

    Raises
    ------
    ValueError
        When the formula cannot be evaluated.
    """
    from analysis.mmrm.design.materializer import evaluating, record

    expressions = [
        factor.expr for term in parsed.rhs for factor in term.factors if not _is_bare(factor)
    ]
    simple = not any(variables_of(text, numbers) for text in expressions)
    # Cyclic: the first rows run through the levels of every factor.
    length = max([2, *(len(values) for values in levels.values())])
    cycle = {name: np.arange(length) % len(values) for name, values in levels.items()}
    first = {name: np.full(length, 1.0 if simple else v[0]) for name, v in numbers.items()}
    template = row_frame(levels, cycle, first, length)
    how = {"output": "numpy", "na_action": "raise"}
    with evaluating(f"The formula '{formula}' cannot be evaluated"):
        if simple:
            spec, recorded = record(parsed.rhs, template, levels, **how)
        else:
            frame = row_frame(levels, codes, numbers, len(next(iter(numbers.values()))))
            spec = parsed.rhs.get_model_matrix(frame, **how).model_spec
            _, recorded = record(spec, template, levels)
    names = tuple(str(name) for name, _ in recorded)
    columns = tuple(_column(value) for _, value in recorded)
    return Recipe(names, columns, dict(levels), tuple(numbers), spec, simple)


def outcome_values(parsed: Any, table: Mapping[str, Array], frame: Any) -> Array:
    """Values of the left-hand side, shape (N,).

    Raises
    ------
    ValueError
        When it is not one numeric column, or not finite.
    """
    name = str(parsed.lhs)
    if name in table:
        return table[name]
    from formulaic.errors import FormulaicError

    try:
        values = parsed.lhs.get_model_matrix(frame(), output="numpy", na_action="raise")
    except FormulaicError as error:
        raise ValueError(f"The outcome '{name}' cannot be evaluated: {error}") from error
    values = np.asarray(values, dtype=float)
    if values.shape[1] != 1:
        raise ValueError(f"The outcome '{name}' must be one numeric column.")
    return np.asarray(values[:, 0])


def row_frame(
    levels: Mapping[str, tuple[Any, ...]],
    codes: Mapping[str, Index],
    numbers: Mapping[str, Array],
    n_rows: int,
) -> pd.DataFrame:
    """Rows as a table that formulaic can read."""
    coded = {
        name: pd.Categorical.from_codes(codes[name], categories=pd.Index(values))
        for name, values in levels.items()
    }
    return pd.DataFrame({**coded, **numbers}, index=range(n_rows))


def _is_bare(factor: Any) -> bool:
    return bool(factor.eval_method.value in ("lookup", "literal"))


def _column(value: Any) -> Column:
    if isinstance(value, np.ndarray):
        return Column(float(value[0]))
    scale, pieces = value
    tables: dict[str, Array] = {}
    for piece in pieces:
        if piece.variable:
            tables[piece.variable] = tables.get(piece.variable, 1.0) * piece.table
    return Column(scale, tables, tuple(piece.key for piece in pieces if not piece.variable))
