"""A form sent twice is counted once, by a declared rule, or its person is set aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from analysis.checks import check
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.study import Study
from tests.damage.made import made_up
from tests.damage.written import as_fhir, as_omop
from tests.factory import stamp, tables, write_study
from tests.readers.roles.assessments.test_answer_codes import (
    as_csv,
    as_dataset_json,
    as_item_rows,
    as_workbook,
)

PEOPLE = ("S000", "S003", "S004")
VALUES = 'items = "item_{:02d}"\n'


def sent_again(minutes: int = 3, change: int = 1) -> list[dict[str, Any]]:
    """The factory's forms, and three people's first one again, their first answer changed."""
    rows = tables()["scores"]
    more = []
    for person in PEOPLE:
        first = next(row for row in rows if row["id"] == person)
        later = datetime.fromisoformat(first["when"]) + timedelta(minutes=minutes)
        more.append(first | {"when": stamp(later), "item_01": first["item_01"] + change})
    return rows + more


def found(study: Study) -> dict[str, int]:
    names = ("form.sent-twice", "form.sent-again", "form.same-again")
    return {issue.rule: issue.count for issue in study.issues if issue.rule in names}


WRITERS = (as_csv, as_workbook, as_dataset_json, as_item_rows)


@pytest.mark.parametrize("write", WRITERS)
def test_people_are_set_aside_until_a_rule_is_declared(tmp_path, write):
    study = read_study(write(tmp_path, sent_again()))
    assert found(study) == {"form.sent-twice": 3}
    assert list(study.set_aside.values()) == ["form.sent-twice"] * 3
    (said,) = [issue for issue in study.issues if issue.rule == "form.sent-twice"]
    assert 'sent_twice = "last"' in said.message


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(("rule", "more"), [("last", 3), ("first", 0)])
def test_the_declared_one_counts_and_the_other_is_counted(tmp_path, write, rule, more):
    declared = f'{VALUES}sent_twice = "{rule}"'
    study = read_study(write(tmp_path, sent_again(), values=declared))
    assert found(study) == {"form.sent-again": 3}
    assert not study.set_aside
    assert total(study) == total(read_study(write_study(tmp_path / "once"))) + more
    assert len(study.assessments) == len(tables()["scores"])


def total(study: Study) -> int:
    (answers,) = study.items.values()
    return int(answers.to_numpy().sum())


def test_a_copy_that_agrees_costs_nobody(tmp_path):
    study = read_study(write_study(tmp_path, tables() | {"scores": sent_again(change=0)}))
    assert found(study) == {"form.same-again": 3}
    assert not study.set_aside
    assert len(study.assessments) == len(tables()["scores"])


def test_a_form_an_hour_later_is_another_form(tmp_path):
    study = read_study(write_study(tmp_path, tables() | {"scores": sent_again(minutes=60)}))
    assert found(study) == {}
    assert len(study.assessments) == len(tables()["scores"]) + 3


def test_a_rule_of_another_name_is_refused(tmp_path: Path):
    with pytest.raises(Exception, match="sent_twice"):
        read_study(write_study(tmp_path, values=f'{VALUES}sent_twice = "mean"'))


@pytest.mark.parametrize("write", [as_omop, as_fhir])
def test_a_copy_of_the_same_minute_is_no_form_of_its_own(tmp_path, write):
    """Where a visit or a resource has a number, rows are no copies, and forms still are."""
    made = made_up(Random(3))
    once = len(made.scores)
    made.scores = [dict(row) for row in made.scores for _ in range(2)]
    study = read_study(write(tmp_path, made))
    assert found(study) == {"form.same-again": once}
    assert len(study.assessments) == once
    assert not check(study).set_aside & {"form.conflicting"}


def test_times_at_which_whole_courses_were_entered_are_refused(tmp_path):
    """The advice to keep the last one would keep one form of each course, at no visit's time."""
    rows = tables()["scores"]
    last = {row["id"]: datetime.fromisoformat(row["when"]) for row in rows}
    for place, row in enumerate(rows):
        row["when"] = stamp(last[row["id"]] + timedelta(days=3, minutes=6 * (place % 4)))
    for number, rule in enumerate(("", 'sent_twice = "last"')):
        with pytest.raises(ReliefError) as refused:
            read_study(as_csv(tmp_path / str(number), rows, values=VALUES + rule))
        assert refused.value.rule == "time.of-entry"
        assert "12 of 12 participants" in refused.value.message


def test_one_visit_that_everybody_sent_twice_is_no_entry_in_one_go(tmp_path):
    rows = tables()["scores"]
    again = [
        row | {"when": stamp(datetime.fromisoformat(row["when"]) + timedelta(minutes=4)),
               "item_01": (row["item_01"] + 1) % 4}
        for row in rows
    ]  # fmt: skip
    study = read_study(as_csv(tmp_path, rows + again, values=f'{VALUES}sent_twice = "last"'))
    assert len(study.assessments) == len(rows)
