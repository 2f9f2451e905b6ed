"""Day and month that changed places are told, and sound dates are left alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from analysis.errors import ReliefError
from tests.readers.table.test_times import read

DAYS = [datetime(2025, 2, 1, 11, 48) + timedelta(days=n) for n in range(24)]
FORM = "%d/%m/%Y %H:%M"


def opened(day: datetime) -> str:
    """A date of day and month as a spreadsheet that expects month and day keeps it."""
    if day.day > 12:
        return day.strftime(FORM)
    return day.replace(month=day.day, day=day.month).isoformat()


@pytest.mark.parametrize("form", [None, FORM])
def test_dates_that_a_spreadsheet_swapped_on_opening_stop(form):
    with pytest.raises(ReliefError, match="swapped day and month") as caught:
        read(*map(opened, DAYS), form=form, date_cells=True)
    assert caught.value.rule == "time.swapped"


def test_sound_real_dates_among_typed_ones_are_read():
    texts = [day.isoformat() if n % 3 else day.strftime(FORM) for n, day in enumerate(DAYS)]
    times = read(*texts, form=FORM, date_cells=True)
    assert not times.wrong.any()
    assert times.low[-1] - times.low[0] == 23 * 24


def test_a_format_that_reads_half_of_the_dates_stops():
    texts = [day.strftime("%m/%d/%Y %H:%M") for day in DAYS]
    with pytest.raises(ReliefError, match="other way round") as caught:
        read(*texts, form=FORM)
    assert (caught.value.rule, "12 time" in caught.value.message) == ("time.other-order", True)


def test_single_mistyped_dates_are_set_aside_one_by_one():
    texts = [day.strftime(FORM) for day in DAYS]
    assert read(*texts, "02/13/2025 10:00", form=FORM).wrong.sum() == 1
