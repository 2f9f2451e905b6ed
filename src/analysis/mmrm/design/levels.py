"""Levels of visits, groups and factors: which there are, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Index
from analysis.mmrm.design.natural_order import natural_order


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
    """Codes and labels of a column."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy().astype(np.intp)
        return Coded(codes, tuple(values.cat.categories), True, bool(values.cat.ordered))
    codes, labels = pd.factorize(values)
    return Coded(codes, tuple(labels.tolist()))


def is_factor(values: pd.Series) -> bool:
    """Whether a column is coded as a factor: it holds text, categories or truth values."""
    types = pd.api.types
    return bool(not types.is_numeric_dtype(values.dtype) or types.is_bool_dtype(values.dtype))
