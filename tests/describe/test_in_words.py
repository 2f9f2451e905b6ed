"""Estimates in words: what an interval holds, and what a picture shows."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.describe import in_words


def line(low, high, estimate=None):
    middle = (low + high) / 2 if estimate is None else estimate
    return {"estimate": middle, "ci_low": low, "ci_high": high, "window": "about 7 days"}


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-21, 6, in_words.BOTH),
        (-21, 12, in_words.BOTH),
        (-2, 12, "a worsening that matters, and no improvement that does"),
        (-3, 2, "includes zero and none that would matter"),
        (-14, -11, "in which every difference would matter"),
        (-14, -2, "excludes zero but includes differences too small to matter"),
        (-6, -2, "excludes zero, in which no difference would matter"),
        (2, 14, "of worsening that excludes zero but includes differences too small to matter"),
        (11, 14, "of worsening in which every difference would matter"),
    ],
)
def test_what_an_interval_of_a_difference_holds(low, high, told):
    assert told in in_words.between(line(low, high), 10)


def test_without_a_smallest_difference_only_zero_is_asked_about():
    assert in_words.between(line(-3, 2), None) == "an interval that includes zero"
    assert in_words.between(line(-3, -2), None) == "an interval that excludes zero"
    assert in_words.between(line(math.nan, math.nan), 10) == ""


def test_numbers_in_words_are_those_of_the_row():
    told = in_words.interval(line(-21, 6, -7.5), unit="points")
    assert told == "−7.50 points (−21.00 to 6.00)"
    assert in_words.interval({"estimate": math.nan, "method": "withheld: few"}) == "withheld"


def test_shares_are_whole_per_cent():
    assert in_words.percent(0.666) == "67 %"
    assert in_words.percent(-0.1) == "−10 %"
    assert in_words.percent(math.nan) == "withheld"


def test_words_in_a_row():
    assert in_words.listed([]) == ""
    assert in_words.listed(["a"]) == "a"
    assert in_words.listed("abc") == "a, b and c"


def test_an_alternative_text_tells_every_mark_until_there_are_many():
    rows = pd.DataFrame([line(-9, -1) | {"arm": "ketamine"}, line(-3, 3) | {"arm": "midazolam"}])
    told = in_words.alternative(None, "Two marks", rows, "arm")
    assert told == "Two marks. ketamine: −5.00 (−9.00 to −1.00); midazolam: 0.00 (−3.00 to 3.00)."
    assert "2 estimates" in in_words.alternative(None, "Two marks", rows, "arm", most=1)
