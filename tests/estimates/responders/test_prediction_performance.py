"""Limits of an area under the curve by their definition; net benefit by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimates.responders.prediction_performance import area_interval, net_benefit


@pytest.mark.parametrize(("n", "m"), [(5, 5), (10, 20), (14, 16)])
def test_at_half_the_variance_is_that_of_the_rank_sum(n, m):
    """The limit that just reaches 0.5 is z standard errors of Wilcoxon's statistic away."""
    reach = stats.norm.ppf(0.975) * math.sqrt((n + m + 1) / (12 * n * m))
    assert area_interval(0.5 + reach, n, m)[0] == pytest.approx(0.5, abs=1e-9)
    assert area_interval(0.5 - reach, n, m)[1] == pytest.approx(0.5, abs=1e-9)


def test_limits_of_an_area_never_collapse_and_turn_with_it():
    low, high = area_interval(1.0, 8, 7)
    assert 0.5 < low < 1
    assert high == 1.0
    assert area_interval(0.0, 8, 7) == pytest.approx((0.0, 1 - low))
    low, high = area_interval(0.7, 8, 7)
    assert area_interval(0.3, 7, 8) == pytest.approx((1 - high, 1 - low))


def test_net_benefit_by_hand():
    responded = np.array([True, True, True, False, False])
    probability = np.array([0.9, 0.6, 0.2, 0.5, 0.1])
    # At 0.5: two responders, one other at even odds. At 0.25: odds of one to three.
    assert net_benefit(responded, probability, np.array([0.5, 0.25])) == pytest.approx(
        [(2 - 1) / 5, (2 - 1 / 3) / 5]
    )
    with pytest.raises(ValueError, match="between 0 and 1"):
        net_benefit(responded, probability, np.array([1.0]))
