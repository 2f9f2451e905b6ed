"""Time as people count it, and stretches in which nothing was seen."""

from __future__ import annotations

import math

import pytest

from analysis.describe.hours import gaps, reach, told


@pytest.mark.parametrize(
    ("hours", "words"), [(0.67, "0.67 h"), (5.0, "5 h"), (24.0, "1 d"), (30.0, "1.25 d")]
)
def test_hours_are_told_in_hours_within_a_day_and_in_days_after(hours, words):
    assert told(hours) == words


def test_an_axis_begins_before_the_first_hour_and_holds_every_point():
    assert reach([3.0, math.nan, 0.0]) == (0.8, 200.0)
    low, high = reach([0.5, 2160.0])
    assert low < 0.5
    assert high > 2160
    assert reach([100.0], first=12, last=24) == pytest.approx((12, 135.0))


def test_gaps_are_what_no_span_covers_overlapping_spans_and_those_beyond_the_axis_included():
    spans = [(6.0, 30.0), (2.0, 6.0), (3.0, 5.0), (150.0, 300.0)]
    assert gaps(spans, 1.0, 200.0) == [(1.0, 2.0), (30.0, 150.0)]
    assert gaps([], 1.0, 2.0) == [(1.0, 2.0)]
    assert gaps([(0.5, 9.0)], 1.0, 2.0) == []
    assert gaps([(5.0, 9.0)], 1.0, 2.0) == [(1.0, 2.0)]
