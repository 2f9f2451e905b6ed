"""Fear, avoidance, arousal: what the contrast of clusters lets the judge say, and what not."""

from __future__ import annotations

import math

import pytest

from analysis.checks import check
from analysis.claims import judge
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.evaluators.cluster_cases import cluster_cases, clusters_of_people
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, NOT_TESTABLE, SUPPORTED, ClaimResult
from analysis.claims.readable_windows import first_readable
from analysis.instruments import get
from analysis.readers.assemble import read_study
from tests.factory import NOW_ITEMS, tables, write_study

ALL_ITEMS = tuple(range(1, 21))
WEEK = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168}


def judged(folder, content=None, **changes) -> ClaimResult:
    return judge(read_study(write_study(folder, content, **changes)))["clusters"]


def gate(result: ClaimResult, name: str):
    return next(reason for reason in result.reasons if reason.gate == name)


def without_effect_on(cluster: str, content):
    """People on ketamine answer one cluster as they did before."""
    items = [f"item_{n:02d}" for n in get("PCL-5-now").subscales[cluster]]
    seen: dict[str, list] = {}
    for row in content["scores"]:
        seen.setdefault(row["id"], []).append(row)
    for rows in seen.values():
        for later in rows[2:]:
            later.update({name: rows[1][name] for name in items})
    return content


def test_a_fall_in_every_named_cluster_supports_the_claim(tmp_path):
    found = judged(tmp_path, tables(n_per_arm=60, effect=1.5))
    assert found.verdict == SUPPORTED
    assert found.estimate["window"] == "about 24 h"
    assert found.estimate["ci_high"] < 0
    assert {reason.passed for reason in found.reasons} == {True}
    assert gate(found, "estimate").text.count(": supported") == 3


def test_no_difference_in_any_cluster_contradicts_it(tmp_path):
    found = judged(tmp_path, tables(n_per_arm=140, effect=0.0))
    assert found.verdict == CONTRADICTED
    assert "did not fall by an amount that matters" in found.wording


def test_one_cluster_that_stays_is_enough_and_is_named(tmp_path):
    content = without_effect_on("arousal", tables(n_per_arm=80, effect=1.5))
    found = judged(tmp_path, content)
    assert found.verdict == CONTRADICTED
    assert "said of arousal alone (intrusion supported, avoidance supported)" in found.wording
    assert found.estimate["estimand"] == "adjusted difference in arousal"


def test_few_people_leave_it_open(tmp_path):
    found = judged(tmp_path, tables(n_per_arm=8, effect=0.5))
    assert found.verdict == NOT_DECIDED
    assert gate(found, "estimate").passed is False
    assert math.isfinite(found.estimate["estimate"])


def test_without_a_comparator_it_is_not_testable(tmp_path):
    single = {"design": "single-arm", "arms": '{ ket = "ketamine" }', "comparator": "none",
              "arm": ""}  # fmt: skip
    found = judged(tmp_path, tables(arms=("ket",), n_per_arm=20), **single)
    assert found.verdict == NOT_TESTABLE
    assert [reason.gate for reason in found.reasons] == [
        "construct", "comparator", "estimate", "robustness"]  # fmt: skip


def test_totals_without_items_hold_no_clusters(tmp_path):
    content = tables(n_per_arm=10)
    for row in content["scores"]:
        row["total"] = sum(row.pop(f"item_{item:02d}") for item in NOW_ITEMS)
    found = judged(tmp_path, content, values='total = "total"')
    assert found.verdict == NOT_TESTABLE
    assert "no cluster scores" in gate(found, "construct").text


def test_a_past_week_form_at_a_day_carries_no_cluster(tmp_path):
    found = judged(tmp_path, tables(n_per_arm=30, effect=2.0, numbers=ALL_ITEMS), **WEEK)
    assert found.verdict == NOT_DECIDED
    assert math.isnan(found.estimate["estimate"])
    assert "of the 168 h that PCL-5 asks about lie before" in gate(found, "estimate").text
    assert gate(found, "estimate").passed is None


def test_a_past_week_form_a_week_later_may_and_the_day_is_passed_over(tmp_path):
    content = tables(n_per_arm=40, effect=2.0, numbers=ALL_ITEMS, hours_after_end=(24, 170))
    found = judged(tmp_path, content, **WEEK)
    assert found.estimate["window"] == "about 7 days"
    assert "Passed over: about 24 h" in gate(found, "estimate").text


def test_scores_within_hours_alone_say_nothing_of_clusters(tmp_path):
    found = judged(tmp_path, tables(n_per_arm=20, effect=2.0, hours_after_end=(3,)))
    assert math.isnan(found.estimate["estimate"])
    assert found.verdict == NOT_DECIDED


def test_bars_are_in_standard_deviations_of_the_clusters_own_baseline(tmp_path):
    study = read_study(write_study(tmp_path, tables(n_per_arm=30)))
    case = Case(check(study), load_definitions())
    cases = cluster_cases(case, "PCL-5-now", "ad-hoc")
    people = next(iter(cases.values())).arms
    _, before = clusters_of_people(cases, "day", "PCL-5-now", "ad-hoc")
    within = before["avoidance"].groupby(people.reindex(before.index)).var(ddof=1).mean() ** 0.5
    assert cases["avoidance"].baseline_sd == pytest.approx(within)
    told = gate(judge(study)["clusters"], "estimate").text
    assert f"B {0.3 * within:.2f}, M {0.5 * within:.2f})" in told.split("avoidance")[1]


def test_the_window_is_chosen_by_counts_and_times_alone(tmp_path):
    definitions = load_definitions()
    for effect in (0.0, 2.0):
        study = read_study(write_study(tmp_path / str(effect), tables(effect=effect)))
        case = Case(check(study), definitions)
        assert first_readable(case, case.later_windows)[0] == "day"
        window, why = first_readable(case, case.later_windows, more_than=12)
        assert window is None
        assert "6 on ketamine and 6 on midazolam" in str(why)


def test_the_word_is_tried_without_flagged_people_and_a_flip_undoes_support(tmp_path):
    """Support that hangs on people with a single rating before is no support."""
    content = tables(n_per_arm=36, effect=0.15)
    helped = {row["id"] for row in content["subjects"] if row["arm"] == "ket"}
    helped = set(sorted(helped)[:24])
    seen: dict[str, int] = {}
    kept = []
    for row in content["scores"]:
        number = seen[row["id"]] = seen.get(row["id"], 0) + 1
        if row["id"] in helped and number > 2:
            row.update({name: 0 for name in row if name.startswith("item_")})
        if not (row["id"] in helped and number == 1):
            kept.append(row)
    found = judged(tmp_path, content | {"scores": kept})
    told = gate(found, "robustness")
    assert gate(found, "estimate").passed is True
    assert told.passed is False
    assert "The verdict changes from supported to" in told.text
    assert "without baselines of one rating" in told.text
    assert found.verdict == NOT_DECIDED


def test_people_lost_on_ketamine_can_undo_support(tmp_path):
    content = tables(n_per_arm=40, effect=1.0)
    lost = {row["id"] for row in content["subjects"] if row["arm"] == "ket"}
    lost = set(sorted(lost)[:24])
    seen: dict[str, int] = {}
    kept = []
    for row in content["scores"]:
        number = seen[row["id"]] = seen.get(row["id"], 0) + 1
        if not (row["id"] in lost and number == 4):
            kept.append(row)
    found = judged(tmp_path, content | {"scores": kept})
    whole = judged(tmp_path / "whole", tables(n_per_arm=40, effect=1.0))
    assert (whole.verdict, gate(found, "estimate").passed) == (SUPPORTED, True)
    assert gate(whole, "robustness").text.count("no shift changes it") == 3
    assert "no shift changes it" not in gate(found, "robustness").text
    assert gate(found, "robustness").passed is False
    assert found.verdict == NOT_DECIDED
