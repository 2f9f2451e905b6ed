"""Formulas: what they name, what they may not hold, and the columns that they stand for.

formulaic reads the formula, decides which factors are coded in full and which with one level
less, and learns the state of splines and scalings. It is asked for this structure once, on a
table as long as the longest factor. The columns themselves are products of a value looked up
by level (arm, visit) and of numbers (baseline), so that new rows and the grids of least
squares means need no second reading of the formula.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.materializers import PandasMaterializer
from interface_meta import override
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
# The value of an expression on the rows: its text, whether coded with one level less, its field.
AtomKey = tuple[str, bool, str]

NAME = r"[^\W\d]\w*(?!\w|\s*\(|\s*=(?!=)|\.)"


@dataclass(frozen=True)
class Piece:
    """One factor of a product: values looked up by level, or an expression of the rows.

    Attributes
    ----------
    variable : str
        Whose level is looked up; empty for an expression.
    table : array
        Value at each level; for an expression, its values on the rows evaluated.
    """

    key: AtomKey
    variable: str
    table: Array


@dataclass(frozen=True)
class Column:
    """One column of the design: a number times what is looked up times expressions."""

    scale: float
    tables: dict[str, Array] = field(default_factory=dict)
    atoms: tuple[AtomKey, ...] = ()


class _Recorder(PandasMaterializer):
    """A materialiser that writes down the products in place of multiplying them."""

    levels: Mapping[str, tuple[Any, ...]]
    recorded: list[tuple[str, Any]]

    @override
    def _encode_evaled_factor(  # type: ignore[no-untyped-def]
        self, factor, spec, drop_rows, reduced_rank=False
    ):
        encoded = super()._encode_evaled_factor(factor, spec, drop_rows, reduced_rank)
        names = variables_of(factor.expr, self.data.columns)
        coded = factor.metadata.kind.value == "categorical"
        variable = names[0] if coded and len(names) == 1 and names[0] in self.levels else ""
        size = len(self.levels[variable]) if variable else self.nrows
        return {
            name: Piece(
                (factor.expr, reduced_rank, name), variable, np.asarray(values, float)[:size]
            )
            for name, values in encoded.items()
        }

    @override
    def _get_columns_for_term(self, factors, spec, scale=1):  # type: ignore[no-untyped-def]
        products = itertools.product(*(factor.items() for factor in reversed(factors)))
        return {
            ":".join(name for name, _ in reversed(product)): (
                float(scale),
                [piece for _, piece in reversed(product)],
            )
            for product in products
        }

    @override
    def _combine_columns(self, cols, spec, drop_rows):  # type: ignore[no-untyped-def]
        self.recorded = list(cols)
        return np.empty((self.nrows, 0))


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
        frame = row_frame(self.levels, codes, numbers, n_rows)
        try:
            with np.errstate(all="ignore"):
                return _atom_values(_record(self.spec, frame, self.levels))
        except (FormulaicError, ValueError) as error:
            raise ValueError(
                f"The formula cannot be evaluated on every row: {_first_line(error)}"
            ) from error

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


def parse(formula: str) -> Any:
    """The parsed formula.

    Raises
    ------
    ValueError
        When it cannot be read, has no outcome or no term, holds an offset or random effects, or
        names columns in a way that is not read: by backticks, or all of them by a dot.
    """
    if not isinstance(formula, str):
        raise ValueError(
            f"The formula must be text such as 'y ~ arm * visit', not a {type(formula).__name__}."
        )
    for sign, what in ((r"\boffset\s*\(", "An offset"), (r"\|", "A random effect")):
        if re.search(sign, formula):
            raise ValueError(
                f"{what} in the formula '{formula}' is not part of this model: the covariance "
                "is chosen by covariance=, and a known shift is subtracted from the outcome."
            )
    if "`" in formula or re.search(r"(?<![\w.)\]])\.(?!\w)", formula):
        raise ValueError(
            f"The formula '{formula}' names columns by backticks or by a dot: rename a column "
            "that is not a plain word, and write out every term."
        )
    try:
        parsed = Formula(formula)
    except FormulaicError as error:
        raise ValueError(f"The formula '{formula}' cannot be read: {_first_line(error)}") from error
    if not hasattr(parsed, "lhs") or not hasattr(parsed, "rhs"):
        raise ValueError(f"The formula '{formula}' must read 'outcome ~ terms'.")
    if not len(parsed.rhs) or not formula.split("~", 1)[1].strip():
        raise ValueError(f"The formula '{formula}' has no term: write 'outcome ~ 1' for a mean.")
    return parsed


def variables_of(text: str, columns: Any, also: Any = ()) -> tuple[str, ...]:
    """Columns that an expression names; formulaic misses those inside ``bs(x, df=4)``."""
    inside = [name for name in re.findall(NAME, text) if name in columns]
    return tuple(sorted({*(str(name) for name in also), *inside}))


def only_in_c(text: str) -> set[str]:
    """Names that occur as ``C(name)`` and nowhere else: factors, also where they hold numbers."""
    inside = re.findall(rf"\bC\(\s*({NAME})\s*[,)]", text)
    outside = re.findall(NAME, re.sub(rf"\bC\(\s*{NAME}\s*[,)]", "", text))
    return set(inside) - set(outside)


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
    expressions = [
        factor.expr for term in parsed.rhs for factor in term.factors if not _is_bare(factor)
    ]
    simple = not any(variables_of(text, numbers) for text in expressions)
    # Cyclic: the first rows run through the levels of every factor.
    length = max([2, *(len(values) for values in levels.values())])
    cycle = {name: np.arange(length) % len(values) for name, values in levels.items()}
    first = {name: np.full(length, 1.0 if simple else v[0]) for name, v in numbers.items()}
    template = row_frame(levels, cycle, first, length)
    try:
        with np.errstate(all="ignore"):
            return _learned(parsed, levels, codes, numbers, template, simple)
    except (FormulaicError, ValueError) as error:
        why = _first_line(error)
        raise ValueError(f"The formula '{formula}' cannot be evaluated: {why}") from error


def _learned(
    parsed: Any,
    levels: Mapping[str, tuple[Any, ...]],
    codes: Mapping[str, Index],
    numbers: Mapping[str, Array],
    template: pd.DataFrame,
    simple: bool,
) -> Recipe:
    if simple:
        recorder = _Recorder(template)
        recorder.levels = levels
        spec = recorder.get_model_matrix(parsed.rhs, output="numpy", na_action="raise").model_spec
    else:
        n_rows = len(next(iter(numbers.values())))
        frame = row_frame(levels, codes, numbers, n_rows)
        spec = parsed.rhs.get_model_matrix(frame, output="numpy", na_action="raise").model_spec
        recorder = _record(spec, template, levels)
    names = tuple(str(name) for name, _ in recorder.recorded)
    columns = tuple(_column(value) for _, value in recorder.recorded)
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


def _first_line(error: Exception) -> str:
    """What formulaic says, without its drawing of the place."""
    return str(error).strip().split("\n")[0]


def _is_bare(factor: Any) -> bool:
    return bool(factor.eval_method.value in ("lookup", "literal"))


def _record(spec: Any, frame: pd.DataFrame, levels: Mapping[str, Any]) -> _Recorder:
    recorder = _Recorder(frame)
    recorder.levels = levels
    recorder.get_model_matrix(spec)
    return recorder


def _column(value: Any) -> Column:
    if isinstance(value, np.ndarray):
        return Column(float(value[0]))
    scale, pieces = value
    tables: dict[str, Array] = {}
    for piece in pieces:
        if piece.variable:
            tables[piece.variable] = tables.get(piece.variable, 1.0) * piece.table
    return Column(scale, tables, tuple(piece.key for piece in pieces if not piece.variable))


def _atom_values(recorder: _Recorder) -> dict[AtomKey, Array]:
    pieces = (
        piece
        for _, value in recorder.recorded
        if not isinstance(value, np.ndarray)
        for piece in value[1]
    )
    return {piece.key: piece.table for piece in pieces if not piece.variable}
