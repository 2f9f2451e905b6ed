"""Derivatives of every covariance structure, against differences."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm.fit.covariance import STRUCTURES, Covariance
from tests.mmrm.fit.differences import differences


@pytest.mark.parametrize("kind", [kind for kind in STRUCTURES if kind != "sp_exp"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_derivatives_of_the_covariance(kind: str, k: int) -> None:
    structure = Covariance(kind, k, [str(a) for a in range(k)])
    lag = np.abs(np.arange(k)[:, None] - np.arange(k))
    theta = structure.start((2 * 0.5**lag)[None])
    assert len(theta) == structure.n_params == len(structure.names())
    sigma, first, second = structure.derivatives(theta)
    np.testing.assert_allclose(sigma, structure.matrices(theta))
    approx = differences(lambda t: structure.matrices(t)[0], theta)
    np.testing.assert_allclose(first[0], approx, atol=1e-8)
    if second is not None:
        approx = differences(lambda t: structure.derivatives(t)[1][0], theta)
        np.testing.assert_allclose(second[0], approx, atol=1e-7)
