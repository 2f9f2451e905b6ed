"""No withheld count can be worked out from what is shown."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.disclosure.suppression import bounds, withheld

# --- which counts can be told from the others -----------------------------------------------


def two_way(inner: np.ndarray) -> tuple[np.ndarray, list[tuple[int, list[int]]]]:
    """A table with its margins as one row of cells, and all its sums."""
    full = np.zeros((inner.shape[0] + 1, inner.shape[1] + 1), dtype=int)
    full[:-1, :-1] = inner
    full[-1, :-1], full[:, -1] = inner.sum(axis=0), full[:, :-1].sum(axis=1)
    full[-1, -1] = inner.sum()
    cell = np.arange(full.size).reshape(full.shape)
    rows = [(int(line[-1]), line[:-1].tolist()) for line in cell]
    columns = [(int(line[-1]), line[:-1].tolist()) for line in cell.T]
    return full.ravel(), rows + columns


def fitting(inner: np.ndarray, mask: np.ndarray, most: int) -> np.ndarray:
    """Every table of whole numbers that fits what is shown, by trying all of them."""
    shape = (inner.shape[0] + 1, inner.shape[1] + 1)
    hidden = np.flatnonzero(mask.reshape(shape)[:-1, :-1])
    tries = np.array(list(itertools.product(range(1, most + 1), repeat=len(hidden))), dtype=int)
    cells = np.tile(inner.ravel(), (len(tries), 1))
    cells[:, hidden] = tries.reshape(len(tries), len(hidden))
    full = np.zeros((len(cells), *shape), dtype=int)
    full[:, :-1, :-1] = cells.reshape(len(cells), *inner.shape)
    full[:, -1, :] = full[:, :-1].sum(axis=1)
    full[:, :, -1] = full[:, :, :-1].sum(axis=2)
    full = full.reshape(len(full), -1)
    true = two_way(inner)[0]
    return full[(full[:, ~mask] == true[~mask]).all(axis=1)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=4, max_size=6))
def test_no_small_count_can_be_worked_out_by_trying_every_table(cells: list[int]) -> None:
    inner = np.array(cells[: len(cells) // 2 * 2]).reshape(2, -1)
    counts, relations = two_way(inner)
    mask = withheld(counts, relations, minimum=3)
    assert mask[(counts > 0) & (counts < 3)].all()
    assert not mask[counts == 0].any()
    found = fitting(inner, mask, most=7)
    assert (found == counts).all(axis=1).any()
    for cell in np.flatnonzero(mask & (counts < 3)):
        assert len(np.unique(found[:, cell])) > 1


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(2, 4), st.integers(0, 2**32 - 1), st.sampled_from([3, 5, 10]))
def test_linear_algebra_alone_gives_no_small_count_away(
    height: int, width: int, seed: int, minimum: int
) -> None:
    inner = np.random.default_rng(seed).poisson(6, (height, width))
    counts, relations = two_way(inner)
    mask = withheld(counts, relations, minimum=minimum)
    matrix = np.zeros((len(relations), len(counts)))
    for line, (total, parts) in zip(matrix, relations, strict=True):
        line[total] = -1
        line[parts] = 1
    hidden = np.flatnonzero(mask)
    if not len(hidden):
        return
    # A cell is fixed by the sums if no direction that keeps all of them changes it.
    _, size, right = np.linalg.svd(matrix[:, hidden])
    free = right[int((size > 1e-9).sum()) :]
    for place, cell in enumerate(hidden):
        if counts[cell] < minimum:
            assert np.abs(free[:, place]).max(initial=0) > 1e-9
            low, high = bounds(counts, relations, mask, int(cell))
            assert low <= counts[cell] <= high
            assert high - low >= 1


def test_two_small_counts_whose_sum_is_two_are_both_one_unless_the_sum_goes_too() -> None:
    counts = np.array([22, 1, 1, 20])
    mask = withheld(counts, [(0, [1, 2, 3])], minimum=10)
    assert mask.tolist() == [False, True, True, True]


def test_totals_that_are_no_sums_are_refused() -> None:
    with pytest.raises(ValueError, match="sum"):
        withheld(np.array([5, 1, 1]), [(0, [1, 2])], minimum=3)
