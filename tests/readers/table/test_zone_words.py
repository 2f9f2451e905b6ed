"""Zones written behind a time are read by the offset they name, or refused."""

from __future__ import annotations

import pytest

from analysis.errors import ReliefError
from tests.readers.table.test_times import read

# One moment, 11:48 in Detroit on 3 February 2025, as form services write it.
WRITTEN = [
    ("2025/02/03 11:48:00 AM EST", None),
    ("2025/02/03 11:48 AM GMT-5", None),
    ("2025-02-03 16:48 UTC", None),
    ("2025-02-03 17:48 UTC+01:00", None),
    ("2025-02-03T17:48 CET", None),
    ("2025-02-03 16:48:00+00", None),
    ("2025-02-03T16:48:00Z", None),
    ("2025/02/03 12:48:00 PM EDT", None),
    ("03/02/2025 11:48 (EST)", "%d/%m/%Y %H:%M"),
    ("03/02/2025 11:48 GMT-0500", "%d/%m/%Y %H:%M %z"),
    ("03/02/2025 10:48 CST", "%d/%m/%Y %H:%M %Z"),
    ("03/02/2025 11:48 EST", "%d/%m/%Y %H:%M EST"),
    ("03/02/2025 12:48 EDT", "%d/%m/%Y %H:%M EST"),
]


@pytest.mark.parametrize(("text", "form"), WRITTEN)
def test_a_zone_behind_a_time_is_read_by_the_offset_it_names(text, form):
    times = read(text, timezone="America/Detroit", form=form)
    assert times.low[0] == read("2025-02-03T16:48Z").low[0]
    assert times.zoned == {True}


def test_the_declared_zone_s_own_names_are_known_and_others_stop():
    text = "2025-02-03 22:18 IST"
    assert read(text, timezone="Asia/Kolkata").low[0] == read("2025-02-03T16:48Z").low[0]
    with pytest.raises(ReliefError, match="declare the table's timezone") as caught:
        read(*(f"2025-02-0{day} 22:18 IST" for day in (3, 4, 5)))
    assert caught.value.rule == "time.zone-word"
