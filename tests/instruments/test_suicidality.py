"""A safety signal is found whatever is blank, and never averaged or differenced away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.errors import ReliefError
from analysis.instruments.scoring import score
from analysis.instruments.suicidality import issues, suicidality
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change
from analysis.outcomes.reliable_change import reliable_change_threshold
from analysis.timeline import place
from tests.small_study import forms, infusion, study

SCREENER = {"instrument": "C-SSRS", "version": "screener", "recall_hours": 720.0}
NO = dict.fromkeys(range(1, 7), 0)


def screened(*answers: dict[int, int], hours: list[float] | None = None, subjects=None):
    """Screeners, by default 3 h after the infusion and later, each of another person."""
    times = hours or [3.0 + i for i in range(len(answers))]
    people = subjects or range(len(answers))
    rows = [{"hours": h, "subject": s, **SCREENER} for h, s in zip(times, people, strict=True)]
    table = forms(rows)
    items = pd.DataFrame(
        [[given.get(item, np.nan) for item in range(1, 7)] for given in answers],
        columns=range(1, 7),
        index=table["form"],
    )
    return study(table, items={("C-SSRS", "screener"): items})


def told(made) -> list[tuple[str, int]]:
    return [(i.rule, i.count) for i in issues(made, place(made, score(made)))]


@pytest.mark.parametrize(
    ("answers", "ideation", "behaviour", "event"),
    [
        (NO, 0, False, False),
        ({1: 1, 2: 0, 6: 0}, 1, False, False),
        ({1: 1, 2: 1, 3: 1, 4: 0, 5: 0, 6: 0}, 3, False, False),
        ({1: 1, 2: 1, 3: 1, 4: 1, 5: 0, 6: 0}, 4, False, True),
        ({1: 0, 2: 0, 6: 1}, 0, True, True),
        # What is blank takes no signal away.
        ({4: 1}, 4, None, True),
        ({6: 1}, 0, True, True),
        ({1: 1, 2: 0}, 1, None, False),
        ({}, None, None, False),
    ],
)
@pytest.mark.bad_input("B22")
def test_level_behaviour_and_event(answers, ideation, behaviour, event):
    row = suicidality(screened(answers)).iloc[0]
    assert (None if pd.isna(row["ideation"]) else row["ideation"]) == ideation
    assert (None if pd.isna(row["behaviour"]) else row["behaviour"]) == behaviour
    assert row["event"] == event


def test_deleting_the_behaviour_item_leaves_it_open():
    row = suicidality(screened({1: 0, 2: 0})).iloc[0]
    assert pd.isna(row["behaviour"])


def test_people_with_an_event_after_an_infusion_are_counted_once():
    made = screened(
        NO | {2: 1, 5: 1}, NO | {6: 1}, NO, {6: 1},
        hours=[3.0, 30.0, 3.0, 5.0], subjects=[0, 0, 1, 2],
    )  # fmt: skip
    assert told(made) == [("safety.suicidality", 2)]


def test_an_event_before_the_infusion_is_no_event_after_it():
    made = screened(NO | {6: 1}, NO, hours=[-3.0, 3.0], subjects=[0, 0])
    assert told(made) == []


def test_a_form_too_incomplete_to_score_still_tells():
    made = screened({4: 1})
    assert np.isnan(score(made)["total"].item())
    assert told(made) == [("safety.suicidality", 1)]


def test_a_stated_level_counts_too():
    table = forms([{"hours": 3.0, "stated_total": 4.0, **SCREENER}])
    found = suicidality(study(table))
    assert found["event"].tolist() == [True]
    assert found["behaviour"].isna().all()


def test_the_message_names_nobody():
    made = screened({4: 1}, subjects=[4711])
    (issue,) = issues(made, place(made, score(made)))
    assert "4711" not in issue.message
    assert (issue.severity, issue.scope) == ("FLAG", "subject")


@pytest.mark.parametrize(
    ("name", "version"), [("CGI-I", "standard"), ("C-SSRS", "screener"), ("DES-II", "standard")]
)
def test_no_change_where_a_change_has_no_meaning(name, version):
    """Bad input B16: a CGI-I of 2 after one of 4 is no improvement of 2 points."""
    rows = [{"hours": hours, "stated_total": total, "instrument": name, "version": version,
             "recall_hours": 168.0} for hours, total in [(-2, 4), (3, 2)]]  # fmt: skip
    pcl = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168.0}
    rows += [{"hours": h, "stated_total": t, **pcl} for h, t in [(-2, 40), (3, 30)]]
    made = study(forms(rows), infusions=[infusion(1, 0.0, 1.0)])
    placed = place(made, score(made))
    baselines = baseline(placed, within_days=28, another_day_hours=12)
    changes = change(placed, baselines)
    assert changes["instrument"].tolist() == ["PCL-5"]
    assert changes["change"].tolist() == [-10]
    with pytest.raises(ReliefError, match="has no meaning") as caught:
        reliable_change_threshold(instruments.get(name))
    assert caught.value.rule == "outcome.not-differenced"
