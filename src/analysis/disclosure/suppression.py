"""Which cells of a table of counts must be withheld, so that none below a minimum can be told.

Primary and complementary suppression, after Hundepool et al. 2012, Statistical Disclosure
Control, chapter 4, doi:10.1002/9781118348239.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["bounds", "withheld"]

# A relation between cells: the first is the sum of the others.
Relation = tuple[int, Sequence[int]]


def withheld(
    counts: np.ndarray,
    relations: Sequence[Relation],
    *,
    minimum: int,
    dear: np.ndarray | None = None,
) -> np.ndarray:
    """Cells to withhold: those from 1 to below the minimum, and what would give them away.

    Whoever reads the table is taken to know every sum, every shown cell, and that a withheld
    cell holds someone. Further cells are withheld, the cheapest first, until that no longer
    pins a small count down to one value. Zeros are shown.

    Parameters
    ----------
    counts : ndarray of int, shape (cells,)
    relations : sequence of (total, parts)
        Indices of cells; every total is the sum of its parts.
    minimum : int
        The smallest count that may be shown.
    dear : ndarray of int, shape (cells,), optional
        Cells of a higher number are withheld later; a small count always.

    Returns
    -------
    ndarray of bool, shape (cells,)

    Raises
    ------
    ValueError
        Where a total is not the sum of its parts.
    """
    counts = np.asarray(counts)
    matrix = _matrix(counts, relations)
    small = (counts >= 1) & (counts < minimum)
    mask = small.copy()
    order = np.lexsort((counts, np.zeros(len(counts)) if dear is None else dear))
    while (told := _told(matrix, counts, mask, small)) is not None:
        mask[_next(matrix, counts, mask, told, order)] = True
    return mask


def bounds(
    counts: np.ndarray, relations: Sequence[Relation], mask: np.ndarray, cell: int
) -> tuple[float, float]:
    """Smallest and largest value that a withheld cell can have, given all that is shown."""
    return _bounds(_matrix(np.asarray(counts), relations), np.asarray(counts), mask, cell)[:2]


def _matrix(counts: np.ndarray, relations: Sequence[Relation]) -> np.ndarray:
    matrix = np.zeros((len(relations), len(counts)))
    for row, (total, parts) in zip(matrix, relations, strict=True):
        row[total] = -1
        row[list(parts)] = 1
    if (matrix @ counts).any():
        raise ValueError("A total is not the sum of its parts.")
    return matrix


def _bounds(
    matrix: np.ndarray, counts: np.ndarray, mask: np.ndarray, cell: int
) -> tuple[float, float, np.ndarray]:
    """Bounds of a withheld cell, and the values of all withheld cells that attain them."""
    from scipy.optimize import linprog  # slow to import

    hidden = np.flatnonzero(mask)
    known = -matrix[:, ~mask] @ counts[~mask]
    aim = (hidden == cell).astype(float)
    attained, values = [], []
    for sign in (1, -1):
        found = linprog(
            sign * aim, A_eq=matrix[:, hidden], b_eq=known, bounds=(1, None), method="highs"
        )
        # Without an upper end (status 3) the cell is certainly not pinned down.
        attained.append(float(sign * found.fun) if found.status == 0 else np.inf)
        values.append(found.x if found.status == 0 else np.full(len(hidden), np.inf))
    return attained[0], attained[1], np.array(values)


def _told(
    matrix: np.ndarray, counts: np.ndarray, mask: np.ndarray, small: np.ndarray
) -> int | None:
    """A small count that only one value fits, if there is any."""
    hidden = np.flatnonzero(mask)
    open_cells = set(np.flatnonzero(small).tolist())
    for cell in np.flatnonzero(small).tolist():
        if cell not in open_cells:
            continue
        low, high, values = _bounds(matrix, counts, mask, cell)
        if high - low < 0.5:
            return cell
        if np.isfinite(values).all():
            # Two tables that fit both clear every cell in which they differ.
            open_cells -= set(hidden[np.ptp(values, axis=0) > 0.5].tolist())
    return None


def _next(
    matrix: np.ndarray, counts: np.ndarray, mask: np.ndarray, told: int, order: np.ndarray
) -> int:
    """The cheapest cell that protects another, else the cheapest beside withheld ones."""
    joined = matrix[(matrix[:, mask] != 0).any(axis=1)]
    beside = [c for c in order.tolist() if not mask[c] and counts[c] > 0 and joined[:, c].any()]
    for cell in beside:
        tried = mask.copy()
        tried[cell] = True
        low, high, _ = _bounds(matrix, counts, tried, told)
        if high - low >= 0.5:
            return cell
    return beside[0]
