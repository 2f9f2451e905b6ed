"""A file that lost rows in one piece says so; people who drop out here and there raise nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from analysis.errors import Issue
from analysis.readers.assemble import read_study
from tests.factory import tables, write_study

Content = dict[str, list[dict[str, Any]]]
RULE = "form.rows-missing"


def content(**changes: Any) -> Content:
    """Sixteen people, one a day, with two forms before the infusion and three after it."""
    return tables(**({"n_per_arm": 8, "hours_after_end": (3, 24, 168)} | changes))


def by_visit(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All first forms, then all second ones, as some programs write them."""
    forms = Counter(row["id"] for row in rows)
    place = {id(row): n for own in forms for n, row in enumerate(r for r in rows if r["id"] == own)}
    return sorted(rows, key=lambda row: place[id(row)])


def by_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["when"])


def without(rows: list[Any], first: int, after: int | None = None) -> list[Any]:
    return rows[:first] + (rows[after:] if after else [])


def said(folder: Path, made: Content, **changes: Any) -> list[Issue]:
    study = read_study(write_study(folder, made, **changes))
    return [issue for issue in study.issues if issue.rule == RULE]


def test_an_export_that_broke_off_names_people_and_the_last_row(tmp_path):
    made = content()
    (found,) = said(tmp_path, made | {"scores": without(made["scores"], 52)})
    assert (found.severity, found.file, found.count, found.row) == ("FLAG", "scores.csv", 5, 53)
    assert "5 participants with an infusion" in found.message
    assert "no PCL-5-now assessment, and 11 of 16 have one" in found.message


CUT = {
    "people in the middle": lambda rows: without(rows, 20, 41),
    "people of one visit": lambda rows: without(by_visit(rows), 51, 58),
    "from one visit into the next": lambda rows: without(by_visit(rows), 42, 54),
    "all of a visit but its first two": lambda rows: without(by_visit(rows), 34, 56),
    "all of a visit but its last two": lambda rows: without(by_visit(rows), 40, 62),
    "two visits but for four people": lambda rows: without(by_visit(rows), 33, 61),
    "the last weeks": lambda rows: without(by_time(rows), 45),
    "some days": lambda rows: without(by_time(rows), 20, 45),
}


@pytest.mark.parametrize("what", CUT)
def test_a_block_of_rows_that_is_gone_is_told(tmp_path, what):
    made = content()
    (found,) = said(tmp_path, made | {"scores": CUT[what](made["scores"])})
    assert found.count >= 4


def test_a_last_visit_that_broke_off_is_told_where_it_was_due(tmp_path):
    made = content(hours_after_end=(3, 24))
    (found,) = said(tmp_path, made | {"scores": without(by_visit(made["scores"]), 52)})
    assert found.count == 11
    assert "assessment on the next day, and 4 of 15 have one" in found.message


def test_infusions_that_broke_off_are_told(tmp_path):
    made = content()
    (found,) = said(tmp_path, made | {"infusions": without(made["infusions"], 12)})
    assert (found.file, found.count) == ("infusions.csv", 4)
    assert "4 participants with several assessments" in found.message


SORTED: list[Callable[[list[Any]], list[Any]]] = [list, by_visit, by_time]


@pytest.mark.parametrize("in_order", SORTED)
def test_people_who_drop_out_raise_nothing(tmp_path, in_order):
    """Of twelve studies with a quarter lost to follow-up, and some rated never, none."""
    found = []
    for number in range(4):
        random, made = Random(number), content()
        stays = {row["id"]: random.choice([0, 2, 3, 4, 5, 5, 5, 5]) for row in made["subjects"]}
        rows = [row for n, row in enumerate(made["scores"]) if n % 5 < stays[row["id"]]]
        found += said(tmp_path / str(number), made | {"scores": in_order(rows)})
    assert found == []


@pytest.mark.parametrize("in_order", [by_visit, by_time])
def test_a_last_visit_that_is_not_due_raises_nothing(tmp_path, in_order):
    """Seven days after the last infusion, a visit after seven days is due for nobody else."""
    made = content()
    until = made["infusions"][-1]["end"]
    rows = [row for row in made["scores"] if row["when"] <= until]
    assert said(tmp_path, made | {"scores": in_order(rows)}) == []


def test_a_form_outside_the_plan_before_a_later_visit_raises_nothing(tmp_path):
    """The third participant came once more; a gap would begin behind the first ones."""
    made = content()
    early = {row["id"] for row in made["subjects"][:7]}
    rows = by_visit([r for n, r in enumerate(made["scores"]) if n % 5 != 4 or r["id"] not in early])
    (end,) = (row["end"] for row in made["infusions"] if row["id"] == "S002")
    later = datetime.fromisoformat(end) + timedelta(hours=48)
    rows.insert(64, rows[2] | {"when": later.isoformat(timespec="minutes")})
    assert said(tmp_path, made | {"scores": rows}) == []


def test_a_visit_that_was_added_later_raises_nothing(tmp_path):
    made = content()
    early = {row["id"] for row in made["subjects"][:7]}
    rows = [r for n, r in enumerate(made["scores"]) if n % 5 != 3 or r["id"] not in early]
    assert said(tmp_path, made | {"scores": by_visit(rows)}) == []


def test_a_site_without_a_visit_raises_nothing(tmp_path):
    made = content()
    other = {row["id"] for row in made["subjects"][4:9]}
    for row in made["subjects"]:
        row["site"] = "B" if row["id"] in other else "A"
    rows = [r for n, r in enumerate(made["scores"]) if n % 5 != 3 or r["id"] not in other]
    changes = {"arm": 'arm = "arm"\nsite = "site"'}
    assert said(tmp_path, made | {"scores": by_visit(rows)}, **changes) == []
