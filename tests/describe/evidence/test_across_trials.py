"""What differs from trial to trial, as readers see it."""

from __future__ import annotations

import pandas as pd

from analysis.describe.evidence import across_trials as shown


def test_the_course_over_hours_is_told_or_why_it_is_not():
    assert shown.slope_told().startswith("Over hours: ")


def test_small_studies_are_not_tested_where_there_are_too_few_trials():
    told = shown.small_studies_told()
    assert "z " not in told
    assert "the test takes three trials" in told


def test_small_studies_are_tested_with_what_so_few_can_tell_of_it(monkeypatch):
    columns = ["window", "k", "z", "p", "limits"]
    few = pd.DataFrame([("24 h", 4, -1.234, 0.217, "4 trials: hardly any power")], columns=columns)
    monkeypatch.setattr(shown, "small_studies", lambda table: few)
    assert shown.small_studies_told() == (
        "Small trials against large ones, by Egger's test: "
        "24 h: z −1.23, p 0.217 (4 trials: hardly any power)."
    )
