"""What the scores can be asked, and what stops a question."""

from __future__ import annotations

from dataclasses import replace

from tests.checks.made_up import rules
from tests.factory import checked, tables


def test_nominal_times_stop_the_question_of_hours(study):
    nominal = replace(study, design=replace(study.design, times="nominal"))
    assert rules(nominal, "STOP") == {"time.nominal"}


def test_times_that_all_stand_at_whole_hours_look_planned(study):
    forms = study.assessments
    forms = forms.assign(
        hours_low=forms["hours_low"].round(), hours_high=forms["hours_high"].round()
    )
    assert "time.looks-nominal" in rules(replace(study, assessments=forms), "FLAG")


def test_a_scale_of_another_construct_stops_the_question(tmp_path):
    numbers = tuple(range(1, 11))
    outcome = checked(tmp_path, tables(numbers=numbers), instrument="MADRS", version="standard",
                      recall_hours=168)  # fmt: skip
    assert outcome.find("question.construct")["severity"] == "STOP"


def test_no_score_before_or_after_is_not_testable_rather_than_no_effect(study):
    forms = study.assessments
    before, after = (
        forms["form"][mask] for mask in (forms["hours_low"] < 0, forms["hours_low"] > 0)
    )
    assert {"score.no-post"} <= rules(study.keep_forms(before), "STOP")
    assert {"score.no-baseline"} <= rules(study.keep_forms(after), "STOP")
