"""Least squares means of many trials: each trial's covariates stand at its own mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.mmrm.arrays import Array
from analysis.mmrm.batch.stack import Stack
from analysis.mmrm.inference.lsmeans import Grid, reference_grid


def mean_weights_of_each(
    stack: Stack, names: Sequence[str], **options: Any
) -> tuple[dict[str, list[Any]], Array]:
    """What `analysis.mmrm.inference.lsmeans.mean_weights` gives, for every trial.

    Returns
    -------
    levels : dict of str to list
        One entry a mean for each name.
    weights : array of shape (T, means, p)
    """
    template = stack.template
    grid = reference_grid(template, names, **options)
    per = options.get("covariates", "rows")
    rows: Any = slice(None) if per == "rows" else stack.design.first_rows
    trial = stack.trial[stack.design.subject[rows]]
    n = np.maximum(np.bincount(trial, minlength=stack.n_trials), 1)
    numbers = {}
    for name in template.recipe.numbers:
        sums = np.bincount(trial, stack.design.numbers[name][rows], minlength=stack.n_trials)
        numbers[name] = np.repeat(sums / n, grid.n_points)
        if name in grid.values:
            numbers[name][:] = grid.values[name]
    codes = {name: np.tile(code, stack.n_trials) for name, code in grid.codes.items()}
    x = template.matrix(codes, numbers, stack.n_trials * grid.n_points)
    x = x.reshape(stack.n_trials, grid.n_means, -1, x.shape[1])
    if options.get("weights", "equal") == "equal":
        return grid.levels, x.mean(axis=2)
    share = _frequency(stack, grid, names, rows).reshape(x.shape[:3])
    share = share / np.maximum(share.sum(axis=2, keepdims=True), 1)
    return grid.levels, np.einsum("tmg,tmgp->tmp", share, x)


def _frequency(stack: Stack, grid: Grid, names: Sequence[str], rows: Any) -> Array:
    """How often each trial has the levels of the factors averaged over, (T, points)."""
    others = {name: levels for name, levels in stack.template.recipe.levels.items()
              if name not in names}  # fmt: skip
    shape = [stack.n_trials, *(len(levels) for levels in others.values())]
    own: Any = (
        stack.trial[stack.design.subject[rows]],
        *(stack.design.codes[name][rows] for name in others),
    )
    counts = np.bincount(np.ravel_multi_index(own, tuple(shape)), minlength=int(np.prod(shape)))
    place: Any = (slice(None), *(grid.codes[name] for name in others))
    counts = counts.reshape(shape)[place]
    return np.broadcast_to(counts.reshape(stack.n_trials, -1), (stack.n_trials, grid.n_points))
