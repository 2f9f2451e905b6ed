"""A researcher's own study: what each gate lets through, on small made-up exports."""

from __future__ import annotations

import math

import pytest

from analysis.claims import judge
from analysis.claims.ledger import (
    CONTRADICTED,
    NOT_DECIDED,
    NOT_TESTABLE,
    SUPPORTED,
    Ledger,
)
from analysis.readers.assemble import read_study
from tests.factory import NOW_ITEMS, tables, write_study

HOURS_CLAIMS = ("headline", "onset", "certainty_within_hours")
MONTH = {
    "instrument": "PCL-5",
    "version": "standard",
    "recall_hours": 720,
}
ALL_ITEMS = tuple(range(1, 21))


def ledger(folder, content=None, **changes) -> Ledger:
    return judge(read_study(write_study(folder, content, **changes)))


def gate(result: Ledger, claim: str, name: str):
    return next(reason for reason in result[claim].reasons if reason.gate == name)


def test_a_right_now_form_with_an_active_comparator_reaches_the_estimate(tmp_path):
    result = ledger(tmp_path, tables(n_per_arm=12))
    for name in ("construct", "time", "recall", "comparator"):
        assert gate(result, "onset", name).passed is True
    assert result["onset"].verdict == NOT_DECIDED
    assert result["onset"].estimate["estimate"] < 0


def test_reasons_tell_of_each_gate_whether_it_was_passed(tmp_path):
    found = ledger(tmp_path, tables(n_per_arm=12))
    words = {True: "yes", False: "no", None: "not evaluated"}
    for name in ("onset", "first_session_guides"):
        rows = found.reasons(name).set_index("gate")
        assert rows["passed"].to_dict() == {r.gate: words[r.passed] for r in found[name].reasons}
    assert set(found.reasons()["passed"]) == set(words.values())


@pytest.mark.parametrize("claim", HOURS_CLAIMS)
@pytest.mark.bad_input("B13", "G12")
def test_a_past_month_form_cannot_support_a_claim_about_hours(tmp_path, claim):
    result = ledger(tmp_path, tables(numbers=ALL_ITEMS, effect=2.0), **MONTH)
    assert result[claim].verdict == NOT_TESTABLE
    assert gate(result, claim, "recall").passed is False
    assert "99." in gate(result, claim, "recall").text


def test_a_past_week_form_cannot_either(tmp_path):
    week = {"instrument": "PCL-5", "version": "past-week", "recall_hours": 168}
    result = ledger(tmp_path, tables(numbers=ALL_ITEMS), **week)
    assert result["onset"].verdict == NOT_TESTABLE


def test_the_window_as_administered_counts_not_the_usual_one_of_the_scale(tmp_path):
    declared = MONTH | {"recall_hours": 0}
    result = ledger(tmp_path, tables(numbers=ALL_ITEMS), **declared)
    assert gate(result, "onset", "recall").passed is True


@pytest.mark.parametrize("claim", HOURS_CLAIMS)
def test_date_only_times_are_not_testable_for_hours(tmp_path, claim):
    content = tables()
    for row in content["scores"]:
        row["when"] = row["when"][:10]
    for row in content["infusions"]:
        row["start"], row["end"] = row["start"][:10], row["end"][:10]
    result = ledger(tmp_path, content)
    assert result[claim].verdict == NOT_TESTABLE
    assert gate(result, claim, "time").passed is False


@pytest.mark.bad_input("G10")
def test_without_scores_after_the_infusion_it_is_not_testable_rather_than_no_effect(tmp_path):
    result = ledger(tmp_path, tables(hours_after_end=()))
    assert result["onset"].verdict == NOT_TESTABLE
    assert "No PCL-5-now score was collected after" in gate(result, "onset", "time").text


def test_a_score_at_a_day_is_no_evidence_for_hours(tmp_path):
    result = ledger(tmp_path, tables(hours_after_end=(24,)))
    assert result["onset"].verdict == NOT_TESTABLE


def test_scores_during_and_soon_after_the_infusion_never_count(tmp_path):
    result = ledger(tmp_path, tables(hours_after_end=(-0.4, 0.5, 1.2, 24)))
    assert result["certainty_within_hours"].verdict == NOT_TESTABLE
    alone = ledger(tmp_path / "alone", tables(hours_after_end=(-0.4, 0.5, 1.2)))
    assert alone["certainty_ever"].estimate["n"] != alone["certainty_ever"].estimate["n"]


@pytest.mark.bad_input("C11", "G11")
def test_without_a_comparator_nothing_is_attributed(tmp_path):
    single = {
        "design": "single-arm",
        "arms": '{ ket = "ketamine" }',
        "comparator": "none",
        "arm": "",
    }
    result = ledger(tmp_path, tables(arms=("ket",), n_per_arm=12), **single)
    assert gate(result, "onset", "comparator").passed is False
    for claim in ("onset", "attribution", "magnitude", "headline"):
        assert result[claim].verdict == NOT_TESTABLE
    words = " ".join(claim.wording for claim in result.claims if claim.verdict == SUPPORTED)
    assert "because" not in words
    # How many changed can still be told.
    assert result["certainty_within_hours"].verdict in (NOT_DECIDED, CONTRADICTED)


def test_a_passive_comparator_is_said_to_leave_the_cause_open(tmp_path):
    passive = {"comparator": "passive", "arms": '{ ket = "ketamine", mdz = "saline" }'}
    result = ledger(tmp_path, **passive)
    assert "passive" in gate(result, "onset", "comparator").text
    assert result["attribution"].verdict == NOT_DECIDED


def test_people_without_ptsd_are_not_what_the_page_is_about(tmp_path):
    result = ledger(tmp_path, population="depression")
    assert result["onset"].verdict == NOT_TESTABLE
    assert result["certainty_ever"].verdict == NOT_TESTABLE


def test_certainty_is_contradicted_when_many_do_not_fall(tmp_path):
    result = ledger(tmp_path, tables(n_per_arm=30, effect=-0.5))
    assert result["certainty_within_hours"].verdict == CONTRADICTED
    assert result["headline"].verdict == CONTRADICTED
    assert result["headline"].parts["WILL"] == CONTRADICTED


def test_certainty_is_supported_only_with_enough_people(tmp_path):
    few = ledger(tmp_path / "few", tables(n_per_arm=20, effect=3.0))
    assert few["certainty_within_hours"].estimate["estimate"] == 1.0
    assert few["certainty_within_hours"].verdict == NOT_DECIDED
    many = ledger(tmp_path / "many", tables(n_per_arm=80, effect=3.0))
    assert many["certainty_within_hours"].verdict == SUPPORTED
    assert "does not show why" in many["certainty_within_hours"].wording


def test_no_claim_about_the_drug_is_supported_while_gates_are_null(tmp_path):
    result = ledger(tmp_path, tables(n_per_arm=80, effect=3.0))
    for claim in ("onset", "headline", "magnitude"):
        assert None in {reason.passed for reason in result[claim].reasons}
        assert result[claim].verdict != SUPPORTED


def test_arms_that_cannot_be_compared_are_said_to_be_so(tmp_path):
    content = tables(n_per_arm=2)
    result = ledger(tmp_path, content)
    assert gate(result, "onset", "time").passed is False
    assert "at least 3 per arm" in gate(result, "onset", "time").text


def test_constant_scores_give_a_reason_and_no_traceback(tmp_path):
    content = tables()
    for row in content["scores"]:
        row.update({name: 2 for name in row if name.startswith("item_")})
        row["item_01"] = int(row["id"][1:]) % 3
    result = ledger(tmp_path, content)
    assert gate(result, "onset", "estimate").text.startswith(
        "Not evaluated: The outcome 'change' is constant"
    )


def test_brain_mechanism_is_never_testable(tmp_path):
    assert ledger(tmp_path)["brain_mechanism"].verdict == NOT_TESTABLE


@pytest.mark.parametrize(
    ("minutes", "verdict"), [(40, SUPPORTED), (75, CONTRADICTED)], ids=["40 min", "75 min"]
)
def test_infusion_length_is_read_off_the_records(tmp_path, minutes, verdict):
    from datetime import datetime, timedelta

    content = tables(n_per_arm=10, hours_after_end=(3.5,))
    for row in content["infusions"]:
        begin = datetime.fromisoformat(row["start"])
        row["end"] = (begin + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")
    result = ledger(tmp_path, content)
    assert result["infusion_length"].verdict == verdict
    assert result["infusion_length"].estimate["estimate"] == pytest.approx(minutes)


@pytest.mark.bad_input("G1", "G2")
def test_renaming_people_and_moving_rows_changes_nothing(tmp_path):
    content = tables(n_per_arm=10)
    first = ledger(tmp_path / "a", content).as_dict()
    names = {row["id"]: f"x{hash_free(row['id'])}" for row in content["subjects"]}
    moved = {
        name: [row | {"id": names[row["id"]]} for row in reversed(rows)]
        for name, rows in content.items()
    }
    second = ledger(tmp_path / "b", moved).as_dict()
    assert first["claims"] == second["claims"]


def hash_free(name: str) -> str:
    """Another name whose order among the others is the reverse."""
    return f"{999 - int(name[1:]):03d}"


@pytest.mark.bad_input("G13")
def test_swapping_the_arms_turns_the_sign_of_the_difference(tmp_path):
    content = tables(n_per_arm=12)
    before = ledger(tmp_path / "a", content)["onset"].estimate
    swap = {"ket": "mdz", "mdz": "ket"}
    agent = {"ketamine": "midazolam", "midazolam": "ketamine"}
    content["subjects"] = [row | {"arm": swap[row["arm"]]} for row in content["subjects"]]
    content["infusions"] = [row | {"agent": agent[row["agent"]]} for row in content["infusions"]]
    after = ledger(tmp_path / "b", content)["onset"].estimate
    assert after["estimate"] == pytest.approx(-before["estimate"], abs=1e-9)
    assert after["ci_low"] == pytest.approx(-before["ci_high"], abs=1e-9)


def test_the_data_hash_follows_the_bytes(tmp_path):
    content = tables()
    first = ledger(tmp_path / "a", content)
    content["scores"][5]["item_03"] = (int(content["scores"][5]["item_03"]) + 1) % 5
    assert ledger(tmp_path / "b", content).data_sha256 != first.data_sha256


def test_no_number_of_the_ledger_is_nan_in_json(tmp_path):
    document = ledger(tmp_path).as_dict()

    def numbers(value):
        if isinstance(value, dict):
            for entry in value.values():
                yield from numbers(entry)
        elif isinstance(value, list):
            for entry in value:
                yield from numbers(entry)
        elif isinstance(value, float):
            yield value

    found = list(numbers(document))
    assert found
    assert all(math.isfinite(value) for value in found)


INTERFACES_EXAMPLE = """
[study]
name = "clinic-a"
population = "PTSD"
synthetic = false
design = "parallel"              # parallel | crossover | single-arm
timezone = "America/Detroit"     # left out when all times are in hours
arms = {ket = "ketamine", mdz = "midazolam"}
comparator = "active"            # active | passive | none
missing_codes = ["-9"]
primary = "PCL-5-now"            # the one primary instrument

[subjects]
path = "subjects.csv"            # relative to study.toml; also format, separator, decimal, encoding
subject = "id"
arm = "arm"

[infusions]
path = "infusions.csv"
subject = "id"
agent = "agent"
dose_mg_per_kg = "dose"
start = "start"                  # or start_hours, end_hours
end = "end"

[[assessments]]
path = "scores.csv"
subject = "id"
time = "when"                    # or hours
instrument = "PCL-5"
version = "standard"
recall_hours = 720               # required: 0 right now, 24, 168 past week, 336, 720 past month
items = "pcl5_{:02d}"            # or total = "column"
item_base = 0
"""


def test_the_declared_interface_is_read_as_it_stands(tmp_path):
    content = tables(numbers=ALL_ITEMS)
    content["infusions"] = [row | {"dose": 0.5} for row in content["infusions"]]
    content["scores"] = [
        {name.replace("item_", "pcl5_"): value for name, value in row.items()}
        for row in content["scores"]
    ]
    path = write_study(tmp_path, content)
    path.write_text(INTERFACES_EXAMPLE, encoding="utf-8")
    result = judge(read_study(path))
    assert result["onset"].verdict == NOT_TESTABLE
    assert (
        "No assessment of the primary instrument PCL-5-now"
        in gate(result, "onset", "construct").text
    )
    assert gate(result, "onset", "recall").passed is False
    assert "720 h" in gate(result, "onset", "recall").text
    assert result["infusion_length"].verdict != NOT_TESTABLE


def crossover_tables(n: int, *, on_ketamine: int = 2) -> dict:
    """Ketamine and midazolam a week apart in each person; only midazolam brings a fall.

    On ketamine items stay at 2, or rise.
    """
    from datetime import datetime, timedelta

    content = {"subjects": [], "infusions": [], "scores": []}
    for index in range(n):
        person = f"S{index:03d}"
        order = ("ketamine", "midazolam") if index % 2 else ("midazolam", "ketamine")
        begin = datetime(2025, 3, 4, 10, 20) + timedelta(days=index % 50)
        content["subjects"].append({"id": person, "site": "one"})
        moments = [(begin - timedelta(hours=26), 2), (begin - timedelta(hours=1), 2)]
        for period, agent in enumerate(order):
            start = begin + timedelta(days=7 * period)
            end = start + timedelta(minutes=40)
            stamps = {"start": start, "end": end}
            content["infusions"].append(
                {"id": person, "agent": agent}
                | {name: f"{moment:%Y-%m-%dT%H:%M}" for name, moment in stamps.items()}
            )
            level = on_ketamine if agent == "ketamine" else 0
            moments.append((end + timedelta(hours=3, minutes=index % 17 + 1), level))
        for moment, level in moments:
            items = {f"item_{item:02d}": level for item in NOW_ITEMS}
            items["item_01"] = 0 if level == 0 else (index + moment.day) % 2 + 1
            content["scores"].append({"id": person, "when": f"{moment:%Y-%m-%dT%H:%M}"} | items)
    return content


def test_a_fall_after_the_comparator_is_no_improvement_on_ketamine(tmp_path):
    changes = {
        "design": "crossover",
        "arms": '{ ketamine = "ketamine", midazolam = "midazolam" }',
        "arm": "",
    }
    result = ledger(tmp_path, crossover_tables(80, on_ketamine=3), **changes)
    assert result["certainty_ever"].estimate["n"] == 40
    assert result["certainty_ever"].estimate["estimate"] < 0.9
    assert result["certainty_ever"].verdict == CONTRADICTED


def test_a_validated_scale_asked_about_a_shorter_window_counts_as_ad_hoc(tmp_path):
    declared = MONTH | {"recall_hours": 0}
    result = ledger(tmp_path, tables(numbers=ALL_ITEMS), **declared)
    assert "ad hoc and unvalidated" in gate(result, "onset", "construct").text
    assert "on an unvalidated right-now scale" in result["onset"].wording
    assert "half a baseline SD" in gate(result, "onset", "estimate").text


@pytest.mark.parametrize("claim", ["attribution", "magnitude"])
def test_no_claim_reads_hours_off_a_form_that_looks_back(tmp_path, claim):
    result = ledger(tmp_path, tables(numbers=ALL_ITEMS, effect=2.0), **MONTH)
    assert result[claim].verdict == NOT_TESTABLE
    assert math.isnan(result[claim].estimate["estimate"])
    assert "lie before the infusion" in gate(result, claim, "recall").text


@pytest.mark.parametrize("claim", ["certainty_ever", "magnitude", "attribution", "clusters"])
def test_without_any_later_score_no_claim_about_symptoms_is_testable(tmp_path, claim):
    result = ledger(tmp_path, tables(hours_after_end=()))
    assert result[claim].verdict == NOT_TESTABLE


def test_a_comparator_without_people_is_no_comparator(tmp_path):
    content = tables(arms=("ket",), n_per_arm=12)
    result = ledger(tmp_path, content)
    assert gate(result, "onset", "comparator").passed is False
    assert "Nobody given midazolam" in gate(result, "onset", "comparator").text
    # How many improved needs no comparator.
    assert gate(result, "certainty_within_hours", "time").passed is True


def test_a_study_without_a_comparator_may_say_that_scores_changed_and_no_more(tmp_path):
    single = {
        "design": "single-arm",
        "arms": '{ ket = "ketamine" }',
        "comparator": "none",
        "arm": "",
    }
    result = ledger(tmp_path, tables(arms=("ket",), n_per_arm=12), **single)
    assert "Scores changed by" in result["onset"].wording
    assert "does not show why" in result["onset"].wording


def test_a_handful_of_records_gives_no_length_that_could_be_a_persons_own(tmp_path):
    result = ledger(tmp_path, tables(n_per_arm=2))
    assert result["infusion_length"].verdict == NOT_TESTABLE
    assert math.isnan(result["infusion_length"].estimate["estimate"])


def test_the_ledger_lists_the_flags_that_verdicts_must_be_read_with(tmp_path):
    flags = [flag["rule"] for flag in ledger(tmp_path).as_dict()["flags"]]
    assert "question.ad-hoc" in flags


def test_people_given_the_other_treatment_stay_in_the_arm_they_were_allocated_to(tmp_path):
    content = tables(n_per_arm=8)
    plain = judge(read_study(write_study(tmp_path / "plain", content)))
    for row in content["infusions"][:2]:
        row["agent"] = {"ketamine": "midazolam", "midazolam": "ketamine"}[row["agent"]]
    crossed = judge(read_study(write_study(tmp_path / "crossed", content)))
    onset = [next(c for c in ledger.claims if c.claim == "onset") for ledger in (plain, crossed)]
    assert onset[0].estimate["n"] == onset[1].estimate["n"] == 16
    assert onset[0].estimate["estimate"] == pytest.approx(onset[1].estimate["estimate"], abs=1e-9)
    assert "infusion.other-agent" in {flag.rule for flag in crossed.flags}
