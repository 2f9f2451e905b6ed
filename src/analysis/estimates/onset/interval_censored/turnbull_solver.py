"""Masses that maximise an interval-censored likelihood: Newton steps with an active set.

Every person's interval covers a contiguous run of regions, so that a likelihood term is the
difference of two values of the cumulative sum F. In F the Hessian is the Laplacian of a graph
with an edge from the start to the end of each run: it is built from the runs, never from a
matrix of people by regions, and its size is that of the regions that carry mass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Below this relative change of every likelihood term a Newton step is safe, and the gain it brings
# is lost in rounding.
SMALL = 1e-5
# No step takes away more than this share of a person's likelihood: nobody's becomes 0.
DEEPEST = 0.99
# Regions that may all start with mass, as on a grid of visits.
FEW, FIRST_STEPS = 50, 8
# Regions up to which a dense matrix is faster than a sparse one.
DENSE = 200
MAX_HALVINGS = 60


@dataclass(frozen=True)
class Runs:
    """Distinct runs of regions ``start:stop``, how much weight has each, how many regions."""

    start: np.ndarray
    stop: np.ndarray
    weight: np.ndarray
    regions: int

    @property
    def total(self) -> float:
        """The weight of everybody, n when nobody is weighted."""
        return float(self.weight.sum())

    def likelihoods(self, mass: np.ndarray) -> np.ndarray:
        """The probability of each run."""
        cumulative = np.concatenate([[0.0], np.cumsum(mass)])
        return cumulative[self.stop] - cumulative[self.start]

    def cover(self, values: np.ndarray) -> np.ndarray:
        """For each region the sum of a value per run over the runs that cover it."""
        size = self.regions + 1
        steps = np.bincount(self.start, values, size) - np.bincount(self.stop, values, size)
        return np.cumsum(steps)[:-1]

    def derivatives(self, mass: np.ndarray) -> np.ndarray:
        """Derivative of the log-likelihood by each mass; at the maximum none is over n."""
        return self.cover(self.weight / self.likelihoods(mass))

    def on(self, members: np.ndarray) -> Runs:
        """The same people, with masses on some regions alone (their sorted indices)."""
        start, stop = np.searchsorted(members, self.start), np.searchsorted(members, self.stop)
        return Runs(start, stop, self.weight, members.size)


@dataclass(frozen=True)
class Solution:
    """Masses, how far they are from the maximum, and the steps it took."""

    mass: np.ndarray
    gap: float
    iterations: int


def maximise(runs: Runs, tolerance: float, max_iterations: int) -> Solution:
    """Masses with no directional derivative over ``n (1 + tolerance)``.

    Newton steps constrained to the simplex on the regions with mass and the best region in each
    gap between them (the constrained Newton method of Wang 2007, doi:10.1016/j.csda.2006.11.027,
    and the support reduction of Groeneboom, Jongbloed & Wellner 2008,
    doi:10.1111/j.1467-9469.2007.00588.x); quadratic near the maximum. Written here because
    neither SciPy nor statsmodels has it.
    """
    mass = _start_of_few(runs) if runs.regions <= FEW else _start_of_many(runs)
    derivatives = runs.derivatives(mass)
    for iteration in range(max_iterations + 1):
        gap = derivatives.max() / runs.total - 1
        if gap <= tolerance or iteration == max_iterations:
            break
        members = np.union1d(np.flatnonzero(mass), _best_in_each_gap(runs, mass, derivatives))
        target = np.zeros_like(mass)
        target[members] = _newton_target(runs.on(members), mass[members])
        improved = _line_search(runs, mass, target)
        if improved is None:
            break
        mass = improved
        derivatives = runs.derivatives(mass)
    return Solution(mass, float(gap), iteration)


def _start_of_few(runs: Runs) -> np.ndarray:
    """All regions, after a few steps of self-consistency (EM): cheap, and Newton needs less."""
    mass = np.full(runs.regions, 1 / runs.regions)
    for _ in range(FIRST_STEPS):
        mass = mass * runs.derivatives(mass) / runs.total
    return mass


def _start_of_many(runs: Runs) -> np.ndarray:
    """Equal masses on the fewest regions that leave nobody with probability 0."""
    chosen = []
    last = -1
    order = np.argsort(runs.stop, kind="stable")
    for start, stop in zip(runs.start[order].tolist(), runs.stop[order].tolist(), strict=True):
        if start > last:
            last = stop - 1
            chosen.append(last)
    mass = np.zeros(runs.regions)
    mass[chosen] = 1 / len(chosen)
    return mass


def _best_in_each_gap(runs: Runs, mass: np.ndarray, derivatives: np.ndarray) -> np.ndarray:
    """Between neighbours with mass, the region with the steepest derivative if over n."""
    gap = np.cumsum(mass > 0)
    order = np.lexsort((derivatives, gap))
    best = order[np.append(np.diff(gap[order]) > 0, True)]
    return best[derivatives[best] > runs.total]


def _newton_target(runs: Runs, mass: np.ndarray) -> np.ndarray:
    """Masses, none negative, towards the maximum of the quadratic model at ``mass``.

    From the present masses to the maximum without bounds; where a mass would turn negative the
    way ends there, that region is left out and a new way starts. Each way climbs the model, so
    the last point is better than the first.
    """
    at = runs.likelihoods(mass)
    slope, curvature = runs.weight / at, runs.weight / at**2
    members = np.arange(mass.size)
    while True:
        reduced = runs.on(members)
        residual = 2 * slope - curvature * reduced.likelihoods(mass[members])
        step = _unbounded_step(reduced, residual, curvature)
        here = mass[members]
        negative = here + step < 0
        if not negative.any():
            break
        reach = np.where(negative, here / np.where(negative, -step, 1.0), np.inf)
        length = reach.min()
        mass = mass.copy()
        mass[members] = np.where(reach <= length, 0.0, here + length * step)
        members = members[reach > length]
    target = np.zeros_like(mass)
    target[members] = here + step
    return target


def _unbounded_step(runs: Runs, slope: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """Change of the masses, summing to 0, that solves the quadratic model without bounds."""
    inner = slice(1, runs.regions)
    if runs.regions == 1:
        return np.zeros(1)
    size = runs.regions + 1
    covered = runs.start < runs.stop
    start, stop, slope = runs.start[covered], runs.stop[covered], slope[covered]
    nodes = np.concatenate([start, stop])
    pull = np.bincount(nodes, np.concatenate([-slope, slope]), size)
    both, other = np.tile(curvature[covered], 2), np.concatenate([stop, start])
    degree = np.bincount(nodes, both, size)
    if size <= DENSE:
        links = np.bincount(nodes * size + other, both, size**2).reshape(size, size)
        solved = np.linalg.solve((np.diag(degree) - links)[inner, inner], pull[inner])
    else:
        from scipy import sparse  # slow to import
        from scipy.sparse.linalg import splu

        links = sparse.coo_array((both, (nodes, other)), shape=(size, size))
        inside = (sparse.diags_array(degree) - links).tocsc()[inner, inner]
        solved = splu(inside, permc_spec="MMD_AT_PLUS_A").solve(pull[inner])
    return np.diff(np.concatenate([[0.0], solved, [0.0]]))


def _line_search(runs: Runs, mass: np.ndarray, target: np.ndarray) -> np.ndarray | None:
    """The point on the way to the target that raises the likelihood enough; None when none does."""
    direction = target - mass
    change = runs.likelihoods(direction) / runs.likelihoods(mass)
    promised = runs.weight @ change
    length = min(1.0, DEEPEST / max(-change.min(), DEEPEST))
    for _ in range(MAX_HALVINGS):
        gain = runs.weight @ np.log1p(length * change)
        if gain >= 1e-4 * length * promised or np.abs(change).max() < SMALL:
            moved = target if length == 1 else mass + length * direction
            return moved / moved.sum()
        length /= 2
    return None
