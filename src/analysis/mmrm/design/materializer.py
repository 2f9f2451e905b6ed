"""formulaic's part in a design matrix: the products that each column is made of.

The one module that imports formulaic as it is loaded; others ask for it when there is a formula.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from formulaic.errors import FormulaicError
from formulaic.materializers import PandasMaterializer
from interface_meta import override

from analysis.mmrm.arrays import Array
from analysis.mmrm.design.formula import AtomKey, first_line, variables_of

# Name of a column, and its value: a number times pieces, or an array where it is constant.
Recorded = list[tuple[str, Any]]


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


class _Recorder(PandasMaterializer):
    """A materialiser that writes down the products in place of multiplying them."""

    levels: Mapping[str, tuple[Any, ...]]
    recorded: Recorded

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


def record(
    terms: Any, frame: pd.DataFrame, levels: Mapping[str, tuple[Any, ...]], **options: str
) -> tuple[Any, Recorded]:
    """What formulaic learned of a table, and the products on it.

    Parameters
    ----------
    terms
        A right-hand side, or what was learned of one before.
    options
        Of formulaic's ``get_model_matrix``.
    """
    recorder = _Recorder(frame)
    recorder.levels = levels
    spec = recorder.get_model_matrix(terms, **options).model_spec
    return spec, recorder.recorded


@contextmanager
def evaluating(failure: str) -> Iterator[None]:
    """Evaluate without warnings; what formulaic cannot do becomes a sentence."""
    try:
        with np.errstate(all="ignore"):
            yield
    except (FormulaicError, ValueError) as error:
        raise ValueError(f"{failure}: {first_line(error)}") from error
