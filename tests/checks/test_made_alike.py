"""Answers and scores that are more alike than people are raise a flag; sound ones do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.readers.assemble import read_study
from tests.factory import NOW_ITEMS, Outcome, checked, promised, tables, write_study

Content = dict[str, list[dict[str, Any]]]
ITEMS = [f"item_{n:02d}" for n in NOW_ITEMS]
NEW = {
    "form.copied-forward",
    "score.same-change",
    "score.older-totals",
    "item.base-differs-by-site",
    "weight.pounds",
}
TOTALS = {
    "instrument": "PCL-5",
    "version": "past-week",
    "recall_hours": 168,
    "values": 'total = "total"',
}


def in_fours(content: Content) -> list[list[dict[str, Any]]]:
    """The four forms of each person in the order of time."""
    rows = content["scores"]
    return [rows[at : at + 4] for at in range(0, len(rows), 4)]


def test_the_factorys_study_raises_none(tmp_path):
    assert not checked(tmp_path).rules() & NEW


def test_answers_copied_from_visit_to_visit_are_flagged_with_their_count(tmp_path):
    content = tables()
    for person in in_fours(content)[:8]:
        person[2] |= {item: person[1][item] for item in ITEMS}
    issue = checked(tmp_path, content).find("form.copied-forward")
    assert (issue["severity"], issue["count"]) == ("FLAG", 8)


def test_people_who_change_one_answer_or_none_are_no_copies(tmp_path):
    """Where forms that agree in all answers stand beside as many that agree in all but one."""
    content = tables()
    for number, person in enumerate(in_fours(content)):
        person[2] |= {item: person[1][item] for item in ITEMS}
        if number % 2:
            person[2]["item_05"] = (person[2]["item_05"] + 1) % 5
    assert "form.copied-forward" not in checked(tmp_path, content).rules()


@pytest.mark.parametrize(
    ("change", "word"), [(lambda x: round(0.7 * x), "share"), (lambda x: x - 9, "number of points")]
)
def test_everyone_changing_alike_is_flagged(tmp_path, change, word):
    content = tables(n_per_arm=10)
    start = np.random.default_rng(1).integers(30, 70, 20)
    content["scores"] = [
        {"id": row["id"], "when": row["when"], "total": int(start[at // 4])}
        for at, row in enumerate(content["scores"])
    ]
    for person in in_fours(content):
        for row in person[2:]:
            row["total"] = change(row["total"])
    found = [
        i for i in checked(tmp_path, content, **TOTALS).issues if i["rule"] == "score.same-change"
    ]
    assert found
    assert all(f"same {word}" in issue["message"] for issue in found)


@pytest.mark.parametrize(("least", "flagged"), [(17, True), (24, True), (16, False), (0, False)])
def test_many_totals_none_below_what_an_older_version_can_have_are_flagged(
    tmp_path, least, flagged
):
    content = tables(n_per_arm=10)
    totals = np.random.default_rng(2).integers(25, 60, 80)
    totals[5] = least
    content["scores"] = [
        {"id": row["id"], "when": row["when"], "total": int(total)}
        for row, total in zip(content["scores"], totals, strict=True)
    ]
    rules = checked(tmp_path, content, **TOTALS).rules("FLAG")
    assert ("score.older-totals" in rules) == flagged


def severe(least: int) -> Content:
    """Totals of people who are chosen by a criterion and hardly change."""
    content = tables(n_per_arm=10)
    totals = np.random.default_rng(4).integers(least, 70, 80)
    content["scores"] = [
        {"id": row["id"], "when": row["when"], "total": int(total)}
        for row, total in zip(content["scores"], totals, strict=True)
    ]
    return content


def test_severe_illness_explains_that_no_total_is_low(tmp_path):
    assert "score.older-totals" not in checked(tmp_path, severe(31), **TOTALS).rules("FLAG")


def test_what_people_were_chosen_by_says_nothing_of_the_version(tmp_path):
    """Totals before the infusion that reach down to a declared entry criterion, and no lower."""
    content = severe(31)
    for person in in_fours(content):
        person[0]["total"] = 21
    arm = 'arm = "arm"\nentry_threshold = "entry"'
    for row in content["subjects"]:
        row["entry"] = 20
    declared = checked(tmp_path / "declared", content, arm=arm, **TOTALS)
    assert "score.older-totals" not in declared.rules("FLAG")
    assert "score.older-totals" in checked(tmp_path / "open", content, **TOTALS).rules("FLAG")


def test_totals_that_scatter_beyond_the_least_of_an_older_version_are_flagged(tmp_path):
    """None comes near it, of so many that some would if they could."""
    content = severe(31)
    rows = content["scores"]
    for row in rows[::2]:
        row["total"] = 27
    for row in rows[1::2]:
        row["total"] = 80
    assert "score.older-totals" in checked(tmp_path, content, **TOTALS).rules("FLAG")


def by_site(folder: Path, shift: int, **changes: Any) -> Outcome:
    """Two sites, the second of which never stores an answer of 4 and adds a shift to the rest."""
    content = tables(n_per_arm=12)
    sites = {}
    for row in content["subjects"]:
        row["site"] = sites[row["id"]] = "north" if int(row["id"][1:]) // 2 % 2 else "south"
    for row in content["scores"]:
        if sites[row["id"]] == "north":
            row |= {item: min(row[item], 3) + shift for item in ITEMS}
    return promised(
        Outcome(write_study(folder, content, arm='arm = "arm"\nsite = "site"', **changes))
    )


@pytest.mark.parametrize(("shift", "flagged"), [(0, False), (1, True)])
def test_a_site_that_stores_from_1_up_is_flagged(tmp_path, shift, flagged):
    rules = by_site(tmp_path, shift).rules("FLAG")
    assert ("item.base-differs-by-site" in rules) == flagged


@pytest.mark.parametrize(("without", "flagged"), [(0, True), (1, False)])
def test_a_site_of_few_is_flagged_where_nearly_everybody_elsewhere_has_a_lowest_answer(
    tmp_path, without, flagged
):
    """Four of whom none has one: (1/18)^4 where all 16 others do, (2/18)^4 where 15 do."""
    content = tables(n_per_arm=10)
    people = [row["id"] for row in content["subjects"]]
    for row in content["subjects"]:
        row["site"] = "north" if row["id"] in people[:4] else "south"
    for row in content["scores"]:
        up = row["id"] in people[: 4 + without]
        row |= {item: min(row[item], 3) + up for item in ITEMS}
        row[ITEMS[0]] *= up
    path = write_study(tmp_path, content, arm='arm = "arm"\nsite = "site"')
    assert ("item.base-differs-by-site" in Outcome(path).rules("FLAG")) == flagged


@pytest.mark.parametrize(("factor", "flagged"), [(1.0, False), (2.2046, True)])
def test_weights_in_pounds_are_flagged(tmp_path, factor, flagged):
    content = tables()
    kg = np.random.default_rng(3).normal(82, 15, len(content["subjects"]))
    for row, weight in zip(content["subjects"], kg, strict=True):
        row["weight"] = f"{weight * factor:.1f}"
    found = checked(tmp_path, content, arm='arm = "arm"\nweight_kg = "weight"')
    assert ("weight.pounds" in found.rules("FLAG")) == flagged


@pytest.mark.parametrize(("factor", "flagged"), [(1.0, 0), (2.2046, 6)])
def test_weights_of_one_site_in_pounds_are_flagged(tmp_path, factor, flagged):
    content = tables()
    kg = np.random.default_rng(3).normal(78, 12, len(content["subjects"]))
    for number, (row, weight) in enumerate(zip(content["subjects"], kg, strict=True)):
        row["site"] = ("north", "south")[number % 2]
        row["weight"] = f"{weight * (factor if number % 2 else 1):.1f}"
    study = read_study(write_study(
        tmp_path, content, arm='arm = "arm"\nsite = "site"\nweight_kg = "weight"'
    ))  # fmt: skip
    assert sum(one.count for one in study.issues if one.rule == "weight.pounds") == flagged
