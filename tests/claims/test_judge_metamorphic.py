"""Changes of a study that must not move its verdict, and changes that must.

The rows G of the table of bad inputs whose other tests look at hours, doses or totals.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analysis.checks import check
from analysis.claims import judge
from analysis.claims.evaluators import common
from analysis.claims.ledger import CONTRADICTED, NOT_TESTABLE, SUPPORTED, Ledger, Reason
from analysis.cli import app
from analysis.quantity import Cell
from analysis.readers.assemble import read_study
from tests.claims.test_judge_studies import crossover_tables
from tests.factory import NOW_ITEMS, tables, with_cadss, write_study

COMPARED = ("onset", "attribution", "magnitude")
SWAP = {"ket": "mdz", "mdz": "ket", "ketamine": "midazolam", "midazolam": "ketamine"}


@pytest.fixture(autouse=True)
def _gate_7_passes(monkeypatch) -> None:
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


def ledger(folder: Path, content: dict, **changes: Any) -> Ledger:
    return judge(read_study(write_study(folder, content, **changes)))


def words(found: Ledger) -> dict[str, str]:
    return {claim.claim: claim.verdict for claim in found.claims}


def swapped(content: dict) -> dict:
    """The other treatment for everyone."""
    return {
        name: [{k: SWAP[v] if k in ("arm", "agent") else v for k, v in row.items()} for row in rows]
        for name, rows in content.items()
    }


def differences(found: Ledger) -> dict[tuple, dict[str, Any]]:
    """Every difference of means between the arms that the ledger holds, by what it is."""
    rows = [(claim.claim, row) for claim in found.claims if claim.claim in COMPARED
            for row in (claim.estimate, *claim.beside)]  # fmt: skip
    return {(claim, row["estimand"], row["method"]): row for claim, row in rows
            if row["contrast"] == "ketamine - midazolam"}  # fmt: skip


CROSSOVER = {"design": "crossover", "arm": "",
             "arms": '{ ketamine = "ketamine", midazolam = "midazolam" }'}  # fmt: skip


def crossover() -> dict:
    """Two periods a person; only midazolam brings a fall, and answers differ."""
    content = crossover_tables(40)
    for number, row in enumerate(content["scores"]):
        row["item_05"] = 7 * number % 5
    return content


@pytest.mark.parametrize(
    ("content", "declared"),
    [(swapped(tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5))), {}),
     (crossover(), CROSSOVER)],
    ids=["parallel", "crossover"],
)  # fmt: skip
@pytest.mark.bad_input("G13")
def test_swapped_arms_turn_every_difference_and_support_into_contradiction(
    tmp_path, content, declared
):
    """The fall is midazolam's in ``content``, ketamine's where the arms are swapped."""
    one = ledger(tmp_path / "one", with_cadss(swapped(content)), **declared)
    two = ledger(tmp_path / "two", with_cadss(content), **declared)
    for claim in ("onset", "attribution"):
        assert one[claim].verdict == SUPPORTED
        assert two[claim].verdict == CONTRADICTED
    was, now = differences(one), differences(two)
    assert was.keys() == now.keys()
    assert {"MMRM", "ANCOVA"} <= {method.split()[0].strip(",") for _, _, method in was}
    for key, row in was.items():
        told = (row["estimate"], row["ci_low"], row["ci_high"], row["se"])
        other = now[key]
        turned = (-other["estimate"], -other["ci_high"], -other["ci_low"], other["se"])
        assert told == pytest.approx(turned, rel=1e-6, abs=1e-9, nan_ok=True), key


@pytest.mark.bad_input("G11")
def test_without_its_control_arm_a_support_is_gone(tmp_path):
    content = with_cadss(tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5)))
    kept = {row["id"] for row in content["subjects"] if row["arm"] == "ket"}
    less = {name: [row for row in rows if row["id"] in kept] for name, rows in content.items()}
    assert ledger(tmp_path / "all", content)["onset"].verdict == SUPPORTED
    found = words(ledger(tmp_path / "less", less))
    assert found["onset"] == found["attribution"] == NOT_TESTABLE


@pytest.mark.bad_input("G6")
def test_an_hour_that_the_clocks_skip_is_no_hour_after_the_infusion(tmp_path):
    """02:40 later by the clocks is 01:40 later when spring forward lies between."""
    content = tables(n_per_arm=8, effect=2.5, hours_after_end=(3,))
    for row in content["infusions"]:
        row["start"], row["end"] = "2025-03-09T01:00", "2025-03-09T01:40"
    for place, row in enumerate(content["scores"]):
        when = ("2025-03-07T20:00", "2025-03-09T00:30", "2025-03-09T04:20")[place % 3]
        row["when"] = when
    content = with_cadss(content)
    stood = ledger(tmp_path / "stood", content, zone='timezone = "Etc/GMT+5"')
    skipped = ledger(tmp_path / "skipped", content, zone='timezone = "America/New_York"')
    assert stood["onset"].verdict == SUPPORTED
    for claim in ("headline", "onset", "certainty_within_hours"):
        assert skipped[claim].verdict == NOT_TESTABLE


@pytest.mark.bad_input("G6")
def test_over_a_clock_change_the_hours_that_passed_count(tmp_path):
    """Stamps an hour later by the clocks of spring give the very verdicts of unchanged clocks."""
    content = tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5))
    found = []
    for zone, late in (("America/New_York", 1), ("Etc/GMT+5", 0)):
        stamps = ("2025-03-07T20:00", "2025-03-09T00:10",
                  f"2025-03-09T0{late + 4}:13", f"2025-03-09T0{late + 6}:13")  # fmt: skip
        for row in content["infusions"]:
            row["start"], row["end"] = "2025-03-09T00:30", "2025-03-09T01:10"
        for place, row in enumerate(content["scores"]):
            row["when"] = stamps[place % 4]
        whole = with_cadss(content, hours_after_end=(2.4 + late, 4.9 + late))
        found.append(ledger(tmp_path / str(late), whole, zone=f'timezone = "{zone}"'))
    assert found[0]["onset"].verdict == SUPPORTED
    assert found[0].as_dict()["claims"] == found[1].as_dict()["claims"]


@pytest.mark.bad_input("G7")
def test_a_dose_in_mg_or_in_mg_per_kg_gives_the_same_verdicts(tmp_path):
    content = tables(n_per_arm=8)
    for place, row in enumerate(content["subjects"]):
        row["kg"] = 50 + 5 * place
    found = []
    for unit in ("mg/kg", "mg"):
        for row, person in zip(content["infusions"], content["subjects"], strict=True):
            row |= {"dose": 0.5 if unit == "mg/kg" else 0.5 * person["kg"], "unit": unit}
        told = ledger(
            tmp_path / unit[-2:], content, arm='arm = "arm"\nweight_kg = "kg"',
            infusions='dose = "dose"\ndose_unit = "unit"',
        )  # fmt: skip
        found.append(told.as_dict()["claims"])
    assert found[0] == found[1]


@pytest.mark.parametrize("form", [1, 2, 6, 7])
@pytest.mark.parametrize("items", [NOW_ITEMS[1:4], NOW_ITEMS[-3:]])
@pytest.mark.bad_input("G9")
def test_a_form_without_more_than_a_fifth_counts_as_no_form_and_never_as_a_fall(
    tmp_path, form, items
):
    """Before, and after on ketamine; two after on the comparator. The ledger says so."""
    content = tables(n_per_arm=8, effect=-0.1, hours_after_end=(3, 5))
    blank = content | {"scores": [dict(row) for row in content["scores"]]}
    blank["scores"][form] |= {f"item_{item:02d}": "" for item in items}
    gone = content | {"scores": [r for k, r in enumerate(content["scores"]) if k != form]}
    one, two = ledger(tmp_path / "blank", blank), ledger(tmp_path / "gone", gone)
    for claim in ("onset", "certainty_within_hours", "certainty_ever", "attribution"):
        was, now = one[claim].estimate, two[claim].estimate
        assert was.keys() == now.keys()
        for key, value in was.items():
            if isinstance(value, (str, Cell)):
                assert value == now[key], key
            else:
                assert value == pytest.approx(now[key], rel=1e-9, nan_ok=True), key
    for claim in ("certainty_within_hours", "certainty_ever"):
        assert one[claim].verdict == two[claim].verdict
    assert "form.incomplete" in {
        issue.rule for issue in check(read_study(tmp_path / "blank")).issues
    }
    assert SUPPORTED not in {one[claim].verdict for claim in ("onset", "headline", "attribution")}


@pytest.mark.parametrize("form", [1, 2, 6, 7])
@pytest.mark.bad_input("G9")
def test_a_form_without_one_item_counts_with_the_mean_of_the_others_and_never_as_a_fall(
    tmp_path, form
):
    """The same answer to all items: without one of them the study is what it was."""
    content = tables(n_per_arm=8, effect=-0.1, hours_after_end=(3, 5))
    content["scores"][form] |= {f"item_{item:02d}": 2 for item in NOW_ITEMS}
    blank = content | {"scores": [dict(row) for row in content["scores"]]}
    blank["scores"][form][f"item_{NOW_ITEMS[1]:02d}"] = ""
    one, two = ledger(tmp_path / "blank", blank), ledger(tmp_path / "whole", content)
    for claim in ("onset", "certainty_within_hours", "certainty_ever", "attribution"):
        for name in ("n", "estimate", "ci_low", "ci_high"):
            assert one[claim].estimate[name] == pytest.approx(two[claim].estimate[name])
        assert one[claim].verdict == two[claim].verdict
    methods = [row["method"] for row in one["onset"].beside]
    assert sum("with complete questionnaires alone" in method for method in methods) == 1


@pytest.mark.bad_input("G10", "G12")
def test_support_needs_scores_after_on_a_form_about_now(tmp_path):
    content = with_cadss(tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5)))
    assert ledger(tmp_path / "now", content)["onset"].verdict == SUPPORTED
    month = ledger(tmp_path / "month", content, recall_hours=720)
    before = ledger(tmp_path / "before", content | {"scores": [
        row for place, row in enumerate(content["scores"]) if place % 4 < 2]})  # fmt: skip
    for found in (month, before):
        assert found["onset"].verdict == NOT_TESTABLE
        assert found["certainty_within_hours"].verdict == NOT_TESTABLE


@pytest.mark.parametrize("missing", ["", "-9", "NA"])
@pytest.mark.bad_input("G16")
def test_a_study_in_which_every_value_of_every_table_is_missing_stops_in_one_sentence(
    tmp_path, missing
):
    content = {name: [dict.fromkeys(row, missing) for row in rows]
               for name, rows in tables(n_per_arm=3).items()}  # fmt: skip
    path = write_study(tmp_path, content, missing_codes='["-9", "NA"]')
    done = CliRunner().invoke(app, ["judge", str(path)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "[internal]" not in done.stderr


RUN = """
import locale, sys
locale.setlocale(locale.LC_ALL, "")
print(locale.localeconv()["decimal_point"], file=sys.stderr)
from analysis.cli import main
sys.argv = ["relief", "judge", sys.argv[1], "--json"]
main()
"""


def said_in(path: Path, **environment: str) -> tuple[bytes, str]:
    """Bytes of the verdicts, and the decimal mark of the locale that the program ran in."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path)], env=os.environ | environment,
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr.decode().strip()


@pytest.mark.bad_input("G17", "G18")
def test_zone_locale_and_order_of_sets_do_not_move_a_byte_of_the_verdicts(tmp_path):
    """A German locale is made where the machine can, and is then in force: a decimal comma."""
    path = write_study(tmp_path / "study", tables(n_per_arm=8, effect=2.5, hours_after_end=(3, 5)))
    made = shutil.which("localedef") and not subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE.UTF-8"],
        capture_output=True, check=False,
    ).returncode  # fmt: skip
    german = {"LC_ALL": "de_DE.UTF-8", "LOCPATH": str(tmp_path)} if made else {"LC_ALL": "C"}
    plain, _ = said_in(path, TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    other, mark = said_in(path, TZ="Asia/Kolkata", PYTHONHASHSEED="2", **german)
    assert mark == ("," if made else ".")
    assert plain == other
    assert b'"claim": "onset"' in plain
