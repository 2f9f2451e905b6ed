"""The first reading of chunks: levels of the factors, sampled rows, and who lies in several."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm.design.levels import Coded, Levels
from analysis.mmrm.design.natural_order import natural_order
from analysis.mmrm.design.table import Roles, read_table
from analysis.mmrm.design.visit_order import order_is_declared, visit_order
from analysis.mmrm.moments.sources import Source

Ids = NDArray[np.uint64]

# Subjects whose rows lie in several chunks and are put together in memory.
APART = 20_000
# Rows of each chunk from which centres and scales are found.
SAMPLE = 50


@dataclass(frozen=True)
class Survey:
    """What the first reading finds in a chunk.

    Attributes
    ----------
    found : dict of str to Coded
        Each factor's labels that occur, in declared order where the chunk declares one.
    span : tuple of (first, last), or None
        Of the subjects' names; None where they have no order.
    ends : array of uint64
        Hashes of these two.
    """

    found: dict[str, Coded]
    span: Any
    ends: Ids
    varying: set[str]
    sample: pd.DataFrame
    n_rows: int
    n_excluded: int


def survey(chunk: pd.DataFrame, roles: Roles) -> Survey:
    """First reading of a chunk."""
    table = read_table(chunk, roles)
    found = {
        name: replace(column, codes=np.unique(column.codes))
        for name, column in table.factors.items()
    }
    span, ends = None, np.empty(0, dtype=np.uint64)
    if len(table):
        try:
            places = [table.subjects.argmin(), table.subjects.argmax()]
        except TypeError:
            pass
        else:
            span = (table.subjects[places[0]], table.subjects[places[1]])
            ends = pd.util.hash_array(table.subjects[places])
    return Survey(
        found=found,
        span=span,
        ends=ends,
        varying=table.varying(),
        sample=chunk.iloc[table.rows[:SAMPLE]][roles.needed],
        n_rows=len(table),
        n_excluded=table.n_excluded,
    )


def find_apart(surveys: list[Survey], source: Source, roles: Roles) -> Ids:
    """Hashes of the subjects with rows in more than one chunk.

    Only the ends of neighbours can be, where the chunks follow the order of the names;
    otherwise the chunks are read once more.

    Raises
    ------
    ValueError
        When there are more than `APART`.
    """
    apart = _shared_ends(surveys)
    if apart is None:
        apart = _repeated(list(source.run(partial(hashes, roles=roles), roles.needed)))
    if len(apart) > APART:
        raise ValueError(
            f"{len(apart)} subjects have rows in more than one chunk, and at most {APART} are put "
            f"together in memory: sort the data by '{roles.subject}', or partition them by it "
            "(in Dask: data.shuffle)."
        )
    return apart


def find_levels(surveys: list[Survey], roles: Roles) -> Levels:
    """Levels of all chunks together."""

    def of(name: str) -> Coded:
        columns = [s.found[name] for s in surveys]
        present = {column.labels[c] for column in columns for c in column.codes}
        declared = {column.labels if column.declared else () for column in columns}
        # Declared order counts where all chunks declare the same.
        order = declared.pop() if len(declared) == 1 else ()
        if not order:
            return Coded(np.arange(len(present)), natural_order(present))
        codes = [i for i, label in enumerate(order) if label in present]
        ordered = all(column.ordered for column in columns)
        return Coded(np.array(codes, dtype=np.intp), order, True, ordered)

    names = [name for name in roles.predictors if name in surveys[0].found]
    visits = visit_order(of(roles.visit), roles.visit)
    factors = {name: visits if name == roles.visit else of(name).present() for name in names}
    groups = of(roles.group).present() if roles.group else ("",)
    return Levels(visits, groups, factors, order_is_declared(of(roles.visit), visits))


def hashes(chunk: pd.DataFrame, roles: Roles) -> Ids:
    """The subjects of a chunk, eight bytes each."""
    return pd.util.hash_array(read_table(chunk, roles).subjects)


def _shared_ends(surveys: list[Survey]) -> Ids | None:
    """Subjects at the border of two chunks; None where the chunks are not in subjects' order."""
    try:
        ordered = sorted(surveys, key=attrgetter("span"))
        steps = [(one.span[1], two.span[0], one.ends[1]) for one, two in pairwise(ordered)]
        if any(last > first for last, first, _ in steps):
            return None
    except TypeError:
        return None
    return np.unique(np.array([end for last, first, end in steps if last == first], np.uint64))


def _repeated(ids: list[Ids]) -> Ids:
    """Subjects that occur in more than one chunk."""
    every = np.concatenate(ids)
    every.sort()
    return np.unique(every[1:][every[1:] == every[:-1]])
