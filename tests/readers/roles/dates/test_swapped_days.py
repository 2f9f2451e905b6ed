"""Day and month that changed places where they could are seen by the courses, in any format."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.roles.dates.swapped_days import swapped_days
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


def courses(seed: int, *, late: float) -> tuple[pd.Series, pd.DatetimeIndex, pd.DatetimeIndex]:
    """Seven visits of 60 people over a year, a share of them weeks or months late."""
    random, begin = Random(seed), datetime(2025, 1, 1)
    rows = []
    for person in range(60):
        start = begin + timedelta(days=random.randrange(365))
        for day in (-3, 0, 1, 3, 7, 30, 90):
            delay = random.randrange(20, 200) if day > 0 and random.random() < late else 0
            rows.append((str(person), start + timedelta(days=day + delay), start))
    people, forms, starts = zip(*rows, strict=True)
    return pd.Series(people), pd.DatetimeIndex(forms), pd.DatetimeIndex(starts)


def test_people_who_come_late_do_not_stop_a_study():
    for seed in range(60):
        assert swapped_days(*courses(seed, late=0.2)) is None


def test_exchanged_days_are_found_beside_people_who_come_late():
    found = []
    for seed in range(20):
        people, forms, starts = courses(seed, late=0.02)
        moved = pd.DatetimeIndex([exchanged(when) for when in forms])
        found.append(swapped_days(people, moved, starts) is not None)
    assert np.mean(found) == 1
