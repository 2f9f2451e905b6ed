"""Checks of a whole study: what the question may be, and tables that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.checks import check
from analysis.errors import SCOPES, SEVERITIES, ReliefError
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import checked, tables, write_study

ISSUE_COLUMNS = ["rule", "severity", "scope", "file", "row", "column", "count", "message"]


@pytest.fixture
def study(tmp_path) -> Study:
    return read_study(write_study(tmp_path / "study"))


def rules(study: Study, severity: str) -> set[str]:
    return {issue.rule for issue in check(study).issues if issue.severity == severity}


def test_the_issue_table_has_the_declared_columns(study):
    found = check(replace(study, design=replace(study.design, population="depression")))
    table = found.issue_table()
    assert list(table) == ISSUE_COLUMNS
    assert set(table["severity"]) <= set(SEVERITIES)
    assert set(table["scope"]) <= set(SCOPES)
    assert [issue.rule for issue in found.stops("question")] == ["question.population"]


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


def test_a_single_right_now_rating_before_is_flagged(study):
    first = study.assessments["hours_low"] < -20
    assert "baseline.one-rating" in rules(
        study.keep_forms(study.assessments["form"][~first]), "FLAG"
    )


def test_no_score_before_or_after_is_not_testable_rather_than_no_effect(study):
    forms = study.assessments
    before, after = (
        forms["form"][mask] for mask in (forms["hours_low"] < 0, forms["hours_low"] > 0)
    )
    assert {"score.no-post"} <= rules(study.keep_forms(before), "STOP")
    assert {"score.no-baseline"} <= rules(study.keep_forms(after), "STOP")


def test_a_stopped_infusion_is_kept_and_flagged(study):
    stopped = replace(study, infusions=study.infusions.assign(status="stopped"))
    assert "infusion.stopped" in rules(stopped, "FLAG")


def test_a_total_beyond_the_scale_stops_whatever_reader_it_came_from(study):
    forms = study.assessments.assign(stated_total=99.0)
    with pytest.raises(ReliefError, match=r"scores.csv, row \d+: 48 total") as caught:
        check(replace(study, assessments=forms, items={}))
    assert caught.value.rule == "score.out-of-range"


def test_people_set_aside_on_reading_are_counted_and_their_forms_are_not(study):
    gone = {0: "infusion.end-before-start"}
    flow = check(replace(study, set_aside=gone)).flow
    n = flow.groupby("stage")["n"].sum()
    assert (n["people read"], n["people set aside"], n["people analysed"]) == (12, 1, 11)
    assert n["scored before the infusion"] == 11


def test_everybody_set_aside_leaves_no_score(study):
    with pytest.raises(ReliefError) as caught:
        check(replace(study, set_aside=dict.fromkeys(range(12), "infusion.end-before-start")))
    assert caught.value.rule == "score.nobody-left"


def test_a_rule_without_words_of_its_own_says_its_name(study):
    flow = check(replace(study, set_aside={3: "subject.some-new-rule"})).flow
    assert "some new rule" in set(flow["reason"])


def test_a_later_infusion_of_the_other_treatment_is_said(tmp_path):
    content = tables()
    first = content["infusions"][0]
    later = first | {"agent": "midazolam", "start": "2025-04-04T10:20", "end": "2025-04-04T11:00"}
    content["infusions"].append(later)
    found = {
        issue.rule: issue.count
        for issue in check(read_study(write_study(tmp_path, content))).issues
    }
    assert found["infusion.switched"] == 1
    assert "infusion.other-agent" not in found
