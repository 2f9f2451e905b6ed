"""Changes of a study that must not move its verdict, and changes that must.

The rows G of the table of bad inputs whose other tests look at hours, doses or totals.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.claims import judge
from analysis.claims.evaluators import common
from analysis.claims.ledger import CONTRADICTED, NOT_TESTABLE, SUPPORTED, Ledger, Reason
from analysis.readers.assemble import read_study
from tests.factory import NOW_ITEMS, tables, write_study

SWAP = {"ket": "mdz", "mdz": "ket", "ketamine": "midazolam", "midazolam": "ketamine"}


@pytest.fixture(autouse=True)
def _gate_7_passes(monkeypatch) -> None:
    monkeypatch.setattr(common, "calibration_gate", lambda case: Reason("calibration", True, ""))


def ledger(folder: Path, content: dict, **changes: Any) -> Ledger:
    return judge(read_study(write_study(folder, content, **changes)))


def words(found: Ledger) -> dict[str, str]:
    return {claim.claim: claim.verdict for claim in found.claims}


@pytest.mark.bad_input("G13")
def test_swapped_arms_turn_support_into_contradiction(tmp_path):
    content = tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5))
    other = {
        name: [{k: SWAP[v] if k in ("arm", "agent") else v for k, v in row.items()} for row in rows]
        for name, rows in content.items()
    }
    one, two = ledger(tmp_path / "one", content), ledger(tmp_path / "two", other)
    for claim in ("onset", "attribution"):
        assert one[claim].verdict == SUPPORTED
        assert two[claim].verdict == CONTRADICTED


@pytest.mark.bad_input("G11")
def test_without_its_control_arm_a_support_is_gone(tmp_path):
    content = tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5))
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
    stood = ledger(tmp_path / "stood", content, zone='timezone = "Etc/GMT+5"')
    skipped = ledger(tmp_path / "skipped", content, zone='timezone = "America/New_York"')
    assert stood["onset"].verdict == SUPPORTED
    for claim in ("headline", "onset", "certainty_within_hours"):
        assert skipped[claim].verdict == NOT_TESTABLE


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


@pytest.mark.parametrize("form", [2, 6, 7])
@pytest.mark.parametrize("item", [NOW_ITEMS[1], NOW_ITEMS[-1]])
@pytest.mark.bad_input("G9")
def test_a_form_without_one_item_counts_as_no_form_and_never_as_a_fall(tmp_path, form, item):
    """Two scores after of a person on ketamine, one of a person on the comparator."""
    content = tables(n_per_arm=8, effect=-0.1, hours_after_end=(3, 5))
    blank = content | {"scores": [dict(row) for row in content["scores"]]}
    blank["scores"][form][f"item_{item:02d}"] = ""
    gone = content | {"scores": [r for k, r in enumerate(content["scores"]) if k != form]}
    one, two = ledger(tmp_path / "blank", blank), ledger(tmp_path / "gone", gone)
    for claim in ("onset", "certainty_within_hours", "certainty_ever", "attribution"):
        assert one[claim].estimate == two[claim].estimate
    for claim in ("certainty_within_hours", "certainty_ever"):
        assert one[claim].verdict == two[claim].verdict
    assert SUPPORTED not in {one[claim].verdict for claim in ("onset", "headline", "attribution")}


@pytest.mark.bad_input("G10", "G12")
def test_support_needs_scores_after_on_a_form_about_now(tmp_path):
    content = tables(n_per_arm=14, effect=2.5, hours_after_end=(3, 5))
    assert ledger(tmp_path / "now", content)["onset"].verdict == SUPPORTED
    month = ledger(tmp_path / "month", content, recall_hours=720)
    before = ledger(tmp_path / "before", content | {"scores": [
        row for place, row in enumerate(content["scores"]) if place % 4 < 2]})  # fmt: skip
    for found in (month, before):
        assert found["onset"].verdict == NOT_TESTABLE
        assert found["certainty_within_hours"].verdict == NOT_TESTABLE
