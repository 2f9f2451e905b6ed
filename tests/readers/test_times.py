"""Date-times to hours: clock changes, offsets, precision, and what is never guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.times import DAY, HOUR, MINUTE, MONTH, format_precision, instants


def read(*texts: str, timezone: str | None = "America/New_York", form: str | None = None):
    return instants(
        pd.Series(texts, dtype="str"), file="f.csv", name="when", timezone=timezone,
        datetime_format=form,
    )  # fmt: skip


def between(first: str, second: str, **options) -> float:
    times = read(first, second, **options)
    return float(times.low[1] - times.low[0])


@pytest.mark.parametrize(
    ("first", "second", "hours"),
    [
        ("2025-03-09T01:30", "2025-03-09T05:30", 3.0),
        ("2025-11-02T00:30", "2025-11-02T04:30", 5.0),
        ("2025-03-04T10:00", "2025-03-04T14:30", 4.5),
        ("2025-11-02T00:30-04:00", "2025-11-02T04:30-05:00", 5.0),
        ("2025-03-04T10:00Z", "2025-03-04T10:00-05:00", 5.0),
        ("2025-03-04 10:00:30", "2025-03-04T10:01:00.0", 30 / 3600),
    ],
)
def test_hours_between_are_hours_on_a_stopwatch(first, second, hours):
    assert between(first, second) == pytest.approx(hours, abs=1e-9)


def test_a_time_that_occurs_twice_spans_the_hour():
    times = read("2025-11-02T01:30")
    assert times.high[0] - times.low[0] == pytest.approx(1.0)
    assert times.precision[0] == MINUTE


def test_a_time_that_the_clock_skipped_is_none():
    times = read("2025-03-09T02:30")
    assert times.nonexistent[0]
    assert np.isnan(times.low[0])


@pytest.mark.parametrize(
    ("text", "precision", "hours"),
    [
        ("2025-03-04T14", HOUR, 1),
        ("2025-03-04", DAY, 24),
        ("2025-03-09", DAY, 23),
        ("2025-11-02", DAY, 25),
        ("2025-02", MONTH, 28 * 24),
        ("2025-12", MONTH, 31 * 24),
    ],
)
def test_a_time_cut_short_keeps_its_precision_as_a_span(text, precision, hours):
    times = read(text)
    assert times.precision[0] == precision
    assert times.high[0] - times.low[0] == pytest.approx(hours)
    assert times.day_only[0] == (precision >= DAY)


def test_a_zoned_hour_spans_an_hour():
    times = read("2025-03-04T14Z", timezone=None)
    assert times.high[0] - times.low[0] == pytest.approx(1)


def test_a_date_without_a_zone_spans_the_day_anywhere():
    times = read("2025-03-04", timezone=None)
    assert times.high[0] - times.low[0] == pytest.approx(24 + 26)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2025-13-01", "2025-02-30", "2025-03-04T24:00", "2025-03-04T14:60", "2025",
     "45720.5833", "2025-03-04T", "0000-01-01", "2025-03-04T14:00 EST", "٢٠٢٥-03-04"],
)  # fmt: skip
def test_what_is_no_time_is_wrong_and_nothing_else(text):
    times = read(text)
    assert times.wrong[0]
    assert np.isnan(times.low[0])


def test_a_year_beyond_any_calendar_of_zones_is_implausible():
    assert read("0001-01-01T00:30", "9999-12-31T23:30").implausible.all()


def test_blank_cells_are_blank():
    times = read("", "2025-03-04T10:00")
    assert np.isnan(times.low[0])
    assert not times.wrong.any()
    assert len(read().low) == 0


def test_midnight_in_every_row_is_a_date():
    assert read("2025-03-04T00:00", "2025-03-05T00:00").midnight
    assert not read("2025-03-04T00:00", "2025-03-05T00:01").midnight
    assert not read("2025-03-04T00:00").midnight


@pytest.mark.parametrize("text", ["03/04/2025 14:00", "4.3.2025", "2025/03/04", "13/04/2025"])
def test_slashes_and_points_are_refused_without_a_declared_order(text):
    with pytest.raises(ReliefError, match="datetime_format") as caught:
        read("2025-03-04T10:00", text)
    assert caught.value.rule == "time.ambiguous-order"
    assert text not in caught.value.message


def test_local_times_need_a_zone():
    with pytest.raises(ReliefError, match="timezone") as caught:
        read("2025-03-04T10:00", timezone=None)
    assert caught.value.rule == "time.no-zone"


@pytest.mark.parametrize(
    ("form", "precision"),
    [
        ("%d/%m/%Y %H:%M", MINUTE),
        ("%d/%m/%Y %I:%M %p", MINUTE),
        ("%Y-%m-%dT%H:%M%z", MINUTE),
        ("%d.%m.%y %H", HOUR),
        ("%d %b %Y", DAY),
        ("%d/%m/%Y %I:%M", None),
        ("%m/%Y", None),
        ("%H:%M", None),
        ("%Y-%m-%d %H:%M %Z", None),
        ("%Q", None),
        ("%", None),
        ("", None),
        ("%Y %Y-%m-%d", None),
    ],
)
def test_a_format_tells_how_much_it_tells(form, precision):
    assert format_precision(form) == precision


def test_a_declared_format_decides_and_hour_24_is_the_next_day():
    form = "%d/%m/%Y %H:%M"
    texts = (
        "03/04/2025 24:00",
        "04/04/2025 00:00",
        "03/04/2025 24:30",
        "2025-04-03",
        "04/04/2025 09:00",
    )
    times = read(*texts, form=form)
    assert times.next_day[0]
    assert times.low[0] == times.low[1]
    assert list(times.wrong) == [False, False, True, True, False]
    assert read("31/12/9999 24:00", form=form).wrong[0]


def test_a_format_that_cannot_be_used_is_refused():
    with pytest.raises(ReliefError, match="datetime_format"):
        read("x", form="%H")


def test_an_empty_format_cell_and_a_time_beyond_the_format_are_blank_and_wrong():
    times = read("", "31/02/2025 10:00", "01/02/2025 10:00", form="%d/%m/%Y %H:%M")
    assert list(times.wrong) == [False, True, False]
