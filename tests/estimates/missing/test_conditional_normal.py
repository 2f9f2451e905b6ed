"""Missing scores filled: the conditional mean, and the conditional distribution of a draw."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimates.missing.conditional_normal import fill, missingness_patterns


def test_people_with_the_same_visits_are_one_pattern() -> None:
    seen = np.array([[True, True], [True, False], [True, True], [False, True]])
    found = sorted(group.tolist() for group in missingness_patterns(seen))
    assert found == [[0, 2], [1], [3]]


def test_a_draw_filled_has_the_conditional_distribution() -> None:
    covariance = np.array([[4.0, 2.0, 1.0], [2.0, 5.0, 2.0], [1.0, 2.0, 6.0]])
    score = np.array([[1.0, np.nan, -2.0]])
    mean = np.array([[0.5, 1.0, 1.5]])
    noise = np.random.default_rng(2).multivariate_normal(np.zeros(3), covariance, 40000)
    drawn = fill(score, mean + noise[:, None, :], covariance)[:, 0, 1]
    seen = [0, 2]
    gain = np.linalg.solve(covariance[np.ix_(seen, seen)], covariance[seen, 1])
    assert drawn.mean() == pytest.approx(1.0 + gain @ [0.5, -3.5], abs=0.05)
    assert drawn.var() == pytest.approx(5.0 - gain @ covariance[seen, 1], rel=0.03)
    assert fill(score, mean, covariance)[0, 1] == pytest.approx(1.0 + gain @ [0.5, -3.5])
