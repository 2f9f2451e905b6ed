"""Bare numbers are named by what they most likely count; a gap of years by its two epochs."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from analysis.errors import ReliefError
from analysis.readers.table.epochs import counted_from, likely_epoch
from tests.readers.table.test_times import read

WHEN = datetime(2025, 2, 3, 11, 48)
UNITS = {"days": timedelta(days=1), "seconds": timedelta(seconds=1),
         "milliseconds": timedelta(milliseconds=1)}  # fmt: skip
AROUND = (WHEN - datetime(1970, 1, 1)) / timedelta(hours=1)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("year", [1960, 1970])
def test_the_unit_and_the_epoch_are_those_that_lie_nearest_to_the_study(unit, year):
    number = (WHEN - datetime(year, 1, 1)) / UNITS[unit]
    assert likely_epoch(np.array([number, number + 1]), AROUND) == (unit, year)


def test_a_column_of_such_numbers_is_refused_by_what_they_count():
    seconds = [str(int((WHEN - datetime(1960, 1, 1)).total_seconds()) + n) for n in range(3)]
    with pytest.raises(ReliefError, match="seconds since 1960") as caught:
        read(*seconds)
    assert caught.value.rule == "time.epoch"


def test_numbers_that_no_epoch_puts_into_a_study_are_none():
    assert likely_epoch(np.array([4711.0])) is None


@pytest.mark.parametrize(("days", "first"), [(-3653, "1960"), (1462, "1900"), (-21916, "1900")])
def test_a_gap_between_two_epochs_is_named(days, first):
    assert f"since {first}" in counted_from(days)
    assert counted_from(days + 500) == ""
