"""What only many forms, people or sites together can tell: found where it is, nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims import judge
from analysis.describe.answer.sentence import answer
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.factory import checked, stamp, tables, write_study

NEW = {
    "arm.empty",
    "arm.few-people",
    "arm.not-rated",
    "comparator.at-other-sites",
    "comparator.differs-by-site",
    "form.scale-differs-by-site",
    "form.straight-lined",
    "infusion.carry-over",
    "infusion.mixed-routes",
    "question.route",
    "score.direction",
    "score.means-of-few",
    "score.scale-differs-by-site",
    "subject.screened-only",
}


@pytest.fixture
def study(tmp_path) -> Study:
    """Forty made-up people at two sites, half of each arm at each."""
    content = tables(n_per_arm=20)
    for index, row in enumerate(content["subjects"]):
        row["site"] = "north" if index % 4 < 2 else "south"
    return read_study(write_study(tmp_path / "study", content, arm='arm = "arm"\nsite = "site"'))


def rules(study: Study) -> dict[str, int]:
    return {issue.rule: issue.count for issue in check(study).issues}


def with_totals(study: Study, totals: pd.Series, instrument: str = "PCL-5-now") -> Study:
    """The study with these totals and no items."""
    forms = study.assessments.assign(stated_total=totals, instrument=instrument)
    forms["version"] = {"PCL-5-now": "ad-hoc", "SUDS": "standard"}[instrument]
    return replace(study, assessments=forms, items={})


def at_site(study: Study, site: str) -> pd.Series:
    here = study.subjects.set_index("subject")["site"] == site
    return study.assessments["subject"].map(here)


def test_ordinary_people_at_ordinary_sites_raise_none_of_these(study):
    assert not NEW & set(rules(study))


# B. Scores


@pytest.mark.bad_input("B21")
def test_people_who_answer_every_item_alike_on_two_forms_are_flagged_with_their_share(tmp_path):
    content = tables()
    for row in content["scores"][4:8]:
        row.update({name: 2 for name in row if name.startswith("item_")})
    outcome = checked(tmp_path, content)
    issue = outcome.find("form.straight-lined")
    assert (issue["severity"], issue["count"]) == ("FLAG", 1)
    # 4 of 48 forms.
    assert "8%" in issue["message"]
    assert outcome.people("people analysed") == 12


def test_no_symptom_at_all_is_no_straight_line(tmp_path):
    content = tables()
    for row in content["scores"][6:8]:
        row.update({name: 0 for name in row if name.startswith("item_")})
    assert "form.straight-lined" not in checked(tmp_path, content).rules()


@pytest.mark.bad_input("B17")
def test_a_primary_scale_counted_in_another_range_at_a_site_stops_the_question(study):
    totals = pd.Series(np.where(at_site(study, "north"), 4.0, 40.0), study.assessments.index)
    found = check(with_totals(study, totals + study.assessments["row"] % 2))
    issue = next(i for i in found.issues if i.rule == "score.scale-differs-by-site")
    assert (issue.severity, issue.scope) == ("STOP", "question")


@pytest.mark.bad_input("B17")
def test_another_scale_counted_in_another_range_is_set_aside_and_counted(study):
    forms = study.assessments
    totals = pd.Series(np.where(at_site(study, "north"), 8.0, 80.0), forms.index)
    suds = with_totals(study, totals, "SUDS").assessments.assign(
        form=forms["form"] + len(forms), recall_hours=0.0
    )
    both = pd.concat([forms, suds], ignore_index=True)
    found = check(replace(study, assessments=both))
    assert rules(replace(study, assessments=both))["form.scale-differs-by-site"] == len(suds)
    assert set(found.forms["instrument"]) == {"PCL-5-now"}
    flow = found.flow[found.flow["rule"] == "form.scale-differs-by-site"]
    assert flow["n"].sum() == len(suds)


@pytest.mark.bad_input("B17")
def test_a_site_where_everyone_has_mild_symptoms_is_no_other_range(study):
    totals = pd.Series(np.where(at_site(study, "north"), 12.0, 40.0), study.assessments.index)
    assert "score.scale-differs-by-site" not in rules(with_totals(study, totals))


@pytest.mark.bad_input("B18")
def test_scores_after_that_are_the_fall_instead_of_the_severity_are_flagged(study):
    forms = study.assessments
    severity = 20.0 + forms["subject"] % 30
    fall = 56 - severity
    found = check(with_totals(study, severity.where(forms["hours_low"] < 0, fall)))
    issue = next(i for i in found.issues if i.rule == "score.direction")
    assert (issue.severity, issue.count) == ("FLAG", 40)
    assert "r = -1.00" in issue.message


@pytest.mark.bad_input("B18")
def test_a_treatment_that_works_is_no_reversed_scale(study):
    """Ketamine takes the highest to the lowest: between arms scores cross, within arms not."""
    forms = study.assessments
    ketamine = forms["subject"].map(study.subjects.set_index("subject")["arm"] == "ketamine")
    high = 50.0 + forms["subject"] % 3
    before = high.where(ketamine, 30.0 + forms["subject"] % 3)
    after = before.where(~ketamine, 5.0 + forms["subject"] % 3)
    outcome = rules(with_totals(study, before.where(forms["hours_low"] < 0, after)))
    assert "score.direction" not in outcome


@pytest.mark.bad_input("B18")
def test_people_who_all_begin_alike_have_no_direction(study):
    forms = study.assessments
    after = 20.0 + forms["subject"] % 7
    assert "score.direction" not in rules(
        with_totals(study, after.mask(forms["hours_low"] < 0, 33.3))
    )


# C. Arms and sites


@pytest.mark.bad_input("C10")
def test_people_with_a_baseline_only_and_no_infusion_are_told_apart(tmp_path):
    content = tables()
    content["infusions"] = content["infusions"][2:]
    content["scores"] = [*content["scores"][:1], *content["scores"][4:]]
    outcome = checked(tmp_path, content)
    assert outcome.find("subject.screened-only")["count"] == 1
    assert outcome.find("subject.no-infusion")["count"] == 1
    reasons = {row["reason"]: row["n"] for row in outcome.flow if row["n"] and row["rule"]}
    assert reasons == {"baseline only, no infusion": 1, "no infusion": 1}


@pytest.mark.bad_input("C12")
def test_another_agent_for_the_comparator_at_a_site_is_flagged(study):
    subjects = study.subjects.set_index("subject")
    control = subjects.index[(subjects["arm"] == "midazolam") & (subjects["site"] == "south")]
    given = study.infusions["agent"].mask(study.infusions["subject"].isin(control), "other")
    found = rules(replace(study, infusions=study.infusions.assign(agent=given)))
    assert found["comparator.differs-by-site"] == 20


@pytest.mark.bad_input("C12")
def test_sites_at_which_everyone_is_in_one_arm_are_flagged(study):
    site = study.subjects["arm"].map({"ketamine": "north", "midazolam": "south"})
    both = site.where(study.subjects["subject"] > 9, "west")
    found = rules(replace(study, subjects=study.subjects.assign(site=both)))
    assert found["comparator.at-other-sites"] == 30


@pytest.mark.parametrize(("n", "flagged"), [(4, True), (5, False)])
@pytest.mark.bad_input("C16")
def test_an_arm_of_four_people_is_flagged(tmp_path: Path, n, flagged):
    outcome = checked(tmp_path, tables(n_per_arm=n))
    assert ("arm.few-people" in outcome.rules("FLAG")) is flagged


def test_what_no_comparison_of_a_crossover_reads_is_told(tmp_path):
    content = tables()
    for days in (30, 60):
        content["infusions"] += [
            {**row, **{name: stamp(datetime.fromisoformat(row[name]) + timedelta(days=days))
                       for name in ("start", "end")}}
            for row in content["infusions"][:3]
        ]  # fmt: skip
    content["infusions"] = content["infusions"][:-1]
    outcome = checked(tmp_path, content, design="crossover", arm="")
    assert outcome.find("infusion.third-period")["count"] == 2
    parallel = checked(tmp_path / "parallel", content)
    assert "infusion.third-period" not in parallel.rules("FLAG")


@pytest.mark.parametrize(("days", "flagged"), [(6, True), (8, False)])
@pytest.mark.bad_input("A27")
def test_a_second_treatment_within_a_week_of_the_first_is_flagged(tmp_path, days, flagged):
    content = tables()
    other = {"ketamine": "midazolam", "midazolam": "ketamine"}
    for row in list(content["infusions"]):
        begin, end = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
        again = {name: stamp(moment + timedelta(days=days))
                 for name, moment in (("start", begin), ("end", end))}  # fmt: skip
        content["infusions"].append(row | again | {"agent": other[row["agent"]]})
    outcome = checked(tmp_path, content, design="crossover", arm="")
    assert ("infusion.carry-over" in outcome.rules("FLAG")) is flagged
    if flagged:
        assert outcome.find("infusion.carry-over")["count"] == 12


# D. Routes


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (["intravenous"], None),
        (["subcutaneous"], None),
        (["intravenous", "intranasal"], "infusion.mixed-routes"),
        (["intranasal"], "question.route"),
        (["intramuscular", "oral"], "question.route"),
    ],
)
@pytest.mark.bad_input("D5")
def test_ketamine_that_was_not_infused_is_told(study, given, rule):
    route = [given[i % len(given)] for i in range(len(study.infusions))]
    # Both arms in turn: every route must reach people on ketamine.
    order = study.infusions.sort_values("agent").assign(route=route)
    found = rules(replace(study, infusions=order.sort_index()))
    assert NEW & set(found) == ({rule} if rule else set())


def totals_of(study: Study, few: int, as_told: Callable[[pd.Series], pd.Series]) -> Study:
    """The study with its sums, those of the first few people told in another way."""
    sums = study.items["PCL-5-now", "ad-hoc"].sum(axis=1).astype(float)
    own = study.assessments["subject"].isin(study.subjects["subject"].head(few))
    return with_totals(study, sums.where(~own, as_told(sums)))


@pytest.mark.parametrize(("few", "digits"), [(1, 1), (3, 2), (3, 0)])
def test_a_few_people_s_means_beside_sums_are_told_with_their_number(study, few, digits):
    found = rules(totals_of(study, few, lambda sums: (sums / 14).round(digits)))
    assert found["score.means-of-few"] == few


def test_no_symptoms_and_small_sums_of_one_person_are_no_means(study):
    assert "score.means-of-few" not in rules(totals_of(study, 3, lambda sums: 0 * sums))
    assert "score.means-of-few" not in rules(totals_of(study, 1, lambda sums: 0 * sums + 3))


def test_a_declared_arm_that_nobody_is_in_or_was_rated_in_is_the_reason(study):
    everyone = replace(
        study,
        subjects=study.subjects.assign(arm="ketamine"),
        infusions=study.infusions.assign(agent="ketamine"),
    )
    assert {"arm.empty", "comparator.at-other-sites"} & set(rules(everyone)) == {"arm.empty"}
    arm = study.assessments["subject"].map(study.subjects.set_index("subject")["arm"])
    rated = study.keep_forms(study.assessments.loc[arm == "ketamine", "form"])
    found = rules(rated)
    assert found["arm.not-rated"] == 20
    assert "arm.empty" not in found
    ledger = judge(rated)
    assert "because nobody in one of the arms was rated on the primary scale" in answer(ledger)
    assert "nobody is in an arm that study.toml declares" in answer(judge(everyone))
