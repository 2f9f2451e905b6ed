"""Reference grids: which weights on the coefficients a least squares mean is.

A least squares mean (Searle, Speed and Milliken 1980, doi:10.1080/00031305.1980.10483031) is
the mean of the model's predictions over a grid: every combination of factor levels, covariates
at their mean. The row mean counts a subject as often as it was seen (SAS and emmeans), the
subject mean once. Checked against predictions on the same grid and listings of SAS PROC MIXED.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.design.matrix import Template, Totals


class Rows(Protocol):
    """What a grid needs of the data: a Design, or what a fit to chunks keeps of one."""

    @property
    def template(self) -> Template:
        """Levels and recipe of the formula."""

    @property
    def totals(self) -> dict[str, Totals]:
        """Sums of numbers and counts of levels over "rows" and "subjects"."""


@dataclass(frozen=True)
class Grid:
    """Combinations of factor levels, those of a mean together.

    Attributes
    ----------
    levels : dict of str to list
        Of the named factors, one entry a mean.
    codes : dict of str to array of int, shape (points,)
    values : dict of str to float
        Numbers that stand at another value than their mean.
    """

    levels: dict[str, list[Any]]
    codes: dict[str, Index]
    values: dict[str, float]
    n_points: int
    n_means: int


def reference_grid(
    template: Template,
    names: Sequence[str],
    *,
    at: Mapping[str, Any] | None = None,
    weights: str = "equal",
    covariates: str = "rows",
) -> Grid:
    """The grid of the means of the named factors; see `mean_weights`."""
    if weights not in ("equal", "proportional"):
        raise ValueError(f"weights must be 'equal' or 'proportional', not '{weights}'.")
    if covariates not in ("rows", "subjects"):
        raise ValueError(f"covariates must be 'rows' or 'subjects', not '{covariates}'.")
    factors = template.recipe.levels
    _refuse_names(names, template)
    places, values = _fixed(template, at or {})
    # The named factors change slowest: the rows of a mean stand together.
    order = [*names, *(name for name in factors if name not in names)]
    choices = [places.get(name, list(range(len(factors[name])))) for name in order]
    grid = np.array(list(itertools.product(*choices)), dtype=np.intp)
    codes = dict(zip(order, grid.T, strict=True))
    n_means = int(np.prod([len(part) for part in choices[: len(names)]]))
    step = len(grid) // n_means
    levels = {name: [factors[name][c] for c in codes[name][::step]] for name in names}
    return Grid(levels, codes, values, len(grid), n_means)


def mean_weights(
    data: Rows,
    names: Sequence[str],
    *,
    at: Mapping[str, Any] | None = None,
    weights: str = "equal",
    covariates: str = "rows",
) -> tuple[dict[str, list[Any]], Array]:
    """Levels of the named factors, and for each the weights on every column of the design.

    Numeric covariates stand at their mean over the rows used (as SAS and emmeans do) or,
    with ``covariates="subjects"``, over each subject's first row; `at` replaces the mean,
    or restricts a factor to the levels given. Other factors are averaged, each combination
    of levels with equal weight or in proportion to its frequency.

    Returns
    -------
    levels : dict of str to list
        One entry a mean for each name.
    weights : array of shape (means, p)
    """
    template = data.template
    factors = template.recipe.levels
    grid = reference_grid(template, names, at=at, weights=weights, covariates=covariates)
    totals = data.totals[covariates]
    numbers = {
        name: np.full(grid.n_points, grid.values.get(name, totals.sums[name] / totals.n))
        for name in template.recipe.numbers
    }
    x = template.matrix(grid.codes, numbers, grid.n_points)
    each = np.ones(grid.n_points)
    if weights == "proportional":
        named = tuple(i for i, name in enumerate(factors) if name in names)
        counts = totals.counts.sum(axis=named, keepdims=True)
        index = [0 if name in names else grid.codes[name] for name in factors]
        each = np.broadcast_to(counts[tuple(index)], grid.n_points)
    share = each.reshape(grid.n_means, -1)
    share = share / share.sum(axis=1, keepdims=True)
    rows = np.einsum("mg,mgp->mp", share, x.reshape(grid.n_means, share.shape[1], -1))
    return grid.levels, rows


def difference_weights(
    data: Rows, factor: str, by: str | None, reference: Any, **options: Any
) -> tuple[dict[str, list[Any]], Array]:
    """Differences of means from a reference level, for each level of another factor.

    Parameters
    ----------
    options
        at, weights, covariates: see `mean_weights`.

    Returns
    -------
    labels : dict of str to list
        by, contrast.
    weights : array of shape (differences, p)

    Raises
    ------
    ValueError
        When the factor has no such level; as `mean_weights`.
    """
    levels, rows = mean_weights(data, [factor] if by is None else [by, factor], **options)
    return differences_of(levels, rows, factor, by, reference)


def differences_of(
    levels: Mapping[str, list[Any]], rows: Array, factor: str, by: str | None, reference: Any
) -> tuple[dict[str, list[Any]], Array]:
    """Differences of the means of `mean_weights`, of one data set or of many, (..., means, p)."""
    values = list(dict.fromkeys(levels[factor]))
    reference = values[0] if reference is None else reference
    if reference not in values:
        raise ValueError(f"'{factor}' has no level '{reference}' to be the reference.")
    if len(values) == 1:
        raise ValueError(f"'{factor}' has one level only, '{reference}': there is no difference.")
    here = values.index(reference)
    others = [i for i in range(len(values)) if i != here]
    *front, n_means, p = rows.shape
    blocks = rows.reshape(*front, n_means // len(values), len(values), p)
    contrasts = (blocks[..., others, :] - blocks[..., [here], :]).reshape(*front, -1, p)
    labels: dict[str, list[Any]] = {}
    if by is not None:
        labels[by] = [level for level in levels[by][:: len(values)] for _ in others]
    n_blocks = n_means // len(values)
    labels["contrast"] = [f"{values[i]} - {reference}" for _ in range(n_blocks) for i in others]
    return labels, contrasts


def _refuse_names(names: Sequence[str], template: Template) -> None:
    factors = template.recipe.levels
    if len(names) > 1 and names[0] == names[1]:
        raise ValueError(f"'{names[0]}' cannot be both the factor and by.")
    for name in names:
        if name not in list(factors):
            hint = f" Write C({name}) to make it one." if name in template.recipe.numbers else ""
            raise ValueError(
                f"'{name}' is not a factor of the formula; the factors are {', '.join(factors)}."
                + hint
            )


def _fixed(
    template: Template, at: Mapping[str, Any]
) -> tuple[dict[str, list[int]], dict[str, float]]:
    """Places of the levels, and values of the numbers, that `at` asks for."""
    factors = template.recipe.levels
    places: dict[str, list[int]] = {}
    values: dict[str, float] = {}
    if not isinstance(at, Mapping):
        raise ValueError("at is a dict of variable to value, such as {'baseline': 30}.")
    for name, value in at.items():
        if name in factors:
            wanted = [value] if pd.api.types.is_scalar(value) else list(value)
            if not wanted:
                raise ValueError(f"at: no level of '{name}' is given.")
            unknown = [str(v) for v in wanted if v not in factors[name]]
            if unknown:
                raise ValueError(f"at: '{name}' has no level {', '.join(unknown)}.")
            places[name] = [factors[name].index(v) for v in wanted]
        elif name in template.recipe.numbers:
            values[name] = _one_number(name, value)
        else:
            raise ValueError(f"at: the formula has no variable '{name}'.")
    return places, values


def _one_number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"at: '{name}' is a number and takes one finite value.")
    return number
