"""A few blank items take the person's mean; complete forms alone stand beside, or the reverse."""

from __future__ import annotations

import math

from analysis.checks import check
from analysis.claims import judge
from analysis.readers.assemble import read_study
from tests.factory import tables, toml, write_study


def study(folder, *, blank=1, **changes):
    """A study in which one form after the infusion has so many blank items."""
    content = tables()
    form = [row for row in content["scores"] if row["id"] == "S000"][2]
    form.update({f"item_{item:02d}": "" for item in (3, 4, 5)[:blank]})
    return read_study(write_study(folder, content, **changes))


COMPLETE = {"section": 'missing_items = "complete"'}


def test_a_fifth_of_the_items_is_filled_and_said(tmp_path):
    checked = check(study(tmp_path, blank=2))
    assert [issue.count for issue in checked.issues if issue.rule == "score.prorated"] == [1]
    filled = checked.forms[checked.forms["prorated"]].iloc[0]
    items = checked.study.items[("PCL-5-now", "ad-hoc")].loc[filled["form"]]
    assert math.isclose(filled["total"], items.mean() * 14)


def test_more_than_a_fifth_leaves_no_score(tmp_path):
    checked = check(study(tmp_path, blank=3))
    assert [issue.count for issue in checked.issues if issue.rule == "form.incomplete"] == [1]
    assert not checked.forms["prorated"].any()
    assert checked.sensitivity is None


def test_complete_forms_alone_are_analysed_too(tmp_path):
    checked = check(study(tmp_path))
    beside = checked.sensitivity
    assert beside is not None
    assert (beside.missing, beside.sensitivity) == ("complete", None)
    assert len(beside.forms) == len(checked.forms) - 1
    assert checked.other_forms == "with complete forms alone"


def test_a_study_may_declare_complete_forms_and_the_filled_ones_stand_beside(tmp_path):
    declared = check(study(tmp_path, **COMPLETE))
    assert not declared.forms["prorated"].any()
    beside = declared.sensitivity
    assert beside is not None
    assert beside.forms["prorated"].sum() == 1
    assert declared.other_forms == "with few blank items filled by the person's mean"


def test_the_ledger_shows_both_and_decides_on_the_declared_way(tmp_path):
    filled, complete = judge(study(tmp_path / "a")), judge(study(tmp_path / "b", **COMPLETE))
    rows = {}
    for name, found, words in (
        ("filled", filled, "with complete forms alone"),
        ("complete", complete, "with few blank items filled"),
    ):
        (beside,) = [row for row in found["onset"].beside if words in row["method"]]
        rows[name] = (found["onset"].estimate["estimate"], beside["estimate"])
    assert rows["filled"][0] != rows["complete"][0]
    assert all(math.isfinite(number) for pair in rows.values() for number in pair)


def test_the_declaration_is_part_of_study_toml(tmp_path):
    assert "complete" in toml(**COMPLETE)
    assert study(tmp_path, **COMPLETE).design.missing_items == "complete"
