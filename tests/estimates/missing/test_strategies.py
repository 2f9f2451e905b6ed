"""What each strategy expects after an event."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimates.missing.strategies import expected, merged_covariance

OWN = np.array([[10.0, 8.0, 6.0, 5.0]])
REFERENCE = np.array([[11.0, 10.0, 10.0, 9.0]])


@pytest.mark.parametrize(
    ("strategy", "means"),
    [
        ("MAR", [10, 8, 6, 5]),
        ("JR", [10, 8, 10, 9]),
        ("CR", [11, 10, 10, 9]),
        ("CIR", [10, 8, 8, 7]),
        ("LMCF", [10, 8, 8, 8]),
    ],
)
def test_means_after_an_event_before_the_third_visit(strategy: str, means: list[float]) -> None:
    found = expected(strategy, OWN, REFERENCE, np.array([2]))
    assert found.tolist() == [means]
    assert expected(strategy, OWN, REFERENCE, np.array([4])).tolist() == OWN.tolist()


@pytest.mark.parametrize("strategy", ["JR", "CR", "CIR"])
def test_an_event_before_the_first_visit_leaves_the_reference(strategy: str) -> None:
    found = expected(strategy, OWN, REFERENCE, np.array([0]))
    assert found.tolist() == REFERENCE.tolist()


@pytest.mark.parametrize("strategy", ["JR", "CR", "CIR", "MAR", "LMCF"])
def test_equal_arms_make_the_strategies_equal_but_for_lmcf(strategy: str) -> None:
    found = expected(strategy, OWN, OWN, np.array([2]))
    assert (found.tolist() == OWN.tolist()) == (strategy != "LMCF")


def test_the_merged_covariance_keeps_own_before_and_the_reference_regression_after() -> None:
    rng = np.random.default_rng(1)
    own, reference = (m @ m.T + np.eye(4) for m in rng.normal(size=(2, 4, 4)))
    merged = merged_covariance("JR", own, reference, 2)
    np.testing.assert_allclose(merged[:2, :2], own[:2, :2])
    np.testing.assert_allclose(
        np.linalg.solve(merged[:2, :2], merged[:2, 2:]),
        np.linalg.solve(reference[:2, :2], reference[:2, 2:]),
    )

    def rest(matrix: np.ndarray) -> np.ndarray:
        gain = np.linalg.solve(matrix[:2, :2], matrix[:2, 2:])
        return np.asarray(matrix[2:, 2:] - matrix[2:, :2] @ gain)

    np.testing.assert_allclose(rest(merged), rest(reference), atol=1e-12)
    assert np.linalg.eigvalsh(merged)[0] > 0
    np.testing.assert_array_equal(merged_covariance("CIR", own, reference, 4), own)
    np.testing.assert_array_equal(merged_covariance("JR", own, reference, 0), reference)
    np.testing.assert_array_equal(merged_covariance("CR", own, reference, 3), reference)
    np.testing.assert_allclose(merged_covariance("CIR", own, own, 2), own)


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="MAR, JR, CR, CIR, LMCF"):
        expected("J2R", OWN, REFERENCE, np.array([2]))
