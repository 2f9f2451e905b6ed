"""Small matrices by the hundred: what is not positive definite is found, not raised."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.mmrm.arrays import Array, Mask


def definite_root(matrices: NDArray[Any]) -> tuple[Array, Mask]:
    """Cholesky roots, and which matrices have one; the others have that of the identity.

    Parameters
    ----------
    matrices : array of shape (..., k, k)
    """
    try:
        return np.linalg.cholesky(matrices), np.ones(matrices.shape[:-2], bool)
    except np.linalg.LinAlgError:
        pass
    finite = np.isfinite(matrices).all(axis=(-1, -2), keepdims=True)
    safe = np.where(finite, matrices, 0.0)
    values = np.linalg.eigvalsh(safe)
    # A little above zero, that the rounding of the root cannot fail.
    definite = values[..., 0] > 1e-14 * values[..., -1]
    safe = np.where(definite[..., None, None], safe, np.eye(matrices.shape[-1]))
    return np.linalg.cholesky(safe), definite


def definite_inverses(matrices: Array) -> tuple[Array, Array, Mask]:
    """Inverses and log determinants of many small matrices, and which are positive definite.

    Swept pivot by pivot (Goodnight 1979, doi:10.1080/00031305.1979.10482685), all matrices in one
    step: for a few rows that takes a fraction of the time of a call for each.
    """
    k = matrices.shape[-1]
    a = np.moveaxis(matrices.reshape(-1, k, k), 0, -1).copy()
    log_det, definite = np.zeros(a.shape[-1]), np.ones(a.shape[-1], bool)
    for j in range(k):
        fine = a[j, j] > 0
        definite &= fine
        pivot = np.where(fine, a[j, j], 1.0)
        log_det += np.log(pivot)
        row = a[j] / pivot
        a -= a[:, j, None] * row
        a[j] = a[:, j] = row
        a[j, j] = -1 / pivot
    shape = matrices.shape[:-2]
    inverse = -np.moveaxis(a, -1, 0).reshape(matrices.shape)
    return inverse, log_det.reshape(shape), definite.reshape(shape)


def log_det_of(root: NDArray[Any]) -> Array:
    """Logarithm of the determinant of the matrix whose Cholesky root this is."""
    return np.asarray(2 * np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1))


def transposed(matrices: NDArray[Any]) -> Array:
    """The last two axes exchanged."""
    return np.asarray(np.swapaxes(matrices, -1, -2))


def symmetric(matrices: NDArray[Any]) -> Array:
    """Rid of what rounding makes unequal."""
    return (matrices + transposed(matrices)) / 2


def times(matrices: NDArray[Any], vectors: NDArray[Any]) -> Array:
    """Each matrix times its vector."""
    return np.asarray((matrices @ vectors[..., None])[..., 0])
