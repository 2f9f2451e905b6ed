"""Distinct columns of [X y]: one row a subject in place of one row a visit.

Most columns of X repeat between visits (arm, baseline) or are constant (the indicator of a
visit). A subject's rows at all visits are therefore linear in a short vector of distinct
values, which is centred and scaled before anything is multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.mmrm.design import Design

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class SubjectColumns:
    """Distinct columns, one row a subject, centred and scaled; absent values are zero.

    Attributes
    ----------
    u : array of shape (n, m)
        Column 0 is one.
    maps : array of shape (K, m, p + 1)
        ``z_ia = maps[a].T @ u_i`` for the visits a that subject i has.
    """

    u: Array
    maps: Array
    observed: NDArray[np.bool_]


@dataclass(frozen=True)
class Placement:
    """Which distinct column of the subjects each column of X is at each visit.

    Attributes
    ----------
    place : array of int, shape (K, p)
        Number of the distinct column, -1 where the column is constant at the visit.
    constant : array of shape (K, p)
        The constant.
    centre, scale : arrays of shape (s,)
        Of the distinct columns.
    y_centre, y_scale : arrays of shape (K,)
    """

    place: Index
    constant: Array
    centre: Array
    scale: Array
    y_centre: Array
    y_scale: Array

    def maps(self) -> Array:
        """``z_ia = maps[a].T @ u_i``, shape (K, 1 + s + K, p + 1)."""
        n_visits, p = self.place.shape
        n_slots = len(self.centre)
        maps = np.zeros((n_visits, 1 + n_slots + n_visits, p + 1))
        maps[:, 0, :p] = self.constant
        for a, j in zip(*np.nonzero(self.place >= 0), strict=True):
            s = self.place[a, j]
            maps[a, 0, j], maps[a, 1 + s, j] = self.centre[s], self.scale[s]
        for a in range(n_visits):
            maps[a, 0, p], maps[a, 1 + n_slots + a, p] = self.y_centre[a], self.y_scale[a]
        return maps


def subject_columns(design: Design) -> SubjectColumns:
    """Find the distinct columns of [X y] over all visits, and the subjects' values of them.

    Two columns are one when they agree for every subject who has both visits.
    """
    placement, slots = find_placement(design)
    return fill(design, placement, slots)


def find_placement(design: Design) -> tuple[Placement, list[Array]]:
    """Distinct columns of a design: where they stand, and their values by subject."""
    n, n_visits, p = design.n_subjects, len(design.visits), design.x.shape[1]
    slots: list[Array] = []
    place = np.full((n_visits, p), -1)
    constant = np.zeros((n_visits, p))
    y_centre, y_scale = np.zeros(n_visits), np.ones(n_visits)
    for a, rows, who, x, y in _by_visit(design):
        if not len(rows):
            continue
        y_centre[a], y_scale[a] = _location(y)
        for j in range(p):
            values = x[:, j]
            if np.all(values == values[0]):
                constant[a, j] = values[0]
                continue
            likely = [place[b, j] for b in range(a - 1, -1, -1) if place[b, j] >= 0][:1]
            place[a, j] = _slot(slots, likely, values, who, n)
    locations = [_location(values[~np.isnan(values)]) for values in slots]
    centre, scale = np.array(locations).reshape(-1, 2).T
    return Placement(place, constant, centre, scale, y_centre, y_scale), slots


def _by_visit(design: Design) -> Iterator[tuple[int, Index, Index, Array, Array]]:
    """Visit, rows, subjects, and weighted X and y of the rows."""
    for a in range(len(design.visits)):
        rows = np.flatnonzero(design.visit == a)
        x, y = design.x[rows], design.y[rows]
        if design.weights is not None:
            root = np.sqrt(design.weights[rows])
            x, y = x * root[:, None], y * root
        yield a, rows, design.subject[rows], np.asarray(x, order="F"), y


def fill(design: Design, placement: Placement, slots: Sequence[Array]) -> SubjectColumns:
    """The subjects' centred and scaled values of the distinct columns."""
    n, n_visits, n_slots = design.n_subjects, len(design.visits), len(placement.centre)
    u = np.zeros((n, 1 + n_slots + n_visits))
    u[:, 0] = 1.0
    observed = np.zeros((n, n_visits), dtype=bool)
    for s, values in enumerate(slots):
        known = ~np.isnan(values)
        u[known, 1 + s] = (values[known] - placement.centre[s]) / placement.scale[s]
    root = None if design.weights is None else np.sqrt(design.weights)
    y = design.y if root is None else design.y * root
    y = (y - placement.y_centre[design.visit]) / placement.y_scale[design.visit]
    observed[design.subject, design.visit] = True
    u[design.subject, 1 + n_slots + design.visit] = y
    return SubjectColumns(u=u, maps=placement.maps(), observed=observed)


def read_slots(design: Design, placement: Placement) -> list[Array] | tuple[int, int]:
    """Values of the distinct columns in another chunk, or a (visit, column) that differs."""
    slots = [np.full(design.n_subjects, np.nan) for _ in placement.centre]
    for a, rows, who, x, _ in _by_visit(design):
        for j, s in enumerate(placement.place[a]):
            values = x[:, j]
            if s < 0:
                if len(rows) and np.any(values != placement.constant[a, j]):
                    return a, j
            elif _agrees(slots[s], values, who):
                slots[s][who] = values
            else:
                return a, j
    return slots


def split(placement: Placement, cell: tuple[int, int], values: Array) -> Placement:
    """A placement in which one column at one visit is a distinct column of its own."""
    place, constant = placement.place.copy(), placement.constant.copy()
    place[cell], constant[cell] = len(placement.centre), 0.0
    centre, scale = _location(values)
    return replace(
        placement,
        place=place,
        constant=constant,
        centre=np.append(placement.centre, centre),
        scale=np.append(placement.scale, scale),
    )


def _location(values: Array) -> tuple[float, float]:
    centre = float(values.mean())
    spread = float(np.sqrt(np.mean((values - centre) ** 2)))
    return centre, spread if spread > 0 else 1.0


def _slot(slots: list[Array], likely: list[int], values: Array, who: Index, n: int) -> int:
    """The column that agrees with these values where both are known, else a new one."""
    for s in dict.fromkeys([*likely, *range(len(slots))]):
        if _agrees(slots[s], values[:50], who[:50]) and _agrees(slots[s], values, who):
            slots[s][who] = values
            return s
    column = np.full(n, np.nan)
    column[who] = values
    slots.append(column)
    return len(slots) - 1


def _agrees(slot: Array, values: Array, who: Index) -> bool:
    known = slot[who]
    return bool(np.all((known == values) | np.isnan(known)))
