"""A look-back score's fall beside the largest one that a literal answer can show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.change.literal_recall import (
    largest_literal_fall,
    literal_recall,
    literal_sentence,
)
from benchmarks.estimates.literal_recall import CELLS, flagged
from tests.length import seed, trials


@pytest.mark.parametrize(
    ("window", "hours", "share"),
    [(168, 24, 1 / 7), (720, 24, 1 / 30), (168, 168, 1), (168, 400, 1), (24, 6, 0.25), (0, 2, 1)],
)
def test_only_what_lies_after_the_infusion_can_have_changed(window, hours, share):
    assert largest_literal_fall(window, hours) == pytest.approx(share)


def test_an_unknown_window_gives_no_largest_fall():
    found = largest_literal_fall(pd.Series([168, math.nan, 0]), [24, 24, math.nan])
    assert found[0] == pytest.approx(1 / 7)
    assert np.isnan(found[1:]).all()


def test_half_a_fall_in_a_day_on_a_past_week_form_is_three_and_a_half_times_too_much():
    before = np.array([40.0, 44, 36, 50, 42])
    found = literal_recall(before, before / 2, recall_hours=168, hours=24)
    assert (found.fall, found.largest) == (pytest.approx(0.5), pytest.approx(1 / 7))
    assert found.ratio == pytest.approx(3.5)
    assert found.beyond
    told = literal_sentence(found)
    assert "fell by 50% of baseline" in told
    assert "past 7 days can show 14% at most" in told
    assert "answered about now" in told
    assert len(told) <= 250


def test_a_small_fall_is_told_without_a_word_of_why():
    before = np.array([40.0, 44, 36, 50, 42])
    found = literal_recall(before, before * 0.9, recall_hours=168, hours=24)
    assert not found.beyond
    assert literal_sentence(found).endswith("14% at most.")


def test_the_scales_least_is_no_symptom():
    """A scale from 17 upwards at 37 has 20 points to lose."""
    before = np.array([37.0, 36, 38, 37])
    found = literal_recall(before, before - 10, recall_hours=168, hours=84, least=17)
    assert found.fall == pytest.approx(0.5)
    assert found.excess == pytest.approx(0.0)


def test_people_without_either_score_are_left_out():
    found = literal_recall([40, 44, 36, 50], [20, math.nan, 20, 30], recall_hours=168, hours=24)
    assert found.n == 3


@pytest.mark.parametrize(
    ("before", "options", "sentence"),
    [
        ([40.0, 44], {}, "Three people"),
        ([0.0, 0, 0], {}, "above the scale's least"),
        ([40.0, 44, 36], {"recall_hours": math.nan}, "must be known"),
        ([40.0, 44, 36], {"hours": math.nan}, "must be known"),
    ],
)
def test_refusals_are_sentences(before, options, sentence):
    given = {"recall_hours": 168.0, "hours": 24.0} | options
    with pytest.raises(ValueError, match=sentence):
        literal_recall(before, before, **given)


@pytest.mark.simulates
@pytest.mark.long
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.told)
def test_literal_answers_are_hardly_ever_flagged_and_answers_about_now_are(cell):
    count = trials(short=400, long=20_000)
    share = flagged(cell, 30, count, np.random.default_rng(seed(3))).mean()
    error = 3 * math.sqrt(0.025 * 0.975 / count)
    if cell.literal or cell.fall == 0:
        assert share <= 0.025 + error
    else:
        assert share >= 0.9
