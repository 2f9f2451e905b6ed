"""A comparator that is declared active and is none, or was treated at another time, is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from analysis.readers.assemble import read_study
from analysis.readers.roles.comparator import reads_as_inert, reads_as_no_name
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
TAU; treatment as usual (TAU); usual care; care-as-usual; standard of care; routine care
waiting-list control; wait list; no infusion; none; no intervention; delayed treatment
übliche Behandlung; Wartegruppe; soins habituels; liste d'attente; lista de espera
tratamiento habitual; gebruikelijke zorg; обычное лечение
生理盐水; 0.9%氯化钠注射液; プラセボ; 生理食塩水; 위약
"""
A_DRUG = """
midazolam; mdz; midazolam in 0.9 % NaCl; ketamine in saline; active placebo
psychoactive placebo; Placebo (midazolam); aktives Plazebo; control; comparator; B
remifentanil; fentanyl, normal saline; thiopental sodium; diphenhydramine; lorazepam
chlordiazepoxide; salicylate; Nozinan; nitrous oxide; 咪达唑仑; мидазолам; salbutamol
glucagon; magnesium sulfate in water; taurine; usual dose of midazolam; control (midazolam)
"""


def labels(text: str) -> list[str]:
    return re.split(r"\s*[;\n]\s*", text.strip())


@pytest.mark.parametrize("text", labels(NO_DRUG))
def test_words_for_no_drug_are_read_in_several_languages(text):
    assert reads_as_inert(text)


@pytest.mark.parametrize("text", labels(A_DRUG))
def test_a_drug_is_no_placebo_whatever_it_was_dissolved_in(text):
    assert not reads_as_inert(text)


NO_NAME = "control; Control group; comparator; control arm; Kontrollgruppe; comparison group"


@pytest.mark.parametrize("text", labels(NO_NAME))
def test_a_place_in_the_study_names_no_treatment(text):
    assert reads_as_no_name(text)
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
        ("saline", 20, {"arms": '{ ket = "ketamine", mdz = "TAU" }'}, 1),
        ("saline", 20, {"arms": '{ ket = "ketamine", mdz = "control" }'}, 1),
        (
            "midazolam",
            0,
            {"arms": '{ ket = "ketamine", mdz = "midazolam", CONTROL = "midazolam" }'},
            0,
        ),
        ("control", 20, {}, 0),
        ("0.9 % NaCl", 20, {}, 20),
        ("saline", 1, {}, 0),
        ("midazolam in NaCl 0.9 %", 20, {}, 0),
    ],
    ids=[
        "named",
        "declared passive",
        "labelled",
        "usual care",
        "no drug by name",
        "only labelled control",
        "only called control",
        "told by infusions",
        "one slip",
        "a drug in it",
    ],
)
def test_saline_that_is_declared_active_stops_the_question(tmp_path, word, n, changes, count):
    issues = read_study(write_study(tmp_path, given(word, n), **changes)).issues
    told = [issue for issue in issues if issue.rule == "comparator.reads-as-inert"]
    assert [issue.count for issue in told] == [count] * bool(count)
    assert all((issue.severity, issue.scope) == ("STOP", "question") for issue in told)
