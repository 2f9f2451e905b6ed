"""Small matrices by the hundred."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm.batch.linalg import definite_inverses, definite_root, log_det_of


@pytest.fixture
def matrices() -> np.ndarray:
    """Two positive definite matrices, one that is not, and one that is not finite."""
    factors = np.random.default_rng(2).normal(size=(4, 3, 3))
    found = factors @ factors.swapaxes(1, 2)
    found[2] -= 10 * np.eye(3)
    found[3, 0, 0] = np.nan
    return found


def test_roots_are_those_of_the_matrices_that_have_one(matrices):
    root, definite = definite_root(matrices)
    assert definite.tolist() == [True, True, False, False]
    np.testing.assert_allclose(root[:2] @ root[:2].swapaxes(1, 2), matrices[:2])
    np.testing.assert_allclose(log_det_of(root)[:2], np.linalg.slogdet(matrices[:2])[1])


def test_swept_matrices_are_inverses(matrices):
    inverse, log_det, definite = definite_inverses(matrices.reshape(2, 2, 3, 3))
    assert definite.tolist() == [[True, True], [False, False]]
    np.testing.assert_allclose(inverse[0], np.linalg.inv(matrices[:2]), rtol=1e-10)
    np.testing.assert_allclose(log_det[0], np.linalg.slogdet(matrices[:2])[1])
