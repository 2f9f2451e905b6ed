"""A clock one or two hours off is told by the names of visits and by the hours of a clinic."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.config import Table
from analysis.readers.roles.dates.exact_times import ExactTimes
from analysis.readers.roles.dates.small_shifts import before_opening, beside_named_hours


def visits(name: str | None, after_end: float, ahead: float = 2.0) -> ExactTimes:
    """Twenty visits of one name, so many hours after an infusion of forty minutes."""
    rng = np.random.default_rng(18)
    start = np.arange(20) * 100.0
    at = start + 0.67 + after_end + rng.normal(0, 0.08, 20)
    names = None if name is None else np.full(20, name, dtype=object)
    who, zone = np.arange(20), np.full(20, ahead)
    spec = Table.model_construct()
    return ExactTimes(spec, "scores.csv", False, who, at, zone, start, start + 0.67, names)


@pytest.mark.parametrize("name", ["3h", "3 Std", "h3", "3 hours after"])
def test_visits_beside_the_hour_of_their_name_by_the_offset_show_another_clock(name):
    assert beside_named_hours(visits(name, 1.0), 1)
    assert beside_named_hours(visits(name, 5.0), -1)


def test_visits_at_the_hour_of_their_name_or_beside_it_otherwise_show_none():
    assert not beside_named_hours(visits("3h", 3.0), 1)
    assert not beside_named_hours(visits("3h", 2.33), 1)
    assert not beside_named_hours(visits("3h", 3.9), 1)
    assert not beside_named_hours(visits("after the infusion", 1.0), 1)
    assert not beside_named_hours(visits(None, 1.0), 1)


def opened(first: float, last: float, ahead: float, start: float = 10.0) -> bool:
    """Forms of other days, between two hours, beside infusions from ten to two."""
    times = np.linspace(first, last, 30)
    return before_opening(times, np.linspace(start, 14, 20), np.ones(30, bool), np.full(30, ahead))


def test_forms_before_a_clinic_opens_that_fit_once_moved_show_another_clock():
    assert opened(6.1, 14, 2.0)
    assert not opened(7.1, 14, 2.0)


def test_early_clinics_forms_from_home_and_distant_zones_show_none():
    assert not opened(6.6, 14, 2.0, start=7.5)
    assert not opened(6.0, 22, 2.0)
    assert not opened(6.1, 14, 5.5)
    assert not opened(6.1, 14, -5.0)
