"""Distinct columns of [X y]: one row a subject in place of one row a visit.

A column of X is a product of values looked up by level and of numbers (`recipe.Recipe`). At a
given visit the visit's own value is a constant, and what is left, such as ``arm`` or
``arm * baseline``, is the same at all visits unless one of its variables changes within a
subject. A subject's rows at all visits are therefore linear in a short vector of distinct
values, which is centred and scaled before anything is multiplied. The recipe shows which
columns are one: the rows need not be compared, and the design matrix is never made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.design.formula import AtomKey
from analysis.mmrm.design.matrix import Design, Template


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
    observed: Mask


@dataclass(frozen=True)
class Slot:
    """A distinct column: a product of looked-up values and expressions.

    Attributes
    ----------
    visit : int
        The visit it belongs to, -1 where it is the same at all visits of a subject.
    weighted : bool
        Whether the root of the row's weight is a factor too.
    """

    tables: tuple[tuple[str, bytes], ...]
    atoms: tuple[AtomKey, ...]
    visit: int
    weighted: bool

    def values(self, design: Design, rows: Index) -> Array:
        """The product on some rows."""
        product = np.ones(len(rows))
        for name, table in self.tables:
            product *= np.frombuffer(table)[design.codes[name][rows]]
        for key in self.atoms:
            product *= design.atoms[key][rows]
        if self.weighted and design.weights is not None:
            product *= np.sqrt(design.weights[rows])
        return product


@dataclass(frozen=True)
class Placement:
    """Which distinct column each column of X is at each visit, and times what.

    Attributes
    ----------
    place : array of int, shape (K, p)
        Number of the distinct column, -1 where the column is constant at the visit.
    factor : array of shape (K, p)
        What multiplies it, or the constant.
    """

    slots: tuple[Slot, ...]
    place: Index
    factor: Array


@dataclass(frozen=True)
class Location:
    """Centre and scale of each distinct column, and of the outcome at each visit.

    Attributes
    ----------
    centre, scale : arrays of shape (s,)
    y_centre, y_scale : arrays of shape (K,)
    """

    centre: Array
    scale: Array
    y_centre: Array
    y_scale: Array


def find_placement(template: Template, varying: frozenset[str]) -> Placement:
    """Distinct columns of the formula.

    Parameters
    ----------
    varying : frozenset of str
        Predictors and weights that change within a subject.
    """
    roles, recipe = template.roles, template.recipe
    n_visits, p = len(template.levels.visits), len(recipe.columns)
    numbers: dict[Slot, int] = {}
    place = np.full((n_visits, p), -1)
    factor = np.zeros((n_visits, p))
    for j, column in enumerate(recipe.columns):
        own = {name: table for name, table in column.tables.items() if name != roles.visit}
        at_visit = np.broadcast_to(column.tables.get(roles.visit, np.ones(1)), (n_visits,))
        factor[:, j] = column.scale * at_visit
        if not (own or column.atoms or roles.weights):
            continue
        expressions = not recipe.simple and bool(column.atoms)
        used = {*own, *(key[0] for key in column.atoms), roles.weights}
        changes = bool(used & varying) or (expressions and bool(varying & set(roles.predictors)))
        tables = tuple(sorted((name, table.tobytes()) for name, table in own.items()))
        for a in np.flatnonzero(factor[:, j]):
            slot = Slot(
                tables, tuple(sorted(column.atoms)), int(a) if changes else -1, bool(roles.weights)
            )
            place[a, j] = numbers.setdefault(slot, len(numbers))
    return Placement(tuple(numbers), place, factor)


def locate(design: Design, placement: Placement) -> Location:
    """Centres and scales, from the rows of a design."""
    found = [_location(values) for _, values in _slot_values(design, placement)]
    centre, scale = np.array(found).reshape(-1, 2).T
    y = weighted_outcome(design)
    n_visits = len(design.visits)
    count = np.maximum(np.bincount(design.visit, minlength=n_visits), 1)
    y_centre = np.bincount(design.visit, y, minlength=n_visits) / count
    square = np.bincount(design.visit, (y - y_centre[design.visit]) ** 2, minlength=n_visits)
    y_scale = np.sqrt(square / count)
    return Location(centre, scale, y_centre, np.where(y_scale > 0, y_scale, 1.0))


def fill(design: Design, placement: Placement, location: Location) -> SubjectColumns:
    """The subjects' centred and scaled values of the distinct columns."""
    n, n_visits, n_slots = design.n_subjects, len(design.visits), len(placement.slots)
    u = np.zeros((n, 1 + n_slots + n_visits), order="F")
    u[:, 0] = 1.0
    for s, (who, values) in enumerate(_slot_values(design, placement)):
        u[who, 1 + s] = (values - location.centre[s]) / location.scale[s]
    y = weighted_outcome(design) - location.y_centre[design.visit]
    y /= location.y_scale[design.visit]
    u[design.subject, 1 + n_slots + design.visit] = y
    observed = np.zeros((n, n_visits), dtype=bool)
    observed[design.subject, design.visit] = True
    return SubjectColumns(u=u, maps=make_maps(placement, location), observed=observed)


def subject_columns(design: Design) -> SubjectColumns:
    """The subjects' values of the distinct columns of [X y]."""
    placement = find_placement(design.template, design.varying)
    return fill(design, placement, locate(design, placement))


def make_maps(placement: Placement, location: Location) -> Array:
    """``z_ia = maps[a].T @ u_i``, shape (K, 1 + s + K, p + 1)."""
    n_visits, p = placement.place.shape
    n_slots = len(placement.slots)
    maps = np.zeros((n_visits, 1 + n_slots + n_visits, p + 1))
    maps[:, 0, :p] = np.where(placement.place < 0, placement.factor, 0.0)
    a, j = np.nonzero(placement.place >= 0)
    s = placement.place[a, j]
    maps[a, 0, j] = location.centre[s] * placement.factor[a, j]
    maps[a, 1 + s, j] = location.scale[s] * placement.factor[a, j]
    visits = np.arange(n_visits)
    maps[:, 0, p] = location.y_centre
    maps[visits, 1 + n_slots + visits, p] = location.y_scale
    return maps


def weighted_outcome(design: Design) -> Array:
    """Outcome times the root of its weight."""
    return design.y if design.weights is None else design.y * np.sqrt(design.weights)


def _slot_values(design: Design, placement: Placement) -> Iterator[tuple[Index | slice, Array]]:
    """Subjects that have each distinct column, and their values of it."""
    for slot in placement.slots:
        if slot.visit < 0:
            yield slice(None), slot.values(design, design.first_rows)
        else:
            rows = np.flatnonzero(design.visit == slot.visit)
            yield design.subject[rows], slot.values(design, rows)


def _location(values: Array) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    if np.all(values == values[0]):
        # Exactly, so that what is left is exactly zero.
        return float(values[0]), 1.0
    centre = float(values.mean())
    spread = float(np.sqrt(np.mean((values - centre) ** 2)))
    return centre, spread if spread > 0 else 1.0
