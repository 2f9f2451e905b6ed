"""Reference grids: which weights on the coefficients a least squares mean is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm.design import Design

Array = NDArray[np.float64]


def mean_weights(
    design: Design,
    names: Sequence[str],
    *,
    at: Mapping[str, Any] | None = None,
    weights: str = "equal",
    covariates: str = "rows",
) -> tuple[pd.DataFrame, Array]:
    """Levels of the named factors, and for each the weights on every column of the design.

    Numeric covariates stand at their mean over the rows used (as SAS and emmeans do) or,
    with ``covariates="subjects"``, over each subject's first row; `at` replaces the mean,
    or restricts a factor to the levels given. Other factors are averaged, each combination
    of levels with equal weight or in proportion to its frequency.

    Returns
    -------
    levels : DataFrame
        One row a mean, one column a name.
    weights : array of shape (means, p)
    """
    if weights not in ("equal", "proportional"):
        raise ValueError(f"weights must be 'equal' or 'proportional', not '{weights}'.")
    if covariates not in ("rows", "subjects"):
        raise ValueError(f"covariates must be 'rows' or 'subjects', not '{covariates}'.")
    factors = _factors(design)
    if len(set(names)) < len(names):
        raise ValueError(f"'{names[0]}' cannot be both the factor and by.")
    for name in names:
        if name not in factors:
            raise ValueError(
                f"'{name}' is not a factor of the formula; the factors are {', '.join(factors)}."
            )
    fixed = _fixed(design, factors, at or {})
    totals = design.totals(covariates, list(factors))
    # Only factors of the right-hand side span the grid.
    others = [name for name in factors if name not in names]
    choices = {name: list(fixed.get(name, factors[name])) for name in (*names, *others)}
    combinations = list(itertools.product(*choices.values()))
    grid = pd.DataFrame(combinations, columns=list(choices))
    for name in design.predictors:
        if name not in factors:
            mean = float(totals.sums[name]) / totals.n
            grid[name] = fixed.get(name, mean)
    x = design.encode(grid)
    each = np.ones(len(grid))
    if weights == "proportional":
        each = totals.share(grid, others)
    n_means = int(np.prod([len(choices[name]) for name in names]))
    share = each.reshape(n_means, -1)
    share = share / share.sum(axis=1, keepdims=True)
    rows = np.einsum("mg,mgp->mp", share, x.reshape(n_means, share.shape[1], -1))
    levels = grid[list(names)].iloc[:: share.shape[1]].reset_index(drop=True)
    return levels, rows


def _factors(design: Design) -> dict[str, tuple[Any, ...]]:
    """Factors of the right-hand side, numbers inside ``C()`` included, with their levels."""
    coded = [str(factor) for factor in design.spec.factor_contrasts]
    found: dict[str, tuple[Any, ...]] = {}
    for name in design.predictors:
        if name in design.levels:
            found[name] = design.levels[name]
        elif any(re.search(rf"\b{re.escape(name)}\b", factor) for factor in coded):
            found[name] = tuple(sorted(design.frame[name].unique()))
    return found


def _fixed(
    design: Design, factors: Mapping[str, tuple[Any, ...]], at: Mapping[str, Any]
) -> dict[str, Any]:
    fixed: dict[str, Any] = {}
    for name, value in at.items():
        if name in factors:
            values = list(value) if isinstance(value, (list, tuple)) else [value]
            unknown = [str(v) for v in values if v not in factors[name]]
            if unknown:
                raise ValueError(f"at: '{name}' has no level {', '.join(unknown)}.")
            fixed[name] = values
        elif name in design.predictors:
            fixed[name] = float(value)
        else:
            raise ValueError(f"at: the formula has no variable '{name}'.")
    return fixed
