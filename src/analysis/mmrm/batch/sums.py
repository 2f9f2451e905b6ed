"""Sums of a batch of trials by group and pattern of visits, in columns that are nearly orthonormal.

What `moments.cross_products` finds for one data set, with an axis over trials in front. A subject
is ``w`` (distinct columns of X, the same at all visits or one for each) and its outcomes, and
``x_a = layout_a' w``; so that ``X'VX`` of a pattern is ``layout' (V x W) layout`` with W the sum
of ``w w'`` and x Kronecker's product. Where the mean at each visit is free (``arm * visit +
baseline * visit``) the layout is invertible, and the effects of the batch are the columns at
each visit as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from analysis.mmrm.arrays import Array, Index, Mask
from analysis.mmrm.batch.linalg import definite_root, times, transposed
from analysis.mmrm.batch.places import Places, Seats
from analysis.mmrm.batch.stack import Stack

# Trials in a batch: enough to forget the cost of a call, few enough for a processor's cache.
SIZE = 128
# What the columns before it must leave of a column, for the trial to be fitted here.
INDEPENDENT = 1e-5
# The same of the outcome at a visit.
INEXACT = 1e-8


@dataclass(frozen=True)
class Batch:
    """What the fits of T trials see of them: G groups, P patterns, K visits, c columns, r effects.

    A trial with fewer patterns than P has empty ones.

    Attributes
    ----------
    trials : array of int, shape (T,)
    w, wy, yy : arrays of shape (T, G, P, c, c), (T, G, P, c, K), (T, G, P, K, K)
        Sums of products; y is what least squares leave of the outcome.
    seen : array of bool, shape (T, G, P, K)
    count : array of shape (T, G, P)
    layout : array of shape (T, K c, r), or None
        None where the effects are the columns at each visit.
    transform : array of shape (T, p, r)
        Coefficients in the columns of X are ``transform @ gamma``.
    offset : array of shape (T, r)
        The least squares estimates that were taken out.
    log_det : array of shape (T,)
        Of the transform.
    closed : array of bool, shape (T,)
        Whether an unstructured covariance has its one maximum in closed form: all outcomes are
        there, one group, a free mean at each visit.
    """

    trials: Index
    w: Array
    wy: Array
    yy: Array
    seen: Mask
    count: Array
    layout: Array | None
    transform: Array
    offset: Array
    log_det: Array
    log_weights: Array
    n_obs: Array
    n_subjects: Array
    closed: Mask

    def __len__(self) -> int:
        return len(self.trials)

    @property
    def rank(self) -> int:
        """Number of fixed effects r."""
        return int(self.offset.shape[1])

    def take(self, places: Index | Mask) -> Batch:
        """Some of the trials."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        taken: dict[str, Any] = {
            name: None if values is None else values[places] for name, values in arrays.items()
        }
        return Batch(**taken)


@dataclass(frozen=True)
class _Layout:
    """How the effects make the means at the visits, the same for all trials.

    Attributes
    ----------
    matrix : array of shape (K, c, p)
    inverse : array of shape (p, K, c), or None
        Where there are as many effects as columns at all visits.
    ranks : array of int, shape (K,)
        Number of effects in the mean at each visit, at most.
    """

    matrix: Array
    inverse: Array | None
    ranks: Index

    @classmethod
    def of(cls, matrix: Array) -> _Layout:
        k, c, p = matrix.shape
        ranks = np.array([np.linalg.matrix_rank(part) for part in matrix])
        inverse = None
        if p == k * c:
            size = np.abs(matrix).max(axis=(0, 1))
            flat = matrix.reshape(k * c, p) / np.where(size > 0, size, 1.0)
            if np.linalg.cond(flat) < 1 / INDEPENDENT:
                inverse = (np.linalg.inv(flat) / size[:, None]).reshape(p, k, c)
        return cls(matrix, inverse, ranks)


def batches(stack: Stack) -> Iterator[Batch]:
    """Batches of the trials that can be fitted here; those with as many patterns are together."""
    layout, places = _Layout.of(stack.layout), Places.of(stack)
    n_groups = len(stack.template.levels.groups)
    for start in range(0, len(places.trials), SIZE):
        batch, plain = _batch(stack, layout, Seats(places, start, start + SIZE, n_groups))
        if plain.any():
            yield batch if plain.all() else batch.take(plain)


def _batch(stack: Stack, layout: _Layout, seats: Seats) -> tuple[Batch, Mask]:
    """The sums of some trials, and which of them are the plain case."""
    n, seen = len(seats.trials), seats.wide(stack.seen)
    w, y = seats.wide(stack.w), seats.wide(stack.y)
    w, scale, plain = _orthonormal(w, layout)
    ww, visits, count = seats.sums(w, w), seats.first(seen), seats.count()
    # Of the subjects seen at each visit.
    k, c = visits.shape[-1], w.shape[-1]
    gram = transposed(visits.reshape(n, -1, k).astype(float)) @ ww.reshape(n, -1, c * c)
    right = transposed(y) @ w
    own, transform, offset, fits = _effects(layout, scale, gram.reshape(n, k, c, c), right)
    means = offset if own is None else times(own, offset)
    rest = np.where(seen, y - w @ transposed(means.reshape(n, k, c)), 0.0)
    plain &= fits & _can_be_fitted(y, rest, seen, layout.ranks)
    alone = count.shape[1:] == (1, 1) and own is None
    batch = Batch(
        trials=seats.trials,
        w=ww,
        wy=seats.sums(w, rest),
        yy=seats.sums(rest, rest),
        seen=visits,
        count=count,
        layout=own,
        transform=transform,
        offset=offset,
        log_det=np.linalg.slogdet(transform)[1],
        log_weights=seats.totals(stack.log_weights),
        n_obs=seen.sum(axis=(1, 2)).astype(float),
        n_subjects=seats.size.astype(float),
        closed=np.asarray(visits[:, 0, 0].all(axis=1) & alone),
    )
    return batch, plain


def _orthonormal(w: Array, layout: _Layout) -> tuple[Array, Array, Mask]:
    """Orthonormal columns, their triangular factor, and which trials have them.

    Where the effects are not the columns at each visit, they are made orthonormal instead.
    """
    c = w.shape[2]
    if layout.inverse is None:
        return w, np.eye(c), np.ones(len(w), bool)
    size = np.sqrt((w**2).sum(axis=1))
    if w.shape[1] < c:
        return w, np.eye(c), np.zeros(len(w), bool)
    q, r = np.linalg.qr(w)
    left = np.abs(np.diagonal(r, axis1=1, axis2=2))
    plain = np.asarray((left > INDEPENDENT * size).all(axis=1))
    return q, np.where(plain[:, None, None], r, np.eye(c)), plain


def _effects(
    layout: _Layout, scale: Array, gram: Array, right: Array
) -> tuple[Array | None, Array, Array, Mask]:
    """Layout, transform and least squares estimates of each trial; and where there are any.

    Parameters
    ----------
    scale : array of shape (T, c, c) or (c, c)
        Triangular factor of the columns.
    gram : array of shape (T, K, c, c)
        Of the subjects seen at each visit.
    right : array of shape (T, K, c)
        Sums of columns times outcome.
    """
    n, k, c = right.shape
    if layout.inverse is None:
        flat = layout.matrix.reshape(k * c, -1)
        normal = flat.T @ (gram @ layout.matrix).reshape(n, k * c, -1)
        root, fits = _well_definite(normal)
        transform = transposed(np.linalg.inv(root))
        own = np.asarray(flat @ transform)
        return own, transform, times(transposed(own), right.reshape(n, k * c)), fits
    _, every = _well_definite(gram)
    fits = np.asarray(every.all(axis=1))
    gram = np.where(fits[:, None, None, None], gram, np.eye(c))
    offset = np.asarray(np.linalg.solve(gram, right[..., None])[..., 0].reshape(n, k * c))
    turned = layout.inverse @ np.linalg.inv(scale)[:, None]
    return None, np.asarray(turned.reshape(n, -1, k * c)), offset, fits


def _well_definite(matrices: Array) -> tuple[Array, Mask]:
    """Cholesky roots, and where every column is well apart from those before it."""
    root, definite = definite_root(matrices)
    left = np.diagonal(root, axis1=-2, axis2=-1) ** 2
    size = np.diagonal(matrices, axis1=-2, axis2=-1)
    return root, definite & np.asarray((left > INDEPENDENT**2 * size).all(axis=-1))


def _can_be_fitted(y: Array, rest: Array, seen: Mask, ranks: Index) -> Mask:
    """Whether every visit has more subjects than effects, and outcomes vary enough.

    At a visit, beyond what the model explains there, and between each two visits: what does not
    is refused by name, or fitted, by the single engine.
    """
    n = seen.sum(axis=1)
    middle = y.sum(axis=1) / np.maximum(n, 1)
    centred = np.where(seen, y - middle[:, None], 0.0)
    total = (centred**2).sum(axis=1)
    varies = (rest**2).sum(axis=1) > INEXACT**2 * total
    had = seen.astype(float)
    both = transposed(had) @ had
    sums, square = transposed(had) @ centred, transposed(had) @ centred**2
    apart = square + transposed(square) - 2 * transposed(centred) @ centred
    apart -= (sums - transposed(sums)) ** 2 / np.maximum(both, 1)
    apart += 2 * total[:, :, None] * np.eye(y.shape[2])
    mean_square = (total.sum(axis=1) / n.sum(axis=1))[:, None, None]
    differ = (apart > INEXACT * both * mean_square) | (both < 2)
    return np.asarray((n > ranks).all(axis=1) & varies.all(axis=1) & differ.all(axis=(1, 2)))
