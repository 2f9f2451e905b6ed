"""Gate 4: what a study.toml declares of how the study was done, and what is left out of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analysis.claims import judge
from analysis.claims.evaluators import common
from analysis.claims.ledger import CONTRADICTED, NOT_DECIDED, SUPPORTED, Reason
from analysis.cli import app
from analysis.readers.assemble import read_study
from analysis.studies import judged
from tests.factory import DECLARED, tables, with_cadss, write_study

COMPARED = ("onset", "attribution", "magnitude", "clusters")
DECIDING = ("randomised", "concurrent", "planned_per_arm", "looks")
N = 12
FULL = DECLARED.format(planned=N)


@pytest.fixture
def gate_7_passes(monkeypatch) -> None:
    """So that "supported" hangs on what is declared."""
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


def without(*keys: str) -> str:
    """The full declaration without some of its lines."""
    return "\n".join(line for line in FULL.splitlines() if line.split(" =")[0] not in keys)


def with_value(key: str, value: str) -> str:
    return f"{without(key)}\n{key} = {value}"


def helped(
    folder, declared: str, *, effect: float = 1.5, **changes: Any
) -> dict[str, dict[str, Any]]:
    """What ``relief judge --json`` says, by claim, where ketamine helps."""
    content = with_cadss(tables(n_per_arm=N, effect=effect, hours_after_end=(2.5, 5)))
    path = write_study(folder, content, declared=declared, **changes)
    result = CliRunner().invoke(app, ["judge", str(path), "--json"])
    assert result.exit_code == 0
    return {claim["claim"]: claim for claim in json.loads(result.stdout)["claims"]}


def gate(claim: dict[str, Any], name: str = "comparator") -> dict[str, Any]:
    return next(reason for reason in claim["reasons"] if reason["gate"] == name)


@pytest.mark.usefixtures("gate_7_passes")
def test_a_study_declared_in_full_is_supported_and_says_what_was_declared(tmp_path):
    found = helped(tmp_path, FULL)
    assert found["onset"]["verdict"] == found["attribution"]["verdict"] == SUPPORTED
    assert gate(found["onset"])["text"] == (
        "The comparator midazolam is declared active, concurrent, randomised, double-blind. "
        "24 participants were planned, 24 have a baseline. Looks at the data: 1. "
        "Registered: NCT00000000 2024-12-01."
    )


UNFAVOURABLE = {
    **{f"no {key}": (without(key), "unfavourable answer") for key in DECIDING},
    "not randomised": (with_value("randomised", "false"), "participants were not randomised"),
    "not concurrent": (with_value("concurrent", "false"), "not given in the same months"),
    "too few people": (with_value("planned_per_arm", "14"), "more than 10% off the plan"),
    "too many people": (with_value("planned_per_arm", "10"), "more than 10% off the plan"),
    "two looks": (with_value("looks", "2"), "need a look_level"),
    "a lax level": (with_value("looks", "2") + "\nlook_level = 0.4", "a look_level below 0.025"),
    "a level of one look": (with_value("looks", "3") + "\nlook_level = 0.025", "below 0.025"),
}


@pytest.mark.usefixtures("gate_7_passes")
@pytest.mark.parametrize(("declared", "why"), UNFAVOURABLE.values(), ids=list(UNFAVOURABLE))
def test_the_cause_is_not_decided_where_a_declaration_is_unfavourable_or_left_out(
    tmp_path, declared, why
):
    found = helped(tmp_path, declared)
    for claim in ("onset", "attribution"):
        assert found[claim]["verdict"] == NOT_DECIDED
        # Of onset only the cause is left open; both parts of attribution speak of the cause.
        parts = found[claim]["parts"]
        open_ = [parts["INFUSION"]] if claim == "onset" else list(parts.values())
        assert SUPPORTED not in open_
        assert gate(found[claim])["passed"] is None
        assert why in gate(found[claim])["text"]
        # The estimate is there; it is only no evidence of a cause.
        assert found[claim]["estimate"]["ci_high"] < 0


@pytest.mark.usefixtures("gate_7_passes")
def test_a_passive_comparator_leaves_the_cause_open(tmp_path):
    passive = {"comparator": "passive", "arms": '{ ket = "ketamine", mdz = "saline" }'}
    found = helped(tmp_path, FULL, **passive)
    assert found["attribution"]["verdict"] == NOT_DECIDED
    told = gate(found["onset"])["text"]
    assert "with a passive comparator participants may be able to tell" in told


@pytest.mark.usefixtures("gate_7_passes")
def test_nothing_is_said_to_be_declared_that_was_not(tmp_path):
    told = gate(helped(tmp_path, "")["onset"])["text"]
    assert told.startswith("The comparator midazolam is declared active. Not declared in study")
    missing = told.split("study.toml: ")[1].split(".")[0]
    assert set(missing.split(", ")) == {*DECIDING, "blinded", "registration"}


@pytest.mark.usefixtures("gate_7_passes")
@pytest.mark.parametrize("declared", [
    with_value("planned_per_arm", "14") + '\nenrolment_reason = "Funding ended early."',
    with_value("planned_per_arm", "{ ketamine = 11, midazolam = 14 }"),
    without("blinded", "registration"),
    with_value("looks", "2") + "\nlook_level = 0.024",
])  # fmt: skip
def test_a_reason_a_level_or_what_does_not_decide_leave_it_supported(tmp_path, declared):
    found = helped(tmp_path, declared)["attribution"]
    assert found["verdict"] == SUPPORTED
    assert ("Funding ended early." in gate(found)["text"]) == ("Funding" in declared)


def test_the_level_of_a_look_widens_the_interval_says_so_and_has_no_committed_row(tmp_path):
    once = helped(tmp_path / "once", FULL)["onset"]
    look = helped(tmp_path / "look", with_value("looks", "2") + "\nlook_level = 0.001")["onset"]
    width = [claim["estimate"]["ci_high"] - claim["estimate"]["ci_low"] for claim in (once, look)]
    # From about 2.1 to about 3.5 standard errors either way.
    assert width[1] / width[0] == pytest.approx(1.7, abs=0.1)
    assert "99.8 % interval, one-sided level 0.001" in look["estimate"]["method"]
    assert look["estimate"]["method"] in gate(look, "estimate")["text"]
    assert gate(look, "calibration")["passed"] is None


@pytest.mark.usefixtures("gate_7_passes")
def test_a_look_is_decided_by_its_own_level_in_every_gate(tmp_path):
    """An estimate that 95 % would support and 99.8 % does not, in gates 5 and 6 alike."""
    look = with_value("looks", "2") + "\nlook_level = 0.001"
    words = [(FULL, SUPPORTED, True), (look, NOT_DECIDED, False)]
    for place, (declared, word, passed) in enumerate(words):
        found = helped(tmp_path / str(place), declared, effect=0.35)["attribution"]
        assert found["verdict"] == word
        assert [gate(found, name)["passed"] for name in ("estimate", "robustness")] == [passed] * 2


@pytest.mark.usefixtures("gate_7_passes")
def test_without_declarations_no_absence_of_a_difference_contradicts(tmp_path):
    content = tables(n_per_arm=140, effect=0.0, hours_after_end=(2.5, 5, 24))
    study = read_study(write_study(tmp_path, content))
    declared = judge(study)
    open_ = judge(replace(study, design=replace(study.design, randomised=None)))
    for claim in COMPARED:
        assert declared[claim].verdict == CONTRADICTED, claim
        assert open_[claim].verdict == NOT_DECIDED, claim
        assert CONTRADICTED not in open_[claim].parts.values()
    # Whether everyone improves is asked of ketamine alone.
    assert open_["certainty_within_hours"].verdict == CONTRADICTED


ARMS = '{ ket = "ketamine 0.5", high = "ketamine 1.0", mdz = "midazolam" }'


def three_arms() -> dict[str, list[dict[str, Any]]]:
    """Two doses of ketamine and midazolam, 12 people each; only the lower dose helps."""
    content = tables(n_per_arm=N, arms=("ket", "mdz", "ket"), effect=1.5, hours_after_end=(2.5, 5))
    high = {row["id"] for row in content["subjects"][2::3]}
    before: dict[str, dict[str, Any]] = {}
    for row in content["scores"]:
        if row["id"] in high:
            first = before.setdefault(row["id"], row)
            row.update({name: first[name] for name in row if name.startswith("item_")})
    for row in content["subjects"]:
        row["arm"] = "high" if row["id"] in high else row["arm"]
    return with_cadss(content)


def of_two_arms(content: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The same without the people of the higher dose."""
    kept = {row["id"] for row in content["subjects"] if row["arm"] != "high"}
    return {name: [row for row in rows if row["id"] in kept] for name, rows in content.items()}


def test_of_several_ketamine_arms_the_declared_one_decides_or_all_together(tmp_path):
    content = three_arms()
    planned = {"arms": ARMS, "declared": FULL}
    primary = planned | {"declared": FULL + 'primary_arm = "ketamine 0.5"'}
    low, both = (
        judge(read_study(write_study(tmp_path / name, content, **changes)))
        for name, changes in {"low": primary, "both": planned}.items()
    )
    alone = judge(read_study(write_study(tmp_path / "alone", of_two_arms(content))))
    assert low["onset"].estimate["n"] == 2 * N
    rows = [[row["estimate"] for row in (found["onset"].estimate, *found["onset"].beside)]
            for found in (low, alone)]  # fmt: skip
    assert rows[0] == pytest.approx(rows[1], nan_ok=True)
    assert low["attribution"].verdict == alone["attribution"].verdict == NOT_DECIDED
    passed = [[reason.passed for reason in found["attribution"].reasons] for found in (low, alone)]
    # So few an arm are in no counted row.
    assert passed[0] == passed[1] == [True] * 6 + [None]
    assert low["certainty_within_hours"].estimate["n"] == N
    assert both["onset"].estimate["n"] == 3 * N
    assert alone["onset"].estimate["estimate"] < both["onset"].estimate["estimate"] < 0
    # The plan is that of all arms, whichever of them decide.
    told = {name: gate(found.as_dict()["claims"][1])["text"]
            for name, found in {"low": low, "both": both}.items()}  # fmt: skip
    assert "the declared primary arm decides, ketamine 0.5. 36 participants" in told["low"]
    assert "are taken together, since no primary_arm is declared" in told["both"]


def shared(folder: Path, content: dict[str, list[dict[str, Any]]], declared: str) -> str:
    """What others read of gate 4, of people who are real."""
    path = write_study(folder, content, declared=declared)
    path.write_text(path.read_text().replace("synthetic = true", "synthetic = false"))
    told = judged(str(path), "shared").as_dict()["claims"][1]
    return gate(told)["text"]


def test_others_read_no_sum_of_two_small_arms_and_no_reason_in_the_study_s_own_words(tmp_path):
    reason = '\nenrolment_reason = "S003 and two others left"'
    small = shared(tmp_path / "small", tables(n_per_arm=9), with_value("planned_per_arm", "9"))
    assert "18 participants were planned. " in small
    large = shared(tmp_path / "large", tables(n_per_arm=20),
                   with_value("planned_per_arm", "30") + reason)  # fmt: skip
    assert "60 participants were planned, 40 have a baseline (with a reason)." in large


def test_guesses_are_read_however_their_first_letters_are_written(tmp_path):
    content = tables(n_per_arm=8)
    for row in content["subjects"]:
        row["guess"] = {"ket": "Ketamine", "mdz": "MDZ"}[row["arm"]]
    study = read_study(write_study(tmp_path, content, arm='arm = "arm"\nblinding_guess = "guess"'))
    guesses = study.subjects["blinding_guess"].value_counts().to_dict()
    assert guesses == {"ketamine": 8, "midazolam": 8}
