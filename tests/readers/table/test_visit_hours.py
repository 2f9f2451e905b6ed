"""Planned hours that names of visits tell; names that tell none give none."""

from __future__ import annotations

import pytest

from analysis.readers.table.visit_hours import hours_of_visits


@pytest.mark.parametrize(
    ("visit", "hour"),
    [("Baseline", -24), ("pre", -1), ("h4", 4), ("4h", 4), ("4 h post", 4), ("Day 1", 24),
     ("d7", 168), ("week 2", 336), ("post_24h", 24), ("Screening", -168), ("2 hours", 2),
     ("p1h3", 3), ("p2d1", 24), ("t2h", 2)],
)  # fmt: skip
def test_a_name_tells_its_hour(visit, hour):
    assert hours_of_visits([visit]) == {visit: hour}


@pytest.mark.parametrize("visit", ["visit 3", "A", "final", "prefix", "7", "x2y"])
def test_a_name_that_tells_no_hour_gives_none(visit):
    assert hours_of_visits([visit]) == {}
