"""People who were entered under two identifiers are set aside; people who are alike are not."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.checks.entered_twice import (
    _near_pairs,
    _numbered,
    _pairs,
    _runs,
    _telling,
    check_entered_twice,
)
from analysis.checks.forms import SetAside
from analysis.claims.calibration.pieces import generator
from analysis.instruments.scoring import score
from analysis.simulate import simulate, world
from tests.length import seed, trials
from tests.small_study import forms, study

ANSWERS, TIMES, TOTALS = "subject.same-answers", "subject.same-times", "subject.same-totals"
NOW = instruments.get("PCL-5-now")


@cache
def sound(n_per_arm: int, number: int = 1, name: str = "null") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Right-now forms of a simulated trial, and their items."""
    made = world(name)
    table = simulate(made, n_per_arm, generator(name, n_per_arm, number, seed(91)))["pcl5_now"]
    own = forms([
        {"subject": int(who[2:]), "hours": hours}
        for who, hours in zip(table["id"], table["hours"], strict=True)
    ])  # fmt: skip
    items = table[[NOW.item_ids.format(number) for number in NOW.numbers]]
    items = items.set_axis(list(NOW.numbers), axis=1).set_axis(own["form"], axis=0)
    return own, items


def again(
    own: pd.DataFrame, items: pd.DataFrame, people: list[int], minutes: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same with people entered once more, each form at about its time."""
    copies = own[own["subject"].isin(people)]
    jitter = np.random.default_rng(5).uniform(-minutes, minutes, len(copies)) / 60
    more = copies.assign(
        subject=copies["subject"] + 10_000,
        form=np.arange(len(copies)) + len(own),
        hours_low=copies["hours_low"] + jitter,
        hours_high=copies["hours_high"] + jitter,
    )
    answers = items.loc[copies["form"]].set_axis(more["form"], axis=0)
    return pd.concat([own, more], ignore_index=True), pd.concat([items, answers])


def found(
    own: pd.DataFrame,
    items: pd.DataFrame | None = None,
    begun: dict[int, int] | None = None,
    **design: str,
) -> tuple[dict[int, str], dict[str, int]]:
    """Who is set aside by which rule, and the rules with their counts."""
    scale, version = own["instrument"].iloc[0], own["version"].iloc[0]
    made = study(own, items={} if items is None else {(scale, version): items})
    made = replace(made, design=replace(made.design, **design))
    if begun is not None:
        told = made.subjects["subject"].map(begun)
        made = replace(made, subjects=made.subjects.assign(begun_with=told))
    aside = SetAside()
    check_entered_twice(made, score(made), aside)
    return aside.subjects, {issue.rule: issue.count for issue in aside.issues}


def totals_only(own: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """The forms with their totals in place of items."""
    return own.assign(stated_total=items.sum(axis=1).reindex(own["form"]).to_numpy())


def planned(own: pd.DataFrame) -> pd.DataFrame:
    """The forms at the whole hours of a plan."""
    hours = own["hours_low"].round()
    return own.assign(hours_low=hours, hours_high=hours)


@pytest.mark.parametrize("people", [[3], [1, 2, 3, 4], list(range(1, 61))])
def test_identifiers_with_the_same_answers_are_both_set_aside(people):
    aside, rules = found(*again(*sound(30), people, minutes=30))
    assert set(aside) == {who + copy for who in people for copy in (0, 10_000)}
    assert set(aside.values()) == {ANSWERS}
    assert rules == {ANSWERS: 2 * len(people)}


def test_one_answer_changed_on_one_form_hides_nobody():
    own, items = again(*sound(30), [3])
    form = own.index[own["subject"] == 10_003][1]
    items = items.copy()
    items.loc[form, 5] = (items.loc[form, 5] + 1) % 5
    assert set(found(own, items)[0]) == {3, 10_003}


def nudged(own: pd.DataFrame, items: pd.DataFrame, by: int = 1) -> pd.DataFrame:
    """Every copy's form with so many answers moved by one point, each form in places of its own."""
    items, high = items.copy(), max(NOW.item_max("ad-hoc"))
    for number, form in enumerate(own.loc[own["subject"] >= 10_000, "form"]):
        for step in range(by):
            item = items.columns[(3 * number + 5 * step) % len(items.columns)]
            answer = items.loc[form, item]
            items.loc[form, item] = answer + (1 if answer < high else -1)
    return items


@pytest.mark.parametrize("people", [[3], [1, 2, 3, 4], list(range(1, 61))])
def test_so_are_those_whose_every_form_differs_in_one_answer(people):
    own, items = again(*sound(30), people, minutes=30)
    aside, rules = found(own, nudged(own, items))
    assert set(aside) == {who + copy for who in people for copy in (0, 10_000)}
    assert rules == {ANSWERS: 2 * len(people)}


def test_people_found_in_several_ways_and_files_are_one_finding():
    """Each way and each file listed the same rule once more."""
    own, items = sound(40)
    own, items = again(own, items, [3, 4])
    changed = own.index[own["subject"] == 10_004]
    items.loc[changed, 1] = (items.loc[changed, 1] + 1) % 5
    own = own.assign(source=np.where(own["hours_low"] > 0, "after.csv", "before.csv"))
    scale, version = own["instrument"].iloc[0], own["version"].iloc[0]
    made = study(own, items={(scale, version): items})
    aside = SetAside()
    check_entered_twice(made, score(made), aside)
    (issue,) = aside.issues
    assert (issue.rule, issue.count) == (ANSWERS, 4)
    assert issue.people == {3, 4, 10_003, 10_004} == set(aside.subjects)


def test_answers_that_many_people_give_are_no_near_copies():
    """Three symptoms of fourteen, each a little: many pairs differ in one by chance."""
    own, items = sound(30)
    rng = np.random.default_rng(2)
    for who in own["subject"].unique():
        marks = rng.choice(len(items.columns), 3, replace=False)
        answers = np.zeros(len(items.columns))
        answers[marks] = 1
        items = items.copy()
        items.loc[own.loc[own["subject"] == who, "form"]] = answers
    assert TOTALS not in found(own, items)[1]
    assert len(found(own, items)[0]) <= 20


def test_one_form_in_common_is_no_second_person():
    own, items = sound(30)
    first, second = (own.loc[own["subject"] == who, "form"].iloc[0] for who in (3, 4))
    items = items.copy()
    items.loc[first] = items.loc[second]
    assert found(own, items) == ({}, {})


@pytest.mark.parametrize("people", [[3], list(range(1, 61))])
def test_the_same_totals_at_the_same_minutes_are_both_set_aside(people):
    aside, rules = found(totals_only(*again(*sound(30), people)))
    assert set(aside) == {who + copy for who in people for copy in (0, 10_000)}
    assert rules == {TIMES: 2 * len(people)}


def test_so_they_are_where_one_entry_was_moved_to_another_hour():
    own = totals_only(*again(*sound(30), [3]))
    later = np.where(own["subject"] == 10_003, 0.5, 0.0)
    own = own.assign(hours_low=own["hours_low"] + later, hours_high=own["hours_high"] + later)
    assert set(found(own)[0]) == {3, 10_003}


def test_totals_alone_are_flagged_with_the_number_that_chance_would_bring():
    own = totals_only(*again(*sound(30), list(range(1, 61)), minutes=30))
    made = study(own)
    aside = SetAside()
    check_entered_twice(made, score(made), aside)
    (told,) = aside.issues
    assert aside.subjects == {}
    assert (told.rule, told.severity) == (TOTALS, "FLAG")
    assert set(range(1, 61)) <= told.people
    assert float(told.message.split("by chance about ")[1].split(" would")[0]) < 20


def test_they_are_flagged_where_most_people_end_at_the_floor_of_the_scale_too():
    """The last totals agree in most pairs then, and say nothing; those before still do."""
    own = totals_only(*again(*sound(30), list(range(1, 61)), minutes=30))
    last = own.groupby("subject")["hours_low"].transform("max") == own["hours_low"]
    own.loc[last, "stated_total"] = 1.0
    made = study(own)
    aside = SetAside()
    check_entered_twice(made, score(made), aside)
    assert [told.rule for told in aside.issues] == [TOTALS]
    assert set(range(1, 61)) <= aside.issues[0].people


def with_begun(own: pd.DataFrame) -> dict[int, int]:
    """Copies began in the minute of those they are copies of; nobody else began with another."""
    return {who: who % 10_000 for who in own["subject"].unique()}


@pytest.mark.parametrize("people", [[3], list(range(1, 61))])
def test_at_the_hours_of_a_plan_the_minute_of_the_first_infusion_tells(people):
    own = planned(totals_only(*again(*sound(30), people)))
    aside, rules = found(own, begun=with_begun(own))
    assert set(aside) == {who + copy for who in people for copy in (0, 10_000)}
    assert rules == {TIMES: 2 * len(people)}


def test_people_who_were_treated_two_at_a_time_are_no_copies():
    own = planned(totals_only(*sound(30)))
    aside, _ = found(own, begun={who: who // 2 for who in own["subject"].unique()})
    assert aside == {}


ROUNDED = {
    "tens": lambda totals, who: 10 * np.round(totals / 10),
    "fives": lambda totals, who: 5 * np.round(totals / 5),
    "tens by half of the people": lambda totals, who: np.where(
        who % 2, totals, 10 * np.round(totals / 10)
    ),
}


@pytest.mark.parametrize("how", ROUNDED)
def test_totals_that_were_rounded_are_another_s_by_chance(how):
    wrong, count = 0, trials(short=3, long=200)
    for number in range(count):
        own = planned(totals_only(*sound(30, number)))
        rough = ROUNDED[how](own["stated_total"], own["subject"])
        wrong += found(own.assign(stated_total=rough)) != ({}, {})
    assert wrong <= 0.01 * count


def test_planned_times_tell_nobody_apart():
    """At nominal times two people with one course of totals are an accident, not one person."""
    own = planned(totals_only(*again(*sound(30), list(range(1, 61)))))
    for times in ("actual", "nominal"):
        aside, rules = found(own, times=times)
        assert aside == {}
        assert rules[TOTALS] >= 120


def test_people_without_symptoms_answer_alike_and_stay():
    own, items = sound(30)
    calm = items.copy()
    calm.loc[(own["subject"] <= 30).to_numpy()] = 0
    assert found(own, calm) == ({}, {})
    assert found(planned(totals_only(own, calm))) == ({}, {})
    # One symptom left, or the same answer to everything, is not much either.
    left = calm.copy()
    left.loc[(own["subject"] <= 30).to_numpy(), 1] = 1
    assert found(own, left) == ({}, {})
    assert found(own, items * 0 + 2) == ({}, {})


def few_items(name: str, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A sound study of 40 people with another instrument, whose items are the first of those."""
    own, items = sound(20, number)
    scale = instruments.get(name)
    numbers = scale.item_numbers("standard")
    kept = items.iloc[:, : len(numbers)].set_axis(list(numbers), axis=1)
    kept = kept.clip(upper=np.array(scale.item_max("standard")), axis=1)
    return own.assign(instrument=name, version="standard"), kept


@pytest.mark.parametrize("name", ["HAM-D6", "GAD-7", "PHQ-9"])
def test_people_are_alike_by_chance_on_forms_of_few_items(name):
    made = [few_items(name, number) for number in range(trials(short=2, long=200))]
    wrong = sum(found(own, items) != ({}, {}) for own, items in made)
    assert wrong <= trials(short=0, long=2)


@pytest.mark.parametrize("name", ["HAM-D6", "GAD-7", "PHQ-9"])
def test_everyone_entered_twice_is_seen_on_them_all_the_same(name):
    doubled = again(*few_items(name, 1), list(range(1, 41)), minutes=30)
    aside, rules = found(*doubled)
    assert len(aside) + rules.get(TOTALS, 0) >= 70


@pytest.mark.parametrize("n_per_arm", [15, 30])
def test_sound_studies_hold_nobody_twice(n_per_arm):
    """At most 1 % of studies: of a few, none."""
    wrong, count = 0, trials(short=3, long=500)
    for number in range(count):
        own, items = sound(n_per_arm, number, "power-cell")
        aside, rules = found(own, items)
        wrong += bool(aside) or bool(rules)
        aside, rules = found(planned(totals_only(own, items)))
        wrong += bool(aside) or bool(rules)
    assert wrong <= 0.01 * 2 * count


def test_of_hundreds_of_thousands_of_forms_each_is_looked_at_once():
    rng, n = np.random.default_rng(8), trials(short=1_000, long=40_000)
    person, when = np.repeat(np.arange(n), 5), np.tile([-26.0, -1.0, 3.0, 5.0, 24.0], n)
    own = pd.DataFrame({
        "form": np.arange(5 * n), "subject": person, "instrument": "PCL-5-now", "version": "ad-hoc",
        "recall_hours": 0.0, "hours_low": when, "hours_high": when, "status": "complete",
        "stated_total": np.nan, "source": "scores.csv", "row": 2,
    })  # fmt: skip
    items = pd.DataFrame(
        rng.integers(0, 5, (5 * n, 14)).astype(float), own["form"], list(NOW.numbers)
    )
    made = study(own, infusions=[], items={("PCL-5-now", "ad-hoc"): items})
    scored = score(made)
    begun = time.process_time()
    check_entered_twice(made, scored, SetAside())
    assert time.process_time() - begun < trials(short=2, long=20)


@pytest.mark.parametrize("rows", [[], [{"hours": 1.0}], [{"hours": float("nan")}] * 4])
def test_hardly_any_forms_are_no_matter(rows):
    own = forms(rows or [{"hours": 1.0}]).iloc[: len(rows)]
    aside = SetAside()
    blank = pd.DataFrame(np.nan, own["form"], list(NOW.numbers))
    for items in ({}, {("PCL-5-now", "ad-hoc"): blank}):
        made = study(own.assign(stated_total=30.0), infusions=[], items=items)
        check_entered_twice(made, score(made), aside)
    assert (aside.subjects, aside.issues) == ({}, [])


@pytest.mark.parametrize(("items", "blank"), [(10, 0.0), (11, 0.2), (20, 0.0)])
def test_forms_that_are_nearly_alike_are_found_as_by_comparing_all(items, blank):
    rng = np.random.default_rng(items)
    values = rng.integers(0, 5, (300, items)).astype(float)
    values[rng.random(values.shape) < blank] = np.nan
    for copy, original, changed in rng.integers(0, [[300, 300, items]] * 60):
        values[copy] = values[original]
        values[copy, changed] = rng.integers(0, 5)
    differ = (np.nan_to_num(values, nan=-1)[:, None] != np.nan_to_num(values, nan=-1)).sum(axis=2)
    expected = np.argwhere(np.triu(differ <= 1, 1))
    assert len(expected) > 20
    assert np.array_equal(_near_pairs(_numbered(values)), expected)
    commonest = [max((row == one).sum() for one in range(5)) for row in values]
    assert np.array_equal(_telling(_numbered(values)), items - np.array(commonest) >= 3)


def test_courses_are_those_of_a_table_of_shifted_forms():
    rng = np.random.default_rng(3)
    people = np.sort(rng.integers(0, 40, 120))
    low = rng.integers(0, 500, 120) / 60
    end = low + (rng.random(120) < 0.1)
    totals = rng.integers(1, 4, 120).astype(float)
    rows = pd.DataFrame({"subject": people, "total": totals, "hours_low": low, "hours_high": end})
    begun = pd.Series(rng.integers(0, 9, 40).astype(float), range(40))
    runs = _runs(rows, begun)
    person = rows.groupby("subject")
    shifted = pd.DataFrame({step: person["total"].shift(-step) for step in range(3)}).dropna()
    shifted = shifted[shifted.nunique(axis=1) > 1]
    assert runs["subject"].tolist() == people[shifted.index].tolist()
    assert runs["place"].tolist() == person.cumcount()[shifted.index].tolist()
    exact = rows["hours_low"].where(rows["hours_low"] == rows["hours_high"])
    for name, values in (
        *((f"total_{step}", shifted[step]) for step in range(3)),
        ("minutes_0", rows["subject"].map(begun)[shifted.index]),
        ("minutes_1", (60 * exact.diff().shift(-1)).round()[shifted.index]),
        ("minutes_2", (60 * exact.diff().shift(-2)).round()[shifted.index]),
    ):
        assert runs[name].tolist() == pd.factorize(values)[0].tolist(), name
    for columns in ([], ["total_0"], ["total_0", "total_2", "minutes_0"]):
        sizes = runs.groupby(["place", *columns]).size()
        expected = (sizes * (sizes - 1) / 2).groupby(level="place").sum()
        assert _pairs(runs, columns).to_dict() == expected.to_dict()
