"""Rows G: changes that must not matter do not, and changes that must matter do.

From the files to the verdicts, without an oracle: two studies are compared, or one with itself.
"""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis.checks import check
from analysis.claims import judge, judge_checked
from analysis.claims.definitions import Definitions, load_definitions
from analysis.claims.ledger import SUPPORTED, Ledger
from analysis.cli import app
from analysis.estimates.control.crossover import crossover_contrast
from analysis.mmrm import mmrm
from analysis.paths import EXAMPLE_STUDY
from analysis.readers.assemble import read_study
from analysis.simulate import EXAMPLE, NULL, World, simulate
from analysis.study import (
    ASSESSMENT_COLUMNS,
    INFUSION_COLUMNS,
    SUBJECT_COLUMNS,
    Study,
    with_columns,
)
from tests.bad_inputs.found import ALL_ITEMS, MONTH, Content, judged, later
from tests.claims.test_judge_studies import crossover_tables
from tests.factory import NOW_ITEMS, TOKEN, Outcome, promised, tables, write_rows, write_study
from tests.length import examples, trials
from tests.readers.formats.cdisc.files import write_json, write_xpt
from tests.small_study import DESIGN

SWAP = {"ket": "mdz", "mdz": "ket", "ketamine": "midazolam", "midazolam": "ketamine"}
SINGLE = {"design": "single-arm", "comparator": "none", "arms": '{ ket = "ketamine" }', "arm": ""}


def seen(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple]]:
    """Verdicts with estimates and reasons, participant flow, and findings that are no notes."""
    checked = check(read_study(path))
    ledger = judge_checked(checked, load_definitions())
    issues = sorted(
        (i.rule, i.severity, i.scope, i.count) for i in checked.issues if i.severity != "NOTE"
    )
    return ledger.as_dict()["claims"], checked.flow.to_dict("records"), issues


def run(*arguments: object) -> tuple[int, str]:
    """Exit code of the command, and everything that it said."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout + result.stderr


# What must not matter


def example_with(folder: Path, change: Callable[[list[dict[str, str]]], list]) -> Path:
    """The built-in example with the rows of every table changed."""
    shutil.copytree(EXAMPLE_STUDY, folder)
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        write_rows(file, change(rows))
    return folder


def shuffled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    draw = random.Random(len(rows))
    names = list(rows[0])
    draw.shuffle(names)
    return draw.sample([{name: row[name] for name in names} for row in rows], len(rows))


def renamed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row | {"id": f"{(7919 * int(row['id'][2:])) % 1009:04d}-x"} for row in rows]


@pytest.fixture(scope="module")
def example() -> tuple:
    return seen(EXAMPLE_STUDY)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(shuffled, marks=pytest.mark.bad_input("G1"), id="rows and columns moved"),
        pytest.param(renamed, marks=pytest.mark.bad_input("G2"), id="people renamed"),
        pytest.param(
            lambda rows: rows + rows, marks=pytest.mark.bad_input("G3"), id="every row twice"
        ),
    ],
)
def test_the_example_is_the_same(tmp_path, example, change):
    assert seen(example_with(tmp_path / "changed", change)) == example


def as_workbook(path: Path, columns: dict[str, list[Any]]) -> None:
    book = openpyxl.Workbook()
    for row in (list(columns), *zip(*columns.values(), strict=True)):
        book.active.append(row)
    book.save(path)


@pytest.mark.parametrize("ending", ["xpt", "gzip.dsjc", "ndjson", "json", "xlsx", "tsv"])
@pytest.mark.bad_input("G4")
def test_the_container_of_a_table_does_not_matter(tmp_path, ending):
    plain = write_study(tmp_path / "plain")
    path = write_study(tmp_path / "other")
    for name, rows in tables().items():
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        file = path.parent / f"{name}.{ending}"
        if ending == "xlsx":
            as_workbook(file, columns)
        elif ending == "xpt":
            write_xpt(file, columns, version=8)
        elif ending == "tsv":
            write_rows(file, rows, "\t")
        else:
            write_json(file, columns)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(".csv", f".{ending}"), encoding="utf-8")
    assert seen(path) == seen(plain)


@pytest.mark.bad_input("G5")
def test_days_and_zones_that_move_together_do_not_matter(tmp_path):
    """17 days later and eight whole hours further east, on every clock of the study."""
    there = 'timezone = "Etc/GMT+5"'
    content: Content = {
        name: [
            {k: later(v, days=17, hours=8) if k in ("start", "end", "when") else v
             for k, v in row.items()}
            for row in rows
        ]
        for name, rows in tables().items()
    }  # fmt: skip
    moved = write_study(tmp_path / "moved", content, zone='timezone = "Etc/GMT-3"')
    assert seen(moved) == seen(write_study(tmp_path / "plain", zone=there))


@pytest.mark.parametrize(
    ("day", "standing", "offset"),
    [("2025-03-08T14:00", "Etc/GMT+5", -1), ("2025-11-01T14:00", "Etc/GMT+4", 1)],
    ids=["spring", "autumn"],
)
@pytest.mark.bad_input("G6")
def test_a_clock_change_in_between_moves_hours_by_just_its_offset(tmp_path, day, standing, offset):
    content = tables(n_per_arm=2, hours_after_end=(3, 24))
    for row in content["infusions"]:
        moved = pd.Timestamp(day) - pd.Timestamp(row["start"])
        row["start"], row["end"] = day, later(day, minutes=40)
        for score in (score for score in content["scores"] if score["id"] == row["id"]):
            score["when"] = later(score["when"], seconds=moved.total_seconds())
    stood, changed = (
        check(read_study(write_study(tmp_path / zone, content, zone=f'timezone = "{zone}"')))
        .forms.set_index("row")["since_start_low"].dropna().sort_index()
        for zone in (standing, "America/New_York")
    )  # fmt: skip
    next_day = stood > 12
    assert next_day.sum() == 4
    np.testing.assert_allclose(changed - stood, np.where(next_day, offset, 0), atol=1e-9)


@pytest.mark.bad_input("G7")
def test_a_dose_is_the_same_in_mg_and_in_mg_per_kg(tmp_path):
    content = tables()
    doses: list[set[float]] = []
    for number, row in enumerate(content["subjects"]):
        row["kg"] = 50 + 5 * number
    for unit in ("mg/kg", "mg"):
        for row, person in zip(content["infusions"], content["subjects"], strict=True):
            row |= {"dose": 0.5 if unit == "mg/kg" else 0.5 * person["kg"], "unit": unit}
        path = write_study(
            tmp_path / unit[-2:],
            content,
            arm='arm = "arm"\nweight_kg = "kg"',
            infusions='dose = "dose"\ndose_unit = "unit"',
        )
        assert "dose.unit" not in promised(Outcome(path)).rules()
        doses.append(set(read_study(path).infusions["dose_mg_per_kg"].round(9)))
    assert doses == [{0.5}, {0.5}]


@pytest.mark.bad_input("G8")
def test_items_from_1_up_declared_so_give_the_same_verdicts(tmp_path):
    content = tables()
    for row in content["scores"]:
        row.update({k: v + 1 for k, v in row.items() if k.startswith("item")})
    up = write_study(tmp_path / "1", content, values='items = "item_{:02d}"\nitem_base = 1')
    assert seen(up) == seen(write_study(tmp_path / "0"))


@pytest.mark.bad_input("G17")
def test_the_commands_say_the_same_twice(tmp_path):
    path = write_study(tmp_path)
    for command in ("check", "judge"):
        assert run(command, path, "--json") == run(command, path, "--json")
        assert run(command, path) == run(command, path)


@pytest.mark.parametrize("changed", [False, True], ids=["a copy", "one answer differs"])
@pytest.mark.bad_input("G3", "C2")
def test_two_exports_that_overlap_count_each_form_once(tmp_path, changed):
    path = write_study(tmp_path / "both")
    rows = tables()["scores"]
    if changed:
        rows[7]["item_03"] = (rows[7]["item_03"] + 1) % 4
    write_rows(tmp_path / "both" / "again.csv", rows)
    text = path.read_text(encoding="utf-8")
    second = text[text.index("[[assessments]]") :].replace("scores.csv", "again.csv")
    path.write_text(text + second, encoding="utf-8")
    outcome = promised(Outcome(path))
    (copies,) = [i for i in outcome.issues if i["rule"] == "row.duplicate"]
    assert (copies["severity"], copies["file"]) == ("NOTE", "again.csv")
    assert copies["count"] == len(rows) - changed
    if changed:
        conflict = [i for i in outcome.issues if i["rule"] == "form.conflicting"]
        assert {(i["severity"], i["scope"], i["file"], i["count"]) for i in conflict} == {
            ("STOP", "subject", name, 1) for name in ("scores.csv", "again.csv")
        }
        assert outcome.people("people set aside") == 1
    else:
        assert seen(path) == seen(write_study(tmp_path / "one"))


# What must matter


@given(form=st.integers(0, 47), place=st.integers(0, len(NOW_ITEMS) - 3))
@examples(short=2, long=6)
@pytest.mark.bad_input("G9")
def test_without_three_of_14_items_a_form_is_set_aside_and_no_total_falls(
    tmp_path_factory, form, place
):
    folder = tmp_path_factory.mktemp("item")
    content = tables()
    whole = totals(write_study(folder / "whole", content))
    gone = NOW_ITEMS[place : place + 3]
    content["scores"][form] |= {f"item_{item:02d}": "" for item in gone}
    path = write_study(folder / "less", content)
    less = totals(path)
    assert len(less) == len(whole) - 1
    assert not set(less.index) - set(whole.index)
    pd.testing.assert_series_equal(less, whole[less.index])
    told = {issue.rule: issue.count for issue in check(read_study(path)).issues}
    assert told["form.incomplete"] == 1


@given(form=st.integers(0, 47), item=st.sampled_from(NOW_ITEMS))
@examples(short=2, long=6)
@pytest.mark.bad_input("G9")
def test_without_any_one_item_a_form_has_the_mean_of_its_others(tmp_path_factory, form, item):
    content = tables()
    content["scores"][form][f"item_{item:02d}"] = ""
    left = [value for name, value in content["scores"][form].items()
            if name.startswith("item_") and value != ""]  # fmt: skip
    found = totals(write_study(tmp_path_factory.mktemp("item"), content))
    assert len(found) == 48
    assert found[form + 2] == pytest.approx(14 * sum(left) / 13)


def totals(path: Path) -> pd.Series:
    """Totals of the forms that remain, by their rows in the file."""
    return check(read_study(path)).forms.set_index("row")["total"].sort_index()


@pytest.mark.bad_input("G10")
def test_without_any_score_after_the_infusion_nothing_is_said_of_an_effect(tmp_path):
    path = write_study(tmp_path, tables(hours_after_end=()))
    code, said = run("judge", path, "--json")
    assert code == 0
    verdicts = {claim["claim"]: claim for claim in json.loads(said)["claims"]}
    for claim in ("headline", "onset", "certainty_within_hours", "certainty_ever", "magnitude",
                  "attribution", "clusters"):  # fmt: skip
        assert verdicts[claim]["verdict"] == "not testable"
        assert verdicts[claim]["estimate"]["estimate"] is None


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "nobody left"])
@pytest.mark.bad_input("G11")
def test_without_the_control_arm_no_word_of_a_cause_is_left(tmp_path, declared):
    content = tables(arms=("ket",), n_per_arm=12, effect=2.0)
    ledger = judged(write_study(tmp_path, content, **(SINGLE if declared else {})))
    for claim in ("onset", "attribution", "magnitude", "headline", "clusters"):
        assert ledger[claim].verdict == "not testable"
        assert not str(ledger[claim].estimate["contrast"]).startswith("ketamine - ")
    words = " ".join(claim.wording for claim in ledger.claims)
    for causal in ("because of", "than after the comparator", "The difference from"):
        assert causal not in words


@pytest.mark.bad_input("G12")
def test_a_past_month_window_makes_every_claim_about_hours_not_testable(tmp_path):
    content = tables(numbers=ALL_ITEMS, effect=2.0)
    now = judged(write_study(tmp_path / "now", content, **(MONTH | {"recall_hours": 0})))
    month = judged(write_study(tmp_path / "month", content, **MONTH))
    for claim in ("onset", "certainty_within_hours", "headline"):
        assert now[claim].verdict != "not testable"
        assert month[claim].verdict == "not testable"


def swapped(content: Content) -> Content:
    """The other treatment for everyone."""
    return {
        name: [{k: SWAP[v] if k in ("arm", "agent") else v for k, v in row.items()} for row in rows]
        for name, rows in content.items()
    }


@pytest.mark.bad_input("G13")
def test_swapped_arms_turn_the_sign_and_a_support_does_not_stay(tmp_path):
    content = tables(n_per_arm=80, effect=3.0, hours_after_end=(3,))
    one = judged(write_study(tmp_path / "one", content))
    other = judged(write_study(tmp_path / "other", swapped(content)))
    for claim in ("onset", "attribution", "magnitude"):
        was, now = one[claim].estimate, other[claim].estimate
        assert now["estimate"] == pytest.approx(-was["estimate"], abs=1e-9)
        assert now["ci_low"] == pytest.approx(-was["ci_high"], abs=1e-9)
    assert one["certainty_within_hours"].verdict == SUPPORTED
    assert other["certainty_within_hours"].verdict != SUPPORTED


def long_table(path: Path) -> pd.DataFrame:
    """One row a person and phase after the infusion, with the mean rating before it."""
    checked = check(read_study(path))
    forms = checked.forms
    before = forms[forms["phase"] == "before"].groupby("subject")["total"].mean()
    after = forms[forms["phase"].isin(["hours", "day"])]
    arm = checked.study.subjects.set_index("subject")["arm"]
    return pd.DataFrame({"subject": after["subject"], "visit": after["phase"],
                         "score": after["total"], "baseline": after["subject"].map(before),
                         "arm": after["subject"].map(arm)})  # fmt: skip


@pytest.mark.bad_input("G13")
def test_swapped_arms_turn_the_sign_of_the_mixed_model(tmp_path):
    content = tables(n_per_arm=12)
    content["scores"].pop(6)
    found = []
    for number, given_to in enumerate((content, swapped(content))):
        data = long_table(write_study(tmp_path / str(number), given_to))
        fit = mmrm("score ~ baseline + arm * visit", data, subject="subject", visit="visit")
        rows = fit.differences("arm", by="visit", reference="midazolam")
        found.append(rows.set_index("visit").sort_index())
    for name, other in (("estimate", "estimate"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
        np.testing.assert_allclose(found[0][name], -found[1][other], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found[0]["df"], found[1]["df"], rtol=1e-6)


@pytest.mark.bad_input("G13")
def test_swapped_treatments_turn_the_sign_of_the_crossover(tmp_path):
    content, found = crossover_tables(16), []
    for number, row in enumerate(content["scores"]):
        row["item_05"] = 7 * number % 5
    names = '{ ketamine = "ketamine", midazolam = "midazolam" }'
    for number, given_to in enumerate((content, swapped(content))):
        path = write_study(tmp_path / str(number), given_to, design="crossover", arm="", arms=names)
        checked = check(read_study(path))
        scores = checked.forms.query("phase == 'hours'").assign(
            period=lambda forms: forms["latest_infusion"].astype(int)
        )
        treated = checked.study.infusions.rename(columns={"infusion": "period"})
        data = scores.merge(treated[["subject", "period", "agent"]])
        data = data.merge(checked.study.subjects[["subject", "sequence"]])
        data = data.rename(columns={"agent": "treatment", "total": "outcome"})
        rows = crossover_contrast(data, comparator="midazolam").set_index("estimand")
        found.append(rows.filter(like="treatment effect", axis=0))
    np.testing.assert_allclose(found[0]["estimate"], -found[1]["estimate"], atol=1e-12)
    assert (found[0]["estimate"].abs() > 1).all()


def cohort(world: World, n_per_arm: int, seed: int) -> Study:
    """A simulated trial as it would be read: the right-now form alone."""
    trial = simulate(world, n_per_arm, seed)
    number = {name: place for place, name in enumerate(trial["subjects"]["id"])}
    people = trial["subjects"].assign(subject=range(len(number)))
    people["arm"] = people["arm"].map({"ket": "ketamine", "mdz": "midazolam"})
    given_to = trial["infusions"].assign(subject=range(len(number)), infusion=1)
    for side in ("start", "end"):
        hours = given_to[f"{side}_hours"]
        given_to = given_to.assign(**{f"{side}_low": hours, f"{side}_high": hours})
    rows = trial["pcl5_now"].reset_index(drop=True)
    forms = pd.DataFrame({
        "form": rows.index, "subject": rows["id"].map(number), "instrument": "PCL-5-now",
        "version": "ad-hoc", "recall_hours": 0.0, "hours_low": rows["hours"],
        "hours_high": rows["hours"], "status": "complete", "source": "synthetic.csv",
        "row": rows.index + 2,
    })  # fmt: skip
    items = rows.filter(regex=r"_\d\d$").set_axis(list(NOW_ITEMS), axis=1)
    return Study(
        design=replace(DESIGN, active_arm="ketamine", comparator_arm="midazolam"),
        subjects=with_columns(people, SUBJECT_COLUMNS)[list(SUBJECT_COLUMNS)],
        infusions=with_columns(given_to, INFUSION_COLUMNS)[list(INFUSION_COLUMNS)],
        assessments=with_columns(forms, ASSESSMENT_COLUMNS),
        items={("PCL-5-now", "ad-hoc"): items.rename_axis("form")},
    )


def rules_for(*claims: str) -> Definitions:
    """The rules for some claims; gate 6 reads a threshold of one more."""
    rules = load_definitions()
    kept = {name: rules.claims[name] for name in (*claims, "dissociation_brief")}
    return rules.model_copy(update={"claims": kept})


def within(ledger: Ledger, arm: str) -> float:
    """Mean change from before to after in an arm, points."""
    rows = [row for row in ledger["onset"].beside if row["contrast"] == f"after - before, {arm}"]
    return float(rows[0]["estimate"])


@pytest.mark.simulates
@pytest.mark.bad_input("G14")
def test_selected_people_fall_back_and_nothing_is_supported(tmp_path):
    """Twenty or forty trials of a treatment that does nothing, in people taken in for being ill.

    Of 500 trials at most 41 may be supported (99.9 % binomial limit at 5 %), as another test
    asks; here the word may not fall at all.
    """
    about_relief = ("onset", "headline", "magnitude", "attribution", "certainty_within_hours")
    count, rules = trials(short=20, long=40), rules_for(*about_relief)
    ledgers = [judge(cohort(NULL, 15, seed), rules) for seed in range(count)]
    falls = [within(ledger, arm) for ledger in ledgers for arm in ("ketamine", "midazolam")]
    assert np.mean(falls) + 3 * np.std(falls) / np.sqrt(len(falls)) < 0
    for ledger in ledgers:
        assert SUPPORTED not in {ledger[claim].verdict for claim in about_relief}
        assert "regression to the mean" in " ".join(flag.message for flag in ledger.flags)


@pytest.mark.bad_input("G15")
def test_an_effect_at_4_hours_is_seen_and_decides_nothing_while_gates_are_not_evaluated(tmp_path):
    content = tables(n_per_arm=30, effect=0.7, hours_after_end=(4,))
    ledger = judged(write_study(tmp_path, content))
    assert ledger["onset"].estimate["ci_high"] < 0
    passed = {reason.gate: reason.passed for reason in ledger["onset"].reasons}
    if None in passed.values():
        assert ledger["onset"].verdict == "not decided"


@pytest.mark.simulates
@pytest.mark.bad_input("G15")
def test_the_effect_of_the_example_is_seen_in_most_trials_of_its_size():
    """With 80 % power fewer than 6 of 12 trials, or 2 of 5, would show it once in 150 or less."""
    drawn, least = trials(short=(5, 2), long=(12, 6))
    trials_of_it = (cohort(EXAMPLE, 30, seed) for seed in range(drawn))
    found = [judge(trial, rules_for("onset"))["onset"].estimate for trial in trials_of_it]
    assert sum(row["ci_high"] < 0 for row in found) >= least


@pytest.mark.parametrize("missing", ["", "-9"])
@pytest.mark.parametrize("command", ["check", "judge"])
@pytest.mark.bad_input("G16")
def test_a_study_of_missing_values_alone_stops(tmp_path, missing, command):
    content = tables(n_per_arm=3)
    for row in content["scores"]:
        row.update({name: missing for name in row if name.startswith("item_")})
    path = write_study(tmp_path, content, missing_codes='["-9"]')
    code, said = run(command, path, "--json")
    assert code == 2
    assert '"score.none"' in said
    assert "Traceback" not in said


# Whatever comes in

CELLS = ("", " ", TOKEN, f"=HYPERLINK({TOKEN})", "-9", "99", "1e400", "NaN", "٣", "0x1", "1,5",
         "2025-03-04", "2025-03-04T24:00", "03/04/2025 14:00", "45720.5833", "9999-12-31T23:59Z",
         "2025-03-09T02:30", f"40 - call {TOKEN} 415-555-1212", "a\nb", '"', "\u202e", "x" * 5000,
         "ket", "S001", "midazolam")  # fmt: skip
PLACES = [(name, column) for name, rows in tables().items() for column in rows[0]]


@pytest.mark.simulates
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(PLACES), st.integers(0, 11), st.sampled_from(CELLS)),
        min_size=1,
        max_size=4,
    ),
    whole=st.booleans(),
)
@examples(short=2, long=12)
@pytest.mark.bad_input("G20")
def test_whatever_cells_hold_the_commands_end_in_a_sentence_and_repeat_none(
    tmp_path_factory, changes, whole
):
    content = tables()
    for (table, column), number, cell in changes:
        rows = content[table] if whole else content[table][number : number + 1]
        for row in rows:
            row[column] = cell
    path = write_study(tmp_path_factory.mktemp("any"), content)
    promised(Outcome(path))
    code, said = run("judge", path, "--json")
    assert code in (0, 2)
    assert TOKEN not in said
    assert '"internal"' not in said


@pytest.mark.bad_input("G20")
def test_the_program_itself_prints_no_traceback_and_no_value(tmp_path):
    content = tables()
    content["subjects"][3]["arm"] = TOKEN
    content["scores"][2]["item_03"] = f"2 - call {TOKEN}"
    done = subprocess.run(
        [sys.executable, "-m", "analysis.cli", "judge", str(write_study(tmp_path, content))],
        env=os.environ | {"PYTHONWARNINGS": "error", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert TOKEN not in done.stderr
