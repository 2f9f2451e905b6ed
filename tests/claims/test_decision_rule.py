"""Intervals against the bounds: the word that an estimate points to."""

from __future__ import annotations

import itertools

import pytest

from analysis.claims.decision_rule import Bars, decide_by_interval, decide_by_share
from analysis.claims.ledger import (
    CONTRADICTED,
    NOT_DECIDED,
    SUPPORTED,
)


@pytest.mark.parametrize(
    ("estimate", "low", "high", "word"),
    [
        (-9, -12, -6, SUPPORTED),
        (-9, -15, -3.001, SUPPORTED),
        (-9, -15, -3, NOT_DECIDED),  # the upper limit must lie beyond the bias bound
        (-4.9, -6, -3.5, NOT_DECIDED),  # too small to matter, however precise
        (0, -3.4, 5, CONTRADICTED),
        # The lower limit must lie above minus M by half of the bias bound.
        (0, -3.5, 5, NOT_DECIDED),
        (0, -4.9, 5, NOT_DECIDED),
        (5, 1, 9, CONTRADICTED),
        (-3, -20, 14, NOT_DECIDED),
    ],
)
def test_a_difference_is_weighed_against_the_smallest_difference_and_the_bias_bound(
    estimate, low, high, word
):
    assert decide_by_interval(low, high, estimate, smallest=5, bias=3) == word


def test_raising_a_bound_never_turns_a_difference_into_support():
    grid = [(-12, -6, -9), (-15, -3.1, -9), (-20, 2, -9), (-6, -3, -4.5), (-4, 4, 0)]
    for low, high, estimate in grid:
        for smallest, bias in itertools.product((1, 3, 5, 8), (0, 1, 3, 5)):
            before = decide_by_interval(low, high, estimate, smallest=smallest, bias=bias)
            for more in (1, 4):
                wider = decide_by_interval(
                    low - more, high + more, estimate, smallest=smallest, bias=bias
                )
                stricter = decide_by_interval(
                    low, high, estimate, smallest=smallest, bias=bias + more
                )
                if before != SUPPORTED:
                    assert wider != SUPPORTED
                    assert stricter != SUPPORTED


def test_certainty_is_supported_only_from_a_whole_interval_at_or_above_95_percent():
    assert decide_by_share({"ci_low": 0.95, "ci_high": 1.0}, 0.95) == SUPPORTED
    assert decide_by_share({"ci_low": 0.90, "ci_high": 0.9499}, 0.95) == CONTRADICTED
    assert decide_by_share({"ci_low": 0.90, "ci_high": 0.95}, 0.95) == NOT_DECIDED


def test_certainty_that_the_kindest_reading_leaves_possible_is_not_contradicted():
    share = {"ci_low": 0.80, "ci_high": 0.90}
    for high, word in ((0.96, NOT_DECIDED), (0.94, CONTRADICTED)):
        assert decide_by_share(share, 0.95, {"ci_low": 0.85, "ci_high": high}) == word


def test_the_level_of_a_look_is_asked_of_every_interval():
    """A 95 % interval that just supports, and the 98 % one of the same estimate that does not."""
    # t at 97.5 and 99 %, 10 degrees of freedom: 2.228 and 2.764 (any table of t).

    def supports(bias: float, level: float = 0.025) -> bool:
        return Bars(5, bias, 9, level=level, df=10).holds(SUPPORTED)(-9, -14.9, -3.1)

    assert supports(3) is True
    assert supports(3, 0.01) is False
    # 5.9 points to either side become 7.32, up to -1.68.
    assert supports(1.65, 0.01) is True
    assert supports(1.70, 0.01) is False
