"""Who changed beyond measurement error stands beside every window, as far as a view shows it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.describe.scores.by_window import described
from analysis.describe.scores.described_text import described_text
from analysis.describe.scores.reliable_ways import reliable_ways
from analysis.outcomes.reliable_change import ways_of_change
from analysis.studies import opened
from tests.designs import write_design

OWN = """
[instruments.moment]
title = "Symptoms at this moment"
construct = "ptsd"
items = [1, 3, 4, 5, 6, 9, 10, 11, 13, 14, 15, 17, 18, 19]
item_min = 0
item_max = 4
higher_is = "worse"
recall_hours = 0
reliable_change = { reliability = 0.85, sd = 8, method = "edwards-nunnally" }
source = "made up"
"""


@pytest.fixture(scope="module")
def weeks(tmp_path_factory):
    """A study on a scale with a published reliable change."""
    path = write_design(tmp_path_factory.mktemp("weeks"), "visits by name, without times")
    return opened(str(path))[0]


def test_shares_of_an_arm_are_those_of_its_people_and_add_up(weeks):
    rows = reliable_ways(weeks, window="day_7")
    people = weeks.people("day_7")
    ways = ways_of_change(weeks.scale, people["baseline"], people["score"])
    for arm, own in rows.groupby("contrast"):
        assert own["estimate"].sum() == pytest.approx(1)
        improved = (ways[people["arm"] == arm] == "improved").mean()
        assert own["estimate"].iloc[0] == pytest.approx(improved)
        assert list(own["estimand"]) == ["reliably improved", "unchanged", "reliably worse"]
    assert set(rows["contrast"]) == {"ketamine", "saline"}


def test_every_window_of_a_description_tells_them(weeks):
    of = described(weeks)
    assert all(len(one.as_dict()["reliable_change"]) == 6 for one in of.windows)
    assert described_text(of).count("reliably improved") == len(of.windows)


def test_a_scale_without_a_reliable_change_has_none_and_one_declared_has(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.instruments.catalogue._declared", {})
    path = write_design(tmp_path, "hours without dissociation or guess")
    assert all(one.reliable.empty for one in described(opened(str(path))[0]).windows)
    text = path.read_text().replace('"PCL-5-now"', '"moment"').replace('"ad-hoc"', '"own"')
    path.write_text(text + OWN)
    of = described(opened(str(path))[0])
    assert of.windows
    assert all(len(one.reliable) == 6 for one in of.windows)


def test_others_see_all_shares_of_a_window_or_none(tmp_path):
    path = write_design(tmp_path, "visits by name, without times", per_arm=40)
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    team, shared = opened(str(path))[0], opened(str(path), "shared")[0]
    hidden = []
    for window in ("day_7", "day_30", "day_90"):
        told = reliable_ways(shared, window=window)["estimate"]
        assert told.isna().all() or told.notna().all()
        hidden.append(told.isna().all())
        shares = reliable_ways(team, window=window)
        counts = np.rint(shares["estimate"] * shares["n"])
        if ((counts > 0) & (counts < shared.design.minimum_cell)).any():
            assert hidden[-1]
    assert any(hidden)
