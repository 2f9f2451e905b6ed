"""Date-times to hours: clock changes, offsets, precision, and what is never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.config.precision import DAY, HOUR, MINUTE, MONTH, format_precision
from analysis.errors import ReliefError
from analysis.readers.table.times import instants
from tests.readers.table.times_one_by_one import one_by_one


def read(
    *texts: str,
    timezone: str | None = "America/New_York",
    form: str | None = None,
    epoch: Literal[1900, 1904] | None = None,
    date_cells: bool = False,
):
    return instants(
        pd.Series(texts, dtype="str"), file="f.csv", name="when", timezone=timezone,
        datetime_format=form, excel_epoch=epoch, date_cells=date_cells,
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
     "4572.5833", "2025-03-04T", "0000-01-01", "2025-03-04T14:00 XYZ", "٢٠٢٥-03-04"],
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


def test_the_zone_s_own_midnight_in_every_row_is_a_date_whatever_its_offset():
    texts = ("2025-03-04T05:00:00Z", "2025-04-04T04:00:00Z")
    dates = read(*texts, timezone="America/New_York")
    assert dates.midnight
    assert dates.day_only.all()
    assert dates.low[0] == read("2025-03-04", timezone="America/New_York").low[0]
    assert not read(*texts, "2025-03-05T06:00:00Z", timezone="America/New_York").midnight


@pytest.mark.parametrize("text", ["03/04/2025 14:00", "4.3.2025", "13/04/2025"])
def test_slashes_and_points_are_refused_without_a_declared_order(text):
    with pytest.raises(ReliefError, match="datetime_format") as caught:
        read("2025-03-04T10:00", text)
    assert caught.value.rule == "time.ambiguous-order"
    assert "1 of 2 times" in caught.value.message
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
        ("%Y-%m-%d %H:%M %Z", MINUTE),
        ("%Z %Y-%m-%d %H:%M", None),
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


def test_24_00_ends_a_day_and_no_second_follows_it():
    form = "%d/%m/%Y %H:%M:%S"
    times = read("03/04/2025 24:00:00", "03/04/2025 24:00:30", "04/04/2025 12:00:00", form=form)
    assert list(times.wrong) == [False, True, False]


def test_a_format_that_cannot_be_used_is_refused():
    with pytest.raises(ReliefError, match="datetime_format"):
        read("x", form="%H")


def test_an_empty_format_cell_and_a_time_beyond_the_format_are_blank_and_wrong():
    times = read("", "31/02/2025 10:00", "01/02/2025 10:00", form="%d/%m/%Y %H:%M")
    assert list(times.wrong) == [False, True, False]


@pytest.mark.parametrize(
    ("texts", "ambiguous", "example"),
    [
        (("03/04/2025", "13/04/2025", "04/04/2025"), 1, "%d/%m/%Y"),
        (("03/04/2025", "03/13/2025"), 1, "%m/%d/%Y"),
        (("3.4.2025 10:00", "12.12.2025"), 1, "%d.%m.%Y"),
    ],
)
def test_slashed_dates_are_counted_by_whether_they_read_both_ways(texts, ambiguous, example):
    with pytest.raises(ReliefError) as caught:
        read(*texts, *texts, "")
    said = caught.value.message
    assert f"{2 * len(texts)} of {2 * len(texts) + 1} times" in said
    assert f"; {2 * ambiguous} of them can be read both ways" in said
    assert f'"{example} %H:%M"' in said


# 2025 by hand: the clock goes from the first offset to the second and back, in hours from UTC.
CHANGES = [
    ("America/New_York", "2025-03-09T{:02d}:30", 2, -5, -4, "2025-11-02T{:02d}:30", 1),
    ("Europe/Berlin", "2025-03-30T{:02d}:30", 2, 1, 2, "2025-10-26T{:02d}:30", 2),
]


@pytest.mark.parametrize(("zone", "spring", "gap", "winter", "summer", "autumn", "twice"), CHANGES)
def test_clock_changes_by_hand(zone, spring, gap, winter, summer, autumn, twice):
    def utc(text: str, offset: int) -> float:
        return pd.Timestamp(text).timestamp() / 3600 - offset

    before, inside, after = (spring.format(gap + step) for step in (-1, 0, 1))
    times = read(before, inside, after, timezone=zone)
    assert list(times.nonexistent) == [False, True, False]
    np.testing.assert_allclose(times.low, [utc(before, winter), np.nan, utc(after, summer)])
    before, inside, after = (autumn.format(twice + step) for step in (-1, 0, 1))
    times = read(before, inside, after, timezone=zone)
    both = (utc(inside, summer), utc(inside, winter))
    np.testing.assert_allclose(times.low, [utc(before, summer), both[0], utc(after, winter)])
    np.testing.assert_allclose(times.high, [utc(before, summer), both[1], utc(after, winter)])


def test_a_clock_that_changes_by_half_an_hour():
    """Lord Howe in 2025: 02:00 becomes 01:30 on 6 April, and 02:30 on 5 October."""
    zone = "Australia/Lord_Howe"
    times = read("2025-10-05T01:59", "2025-10-05T02:15", "2025-10-05T02:30", timezone=zone)
    assert list(times.nonexistent) == [False, True, False]
    assert (times.low[2] - times.low[0]) * 60 == pytest.approx(1)
    times = read("2025-04-06T01:45", "2025-04-06T01:29", "2025-04-06T02:00", timezone=zone)
    assert times.high[0] - times.low[0] == pytest.approx(0.5)
    assert (times.low[2] - times.low[1]) * 60 == pytest.approx(61)
    day = read("2025-04-06", timezone=zone)
    assert day.high[0] - day.low[0] == pytest.approx(24.5)


@pytest.mark.parametrize(
    ("text", "epoch", "same"),
    [
        # 2025-03-04 is day 45720 since 1900 and day 44258 since 1904, as spreadsheets print it.
        ("45720.5833", 1900, "2025-03-04T14:00"),
        ("45720,583333333336", 1900, "2025-03-04T14:00"),
        ("45720.5", 1900, "2025-03-04T12:00"),
        ("45720.58346", 1900, "2025-03-04T14:00:11"),
        ("45720", 1900, "2025-03-04"),
        ("45720.0", 1900, "2025-03-04"),
        ("44258.25", 1904, "2025-03-04T06:00"),
    ],
)
def test_day_numbers_of_a_spreadsheet_need_an_epoch(text, epoch, same):
    with pytest.raises(ReliefError, match="excel_epoch") as caught:
        read(text, "2025-03-04T10:00")
    assert caught.value.rule == "time.excel-serial"
    assert text not in caught.value.message
    times, expected = read(text, epoch=epoch), read(same)
    assert (times.low[0], times.high[0]) == (expected.low[0], expected.high[0])
    assert times.precision[0] == expected.precision[0]


def test_a_day_number_cut_before_the_minute_is_no_time():
    assert read("45720.58", epoch=1900).wrong[0]


def test_twelve_hour_clocks_by_format():
    form = "%m/%d/%Y %I:%M %p"
    times = read("03/04/2025 12:05 AM", "03/04/2025 12:05 PM", "03/04/2025 13:05 PM", form=form)
    assert times.low[1] - times.low[0] == 12
    assert list(times.wrong) == [False, False, True]


def test_real_dates_of_a_workbook_need_no_format_and_one_for_texts_does_not_touch_them():
    texts = ("2025-02-03T11:48:00", "04/02/2025 11:48", "2025-02-05")
    times = read(*texts, form="%d/%m/%Y %H:%M", date_cells=True)
    assert times.low[1] - times.low[0] == 24
    assert list(times.precision) == [MINUTE, MINUTE, DAY]
    assert list(read(*texts, form="%d/%m/%Y %H:%M").wrong) == [True, False, True]


def test_words_among_times_are_each_set_aside():
    times = read("n/a", "unk", "15 min post", "2025-03-04T10:00", "", "now", "today", "NaT")
    assert list(times.wrong) == [True, True, True, False, False, True, True, True]
    form = "%Y-%m-%d %H:%M"
    assert read("n/a", "now", "today", "NaT", "nan", "2025-03-04 10:00", form=form).wrong.sum() == 5


def test_a_categorical_reads_as_its_rows_do():
    texts = pd.Series(["2025-03-04T10:00", "", "x", "2025-03-04T10:00Z", "x"], dtype="str")
    some = texts.astype("category")[[0, 1, 2, 4]]
    options = {"file": "f.csv", "name": "when", "datetime_format": None}
    plain = instants(texts[[0, 1, 2, 4]], timezone="UTC", **options)
    coded = instants(some, timezone="UTC", **options)
    for field in ("low", "high", "precision", "wrong", "zoned", "offsets"):
        np.testing.assert_equal(getattr(coded, field), getattr(plain, field))
    # A category that no row has is no time of the column.
    assert coded.zoned == {False}
    assert not instants(some.mask(some == "x"), timezone="UTC", **options).wrong.any()


ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca",
         "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "Antarctica/Troll", "UTC"]  # fmt: skip


@st.composite
def iso_texts(draw: st.DrawFn) -> str:
    """Times of ISO 8601 and what nearly is one, often on days on which a clock changed."""
    days = ["2025-03-09", "2025-11-02", "2025-03-30", "2025-10-26", "2025-04-06", "2025-10-05",
            "2011-12-30", "2025-02-29", "2024-02-29", "1900-01-01", "2199-12-31"]  # fmt: skip
    number = st.integers(0, 99).map("{:02d}".format)
    year = st.integers(0, 9999).map("{:04d}".format)
    day = draw(st.one_of(st.sampled_from(days), st.dates().map(str), st.builds(
        "{}-{}-{}".format, year, number, number)))  # fmt: skip
    clock = draw(st.sampled_from(["", "T{:02d}", "T{:02d}:{:02d}", " {:02d}:{:02d}:{:02d}"]))
    clock = clock.format(*(draw(st.integers(0, top)) for top in (24, 60, 60)))
    fraction = draw(st.sampled_from(["", "", ".", ".5", ".123456", ".1234567"]))
    zone = draw(st.sampled_from(["", "", "Z", "+05:30", "-0400", "+14:59", "+15:00"]))
    text = day[: draw(st.sampled_from([7, 10, 10, 10]))] + clock + fraction + zone
    if draw(st.integers(0, 9)) == 0 and text:
        place = draw(st.integers(0, len(text) - 1))
        text = text[:place] + draw(st.sampled_from("-:T+Z. 0x\u0663")) + text[place + 1 :]
    return text


@settings(deadline=None)
@given(st.lists(iso_texts(), min_size=1, max_size=20, unique=True), st.sampled_from(ZONES))
def test_all_at_once_is_one_by_one(texts, zone):
    times, expected = read(*texts, timezone=zone), one_by_one(texts, zone)
    for field, values in expected.items():
        np.testing.assert_equal(getattr(times, field), values, err_msg=field)


FORMS = [
    "%d/%m/%Y %H:%M", "%m/%d/%y %I:%M %p", "%Y-%m-%dT%H:%M", "%d %b %Y", "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M%z", "%d.%m.%y %H", "%A %d %B %Y %H:%M",
]  # fmt: skip
MOMENTS = st.datetimes(datetime(1890, 1, 1), datetime(2230, 1, 1), timezones=st.just(UTC))


@settings(deadline=None)
@given(st.data(), st.sampled_from(FORMS), st.sampled_from(ZONES))
def test_a_declared_format_is_read_as_the_standard_library_does(data, form, zone):
    written = MOMENTS.map(lambda moment: moment.strftime(form))
    texts = data.draw(st.lists(written, min_size=1, max_size=8, unique=True))
    odd = data.draw(st.sampled_from(["", " 0", "0", "24:00", "12", "/", "60", "  "]))
    place = data.draw(st.integers(0, len(texts[0])))
    texts[0] = texts[0][:place] + odd + texts[0][place + len(odd) :]
    texts = list(dict.fromkeys(texts))
    times = read(*texts, timezone=zone, form=form)
    for field, values in one_by_one(texts, zone, form).items():
        np.testing.assert_equal(getattr(times, field), values, err_msg=field)
