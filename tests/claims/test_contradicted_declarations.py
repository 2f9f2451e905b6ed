"""Where the data deny what a study declares, what needs a comparator is not testable: exit 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analysis.checks import check
from analysis.claims import judge_checked
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.gates.declarations import as_declared
from analysis.cli import app
from analysis.describe.answer.in_numbers import answer_in_numbers
from analysis.describe.scores.by_window import described
from analysis.paths import EXAMPLE_STUDY
from analysis.readers.assemble import read_study
from analysis.rules import catalogue
from tests.factory import DECLARED, stamp, tables, write_study

Content = dict[str, list[dict[str, Any]]]
WITH_SITE = {"arm": 'arm = "arm"\nsite = "site"'}


def judged(folder: Path, content: Content, **changes: Any) -> dict[str, dict[str, Any]]:
    """The claims of ``relief judge STUDY --json`` by name."""
    path = write_study(folder, content, **changes)
    result = CliRunner().invoke(app, ["judge", str(path), "--json"])
    assert result.exit_code == 0, result.stdout
    return {claim["claim"]: claim for claim in json.loads(result.stdout)["claims"]}


def reason(claim: dict[str, Any], gate: str) -> dict[str, Any]:
    return next(one for one in claim["reasons"] if one["gate"] == gate)


def of_arm(content: Content, arm: str) -> set[str]:
    return {row["id"] for row in content["subjects"] if row["arm"] == arm}


def saline(content: Content) -> dict[str, Any]:
    for row in content["infusions"]:
        row["agent"] = row["agent"].replace("midazolam", "saline")
    return {"arms": '{ ket = "ketamine", mdz = "saline" }'}


def arm_is_site(content: Content) -> dict[str, Any]:
    for row in content["subjects"]:
        row["site"] = row["arm"]
    return WITH_SITE


def usual_care(content: Content) -> dict[str, Any]:
    for row in content["infusions"]:
        row["agent"] = row["agent"].replace("midazolam", "TAU")
    return {"arms": '{ ket = "ketamine", mdz = "TAU" }'}


def in_turns(content: Content) -> dict[str, Any]:
    """The comparator's people half a year after the first half of the others, before the rest."""
    for table, columns in (("infusions", ("start", "end")), ("scores", ("when",))):
        for row in content[table]:
            place = int(row["id"][1:])
            days = 180 if place % 2 else 360 * (place >= 12)
            row |= {name: stamp(datetime.fromisoformat(row[name]) + timedelta(days=days))
                    for name in columns}  # fmt: skip
    return {}


def another_year(content: Content) -> dict[str, Any]:
    move(content, content["infusions"], timedelta(days=365), "start", "end")
    move(content, content["scores"], timedelta(days=365), "when")
    return {}


def other_hours(content: Content) -> dict[str, Any]:
    within = [row for at, row in enumerate(content["scores"]) if at % 4 == 2]
    move(content, within, timedelta(hours=1), "when")
    return {}


def move(content: Content, rows: list[dict[str, Any]], by: timedelta, *columns: str) -> None:
    """Move times of the comparator's people."""
    people = of_arm(content, "mdz")
    for row in rows:
        if row["id"] in people:
            row |= {name: stamp(datetime.fromisoformat(row[name]) + by) for name in columns}


def other_shares(content: Content) -> dict[str, Any]:
    gone = sorted(of_arm(content, "ket"))[:9]
    rows = content["scores"]
    kept = [row for at, row in enumerate(rows) if at % 4 != 2 or row["id"] not in gone]
    content["scores"] = kept
    return {}


def arms_denied(content: Content) -> dict[str, Any]:
    return {"arms": '{ ket = "midazolam", mdz = "ketamine" }'}


DENIED: list[tuple[str, Callable[[Content], dict[str, Any]]]] = [
    ("comparator.reads-as-inert", saline),
    ("comparator.arm-is-site", arm_is_site),
    ("comparator.reads-as-inert", usual_care),
    ("comparator.other-period", another_year),
    ("comparator.in-turns", in_turns),
    ("comparator.rated-at-other-hours", other_hours),
    ("comparator.rated-in-other-shares", other_shares),
    ("arm.other-than-given", arms_denied),
]


@pytest.mark.parametrize(("rule", "deny"), DENIED, ids=[deny.__name__ for _, deny in DENIED])
def test_what_needs_the_comparator_is_not_testable(tmp_path, rule, deny):
    content = tables(n_per_arm=12)
    claims = judged(tmp_path, content, **deny(content))
    for name in ("onset", "attribution", "magnitude", "headline"):
        assert claims[name]["verdict"] == "not testable"
    told = reason(claims["onset"], "comparator")
    assert told["passed"] is False
    assert told["text"].startswith(catalogue()[rule].sentence.partition("{")[0])
    assert claims["onset"]["parts"]["INFUSION"] == "not testable"
    # Who was given ketamine is told by the arms: where they are wrong, nobody is known to be.
    own = claims["certainty_within_hours"]["verdict"]
    assert (own == "not testable") == (rule == "arm.other-than-given")


@pytest.mark.parametrize("deny", [other_hours, other_shares, another_year])
def test_of_arms_that_are_no_comparison_no_page_tells_a_difference_alone(tmp_path, deny):
    content = tables(n_per_arm=12)
    path = write_study(tmp_path, content, **deny(content))
    checked = check(read_study(path))
    found = described(Case(checked, load_definitions()))
    ledger = judge_checked(checked, load_definitions())
    stop = next(reason.text for reason in ledger["onset"].reasons if reason.gate == "comparator")
    assert answer_in_numbers(ledger, found) == f"The arms are not compared: {stop}"
    assert f"The verdict does not compare the arms: {stop}" in found.limits


def nearly_arm_is_site(content: Content) -> dict[str, Any]:
    arm_is_site(content)
    content["subjects"][0]["site"] = "mdz"
    return WITH_SITE


def plan_swapped(content: Content) -> dict[str, Any]:
    """Twelve an arm, of whom three and twenty-one were planned."""
    declared = DECLARED.replace("{planned}", "{{ ketamine = 3, midazolam = 21 }}").format()
    return {"declared": declared}


@pytest.mark.parametrize(
    ("deny", "why"),
    [(nearly_arm_is_site, "arm and site go together"),
     (plan_swapped, "participants are not allocated to the arms")],
    ids=["site", "plan"],
)  # fmt: skip
def test_what_is_nearly_denied_leaves_the_cause_at_most_not_decided(tmp_path, deny, why):
    content = tables(n_per_arm=12)
    told = reason(judged(tmp_path, content, **deny(content))["onset"], "comparator")
    assert told["passed"] is None
    assert f"of a difference stays open: {why}" in told["text"]


def later_at_other_hours(content: Content) -> dict[str, Any]:
    move(content, content["scores"][3::4], timedelta(hours=3), "when")
    return {}


def test_a_later_window_whose_hours_differ_leaves_the_hours_alone(tmp_path):
    content = tables(n_per_arm=12)
    claims = judged(tmp_path, content, **later_at_other_hours(content))
    assert claims["attribution"]["parts"]["later"] == "not testable"
    assert claims["attribution"]["parts"]["hours"] != "not testable"
    assert reason(claims["onset"], "comparator")["passed"] is True


def test_the_same_study_whose_data_deny_nothing_is_testable(tmp_path):
    claims = judged(tmp_path, tables(n_per_arm=12))
    told = reason(claims["onset"], "comparator")
    assert told["passed"] is True
    assert "hours alone" not in told["text"]
    assert claims["onset"]["parts"]["INFUSION"] != "not testable"


def test_a_study_in_hours_says_that_they_cannot_show_when_the_arms_were_treated():
    case = Case(check(read_study(EXAMPLE_STUDY)), load_definitions())
    told = str(as_declared(case))
    assert (
        "Times in hours alone cannot show whether the arms were treated in the same months." in told
    )


def entered_again(content: Content, people: set[str]) -> Content:
    return {
        name: rows + [row | {"id": f"N{row['id']}"} for row in rows if row["id"] in people]
        for name, rows in content.items()
    }


def test_a_study_in_which_everyone_was_entered_twice_has_nobody_left(tmp_path):
    content = tables(n_per_arm=6)
    claims = judged(
        tmp_path, entered_again(content, of_arm(content, "ket") | of_arm(content, "mdz"))
    )
    assert {claims[name]["verdict"] for name in ("onset", "certainty_ever")} == {"not testable"}
    assert (
        "24 of 24 by the rule subject.same-answers" in reason(claims["onset"], "construct")["text"]
    )


def test_one_person_entered_twice_is_set_aside_and_tried_put_back(tmp_path):
    content = tables(n_per_arm=6)
    claims = judged(tmp_path, entered_again(content, {"S003"}))
    assert claims["onset"]["estimate"]["n"] == 11
    assert (
        "with answers of another identifier (subject.same-answers) re-included"
        in reason(claims["onset"], "robustness")["text"]
    )


def test_who_was_entered_twice_with_one_answer_changed_on_every_form_is_set_aside(tmp_path):
    content = tables(n_per_arm=12)
    again = entered_again(content, {"S003"})
    for place, row in enumerate(row for row in again["scores"] if row["id"] == "NS003"):
        item = list(row)[3 + place]
        row[item] += 1 if row[item] < 4 else -1
    claims = judged(tmp_path, again)
    assert claims["onset"]["estimate"]["n"] == 23


def test_copies_with_totals_at_the_hours_of_a_plan_are_set_aside_by_their_dates(tmp_path):
    content = tables(n_per_arm=12)
    for place, row in enumerate(content["scores"]):
        total = sum(row.pop(key) for key in list(row) if key.startswith("item_"))
        start = datetime.fromisoformat(content["infusions"][place // 4]["start"])
        moment = start + timedelta(hours=(-26, -1, 4, 25)[place % 4])
        row |= {"when": stamp(moment), "total": total}
    claims = judged(tmp_path, entered_again(content, {"S003"}), values='total = "total"')
    assert claims["onset"]["estimate"]["n"] == 23


def test_a_study_of_the_same_totals_twice_is_at_most_not_decided(tmp_path):
    """Nothing is left to try without those people."""
    content = tables(n_per_arm=12)
    people = of_arm(content, "ket") | of_arm(content, "mdz")
    again = entered_again(content, people)
    for at, row in enumerate(again["scores"]):
        total = sum(row.pop(key) for key in list(row) if key.startswith("item_"))
        minutes = at * 7 % 11 if row["id"].startswith("N") else 0
        moved = datetime.fromisoformat(row["when"]) - timedelta(minutes=minutes)
        row |= {"when": stamp(moved), "total": total}
    claims = judged(tmp_path, again, values='total = "total"')
    assert claims["onset"]["verdict"] == "not decided"
    assert "subject.same-totals" in reason(claims["onset"], "robustness")["text"]
