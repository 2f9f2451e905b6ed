"""Where each subject of a stack goes in the arrays of a batch, and sums over those who go alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.mmrm.arrays import Array, Index
from analysis.mmrm.batch.stack import Stack


@dataclass(frozen=True)
class Places:
    """Trials by number of patterns, and their subjects by group and pattern.

    Attributes
    ----------
    trials : array of int
        Trials with a subject; those with few patterns of visits in a group come first.
    subjects : array of int, shape (n,)
        Subjects in the order of these trials, their groups and patterns.
    bounds : array of int, shape (trials + 1,)
        Where each trial's subjects begin.
    group, pattern : arrays of int, shape (n,)
        Of the subjects in that order; patterns are numbered within trial and group.
    """

    trials: Index
    subjects: Index
    bounds: Index
    group: Index
    pattern: Index

    @classmethod
    def of(cls, stack: Stack) -> Places:
        """Find the patterns of all trials."""
        k, n_groups = stack.seen.shape[1], len(stack.template.levels.groups)
        cell = stack.trial * n_groups + stack.group
        kinds, kind = np.unique(cell << k | stack.seen @ (1 << np.arange(k)), return_inverse=True)
        cells = kinds >> k
        place = np.arange(len(kinds)) - np.searchsorted(cells, cells)
        most = np.zeros(stack.n_trials, dtype=np.intp)
        np.maximum.at(most, cells // n_groups, place + 1)
        trials = np.argsort(most, kind="stable")[int((most == 0).sum()) :]
        position = np.empty(stack.n_trials, dtype=np.intp)
        position[trials] = np.arange(len(trials))
        own = position[stack.trial]
        subjects = np.argsort(own * len(kinds) + kind, kind="stable")
        bounds = np.searchsorted(own[subjects], np.arange(len(trials) + 1))
        kind = kind[subjects]
        return cls(trials, subjects, bounds, cells[kind] % n_groups, place[kind])


class Seats:
    """The subjects of one batch: T trials of at most n subjects, in G groups and P patterns.

    Parameters
    ----------
    places : Places
    start, stop : int
        Which of its trials.
    """

    def __init__(self, places: Places, start: int, stop: int, n_groups: int) -> None:
        self.trials = places.trials[start:stop]
        bounds = places.bounds[start : start + len(self.trials) + 1]
        rows = slice(bounds[0], bounds[-1])
        self.size = np.diff(bounds)
        self.subjects = places.subjects[rows]
        trial = np.repeat(np.arange(len(self.trials)), self.size)
        self.trial = trial
        self._at = trial, np.arange(len(trial)) - np.repeat(bounds[:-1] - bounds[0], self.size)
        group, pattern = places.group[rows], places.pattern[rows]
        # Those of a trial, group and pattern stand together.
        change = (np.diff(trial) != 0) | (np.diff(group) != 0) | (np.diff(pattern) != 0)
        self._first = np.concatenate([[0], np.flatnonzero(change) + 1])
        self._cell = trial[self._first], group[self._first], pattern[self._first]
        self._shape = len(self.trials), n_groups, int(pattern.max()) + 1

    def wide(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the stack's subjects as (T, n, ...), zero where a trial has fewer."""
        shape = len(self.trials), int(self.size.max()), *values.shape[1:]
        table = np.zeros(shape, values.dtype)
        table[self._at] = values[self.subjects]
        return table

    def sums(self, one: Array, other: Array) -> Array:
        """Sums of products of a subject's (T, n, a) and (T, n, b), as (T, G, P, a, b)."""
        products = one[self._at][:, :, None] * other[self._at][:, None, :]
        return self._put(np.add.reduceat(products, self._first, axis=0))

    def totals(self, values: Array) -> Array:
        """Sums of the stack's values over the subjects of each trial, (T,)."""
        found = np.zeros(len(self.trials))
        np.add.at(found, self.trial, values[self.subjects])
        return found

    def first(self, values: NDArray[Any]) -> NDArray[Any]:
        """What all of a trial, group and pattern share."""
        return self._put(values[self._at][self._first])

    def count(self) -> Array:
        """How many they are."""
        return self._put(np.diff(np.append(self._first, len(self.trial))).astype(float))

    def _put(self, values: NDArray[Any]) -> NDArray[Any]:
        table = np.zeros((*self._shape, *values.shape[1:]), values.dtype)
        table[self._cell] = values
        return table
