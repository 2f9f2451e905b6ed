"""A fit to data that come in chunks: the sums add up, the rows are let go.

Two readings: one for the levels of the factors and the visits, one for the sums. All rows
of a subject stand together; a subject whose rows end one chunk and begin the next is carried
over. What is kept of a subject is eight bytes, to refuse one that comes back later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.mmrm.columns import Placement, fill, find_placement, read_slots, split
from analysis.mmrm.design import (
    Design,
    Known,
    Streamed,
    Totals,
    build_design,
    formula_variables,
    is_factor,
    natural_key,
    visit_order,
)
from analysis.mmrm.moments import Moments, expand, group_patterns, orthonormal, square_root

Array = NDArray[np.float64]
Source = Callable[[], Iterable[pd.DataFrame]]


def source_of(data: Any) -> Source | None:
    """How to read chunks again and again, or None for a single table.

    A list or tuple of DataFrames, a pyarrow Dataset or ParquetFile (read by record batch),
    or a function without arguments that returns an iterable of DataFrames.
    """
    if isinstance(data, pd.DataFrame):
        return None
    if isinstance(data, (list, tuple)):
        return lambda: data
    if hasattr(data, "to_batches"):
        return lambda: (batch.to_pandas() for batch in data.to_batches())
    if hasattr(data, "iter_batches"):
        return lambda: (batch.to_pandas() for batch in data.iter_batches())
    if callable(data):
        return data
    raise ValueError(
        "data must be a DataFrame, a list of DataFrames, a pyarrow dataset, or a function "
        f"that returns DataFrames, not a {type(data).__name__}."
    )


@dataclass
class Sums:
    """Cross-product sums by pattern; those of two chunks add up.

    Attributes
    ----------
    parts : dict of (group, visits) to [matrix of shape (m, m), number of subjects]
    """

    parts: dict[tuple[int, bytes], list[Any]] = field(default_factory=dict)
    n_obs: int = 0
    log_weights: float = 0.0

    def add(self, other: Sums) -> None:
        """Take the sums of another chunk in."""
        for key, (matrix, count) in other.parts.items():
            mine = self.parts.setdefault(key, [np.zeros_like(matrix), 0])
            mine[0] = mine[0] + matrix
            mine[1] += count
        self.n_obs += other.n_obs
        self.log_weights += other.log_weights


def chunk_sums(design: Design, placement: Placement, slots: Sequence[Array]) -> Sums:
    """Sums of one chunk by pattern."""
    columns = fill(design, placement, slots)
    patterns = group_patterns(design, columns.observed)
    weights = design.weights
    sums = Sums(
        n_obs=len(design.y),
        log_weights=0.0 if weights is None else float(np.log(weights).sum()),
    )
    for number, visits in enumerate(patterns.visits):
        block = columns.u[patterns.of_subject == number]
        key = (int(patterns.unit[number]), visits.tobytes())
        sums.parts[key] = [block.T @ block, len(block)]
    return sums


def accumulate_chunks(
    formula: str, source: Source, *, subject: str, visit: str, **columns: str | None
) -> tuple[Design, Moments]:
    """Moments of all chunks, and the first chunk's design with what is known of all.

    Raises
    ------
    ValueError
        As `analysis.mmrm.design.build_design`; when a subject's rows are apart; when the
        formula has a transformation whose state is learned from data, such as a spline.
    """
    group = columns.get("group")
    weights = columns.get("weights")
    known = _levels(formula, source, subject=subject, visit=visit, group=group, weights=weights)
    placement: Placement | None = None
    for _ in range(10_000):
        outcome = _one_reading(formula, source, known, placement, subject, visit, columns)
        if isinstance(outcome, Placement):
            placement = outcome
            continue
        return outcome
    raise ValueError("The columns of the design differ between chunks without end.")


def _one_reading(
    formula: str,
    source: Source,
    known: Known,
    placement: Placement | None,
    subject: str,
    visit: str,
    columns: dict[str, str | None],
) -> tuple[Design, Moments] | Placement:
    """Read all chunks; a placement comes back where a chunk shows that it must be finer."""
    sums, first, n_excluded = Sums(), None, 0
    totals: dict[str, Totals] = {}
    varies: NDArray[np.bool_] | None = None
    seen: list[NDArray[np.uint64]] = []
    for chunk in _whole_subjects(source, subject):
        if _complete(formula, chunk, subject, visit, list(columns.values()))[0].empty:
            n_excluded += len(chunk)
            continue
        design = build_design(formula, chunk, subject=subject, visit=visit, known=known, **columns)
        if first is None:
            first = design
            _refuse_learned(design)
        if placement is None:
            placement, slots = find_placement(design)
        else:
            found = read_slots(design, placement)
            if isinstance(found, tuple):
                return _finer(design, placement, found)
            slots = found
        sums.add(chunk_sums(design, placement, slots))
        n_excluded += design.n_excluded
        factors = [name for name in design.predictors if name in design.levels]
        for per in ("rows", "subjects"):
            part = design.totals(per, factors)
            totals[per] = totals[per] + part if per in totals else part
        changes = design.varies_within_subject()
        varies = changes if varies is None else varies | changes
        seen.append(pd.util.hash_array(np.asarray(design.subjects)))
    if first is None or placement is None or varies is None:
        raise ValueError("No row has the outcome and every covariate: there is nothing to fit.")
    moments = _moments(sums, placement, seen, subject)
    whole = replace(first, n_excluded=n_excluded, streamed=Streamed(totals, varies))
    return whole, moments


def _moments(
    sums: Sums, placement: Placement, seen: list[NDArray[np.uint64]], subject: str
) -> Moments:
    ids = np.concatenate(seen)
    repeated = len(ids) - len(np.unique(ids))
    if repeated:
        raise ValueError(
            f"{repeated} subject(s) have rows in chunks that are apart: sort the data by "
            f"'{subject}'."
        )
    maps = placement.maps()
    used = np.abs(maps).sum(axis=2) > 0
    keys = sorted(sums.parts)
    visits = np.array([np.frombuffer(key[1], dtype=bool) for key in keys])
    rows = []
    for key, has in zip(keys, visits, strict=True):
        own = np.flatnonzero(used[has].any(axis=0))
        root = square_root(sums.parts[key][0][np.ix_(own, own)])
        wide = np.zeros((len(root), maps.shape[1]))
        wide[:, own] = root
        rows.append(wide)
    pattern = np.repeat(np.arange(len(keys)), [len(part) for part in rows])
    basis, z = orthonormal(expand(np.concatenate(rows), maps, visits[pattern]))
    return Moments(
        z=z,
        pattern=pattern,
        visits=visits,
        count=np.array([float(sums.parts[key][1]) for key in keys]),
        unit=np.array([key[0] for key in keys], dtype=np.intp),
        basis=basis,
        n_obs=sums.n_obs,
        n_subjects=len(ids),
        log_weights=sums.log_weights,
    )


def _finer(design: Design, placement: Placement, cell: tuple[int, int]) -> Placement:
    rows = design.visit == cell[0]
    values = design.x[rows, cell[1]]
    if design.weights is not None:
        values = values * np.sqrt(design.weights[rows])
    return split(placement, cell, values)


def _whole_subjects(source: Source, subject: str) -> Iterator[pd.DataFrame]:
    """Chunks whose last subject waits for the next chunk."""
    rest: pd.DataFrame | None = None
    for chunk in source():
        if not len(chunk):
            continue
        table = chunk if rest is None else pd.concat([rest, chunk], ignore_index=True)
        last = (table[subject] == table[subject].iloc[-1]).to_numpy()
        rest = table[last]
        if not last.all():
            yield table[~last]
    if rest is not None:
        yield rest


def _complete(
    formula: str, chunk: pd.DataFrame, subject: str, visit: str, extra: Sequence[str | None]
) -> tuple[pd.DataFrame, list[str]]:
    """Rows that have every variable, and the variables of the formula."""
    _, outcomes, predictors = formula_variables(formula, chunk)
    variables = list(dict.fromkeys([*outcomes, *predictors]))
    needed = list(dict.fromkeys([*variables, subject, visit, *(name for name in extra if name)]))
    for name in needed:
        if name not in chunk.columns:
            raise ValueError(f"The data have no column '{name}', which the model needs.")
    return chunk[chunk[needed].notna().all(axis=1)], variables


def _levels(
    formula: str,
    source: Source,
    *,
    subject: str,
    visit: str,
    group: str | None,
    weights: str | None,
) -> Known:
    """First reading: the levels of the visit, the group and every factor."""
    found: dict[str, set[Any]] = {}
    declared: dict[str, set[tuple[Any, ...]]] = {}
    sample: pd.DataFrame | None = None
    for chunk in source():
        sample = chunk.head(0) if sample is None else sample
        complete, variables = _complete(formula, chunk, subject, visit, [group, weights])
        for name in dict.fromkeys([*variables, visit, *([group] if group else [])]):
            values = complete[name]
            if name not in (visit, group) and not is_factor(values):
                continue
            found.setdefault(name, set()).update(values.unique())
            categories: tuple[Any, ...] = ()
            if isinstance(values.dtype, pd.CategoricalDtype):
                categories = tuple(values.dtype.categories)
            declared.setdefault(name, set()).add(categories)
    if sample is None or not found.get(visit):
        raise ValueError("No row has the outcome and every covariate: there is nothing to fit.")
    levels = {}
    for name, present in found.items():
        # Declared order counts where all chunks declare the same.
        order = declared[name].pop() if len(declared[name]) == 1 else ()
        levels[name] = tuple(v for v in order if v in present) or tuple(
            sorted(present, key=natural_key)
        )
    levels[visit] = visit_order(sample[visit], pd.Series(list(found[visit])), visit)
    return Known(levels[visit], levels[group] if group else (), levels)


def _refuse_learned(design: Design) -> None:
    numbers = [name for name in design.predictors if name not in design.levels]
    coded = [str(factor) for factor in design.spec.factor_contrasts]
    if design.spec.transform_state or any(n in factor for n in numbers for factor in coded):
        raise ValueError(
            "The formula learns from the data (a spline, a scaling, or C() of a number), which "
            "chunks cannot do: put the transformed column into the data."
        )
