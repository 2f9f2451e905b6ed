"""A look-back score's fall beside the largest one that a literal answer can show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.change.literal_recall import largest_literal_fall
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
