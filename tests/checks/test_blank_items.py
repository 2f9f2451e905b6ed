"""A few blank items take the person's mean; complete questionnaires stand beside, or reversed."""

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
    assert checked.other_forms == "with complete questionnaires alone"


def test_an_item_that_was_never_asked_leaves_a_study_to_judge(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["item_03"] = ""
    study = read_study(write_study(tmp_path, content))
    checked = check(study)
    assert len(checked.forms) == len(content["scores"])
    beside = checked.sensitivity
    assert beside is not None
    assert beside.forms.empty
    (reason,) = [one for one in judge(study)["onset"].reasons if one.gate == "robustness"]
    assert reason.passed is None
    assert "with complete questionnaires alone" in str(reason.said)


def test_a_study_may_declare_complete_forms_and_the_filled_ones_stand_beside(tmp_path):
    declared = check(study(tmp_path, **COMPLETE))
    assert not declared.forms["prorated"].any()
    beside = declared.sensitivity
    assert beside is not None
    assert beside.forms["prorated"].sum() == 1
    assert declared.other_forms == "with few blank items filled by the participant's mean"


def test_the_ledger_shows_both_and_decides_on_the_declared_way(tmp_path):
    filled, complete = judge(study(tmp_path / "a")), judge(study(tmp_path / "b", **COMPLETE))
    rows = {}
    for name, found, words in (
        ("filled", filled, "with complete questionnaires alone"),
        ("complete", complete, "with few blank items filled"),
    ):
        (beside,) = [row for row in found["onset"].beside if words in row["method"]]
        rows[name] = (found["onset"].estimate["estimate"], beside["estimate"])
    assert rows["filled"][0] != rows["complete"][0]
    assert all(math.isfinite(number) for pair in rows.values() for number in pair)


def often_blank(folder, people: int, **changes):
    """Six per arm; so many leave item 18 blank within hours, where all answer 4 before."""
    content = tables(effect=0.0)
    who = [row["id"] for row in content["subjects"]][:people]
    for place, row in enumerate(content["scores"]):
        if place % 4 < 2:
            row["item_18"] = 4
        elif place % 4 == 2 and row["id"] in who:
            row["item_18"] = ""
    return read_study(write_study(folder, content, **changes))


def lacking(checked) -> dict[str, list[int]]:
    """Whose forms lack item 18, by phase."""
    items = checked.study.items[("PCL-5-now", "ad-hoc")]
    blank = items.loc[checked.forms["form"], 18].isna().to_numpy()
    return checked.forms[blank].groupby("phase")["subject"].apply(sorted).to_dict()


def test_an_item_that_over_a_fifth_leave_blank_is_left_out_of_their_forms_before(tmp_path):
    """Three of twelve, and not the nine others."""
    checked = check(often_blank(tmp_path, 3))
    (told,) = [issue for issue in checked.issues if issue.rule == "item.blank-on-many"]
    assert (told.severity, told.count) == ("FLAG", 3)
    assert "within hours (18)" in told.message
    found = lacking(checked)
    assert set(found) == {"before", "hours"}
    assert len(found["hours"]) == 3
    # Each has two forms before, and both are scored on the thirteen others.
    assert sorted(set(found["before"])) == found["hours"]
    assert len(found["before"]) == 6
    assert checked.forms["prorated"].sum() == 9


def test_an_item_that_few_leave_blank_stays_in_their_forms_before(tmp_path):
    checked = check(often_blank(tmp_path, 2))
    assert "item.blank-on-many" not in {issue.rule for issue in checked.issues}
    assert set(lacking(checked)) == {"hours"}


def test_where_complete_forms_alone_count_no_form_before_loses_an_item(tmp_path):
    checked = check(often_blank(tmp_path, 3, **COMPLETE))
    assert "item.blank-on-many" not in {issue.rule for issue in checked.issues}
    assert "before" not in lacking(checked)


def test_an_item_asked_about_before_alone_is_no_fall(tmp_path):
    """Everyone answers 2 before and after, but 4 to item 18, which all leave blank after."""
    content = tables(effect=0.0)
    for place, row in enumerate(content["scores"]):
        row.update({name: 2 + place % 2 for name in row if name.startswith("item_")})
        row["item_18"] = 4 if place % 4 < 2 else ""
    checked = check(read_study(write_study(tmp_path, content)))
    assert checked.forms["total"].round(9).isin([28, 42]).all()


def test_the_declaration_is_part_of_study_toml(tmp_path):
    assert "complete" in toml(**COMPLETE)
    assert study(tmp_path, **COMPLETE).design.missing_items == "complete"


def zeros_left_blank(folder, **other):
    content = tables()
    for row in content["scores"]:
        items = [name for name in row if name.startswith("item_")]
        row.update({name: "" for name in items if int(row[name]) == 0})
    content["scores"][0].update(other)
    checked = check(read_study(write_study(folder, content)))
    return [issue.message for issue in checked.issues if issue.rule == "item.blank-for-lowest"]


def test_a_scale_without_a_single_zero_and_many_blanks_seems_to_have_lost_them(tmp_path):
    (message,) = zeros_left_blank(tmp_path / "none")
    assert "blanks may stand for 0" in message
    assert zeros_left_blank(tmp_path / "one", item_03=0) == []


def test_totals_that_are_not_the_sums_of_what_is_there_speak_for_blanks(tmp_path):
    content = tables()
    for row in content["scores"]:
        items = [name for name in row if name.startswith("item_")]
        row.update({name: max(1, int(row[name])) for name in items})
        row["total"] = sum(row[name] for name in items)
        row[items[0]] = ""
    both = 'items = "item_{:02d}"\ntotal = "total"'
    path = write_study(tmp_path, content, values=both)
    rules = {issue.rule for issue in check(read_study(path)).issues}
    assert "item.blank-for-lowest" not in rules
