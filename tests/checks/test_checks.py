"""Checks of a whole study: what the question may be, and tables that add up."""

from __future__ import annotations

from dataclasses import replace

from analysis.checks import check
from analysis.errors import SCOPES, SEVERITIES
from analysis.readers.assemble import read_study
from tests.checks.made_up import rules
from tests.factory import tables, write_study

ISSUE_COLUMNS = ["rule", "severity", "scope", "file", "row", "column", "count", "message"]


def test_the_issue_table_has_the_declared_columns(study):
    found = check(replace(study, design=replace(study.design, population="depression")))
    table = found.issue_table()
    assert list(table) == ISSUE_COLUMNS
    assert set(table["severity"]) <= set(SEVERITIES)
    assert set(table["scope"]) <= set(SCOPES)
    assert [issue.rule for issue in found.stops("question")] == ["question.population"]


def test_a_stopped_infusion_is_kept_and_flagged(study):
    stopped = replace(study, infusions=study.infusions.assign(status="stopped"))
    assert "infusion.stopped" in rules(stopped, "FLAG")


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
