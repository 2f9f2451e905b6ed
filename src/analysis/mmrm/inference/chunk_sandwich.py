"""The sandwich covariance of a fit to chunks: its sums need the residuals, so a further reading.

One reading gives the covariance, and each table of contrasts one more for its degrees of
freedom. The subjects that lie in several chunks are put together as in the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Array
from analysis.mmrm.design.matrix import assemble
from analysis.mmrm.fit.maximise import Optimum
from analysis.mmrm.inference.sandwich import Sandwich, stretch_rows, weights_of
from analysis.mmrm.moments.chunks import Plan, Streamed, split_apart
from analysis.mmrm.moments.columns import fill
from analysis.mmrm.moments.cross_products import Patterns, group_patterns


@dataclass(frozen=True)
class Task:
    """What a worker does with a chunk: the scores' cross-products, or the sums of contrasts."""

    kind: str
    optimum: Optimum
    plan: Plan
    contrasts: Array | None = None

    def __call__(self, chunk: pd.DataFrame) -> tuple[list[Array], list[pd.DataFrame]]:
        """Sums, and the rows of the subjects that lie apart."""
        table, apart = split_apart(chunk, self.plan)
        if not len(table):
            return [], apart
        design = assemble(self.plan.template, table)
        columns = fill(design, self.plan.placement, self.plan.location)
        patterns = _in_order_of(self.optimum, group_patterns(design, columns.observed))
        rows = stretch_rows(self.kind, self.optimum, columns, patterns, weights_of(design))
        if self.contrasts is None:
            return [rows.scores.T @ rows.scores], apart
        return list(rows.sums(self.contrasts)), apart


def sandwich_of_chunks(kind: str, optimum: Optimum, rows: Streamed) -> Sandwich:
    """Read the chunks again for the sandwich covariance."""
    covariance = _total(rows, Task(kind, optimum, rows.plan))[0]
    return Sandwich(covariance, optimum.state.phi, partial(_contrast_sums, kind, optimum, rows))


def _contrast_sums(
    kind: str, optimum: Optimum, rows: Streamed, contrasts: Array
) -> tuple[Array, Array]:
    scalars, gram = _total(rows, Task(kind, optimum, rows.plan, contrasts))
    return scalars, gram


def _total(rows: Streamed, task: Task) -> list[Array]:
    total: list[Array] = []
    apart: list[pd.DataFrame] = []
    for sums, away in rows.source.run(task, rows.template.roles.needed):
        total = _add(total, sums)
        apart += away
    if apart:
        together = Task(task.kind, task.optimum, rows.plan.together(), task.contrasts)
        sums, _ = together(pd.concat(apart, ignore_index=True))
        total = _add(total, sums)
    return total


def _add(total: list[Array], sums: list[Array]) -> list[Array]:
    if not (total and sums):
        return total or sums
    return [a + b for a, b in zip(total, sums, strict=True)]


def _in_order_of(optimum: Optimum, patterns: Patterns) -> Patterns:
    """The patterns of a chunk, numbered as those of the fit."""
    moments = optimum.likelihood.moments
    keys = zip(moments.unit, moments.visits, strict=True)
    number = {(int(unit), visits.tobytes()): i for i, (unit, visits) in enumerate(keys)}
    own = [
        number[int(unit), visits.tobytes()]
        for unit, visits in zip(patterns.unit, patterns.visits, strict=True)
    ]
    return Patterns(
        visits=moments.visits,
        unit=moments.unit,
        of_subject=np.array(own, dtype=np.intp)[patterns.of_subject],
        unit_group=patterns.unit_group,
        unit_times=None,
    )
