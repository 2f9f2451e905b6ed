"""What dates tell before they go: how the arms follow one another, and when the register came."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.gates.later_window import later_windows
from analysis.readers.assemble import read_study
from analysis.readers.roles.dates.calendar import check_calendar
from analysis.study import Study
from tests.factory import DECLARED, tables, write_study
from tests.length import trials


def calendar(ketamine: list[float], other: list[float], **changes: Any) -> list[str]:
    """Rules that first infusions on such days break."""
    days = [*ketamine, *other]
    study = SimpleNamespace(**({"design": "parallel"} | changes))
    config = SimpleNamespace(infusions=SimpleNamespace(start="start"), study=study)
    if "start" in changes:
        config.infusions.start = changes["start"]
    reading = SimpleNamespace(config=config, issues=[])
    ids = [f"P{number}" for number in range(len(days))]
    arm = ["ketamine"] * len(ketamine) + ["midazolam"] * len(other)
    hours = 24 * np.array(days, float)
    infusions = pd.DataFrame({"id": ids, "infusion": 1, "start_low": hours, "start_high": hours})
    check_calendar(reading, pd.DataFrame({"id": ids, "arm": arm}), infusions)
    flags = {"comparator.order-not-random"}
    severity = [(one.severity == "FLAG") == (one.rule in flags) for one in reading.issues]
    assert all(severity)
    assert all(one.scope == "question" for one in reading.issues)
    return [one.rule for one in reading.issues]


MONTHS = list(range(0, 300, 10))


@pytest.mark.parametrize("later", [-365, 365, 291])
def test_a_comparator_of_another_time_stops_the_question(later):
    assert calendar(MONTHS, [day + later for day in MONTHS]) == ["comparator.other-period"]


def test_so_does_one_of_which_a_single_person_was_treated_with_the_others():
    old = [day - 365 for day in MONTHS[1:]]
    assert calendar(MONTHS, [150, *old]) == ["comparator.other-period"]


@pytest.mark.parametrize(
    ("ketamine", "other"),
    [
        (MONTHS, [day + 5 for day in MONTHS]),
        ([0, 1, 2, 3, 4], [365, 366, 367, 368, 369]),
        (MONTHS, []),
        ([], []),
    ],
    ids=["together", "five an arm", "one arm", "nobody"],
)
def test_arms_that_are_treated_together_or_may_lie_so_by_chance_do_not(ketamine, other):
    assert calendar(ketamine, other) == []


@pytest.mark.parametrize("changes", [{"start": None}, {"design": "crossover"}])
def test_hours_alone_and_crossovers_tell_nothing_of_the_calendar(changes):
    assert calendar(MONTHS, [day + 365 for day in MONTHS], **changes) == []


@pytest.mark.parametrize(
    ("ketamine", "other"),
    [
        (MONTHS, [day + 100 for day in MONTHS]),
        (
            [day for day in range(280) if day // 7 % 2],
            [day for day in range(280) if not day // 7 % 2],
        ),
    ],
    ids=["after three months", "week by week"],
)
def test_arms_that_overlap_and_do_not_follow_one_another_by_chance_are_flagged(ketamine, other):
    assert calendar(ketamine, other) == ["comparator.order-not-random"]


def by_turns(days: int, length: int, every: float = 4.0) -> tuple[list[float], list[float]]:
    """People every so many days, so long of one arm and so long of the other."""
    when = np.arange(0, days, every)
    one = when // length % 2 == 0
    return list(when[one]), list(when[~one])


@pytest.mark.parametrize("length", [180, 91, 61])
def test_arms_that_were_treated_in_turns_of_months_stop_the_question(length):
    """No arm came first: the comparator's half year lies between two of ketamine."""
    assert calendar(*by_turns(540, length)) == ["comparator.in-turns"]


def test_so_do_arms_of_which_hardly_anybody_was_treated_with_the_other():
    other = [*MONTHS[:6], *[day + 365 for day in MONTHS]]
    assert calendar(MONTHS, other) == ["comparator.in-turns"]


def test_turns_of_few_people_may_be_chance():
    assert calendar(*by_turns(540, 180, every=60)) == []


@pytest.mark.parametrize("kind", ["coin", "blocks of four", "sites one after the other", "one day"])
def test_random_orders_are_seldom_told(kind):
    """At most one study in 200, by two looks of one in a thousand."""
    rng, wrong, count = np.random.default_rng(6), 0, trials(short=40, long=4_000)
    for _ in range(count):
        arm = rng.permutation(np.repeat([0, 1], 24))
        if kind == "blocks of four":
            arm = np.concatenate([rng.permutation([0, 0, 1, 1]) for _ in range(12)])
        when = np.sort(rng.uniform(0, 500, 48))
        if kind == "one day":
            when = when // 100
        if kind == "sites one after the other":
            when = np.where(np.arange(48) < 30, when, when + 700)
        wrong += bool(calendar(list(when[arm == 0]), list(when[arm == 1])))
    assert wrong <= count / 200


def registered(folder: Path, told: str, **changes: Any) -> Study:
    """The factory's study, whose first person was treated on the fourth of March 2025."""
    declared = DECLARED.format(planned=6).replace("NCT00000000 2024-12-01", told)
    return read_study(write_study(folder, declared=declared, **changes))


@pytest.mark.parametrize(
    ("told", "people"),
    [("NCT00000000 2025-03-05", 1), ("NCT00000000 2025-03-09 day_7", 5),
     ("NCT00000000 2025-12-01", 12), ("NCT00000000 2025-03-04", 0), ("none", 0)],
)  # fmt: skip
def test_a_register_that_came_after_the_first_infusion_is_told(tmp_path, told, people):
    study = registered(tmp_path, told)
    late = [issue for issue in study.issues if issue.rule == "registration.late"]
    assert [issue.count for issue in late] == [people] * bool(people)
    assert all(issue.severity == "FLAG" for issue in late)
    assert study.design.registered_late == bool(people)


def test_a_late_register_does_not_choose_the_later_window(tmp_path):
    section = 'later_window = "day_14"'
    for told, windows in (
        ("NCT00000000 2024-12-01 day_14", ("day_14",)),
        ("NCT00000000 2025-03-05 day_14", None),
    ):
        study = registered(tmp_path / told[-13:-7], told, section=section)
        case = Case(check(study), load_definitions())
        assert later_windows(case) == (windows or case.later_windows)


def test_only_whose_first_infusions_began_in_one_minute_is_kept_of_the_dates(tmp_path):
    content = tables()
    first, second = content["infusions"][:2]
    second |= {name: first[name] for name in ("start", "end")}
    begun = read_study(write_study(tmp_path, content)).subjects["begun_with"]
    assert sorted(begun.value_counts()) == [1] * 10 + [2]
    assert set(begun) <= set(range(12))
