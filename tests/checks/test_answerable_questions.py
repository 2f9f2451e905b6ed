"""What the scores can be asked, and what stops a question."""

from __future__ import annotations

import re
from dataclasses import replace

from analysis.checks import check
from tests.bad_inputs.found import later
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


def test_people_who_lose_a_baseline_or_a_score_within_hours_are_counted_by_arm(tmp_path):
    content = tables()
    kept = [row for n, row in enumerate(content["scores"]) if not (n < 8 and n % 4 < 2)]
    lost = checked(tmp_path / "baseline", content | {"scores": kept}).find("score.lost-baseline")
    assert (lost["severity"], lost["count"]) == ("FLAG", 2)
    assert "1 of 6 ketamine, 1 of 6 midazolam" in lost["message"]
    ends = {row["id"]: row["end"] for row in content["infusions"]}
    for row in content["scores"][2:14:4]:
        row["when"] = later(ends[row["id"]], minutes=50)
    lost = checked(tmp_path / "hours", content).find("score.lost-within-hours")
    assert (lost["severity"], lost["count"]) == ("FLAG", 3)
    assert "2 of 6 ketamine, 1 of 6 midazolam" in lost["message"]


def test_people_whose_forms_stop_before_the_infusion_ends_are_no_loss_of_the_clock(tmp_path):
    content = tables()
    content["scores"] = content["scores"][:-2]
    lost = {"score.lost-baseline", "score.lost-within-hours", "baseline.of-another-visit"}
    assert not lost & checked(tmp_path, content).rules()


def test_a_baseline_that_is_only_the_screening_is_counted_by_arm(tmp_path):
    content = tables()
    for n, row in enumerate(content["scores"]):
        if n % 4 == 0:
            row["when"] = later(row["when"], days=-14)
    content["scores"] = [row for n, row in enumerate(content["scores"]) if n not in (1, 5, 9)]
    told = checked(tmp_path, content).find("baseline.of-another-visit")
    assert (told["severity"], told["count"]) == ("FLAG", 3)
    assert "2 of 6 ketamine, 1 of 6 midazolam" in told["message"]


VISITS = {"values": 'items = "item_{:02d}"\nvisit_name = "visit"'}


def with_visits() -> dict[str, list[dict]]:
    """Forms of a screening, a baseline and two visits after, named; three have no baseline."""
    content = tables()
    for n, row in enumerate(content["scores"]):
        row["visit"] = ("screening", "baseline", "day 0", "day 1")[n % 4]
    content["scores"] = [row for n, row in enumerate(content["scores"]) if n not in (1, 5, 9)]
    return content


def test_a_baseline_of_another_visit_is_told_by_the_names_of_visits(tmp_path):
    told = checked(tmp_path, with_visits(), **VISITS).find("baseline.of-another-visit")
    assert told["count"] == 3
    assert "2 of 6 ketamine, 1 of 6 midazolam" in told["message"]
    assert 'baseline = "visit 1"' in told["message"]


def test_who_has_no_form_of_the_declared_visit_is_counted_by_arm(tmp_path):
    declared = VISITS | {"section": 'baseline = "baseline"'}
    outcome = checked(tmp_path, with_visits(), **declared)
    told = outcome.find("baseline.not-at-visit")
    assert (told["severity"], told["count"]) == ("FLAG", 3)
    assert "2 of 6 ketamine, 1 of 6 midazolam" in told["message"]
    assert "baseline.of-another-visit" not in outcome.rules()


def test_a_declared_visit_that_nobody_had_stops_the_question(tmp_path):
    told = checked(tmp_path, with_visits(), **VISITS, section="baseline = [-900, -800]")
    assert told.find("score.no-baseline-visit")["severity"] == "STOP"


def test_people_of_a_crossover_are_counted_by_what_they_got_first(study):
    forms, before = study.assessments, study.assessments["hours_low"] < 0
    old = before & (forms["subject"] == study.subjects["subject"].iloc[0])
    moved = forms.assign(**{
        name: forms[name] - 240 * old for name in ("hours_low", "hours_high")
    })  # fmt: skip
    crossover = replace(
        study,
        assessments=moved,
        subjects=study.subjects.assign(arm=None),
        design=replace(study.design, design="crossover"),
    )
    (told,) = (one for one in check(crossover).issues if one.rule == "baseline.of-another-visit")
    assert re.search(r"older \(\d of \d+ ketamine first, \d of \d+ midazolam first\)", told.message)
