"""Rows C: people, arms and designs. Nobody is lost, merged or moved to another arm."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from tests.bad_inputs.found import ITEM, Content, graded, judged, later, placed, plain, refused
from tests.factory import TOKEN, checked, tables, write_study


@pytest.mark.bad_input("C1")
def test_exact_copies_are_counted_once(tmp_path):
    content = tables()
    for rows in content.values():
        rows.append(dict(rows[0]))
    outcome = checked(tmp_path / "copies", content)
    assert outcome.rules("STOP", "DROP", "FLAG") == plain().rules("FLAG")
    copies = [issue for issue in outcome.issues if issue["rule"] == "row.duplicate"]
    assert [issue["count"] for issue in copies] == [1, 1, 1]
    assert outcome.flow == plain().flow


@pytest.mark.bad_input("C1")
def test_rows_that_differ_only_in_undeclared_columns_are_counted_once_and_flagged(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["notes"] = ""
    content["scores"].append(content["scores"][0] | {"notes": TOKEN})
    outcome = checked(tmp_path, content)
    placed(outcome.find("row.same-content"), "scores.csv", 50, None)


@pytest.mark.bad_input("C2")
def test_two_forms_at_one_time_that_differ_set_the_person_aside(tmp_path):
    content = tables()
    content["scores"].append(content["scores"][0] | {ITEM: 4, "item_04": 4, "item_05": 4})
    outcome = checked(tmp_path, content)
    issue = outcome.find("form.conflicting")
    assert (issue["severity"], issue["scope"], issue["count"]) == ("STOP", "subject", 1)
    assert outcome.people("people set aside") == 1


@pytest.mark.bad_input("C2")
def test_a_person_with_rows_that_differ_is_set_aside_and_counted(tmp_path):
    content = tables()
    content["subjects"].append({"id": content["subjects"][0]["id"], "arm": "mdz"})
    outcome = checked(tmp_path, content)
    placed(outcome.find("subject.conflicting"), "subjects.csv", 2, "id")
    assert outcome.find("subject.conflicting")["count"] == 1
    assert (outcome.people("people read"), outcome.people("people set aside")) == (12, 1)
    assert "arm.blank" not in outcome.rules()


@pytest.mark.bad_input("C4")
def test_identifiers_that_look_alike_are_reported_and_never_merged(tmp_path):
    content = tables()
    for row in (row for rows in content.values() for row in rows):
        row["id"] = {"S000": "KPE088", "S001": "kpe-88", "S002": "88"}.get(row["id"], row["id"])
    outcome = checked(tmp_path, content)
    assert outcome.find("subject.alike")["count"] == 3
    assert outcome.people("people analysed") == 12


@pytest.mark.bad_input("C4")
def test_a_known_person_written_differently_is_set_aside_with_a_hint(tmp_path):
    content = tables()
    content["scores"][0]["id"] = "s-000"
    issue = checked(tmp_path, content).find("subject.unknown")
    placed(issue, "scores.csv", 2, "id")
    assert "differ from a known identifier only" in issue["message"]


def test_rows_without_an_identifier_are_set_aside(tmp_path):
    content = tables()
    content["subjects"].append({"id": "", "arm": "ket"})
    content["scores"][0]["id"] = " "
    outcome = checked(tmp_path, content)
    blank = [issue for issue in outcome.issues if issue["rule"] == "subject.blank-id"]
    assert [(issue["file"], issue["row"]) for issue in blank] == [
        ("subjects.csv", 14),
        ("scores.csv", 2),
    ]


@pytest.mark.parametrize("names", [("007", "7"), ("1E5", "100000"), ("9" * 20, "9" * 19 + "8")])
@pytest.mark.bad_input("C5")
def test_identifiers_stay_text(tmp_path, names):
    content = tables()
    for row in (row for rows in content.values() for row in rows):
        row["id"] = dict(zip(("S000", "S001"), names, strict=True)).get(row["id"], row["id"])
    outcome = checked(tmp_path, content)
    assert outcome.people("people analysed") == 12
    assert not outcome.rules("DROP", "STOP")


def test_white_space_around_identifiers_is_noted(tmp_path):
    content = tables()
    content["scores"][0]["id"] += " "
    assert checked(tmp_path, content).find("subject.white-space")["row"] == 2


@pytest.mark.bad_input("C7")
def test_people_without_an_arm_are_kept_as_unknown_and_stop_the_comparison(tmp_path):
    content = tables()
    content["subjects"][1]["arm"] = ""
    outcome = checked(tmp_path, content)
    issue = outcome.find("arm.blank")
    assert (issue["severity"], issue["scope"]) == ("STOP", "question")
    placed(issue, "subjects.csv", 3, "arm")
    read = {row["arm"]: row["n"] for row in outcome.flow if row["stage"] == "people read"}
    assert read == {"ketamine": 6, "midazolam": 5, "unknown": 1}


@pytest.mark.parametrize("label", ["Ket", "KET", "1", TOKEN])
@pytest.mark.bad_input("C8")
def test_an_arm_that_is_not_mapped_stops(tmp_path, label):
    content = tables()
    content["subjects"][1]["arm"] = label
    refused(
        checked(tmp_path, content), "arm.unknown-label", "subjects.csv, row 3", "'arm'", "ket, mdz"
    )


def test_an_agent_that_is_not_named_is_flagged_and_never_printed(tmp_path):
    content = tables()
    content["infusions"][1]["agent"] = TOKEN
    outcome = checked(tmp_path, content)
    placed(outcome.find("infusion.unknown-agent"), "infusions.csv", 3, "agent")
    assert outcome.find("infusion.other-agent")["count"] == 1


def test_a_blinding_guess_in_other_words_is_set_aside(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["guess"] = "ketamine"
    content["subjects"][2]["guess"] = TOKEN
    outcome = checked(tmp_path, content, arm='arm = "arm"\nblinding_guess = "guess"')
    placed(outcome.find("guess.unknown"), "subjects.csv", 4, "guess")


@pytest.mark.bad_input("C10")
def test_people_with_a_baseline_only_are_in_the_flow(tmp_path):
    content = tables()
    content["infusions"] = content["infusions"][1:]
    outcome = checked(tmp_path, content)
    row = next(row for row in outcome.flow if row["rule"] == "subject.no-infusion" and row["n"])
    assert (row["stage"], row["reason"], row["n"]) == ("people set aside", "no infusion", 1)


def test_without_any_known_infusion_nobody_is_left_and_the_reason_is_named(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["start"] = ""
    refused(checked(tmp_path, content), "score.nobody-left", "infusion.no-start", "12 of 12")


@pytest.mark.bad_input("C11")
def test_without_a_comparator_the_cause_is_not_testable(tmp_path):
    outcome = checked(tmp_path, tables(arms=("ket",)), design="single-arm", comparator="none",
                      arms='{ ket = "ketamine" }', arm="")  # fmt: skip
    assert outcome.find("comparator.none")["scope"] == "question"


@pytest.mark.bad_input("C13")
def test_an_entry_threshold_is_flagged(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["entry"] = "33"
        row["site"] = "A"
    outcome = checked(
        tmp_path, content, arm='arm = "arm"\nentry_threshold = "entry"\nsite = "site"'
    )
    assert outcome.find("subject.entry-threshold")["count"] == 12


def crossover(second: str = "midazolam") -> Content:
    content = tables()
    for row in list(content["infusions"]):
        other = second if row["agent"] == "ketamine" else "ketamine"
        again = {end: later(row[end], days=14) for end in ("start", "end")}
        content["infusions"].append(row | again | {"agent": other})
    for row in content["subjects"]:
        row["sequence"] = TOKEN
    return content


def test_a_crossover_takes_its_sequence_from_what_was_given(tmp_path):
    outcome = checked(tmp_path, crossover(), design="crossover", arm='sequence = "sequence"')
    assert {row["arm"] for row in outcome.flow} == {"ketamine-midazolam", "midazolam-ketamine"}


def test_a_crossover_with_an_agent_that_is_not_named_stops(tmp_path):
    outcome = checked(tmp_path, crossover(TOKEN), design="crossover", arm="")
    refused(outcome, "infusion.agent-not-named", "infusions.csv, row 14", "'agent'")


@pytest.mark.bad_input("C2")
def test_two_totals_at_one_visit_are_never_averaged(tmp_path):
    content = tables()
    again = content["scores"][2] | {ITEM: (int(content["scores"][2][ITEM]) + 2) % 5}
    outcome = checked(tmp_path, {**content, "scores": [*content["scores"], again]})
    graded(outcome.find("form.conflicting"), "STOP", "subject")
    assert outcome.people("people analysed") == 11


@pytest.mark.bad_input("C4")
def test_four_spellings_stay_four_people_and_are_reported(tmp_path):
    content = tables()
    spelled = {"S000": "KPE008", "S001": "kpe008 ", "S002": "KPE-008", "S003": "8", "S008": "T"}
    for row in (row for rows in content.values() for row in rows):
        row["id"] = spelled.get(row["id"], row["id"])
    outcome = checked(tmp_path, content)
    graded(outcome.find("subject.alike"), "FLAG", "subject", 4)
    assert outcome.people("people analysed") == 12


@pytest.mark.bad_input("C7")
def test_withdrawn_people_without_an_arm_leave_nothing_to_compare(tmp_path):
    content = tables()
    content["subjects"][1]["arm"] = ""
    ledger = judged(write_study(tmp_path, content))
    assert ledger["onset"].verdict == "not testable"
    assert ledger["attribution"].verdict == "not testable"


@pytest.mark.bad_input("C8")
def test_four_spellings_of_one_arm_need_a_mapping(tmp_path):
    content = tables()
    names = ["Ket", "ketamine ", "KET", "1"]
    ketamine = [row for row in content["subjects"] if row["arm"] == "ket"]
    for row, name in zip(ketamine, names, strict=False):
        row["arm"] = name
    refused(checked(tmp_path / "a", content), "arm.unknown-label", "4 row(s)", "'arm'")
    mapped = ", ".join(f'"{name.strip()}" = "ketamine"' for name in [*names, "ket"])
    outcome = checked(tmp_path / "b", content, arms=f'{{ {mapped}, mdz = "midazolam" }}')
    assert outcome.flow == plain().flow


@pytest.mark.bad_input("C11")
def test_without_a_control_arm_a_change_is_no_effect(tmp_path):
    alone = {"design": "single-arm", "comparator": "none", "arms": '{ ket = "ketamine" }'}
    path = write_study(tmp_path, tables(arms=("ket",), n_per_arm=12, effect=2), **alone, arm="")
    ledger = judged(path)
    assert ledger["attribution"].verdict == "not testable"
    assert "does not show why" in ledger["onset"].wording


@pytest.mark.bad_input("C13")
def test_people_taken_in_at_a_threshold_are_flagged_beside_every_verdict(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["entry"] = "33"
    path = write_study(tmp_path, content, arm='arm = "arm"\nentry_threshold = "entry"')
    (flag,) = [f for f in judged(path).flags if f.rule == "subject.entry-threshold"]
    assert (flag.severity, flag.count) == ("FLAG", 12)
    assert "regression to the mean" in flag.message


@pytest.mark.bad_input("C16")
def test_four_people_an_arm_who_part_completely_are_never_enough(tmp_path):
    content = tables(n_per_arm=4, effect=3.0)
    ledger = judged(write_study(tmp_path, content))
    assert "arm.few-people" in {flag.rule for flag in ledger.flags}
    assert "supported" not in {ledger[c].verdict for c in ("onset", "headline", "attribution")}


@pytest.mark.bad_input("C16")
def test_of_four_real_people_an_arm_no_number_is_told(tmp_path):
    path = write_study(tmp_path, tables(n_per_arm=4, effect=3.0))
    text = path.read_text(encoding="utf-8").replace("synthetic = true", "synthetic = false")
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["judge", str(path), "--share", "--json"])
    assert result.exit_code == 0
    for claim in json.loads(result.stdout)["claims"]:
        for row in (claim["estimate"], *claim["beside"]):
            assert (row["estimate"], row["p_value"], row["ci_low"]) == (None, None, None)


@pytest.mark.bad_input("A27")
def test_people_with_one_period_of_a_crossover_are_flagged(tmp_path):
    content = crossover()
    content["infusions"].pop(3)
    outcome = checked(tmp_path, content, design="crossover", arm="")
    graded(outcome.find("infusion.one-period"), "FLAG", "subject")
    graded(checked(tmp_path / "none", tables(), design="crossover", arm="")
           .find("infusion.one-period"), "FLAG", "subject", 12)  # fmt: skip


@pytest.mark.bad_input("C2")
@pytest.mark.parametrize("arm", ["mdz", ""])
def test_a_person_listed_twice_with_two_arms_is_set_aside_and_all_others_are_judged(tmp_path, arm):
    content = tables(n_per_arm=12)
    content["subjects"].append({"id": content["subjects"][0]["id"], "arm": arm})
    path = write_study(tmp_path, content)
    graded(checked(tmp_path, content).find("subject.conflicting"), "STOP", "subject")
    assert {judged(path)[claim].estimate["n"] for claim in ("onset", "clusters")} == {23}
    if arm:
        done = CliRunner().invoke(app, ["report", str(path), "--out", str(tmp_path / "out")])
        assert (done.exit_code, done.output) == (0, f"{tmp_path / 'out' / 'index.html'}\n")


def test_an_identifier_in_the_first_row_of_a_person_alone_is_refused(tmp_path):
    """A table made to be read: setting its other rows aside would lose three forms in four."""
    content, named = tables(), set()
    for row in content["scores"]:
        person = row["id"]
        row["id"] = "" if person in named else person
        named.add(person)
    words = ("scores.csv, row 3", "36 row(s) of", "into every row")
    refused(checked(tmp_path, content), "subject.first-row-alone", *words)
