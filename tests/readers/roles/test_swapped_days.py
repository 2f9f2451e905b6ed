"""Day and month that changed places where they could are seen by the courses, in any format."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from tests.damage.made import made_up
from tests.damage.written import WRITERS

RULE = "time.seems-swapped"


def exchanged(when: datetime) -> datetime:
    """Read month first where that can be."""
    return when.replace(day=when.month, month=when.day) if when.day <= 12 else when


def refused(folder, made, form="csv"):
    with pytest.raises(ReliefError) as refusal:
        read_study(WRITERS[form](folder, made))
    return refusal.value


@pytest.mark.parametrize("form", ["csv", "xlsx", "redcap", "fhir", "omop"])
def test_forms_whose_day_and_month_changed_places_are_refused_in_any_format(tmp_path, form):
    made = made_up(Random(4))
    for row in made.scores:
        row["when"] = exchanged(row["when"])
    told = refused(tmp_path, made, form)
    assert told.rule == RULE
    assert "read the month first where it could" in told.message


def test_infusions_alone_or_both_tables_are_told_too(tmp_path):
    for number, tables in enumerate((("infusions",), ("infusions", "scores"))):
        made = made_up(Random(4))
        for table in tables:
            for row in getattr(made, table):
                row |= {name: exchanged(t) for name, t in row.items() if isinstance(t, datetime)}
        (tmp_path / str(number)).mkdir()
        assert refused(tmp_path / str(number), made).rule == RULE


def test_late_visits_and_single_mistyped_months_are_not_taken_for_it(tmp_path):
    made = made_up(Random(4))
    last = {row["id"]: row for row in made.scores}
    made.scores += [row | {"when": row["when"] + timedelta(days=28)} for row in last.values()]
    early = [row for row in made.scores if row["when"].day <= 12][:2]
    for row in early:
        row["when"] = exchanged(row["when"])
    study = read_study(WRITERS["csv"](tmp_path, made))
    assert RULE not in {issue.rule for issue in study.issues}
