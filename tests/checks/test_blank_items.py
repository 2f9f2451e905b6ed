"""A few blank items: complete forms decide; the person's mean is a declared sensitivity."""

from __future__ import annotations

import math

from analysis.checks import check
from analysis.claims import judge
from analysis.readers.assemble import read_study
from tests.factory import tables, toml, write_study


def study(folder, **changes):
    content = tables()
    blank = [row for row in content["scores"] if row["id"] == "S000"][2]
    blank["item_03"] = ""
    return read_study(write_study(folder, content, **changes))


FILLED = {"section": 'missing_items = "person-mean"'}


def test_blanks_are_never_filled_unless_declared(tmp_path):
    checked = check(study(tmp_path))
    assert checked.sensitivity is None
    assert not checked.forms["prorated"].any()


def test_declared_filling_stands_beside_and_is_said(tmp_path):
    plain, declared = check(study(tmp_path / "a")), check(study(tmp_path / "b", **FILLED))
    assert len(plain.forms) == len(declared.forms)
    beside = declared.sensitivity
    assert beside is not None
    assert len(beside.forms) == len(declared.forms) + 1
    assert [issue.count for issue in beside.issues if issue.rule == "score.prorated"] == [1]
    filled = beside.forms[beside.forms["prorated"]].iloc[0]
    items = beside.study.items[("PCL-5-now", "ad-hoc")].loc[filled["form"]]
    assert math.isclose(filled["total"], items.mean() * 14)


def test_the_ledger_shows_both_and_decides_on_complete_forms(tmp_path):
    plain, declared = judge(study(tmp_path / "a")), judge(study(tmp_path / "b", **FILLED))
    before = next(claim for claim in plain.claims if claim.claim == "onset")
    after = next(claim for claim in declared.claims if claim.claim == "onset")
    assert after.estimate == before.estimate
    methods = [row["method"] for row in after.beside]
    assert sum("declared sensitivity" in method for method in methods) == 1


def test_the_declaration_is_part_of_study_toml(tmp_path):
    assert "person-mean" in toml(**FILLED)
    assert study(tmp_path, **FILLED).design.missing_items == "person-mean"
