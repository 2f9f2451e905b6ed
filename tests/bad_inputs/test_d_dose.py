"""Rows D: doses. A unit is declared or it is not known; a rate is no dose."""

from __future__ import annotations

import math

import pytest

from analysis.readers.assemble import read_study
from tests.bad_inputs.found import graded, placed
from tests.factory import checked, tables

UNITS = 'dose = "dose"\ndose_unit = "unit"'
WEIGHED = 'arm = "arm"\nweight_kg = "kg"'


def dosed(dose: str, unit: str, kg: str = "80") -> dict:
    """Everybody given the same, and the first person what the arguments say."""
    content = tables()
    content["subjects"] = [row | {"kg": "80"} for row in content["subjects"]]
    content["infusions"] = [row | {"dose": "0.5", "unit": "mg/kg"} for row in content["infusions"]]
    content["subjects"][0]["kg"] = kg
    content["infusions"][0] |= {"dose": dose, "unit": unit}
    return content


@pytest.mark.parametrize("dose", ["40", "500", "0.0005", "-1"])
@pytest.mark.bad_input("D2")
def test_a_dose_that_is_not_plausible_per_kilogram_is_flagged(tmp_path, dose):
    content = tables()
    for row in content["infusions"]:
        row["dose"] = "0.5"
    content["infusions"][0]["dose"] = dose
    outcome = checked(tmp_path, content, infusions='dose_mg_per_kg = "dose"')
    assert (outcome.find("dose.unit")["severity"], outcome.find("dose.unit")["count"]) == (
        "FLAG",
        1,
    )


def test_a_dose_of_midazolam_in_milligrams_is_flagged(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["dose"] = {"ketamine": 0.5, "midazolam": 3.2}[row["agent"]]
    outcome = checked(tmp_path, content, infusions='dose_mg_per_kg = "dose"')
    graded(outcome.find("dose.unit"), "FLAG", "row", 6)


def doses(folder) -> list[float]:
    """Sorted doses in mg/kg; the one that is not known is last."""
    return sorted(read_study(folder).infusions["dose_mg_per_kg"], key=lambda d: (math.isnan(d), d))


@pytest.mark.bad_input("D1")
def test_a_dose_without_a_unit_is_set_aside_and_never_guessed(tmp_path):
    outcome = checked(tmp_path, dosed("40", ""), infusions=UNITS, arm=WEIGHED)
    graded(outcome.find("dose.no-unit"), "DROP", "row")
    placed(outcome.find("dose.no-unit"), "infusions.csv", 2, "unit")
    assert outcome.people("people analysed") == 12
    assert math.isnan(doses(tmp_path)[-1])
    assert set(doses(tmp_path)[:-1]) == {0.5}
    # The infusion stays; its dose alone is gone.
    stages = {row["stage"] for row in outcome.flow if row["rule"] == "dose.no-unit"}
    assert stages == {"cells set aside"}


@pytest.mark.parametrize("kg", ["80", ""])
@pytest.mark.bad_input("D2")
def test_half_a_milligram_is_no_plausible_dose_whatever_the_weight(tmp_path, kg):
    outcome = checked(tmp_path, dosed("0.5", "mg", kg), infusions=UNITS, arm=WEIGHED)
    graded(outcome.find("dose.unit"), "FLAG", "row")


@pytest.mark.bad_input("D2")
def test_a_plausible_dose_in_mg_needs_no_weight_to_raise_no_flag(tmp_path):
    outcome = checked(tmp_path, dosed("40", "mg", ""), infusions=UNITS, arm=WEIGHED)
    assert "dose.unit" not in outcome.rules()
    graded(outcome.find("dose.no-weight"), "FLAG", "row")


@pytest.mark.parametrize("unit", ["mg/kg/h", "mg/h", "mg/kg/min"])
@pytest.mark.bad_input("D4")
def test_a_rate_is_no_dose(tmp_path, unit):
    outcome = checked(tmp_path, dosed("0.5", unit), infusions=UNITS, arm=WEIGHED)
    graded(outcome.find("dose.rate"), "DROP", "row")
    placed(outcome.find("dose.rate"), "infusions.csv", 2, "unit")
    assert math.isnan(doses(tmp_path)[-1])


@pytest.mark.bad_input("D5")
def test_esketamine_is_not_pooled_with_ketamine(tmp_path):
    content = tables()
    ketamine = next(row for row in content["infusions"] if row["agent"] == "ketamine")
    ketamine["agent"] = "esketamine"
    outcome = checked(tmp_path, content)
    graded(outcome.find("infusion.unknown-agent"), "FLAG", "row")
    graded(outcome.find("infusion.other-agent"), "FLAG", "subject")
    assert sorted(read_study(tmp_path).infusions["agent"].unique()) == [
        "ketamine", "midazolam", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("routes", "rule", "grade"),
    [
        (["IV", "IN"], "infusion.mixed-routes", ("FLAG", "question", 6)),
        (["IM"], "question.route", ("STOP", "question", 6)),
    ],
)
@pytest.mark.bad_input("D5")
def test_routes_are_told_apart(tmp_path, routes, rule, grade):
    content = tables()
    for number, row in enumerate(content["infusions"]):
        row["route"] = routes[number // 2 % len(routes)]
    outcome = checked(tmp_path, content, infusions='route = "route"')
    graded(outcome.find(rule), *grade)


@pytest.mark.bad_input("D6")
def test_an_infusion_of_no_drug_and_one_not_given_are_two_things(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row |= {"dose": "0.5" if row["agent"] == "ketamine" else "0", "status": "completed"}
    content["infusions"][2]["status"] = "not done"
    roles = 'dose_mg_per_kg = "dose"\nstatus = "status"'
    outcome = checked(tmp_path, content, infusions=roles)
    graded(outcome.find("infusion.not-given"), "DROP", "row")
    assert outcome.people("people analysed") == 11
    assert "dose.unit" not in outcome.rules()


@pytest.mark.parametrize(("kg", "count"), [("8", 1), ("800", 1), ("", 0)])
def test_a_weight_of_nobody_is_set_aside_and_counted(tmp_path, kg, count):
    outcome = checked(tmp_path, dosed("40", "mg", kg), infusions=UNITS, arm=WEIGHED)
    assert ("weight.implausible" in outcome.rules("DROP")) == bool(count)
    graded(outcome.find("dose.no-weight"), "FLAG", "row")
    if count:
        placed(outcome.find("weight.implausible"), "subjects.csv", 2, "kg")
