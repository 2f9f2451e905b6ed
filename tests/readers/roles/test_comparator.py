"""A comparator that is declared active and is none, or was treated at another time, is told."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.readers.assemble import read_study
from analysis.readers.roles.comparator import check_calendar, reads_as_inert
from tests.factory import tables, write_study

# One label from the next by a semicolon or the end of a line.
NO_DRUG = """
saline; Normal Saline; NS; 0.9% NaCl; NaCl 0,9 %; sodium chloride 9 mg/ml, 100 ml
Sodium chloride 9 MG/ML Injectable Solution; placebo; PLACEBO (saline) i.v.; Plazebo; PBO
sham infusion; vehicle; inactive control: placebo; dextrose 5%; D5W; Ringer's lactate
water for injection; no treatment; waiting list; Kochsalzlösung
isotone Natriumchloridlösung; sérum physiologique; chlorure de sodium 0,9 %; véhicule
suero fisiológico; solución salina; cloruro de sodio; soro fisiológico
soluzione fisiologica; fysiologisch zout; natriumklorid 9 mg/ml; koksaltlösning
sól fizjologiczna; keittosuolaliuos; lumelääke; физраствор; натрия хлорид; плацебо
生理盐水; 0.9%氯化钠注射液; プラセボ; 生理食塩水; 위약
"""
A_DRUG = """
midazolam; mdz; midazolam in 0.9 % NaCl; ketamine in saline; active placebo
psychoactive placebo; Placebo (midazolam); aktives Plazebo; control; comparator; B
remifentanil; fentanyl, normal saline; thiopental sodium; diphenhydramine; lorazepam
chlordiazepoxide; salicylate; Nozinan; nitrous oxide; 咪达唑仑; мидазолам; salbutamol
glucagon; magnesium sulfate in water; usual care
"""


def labels(text: str) -> list[str]:
    return re.split(r"\s*[;\n]\s*", text.strip())


@pytest.mark.parametrize("text", labels(NO_DRUG))
def test_words_for_no_drug_are_read_in_several_languages(text):
    assert reads_as_inert(text)


@pytest.mark.parametrize("text", labels(A_DRUG))
def test_a_drug_is_no_placebo_whatever_it_was_dissolved_in(text):
    assert not reads_as_inert(text)


SALINE = '{ ket = "ketamine", mdz = "saline" }'


def given(word: str, n: int) -> dict[str, list[dict[str, Any]]]:
    """The factory's study with another word for what the first n of the comparator's were given."""
    content = tables(n_per_arm=20)
    own = [row for row in content["infusions"] if row["agent"] == "midazolam"]
    for row in own[:n]:
        row["agent"] = word
    return content


@pytest.mark.parametrize(
    ("word", "n", "changes", "count"),
    [
        ("saline", 20, {"arms": SALINE}, 1),
        ("saline", 20, {"arms": SALINE, "comparator": "passive"}, 0),
        ("midazolam", 0, {"arms": '{ ket = "ketamine", mdz = "midazolam", PBO = "midazolam" }'}, 1),
        ("0.9 % NaCl", 20, {}, 20),
        ("saline", 1, {}, 0),
        ("midazolam in NaCl 0.9 %", 20, {}, 0),
    ],
    ids=["named", "declared passive", "labelled", "told by infusions", "one slip", "a drug in it"],
)
def test_saline_that_is_declared_active_stops_the_question(tmp_path, word, n, changes, count):
    issues = read_study(write_study(tmp_path, given(word, n), **changes)).issues
    told = [issue for issue in issues if issue.rule == "comparator.reads-as-inert"]
    assert [issue.count for issue in told] == [count] * bool(count)
    assert all((issue.severity, issue.scope) == ("STOP", "question") for issue in told)


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
    assert all((one.severity, one.scope) == ("STOP", "question") for one in reading.issues)
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
        (MONTHS, [day + 100 for day in MONTHS]),
        (MONTHS, [*MONTHS[:6], *[day + 365 for day in MONTHS]]),
        ([0, 1, 2, 3, 4], [365, 366, 367, 368, 369]),
        (MONTHS, []),
        ([], []),
    ],
    ids=["together", "after three months", "a sixth together", "five an arm", "one arm", "nobody"],
)
def test_arms_that_overlap_or_may_lie_so_by_chance_do_not(ketamine, other):
    assert calendar(ketamine, other) == []


@pytest.mark.parametrize("changes", [{"start": None}, {"design": "crossover"}])
def test_hours_alone_and_crossovers_tell_nothing_of_the_calendar(changes):
    assert calendar(MONTHS, [day + 365 for day in MONTHS], **changes) == []
