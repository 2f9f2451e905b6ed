"""The one pass over the data: cross-product sums of [X y] by pattern of visits.

The likelihood, its derivatives, Satterthwaite and Kenward-Roger see the data only through
``M_P[a, b] = sum_i z_ia z_ib'`` over the subjects i of pattern P, where z_ia = (x_ia, y_ia)
at visit a. Most columns of X repeat between visits (arm, baseline) or are constant (the
indicator of a visit), so that all the z_ia of a subject are linear in a short vector u_i of
distinct centred columns, ``z_ia = D_a' u_i``, and ``sum_i u_i u_i'`` is all there is to add
up. A pattern with more subjects than columns of u is then stood for by the rows of a square
root of its sum: as many stand-in subjects as columns, whatever the number of subjects.
Subjects with weights that differ by visit, or with times of their own, stand for themselves
in the same code.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import solve_triangular

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.design.matrix import Design
from analysis.mmrm.moments.columns import SubjectColumns, subject_columns

# A column is aliased when what the columns before it leave of it is smaller than this.
RANK_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Patterns:
    """Subjects grouped by visits, unit of covariance and nothing else.

    Attributes
    ----------
    visits : array of bool, shape (P, K)
    unit : array of int, shape (P,)
        Which covariance matrix (group, or own times) the pattern uses.
    of_subject : array of int, shape (n,)
    """

    visits: Mask
    unit: Index
    of_subject: Index
    unit_group: Index
    unit_times: Array | None


@dataclass(frozen=True)
class Basis:
    """Change of basis that makes the columns of X orthonormal and y their residual.

    With ``X = X* R`` and ``y = X* c + y*``, an estimate g of the model of y* on X* is the
    estimate ``R^-1 (g + c)`` of the model of y on X.
    """

    r: Array
    c: Array
    kept: Index
    aliased: Index
    alias_weights: Array

    def coefficients(self, gamma: Array) -> Array:
        """Estimates in the columns of X that are kept."""
        return np.asarray(solve_triangular(self.r, gamma + self.c))

    def contrasts(self, rows: Array) -> Array:
        """Rows of weights on the kept columns, as weights on the orthonormal columns."""
        return np.asarray(solve_triangular(self.r, rows.T, trans="T")).T

    @property
    def log_det(self) -> float:
        """Logarithm of |det R|."""
        return float(np.log(np.abs(np.diag(self.r))).sum())


@dataclass(frozen=True)
class Scatter:
    """How the outcome itself varies at each visit and between each two.

    Attributes
    ----------
    squares : array of shape (K, K)
        Sum of squares about the mean of the difference of two visits, over the subjects who had
        both; on the diagonal of the outcome at one visit.
    count : array of shape (K, K)
        Those subjects.
    """

    squares: Array
    count: Array


@dataclass(frozen=True)
class Moments:
    """What the fit sees of the data.

    Attributes
    ----------
    z : array of shape (R, K, r + 1)
        Stand-in subjects in the orthonormal basis, zero at absent visits.
    pattern : array of int, shape (R,)
        Pattern of each stand-in subject, in ascending order.
    visits : array of bool, shape (P, K)
    count : array of shape (P,)
        Subjects of each pattern.
    unit : array of int, shape (P,)
    """

    z: Array
    pattern: Index
    visits: Mask
    count: Array
    unit: Index
    basis: Basis
    n_obs: int
    n_subjects: int
    log_weights: float = 0.0
    scatter: Scatter | None = None
    starts: Index = field(init=False)

    def __post_init__(self) -> None:
        starts = np.searchsorted(self.pattern, np.arange(len(self.visits)))
        object.__setattr__(self, "starts", starts)

    @property
    def rank(self) -> int:
        """Number of estimable fixed effects."""
        return int(self.z.shape[2] - 1)


def accumulate(design: Design) -> tuple[Moments, SubjectColumns, Patterns]:
    """One pass: distinct columns, patterns, sums, orthonormal basis."""
    columns = subject_columns(design)
    patterns = group_patterns(design, columns.observed)
    rows, pattern = stand_ins(columns.u, columns.maps, patterns)
    seen = patterns.visits[pattern]
    basis, z = orthonormal(rows, columns.maps, seen)
    count = np.bincount(patterns.of_subject, minlength=len(patterns.visits)).astype(float)
    log_weights = 0.0 if design.weights is None else float(np.log(design.weights).sum())
    moments = Moments(
        z=z,
        pattern=pattern,
        visits=patterns.visits,
        count=count,
        unit=patterns.unit,
        basis=basis,
        n_obs=len(design.y),
        n_subjects=design.n_subjects,
        log_weights=log_weights,
        scatter=None if design.weights is not None else scatter_of(rows, columns.maps, seen),
    )
    return moments, columns, patterns


def scatter_of(rows: Array, maps: Array, seen: Mask) -> Scatter:
    """From stand-ins as rows of the distinct columns; the first is the column of ones."""
    visits = np.arange(n_visits := maps.shape[0])
    y = rows[:, -n_visits:] * maps[visits, visits - n_visits, -1]
    ones = rows[:, :1] * seen
    count, sums, square = ones.T @ ones, ones.T @ y, seen.T @ y**2
    own = np.diag(square) - np.diag(sums) ** 2 / np.maximum(np.diag(count), 1)
    squares = square + square.T - 2 * y.T @ y - (sums - sums.T) ** 2 / np.maximum(count, 1)
    squares[visits, visits] = own
    return Scatter(squares, np.round(count))


def group_patterns(design: Design, observed: Mask) -> Patterns:
    """Group subjects by visits and group, and by their times where these matter."""
    group = design.group[design.first_rows]
    n, n_visits = observed.shape
    if design.times is None:
        if n_visits < 50:
            code = group * 2**n_visits + observed @ (2 ** np.arange(n_visits))
            _, first, of_subject = np.unique(code, return_index=True, return_inverse=True)
        else:
            key = np.column_stack([group, observed]).astype(np.int64)
            _, first, of_subject = np.unique(key, axis=0, return_index=True, return_inverse=True)
        return Patterns(
            visits=observed[first],
            unit=group[first],
            of_subject=of_subject.ravel().astype(np.intp),
            unit_group=np.arange(len(design.groups)),
            unit_times=None,
        )
    times = np.full((n, n_visits, design.times.shape[1]), np.nan)
    times[design.subject, design.visit] = design.times
    flat = np.column_stack([group, np.where(np.isnan(times), np.inf, times).reshape(n, -1)])
    _, first, of_subject = np.unique(flat, axis=0, return_index=True, return_inverse=True)
    return Patterns(
        visits=observed[first],
        unit=np.arange(len(first)),
        of_subject=of_subject.ravel().astype(np.intp),
        unit_group=group[first],
        unit_times=times[first],
    )


def stand_ins(u: Array, maps: Array, patterns: Patterns) -> tuple[Array, Index]:
    """Rows whose cross-products are the sums of each pattern, (R, m), and their patterns."""
    order = np.argsort(patterns.of_subject, kind="stable")
    bounds = np.searchsorted(
        patterns.of_subject[order], np.arange(len(patterns.visits) + 1), side="left"
    )
    own = own_columns(maps, patterns.visits)
    blocks = []
    for used, start, stop in zip(own, bounds[:-1], bounds[1:], strict=True):
        block = u[order[start:stop]]
        few = len(block) <= len(used)
        # Of two copies: of one, NumPy takes another routine, with other last digits.
        blocks.append(block[:, used] if few else square_root(block[:, used].T @ block[:, used]))
    return stack(blocks, own, u.shape[1])


def own_columns(maps: Array, visits: Mask) -> list[Index]:
    """The distinct columns that each pattern uses, by its visits."""
    used = np.abs(maps).sum(axis=2) > 0
    return [np.flatnonzero(used[has].any(axis=0)) for has in visits]


def stack(blocks: list[Array], own: list[Index], width: int) -> tuple[Array, Index]:
    """Blocks over the columns that each pattern uses, as rows over all; their patterns."""
    pattern = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    rows = np.zeros((len(pattern), width))
    for number, (block, used) in enumerate(zip(blocks, own, strict=True)):
        rows[np.ix_(np.flatnonzero(pattern == number), used)] = block
    return rows, pattern


def square_root(matrix: Array) -> Array:
    """Rows S with S'S the matrix, as many as its rank; a column of zeros stays exactly zero."""
    used = np.flatnonzero(np.diag(matrix) > 0)
    if not len(used):
        return np.zeros((1, len(matrix)))
    values, vectors = np.linalg.eigh(matrix[np.ix_(used, used)])
    keep = values > values[-1] * 1e-15
    root = np.zeros((int(keep.sum()), len(matrix)))
    root[:, used] = np.sqrt(values[keep])[:, None] * vectors[:, keep].T
    return root


def expand(rows: Array, maps: Array, visits: Mask) -> Array:
    """Stand-in subjects as rows of [X y] by visit, (R, K, p + 1), zero at absent visits."""
    n_visits, m, q = maps.shape
    flat = rows @ maps.transpose(1, 0, 2).reshape(m, n_visits * q)
    return flat.reshape(len(rows), n_visits, q) * visits[:, :, None]


def orthonormal(rows: Array, maps: Array, visits: Mask) -> tuple[Basis, Array]:
    """Orthonormalise the columns of X in their order, leaving out the aliased ones.

    Parameters
    ----------
    rows, maps, visits
        As for `expand`.
    """
    raw = expand(rows, maps, visits)
    n_rows, n_visits, q = raw.shape
    flat = raw.reshape(n_rows * n_visits, q)
    x, y = flat[:, :-1], flat[:, -1]
    size = np.sqrt((x**2).sum(axis=0))
    # A column of zeros comes back from centring and scaling as the rounding of its parts.
    parts = expand(np.abs(rows), np.abs(maps[:, :, :-1]), visits).reshape(n_rows * n_visits, -1)
    kept = list(np.flatnonzero(size > RANK_TOLERANCE * np.sqrt((parts**2).sum(axis=0))))
    while True:
        q_part, r = np.linalg.qr(x[:, kept] / size[kept])
        dependent = np.flatnonzero(np.abs(np.diag(r)) < RANK_TOLERANCE)
        if not len(dependent):
            break
        kept.pop(int(dependent[0]))
    aliased = np.setdiff1d(np.arange(q - 1), kept)
    c = q_part.T @ y
    rest = y - q_part @ c
    again = q_part.T @ rest
    r = r * size[kept]
    weights = solve_triangular(r, q_part.T @ x[:, aliased])
    basis = Basis(r, c + again, np.array(kept, dtype=np.intp), aliased, np.asarray(weights))
    z = np.column_stack([q_part, rest - q_part @ again])
    return basis, z.reshape(n_rows, n_visits, len(kept) + 1)
