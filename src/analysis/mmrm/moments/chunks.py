"""A fit to data that come in chunks: the sums add up, the rows are let go.

Two readings: one for the levels of the factors and who is where, one for the sums. Chunks may
be worked on in any order, by anyone. A subject whose rows lie in several chunks is put
together from them and gives the same numbers; where that is more subjects than fit in memory,
the data must be sorted or partitioned by subject first. Two rows of a subject at one visit are
refused wherever they lie.

Memory holds, at a time, one chunk a worker (of a Parquet file, one row group or less) and the
sums: a matrix for each pattern of visits. What grows is small: about 20 kB a chunk (sampled
rows, labels), and the rows of the subjects that lie in several chunks, of whom
`analysis.mmrm.moments.survey.APART` are allowed. Nothing grows with the number of subjects where
the chunks follow the order of the subjects' names, so that only neighbours can share one; otherwise
one more reading takes eight bytes of each subject, to see who lies where.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.mmrm.arrays import Mask
from analysis.mmrm.design.matrix import Design, Template, Totals, assemble, learn_template
from analysis.mmrm.design.table import Roles, Table, read_table
from analysis.mmrm.moments.columns import (
    Location,
    Placement,
    fill,
    find_placement,
    locate,
    make_maps,
)
from analysis.mmrm.moments.cross_products import (
    Moments,
    group_patterns,
    orthonormal,
    own_columns,
    scatter_of,
    square_root,
    stack,
)
from analysis.mmrm.moments.sources import Source
from analysis.mmrm.moments.survey import Ids, find_apart, find_levels, survey


@dataclass(frozen=True)
class Plan:
    """What every chunk is summed with."""

    template: Template
    placement: Placement
    location: Location
    apart: Ids
    columns_that_vary: bool

    def together(self) -> Plan:
        """For the rows of the subjects that lie apart, once they are put together."""
        return replace(self, apart=self.apart[:0])


@dataclass(frozen=True)
class Streamed:
    """What a fit to chunks keeps of rows that are gone.

    Attributes
    ----------
    plan, source
        With which the sandwich covariance reads the rows again.
    totals : dict of str to Totals
        Sums of the numbers and counts of the levels, over "rows" and over "subjects".
    varies : array of bool, shape (p,), or None
        Whether each column of X changes within a subject; found for between-within only.
    """

    plan: Plan
    source: Source
    totals: dict[str, Totals]
    varies: Mask | None
    n_excluded: int
    spread: float

    @property
    def template(self) -> Template:
        """Levels and recipe of the formula."""
        return self.plan.template

    def varies_within_subject(self) -> Mask:
        """Whether each column of X changes between the visits of some subject."""
        if self.varies is None:
            raise ValueError("Between-within degrees of freedom must be asked for with the fit.")
        return self.varies


@dataclass
class Sums:
    """Cross-product sums by pattern; those of two chunks add up.

    Attributes
    ----------
    parts : dict of (group, visits) to [matrix of shape (m, m), number of subjects]
    low, high : float
        Smallest and largest outcome.
    """

    parts: dict[tuple[int, bytes], list[Any]] = field(default_factory=dict)
    n_obs: int = 0
    n_subjects: int = 0
    log_weights: float = 0.0
    low: float = np.inf
    high: float = -np.inf
    totals: dict[str, Totals] = field(default_factory=dict)
    varies: Mask | None = None
    apart: list[pd.DataFrame] = field(default_factory=list)

    def add(self, other: Sums) -> None:
        """Take the sums of another chunk in."""
        for key, (matrix, count) in other.parts.items():
            mine = self.parts.setdefault(key, [np.zeros_like(matrix), 0])
            mine[0] = mine[0] + matrix
            mine[1] += count
        self.n_obs += other.n_obs
        self.n_subjects += other.n_subjects
        self.log_weights += other.log_weights
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        for per, totals in other.totals.items():
            self.totals[per] = self.totals[per] + totals if per in self.totals else totals
        if other.varies is not None:
            self.varies = other.varies if self.varies is None else self.varies | other.varies
        self.apart += other.apart


def accumulate_chunks(
    roles: Roles, source: Source, *, columns_that_vary: bool, template: Template | None = None
) -> tuple[Streamed, Moments]:
    """Moments of all chunks, and what is kept of their rows.

    Parameters
    ----------
    columns_that_vary : bool
        Whether to find the columns of X that change within a subject.
    template : Template, optional
        Of a prepared model; found in the data where it is not given.

    Raises
    ------
    ValueError
        As `analysis.mmrm.design.matrix.build_design`; when too many subjects have rows in several
        chunks; when the formula learns something else from each chunk.
    """
    surveys = [s for s in source.run(partial(survey, roles=roles), roles.needed) if s.n_rows]
    if not surveys:
        raise ValueError("No row has the outcome and every covariate: there is nothing to fit.")
    apart = find_apart(surveys, source, roles)
    sample = pd.concat([s.sample for s in surveys], ignore_index=True)
    if template is None:
        table = read_table(sample, roles)
        template = learn_template(table, roles, find_levels(surveys, roles))
    varying = frozenset(name for s in surveys for name in s.varying)
    while True:
        sampled = replace(_sample_design(template, sample), varying=varying)
        placement = find_placement(template, varying)
        plan = Plan(template, placement, locate(sampled, placement), apart, columns_that_vary)
        sums = Sums()
        for part in source.run(partial(chunk_sums, plan=plan), roles.needed):
            sums.add(part)
        if not sums.apart:
            break
        together = pd.concat(sums.apart, ignore_index=True)
        changes = read_table(together, roles).varying()
        if changes <= varying:
            sums.add(chunk_sums(together, plan.together()))
            break
        # What seemed fixed in every chunk changes between the chunks of a subject.
        varying = varying | changes
    n_excluded = sum(s.n_excluded for s in surveys)
    spread = sums.high - sums.low
    rows = Streamed(plan, source, sums.totals, sums.varies, n_excluded, spread)
    return rows, _moments(sums, plan)


def chunk_sums(chunk: pd.DataFrame, plan: Plan) -> Sums:
    """Second reading of a chunk: its sums, and the rows of subjects that lie apart."""
    template = plan.template
    table, apart = split_apart(chunk, plan)
    if not len(table):
        return Sums(apart=apart)
    if not template.recipe.simple:
        _refuse_learned(template, learn_template(table, template.roles, template.levels))
    design = assemble(template, table)
    columns = fill(design, plan.placement, plan.location)
    patterns = group_patterns(design, columns.observed)
    weights = design.weights
    sums = Sums(
        n_obs=len(design.y),
        n_subjects=design.n_subjects,
        log_weights=0.0 if weights is None else float(np.log(weights).sum()),
        low=float(design.y.min()),
        high=float(design.y.max()),
        totals=design.totals,
        varies=design.varies_within_subject() if plan.columns_that_vary else None,
        apart=apart,
    )
    for number, visits in enumerate(patterns.visits):
        block = columns.u[patterns.of_subject == number]
        key = (int(patterns.unit[number]), visits.tobytes())
        sums.parts[key] = [block.T @ block, len(block)]
    return sums


def split_apart(chunk: pd.DataFrame, plan: Plan) -> tuple[Table, list[pd.DataFrame]]:
    """The rows of subjects that lie in this chunk alone, and those of the others."""
    table = read_table(chunk, plan.template.roles)
    away = np.isin(pd.util.hash_array(table.subjects), plan.apart)[table.subject]
    if not away.any():
        return table, []
    rows = chunk.iloc[table.rows[away]][plan.template.roles.needed]
    return table.take(np.flatnonzero(~away)), [rows]


def _sample_design(template: Template, sample: pd.DataFrame) -> Design:
    """The design of sampled rows, of which a subject may have the same one twice."""
    roles = template.roles
    keys = [roles.subject, roles.visit]
    return assemble(template, read_table(sample.drop_duplicates(keys), roles))


def _moments(sums: Sums, plan: Plan) -> Moments:
    maps = make_maps(plan.placement, plan.location)
    keys = sorted(sums.parts)
    visits = np.array([np.frombuffer(key[1], dtype=bool) for key in keys])
    own = own_columns(maps, visits)
    roots = [
        square_root(sums.parts[key][0][np.ix_(used, used)])
        for key, used in zip(keys, own, strict=True)
    ]
    rows, pattern = stack(roots, own, maps.shape[1])
    basis, z = orthonormal(rows, maps, visits[pattern])
    return Moments(
        z=z,
        pattern=pattern,
        visits=visits,
        count=np.array([float(sums.parts[key][1]) for key in keys]),
        unit=np.array([key[0] for key in keys], dtype=np.intp),
        basis=basis,
        n_obs=sums.n_obs,
        n_subjects=sums.n_subjects,
        log_weights=sums.log_weights,
        scatter=None if plan.template.roles.weights else scatter_of(rows, maps, visits[pattern]),
    )


def _refuse_learned(known: Template, again: Template) -> None:
    same = known.recipe.names == again.recipe.names and _same(
        known.recipe.spec.transform_state, again.recipe.spec.transform_state
    )
    if not same:
        raise ValueError(
            "The formula learns from the data (a spline, a scaling, or a comparison), and each "
            "chunk would teach it something else: give the knots and the bounds, as in "
            "bs(x, knots=[...], lower_bound=..., upper_bound=...), or put the transformed column "
            "into the data."
        )


def _same(one: Any, two: Any) -> bool:
    """Whether two learned states are equal, arrays inside included."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[key], two[key]) for key in one)
    if isinstance(one, Iterable) and not isinstance(one, str):
        return np.array_equal(np.asarray(one), np.asarray(two))
    return bool(one == two)
