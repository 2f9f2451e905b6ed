"""Change from baseline, the mean of a window, and response by their declared rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.instruments.scoring import score
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change, person_change, response
from analysis.timeline import place
from tests.outcomes.placed_forms import RULE, WEEK, changes, placed
from tests.small_study import forms, infusion, study


def test_change_uses_efficacy_phases_only():
    table = placed((-1, 30), (0.5, 9), (2, 9), (4, 20), (20, 22), (60, 25))
    found = change(table, baseline(table, **RULE))
    assert found["phase"].tolist() == ["hours", "day", "later"]
    assert found["change"].tolist() == [-10, -8, -5]


@pytest.mark.parametrize(
    ("low", "high", "kept"),
    [(1.5, 3.5, False), (2.5, 4.0, False), (6.0, 8.0, True), (25.0, 40.0, True)],
)
def test_an_unclear_time_counts_only_if_it_cannot_be_acute(low, high, kept):
    """The infusion ends at 1 h, so the acute phase ends at 3 h."""
    rows = [
        {"hours": -1.0, "stated_total": 30.0},
        {"hours_low": low, "hours_high": high, "stated_total": 20.0},
    ]
    made = study(forms(rows), infusions=[infusion(1, 0.0, 1.0)])
    table = place(made, score(made))
    assert table["phase"].tolist()[1] == ""
    assert len(change(table, baseline(table, **RULE))) == kept


@pytest.mark.parametrize(
    "other",
    [
        {"instrument": "IES-R", "version": "standard", "recall_hours": 168.0},
        {"instrument": "PCL-5", "version": "standard", "recall_hours": 168.0},
        {"instrument": "PCL-5", "version": "past-week", "recall_hours": 24.0},
    ],
    ids=["instrument", "version", "recall window"],
)
def test_change_is_never_between_forms_that_differ(other):
    rows = [
        {"hours": -1.0, "stated_total": 30.0, **WEEK},
        {"hours": 4.0, "stated_total": 20.0, **other},
    ]
    made = study(forms(rows))
    table = place(made, score(made))
    assert change(table, baseline(table, **RULE)).empty


def test_a_window_is_the_mean_over_its_forms():
    """Hours after the end, [2, 6): the infusion ends at 1 h."""
    table = changes((3, 20), (6, 24), (7, 99), (25, 10))
    found = person_change(table, low=2, high=6)
    assert found[["baseline", "score", "change", "n_forms"]].iloc[0].tolist() == [30, 22, -8, 2]


def test_a_window_needs_the_whole_time_inside_and_the_first_infusion():
    two = [infusion(1, 0.0, 1.0), infusion(2, 48.0, 49.0)]
    table = placed((-1, 30), (4, 20), (52, 10), infusions=two)
    found = change(table, baseline(table, **RULE))
    assert len(found) == 2
    assert person_change(found, low=2, high=6)["score"].tolist() == [20]
    wide = found.assign(since_end_high=found["since_end_high"] + 3)
    assert person_change(wide, low=2, high=6).empty


def test_two_versions_are_never_averaged():
    rows = [
        {"hours": h, "stated_total": t, "instrument": "PCL-5", "version": v, "recall_hours": w}
        for v, w in (("past-week", 168.0), ("standard", 720.0))
        for h, t in ((-1, 40), (4, 30))
    ]
    made = study(forms(rows))
    table = place(made, score(made))
    both = change(table, baseline(table, **RULE))
    with pytest.raises(ReliefError, match="never averaged"):
        person_change(both, low=2, high=6)
    one = both[both["version"] == "past-week"]
    assert person_change(one, low=2, high=6)["change"].tolist() == [-10]


def test_response_at_the_share_itself_and_from_a_baseline_of_zero():
    before = pd.Series([20.0, 20.0, 0.0, 20.0, np.nan, 10.0])
    scores = pd.Series([14.0, 14.1, 0.0, np.nan, 5.0, 7.0])
    found = response(before, scores, 0.30)
    assert found.tolist() == [True, False, pd.NA, pd.NA, pd.NA, True]
    for share in (0, -0.1, 1.1, 30):
        with pytest.raises(ValueError, match="at most 1"):
            response(before, scores, share)
