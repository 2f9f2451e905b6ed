"""A made-up REDCap project: rows of three kinds, a repeating survey, labels; refusals."""

from __future__ import annotations

import random
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.formats.redcap.wanted import Wanted
from tests.factory import TOKEN as PLANTED
from tests.factory import Outcome, tables, write_study
from tests.readers.formats.redcap.project import (
    ITEMS,
    dictionary,
    export,
    field,
    labelled,
    write_project,
)
from tests.readers.formats.redcap.studies import (
    WANTED,
    forms,
    refused,
    said,
    same,
    surveys,
)


@pytest.mark.bad_input("E12", "E22", "G4")
def test_the_study_is_that_of_the_plain_tables(tmp_path):
    plain = read_study(write_study(tmp_path / "plain", tables()))
    same(plain, read_study(write_project(tmp_path / "redcap")))


CELLS = ("", "0", "1", "2", "9", "-9", "Moderately", "Complete", "Checked", "[not completed]",
         "2025-03-04", "2025-03-04 10:20", "9999-99-99 99:99", "2025-03-04T10:20Z", "1,5", PLANTED,
         "pcl_now", "PCL (now)", "treatment_arm_1", "Treatment", "a\nb", '"', "=1+1")  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    places=st.lists(
        st.tuples(st.integers(0, 11), st.integers(0, 31), st.sampled_from(CELLS)), max_size=6
    ),
    event=st.booleans(),
    dictionaried=st.booleans(),
    everyone=st.booleans(),
)
def test_whatever_a_cell_holds_it_is_read_or_refused_and_never_told(
    tmp_path_factory, places, event, dictionaried, everyone
):
    rows = export()[:12]
    for number, column, value in places:
        name = list(rows[0])[column % len(rows[0])]
        rows[number][name] = value
    folder = tmp_path_factory.mktemp("cells")
    changes = {} if dictionaried else {"dictionary": None}
    changes |= {} if event else {"event_table": None}
    stopped = found = None
    try:
        found = forms(folder, rows, wanted=replace(WANTED, everyone=everyone), **changes)
    except ReliefError as error:
        stopped = error
    if found is None:
        assert PLANTED not in stopped.message
        assert "\n" not in stopped.message
        return
    assert not found.cells.isna().any(axis=None)
    assert len(found.cells) == len(found.rows) > 0
    assert all(PLANTED not in one.message for one in found.issues)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path, seed):
    draw = random.Random(seed)
    rows = export()
    names = list(rows[0])
    draw.shuffle(names)
    draw.shuffle(rows)
    path = write_project(tmp_path / "moved", [{name: row[name] for name in names} for row in rows])
    same(read_study(write_project(tmp_path / "straight")), read_study(path))


def test_a_form_that_nobody_opened_is_none_though_its_total_is_0(tmp_path):
    rows = export()
    blank = dict.fromkeys([*ITEMS, "pcl_when", "pcl_now_timestamp", "pcl_comment"], "")
    ticks = {"pcl_meds___1": "0", "pcl_meds____1": "0"}
    surveys(rows)[0].update(blank | ticks | {"pcl_total": "0", "pcl_now_complete": "0"})
    surveys(rows)[1].update(blank | ticks | {"pcl_total": "0", "pcl_now_complete": ""})
    found = forms(tmp_path, rows)
    assert len(found.rows) == len(surveys(rows)) - 2
    assert said(found)["redcap.sparse-row"] == len(rows) - len(found.rows)


def test_a_form_with_answers_that_is_not_complete_is_kept_and_told(tmp_path):
    rows = export()
    for row in surveys(rows)[:4]:
        row["pcl_now_complete"] = "0"
    found = forms(tmp_path, rows)
    assert len(found.rows) == len(surveys(rows))
    assert said(found)["redcap.status-incomplete"] == 4


def test_a_survey_that_was_never_sent_is_set_aside_and_counted(tmp_path):
    rows = export()
    for row in surveys(rows)[:2]:
        row["pcl_now_timestamp"] = "[not completed]"
    found = forms(tmp_path, rows)
    assert len(found.rows) == len(surveys(rows)) - 2
    assert said(found)["form.not-completed"] == 2


@pytest.mark.parametrize(
    ("minutes", "late"), [(119, 0), (-119, 0), (121, 1), (-121, 1), (3 * 24 * 60, 1)]
)
def test_a_survey_sent_over_two_hours_from_the_stated_time_is_told(tmp_path, minutes, late):
    rows = export()
    row = surveys(rows)[0]
    sent = pd.Timestamp(row["pcl_when"]) + pd.Timedelta(minutes=minutes)
    row["pcl_now_timestamp"] = str(sent)
    found = forms(tmp_path, rows)
    assert said(found).get("time.late-entry", 0) == late
    assert found.cells["pcl_when"].iloc[0] == row["pcl_when"]


@pytest.mark.parametrize(("sent", "late"), [("01:59", 0), ("02:01", 1)])
def test_a_date_covers_its_day(tmp_path, sent, late):
    rows = export()
    row = surveys(rows)[0]
    row["pcl_when"] = row["pcl_when"][:10]
    following = pd.Timestamp(row["pcl_when"]) + pd.Timedelta(days=1)
    row["pcl_now_timestamp"] = f"{following.date()} {sent}:00"
    assert said(forms(tmp_path, rows)).get("time.late-entry", 0) == late


def test_rows_of_one_instance_that_differ_are_all_set_aside(tmp_path):
    rows = export()
    other = surveys(rows)[0] | {"pcl_01": str((int(surveys(rows)[0]["pcl_01"]) + 1) % 5)}
    found = forms(tmp_path, [*rows, other])
    assert said(found)["redcap.conflicting-rows"] == 2
    assert len(found.rows) == len(surveys(rows)) - 1
    assert len(rows) + 2 not in found.rows


def test_rows_without_an_identifier_are_no_conflict(tmp_path):
    rows = export()
    others = [row | {"record_id": ""} for row in surveys(rows)[:2]]
    others[1]["redcap_repeat_instance"] = others[0]["redcap_repeat_instance"]
    assert others[0] != others[1]
    found = forms(tmp_path, [*rows, *others])
    assert "redcap.conflicting-rows" not in said(found)
    assert list(found.cells["record_id"]).count("") == 2


def test_a_blank_box_among_zeros_and_ones_stays_blank(tmp_path):
    rows = export()
    surveys(rows)[3]["pcl_meds____1"] = ""
    found = forms(tmp_path, rows)
    assert list(found.cells["pcl_meds____1"]) == [row["pcl_meds____1"] for row in surveys(rows)]


def test_rows_of_one_instance_that_say_the_same_are_left_to_the_shared_reading(tmp_path):
    rows = export()
    found = forms(tmp_path, [*rows, surveys(rows)[0]])
    assert "redcap.conflicting-rows" not in said(found)
    assert len(found.rows) == len(surveys(rows)) + 1


def test_what_events_tell_of_a_person_is_one_row(tmp_path):
    wanted = Wanted("record_id", ["record_id", "treatment", "inf_agent"], everyone=True)
    found = forms(tmp_path, wanted=wanted)
    rows = export()
    assert list(found.cells["record_id"]) == list(dict.fromkeys(r["record_id"] for r in rows))
    for name in ("treatment", "inf_agent"):
        assert list(found.cells[name]) == [row[name] for row in rows if row[name]]
    assert said(found)["redcap.joined-rows"] == len(found.rows)


def test_a_person_without_the_form_stays_among_the_people(tmp_path):
    rows = export()
    rows[0].update(treatment="", remarks="", enrolment_complete="")
    wanted = Wanted("record_id", ["record_id", "treatment"], everyone=True)
    found = forms(tmp_path, rows, wanted=wanted)
    assert found.cells["record_id"].iloc[0] == rows[0]["record_id"]
    assert found.cells["treatment"].iloc[0] == ""
    assert found.cells["record_id"].is_unique


def test_conflicting_facts_of_a_person_set_that_person_aside(tmp_path):
    rows = export()
    other = rows[0] | {"redcap_event_name": "treatment_arm_1", "treatment": "2"}
    outcome = Outcome(write_project(tmp_path, [*rows, other]))
    assert outcome.find("subject.conflicting")["count"] == 1


def test_a_treatment_chosen_at_enrolment_holds_for_every_infusion(tmp_path):
    path = write_project(tmp_path / "one")
    plain = read_study(path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"inf_agent"', '"treatment"'), encoding="utf-8")
    same(plain, read_study(path))


def test_a_treatment_that_changes_is_not_joined_to_other_rows(tmp_path):
    rows = export()
    rows.append(rows[0] | {"redcap_event_name": "treatment_arm_1", "treatment": "2"})
    columns = ["record_id", "inf_start", "treatment"]
    wanted = Wanted("record_id", columns, form="infusion", events=["treatment_arm_1"])
    rows[-1]["redcap_repeat_instance"] = "9"
    refused("redcap.column-elsewhere", tmp_path, rows, wanted=wanted)


def test_answers_of_another_form_are_never_joined(tmp_path):
    rows = [{**row, "pcl_01": row["treatment"]} for row in export()]
    fields = [field(r[0], "enrolment", r[3], r[5]) if r[0] == "pcl_01" else r for r in dictionary()]
    columns = ["record_id", "pcl_when", *ITEMS]
    wanted = Wanted("record_id", columns, form="pcl_now", core=ITEMS)
    refused("redcap.column-elsewhere", tmp_path, rows, fields=fields, wanted=wanted)


def test_a_form_that_is_none_is_refused_with_those_that_are(tmp_path):
    message = refused("redcap.unknown-form", tmp_path, wanted=replace(WANTED, form="pcl5"))
    assert "enrolment, infusion, pcl_now" in message


def test_rows_that_repeat_an_unknown_form_are_refused(tmp_path):
    rows = export()
    surveys(rows)[0]["redcap_repeat_instrument"] = PLANTED
    refused("redcap.unknown-repeat", tmp_path, rows)


def test_without_a_dictionary_codes_are_read_and_the_lack_is_told(tmp_path):
    with_one = forms(tmp_path)
    without = forms(tmp_path, dictionary=None)
    pd.testing.assert_frame_equal(without.cells[ITEMS], with_one.cells[ITEMS])
    assert "redcap.no-dictionary" in said(without)
    assert "pcl_comment" not in without.cells


def test_columns_that_the_dictionary_does_not_know_are_left_behind_and_counted(tmp_path):
    rows = [row | {"one_more": PLANTED, "two_more": PLANTED} for row in export()]
    found = forms(tmp_path, rows)
    assert said(found)["redcap.column-not-in-dictionary"] == 2
    assert "one_more" not in found.cells


def test_items_from_1_up_declared_so_give_the_same_study(tmp_path):
    rows = export()
    for row in surveys(rows):
        row.update({item: str(int(row[item]) + 1) for item in ITEMS if row[item]})
    values = 'items = "pcl_{:02d}"\nitem_base = 1'
    path = write_project(tmp_path / "one", rows, fields=dictionary(1), values=values)
    same(read_study(write_project(tmp_path / "nought")), read_study(path))


@pytest.mark.parametrize(
    ("calculation", "told"),
    [("sum([pcl_01], [pcl_03])", 1), ("round( sum ([pcl_01]),1)", 1), ("", 0)],
)
def test_a_calculated_total_that_takes_blanks_for_0_is_told(tmp_path, calculation, told):
    path = write_project(tmp_path, fields=dictionary(0, calculation), values='total = "pcl_total"')
    outcome = Outcome(path)
    assert ("form.calc-skips-blanks" in outcome.rules("FLAG")) == bool(told)


@pytest.mark.parametrize("kind", ["email", "phone", "zipcode", "ssn", "vmrn"])
@pytest.mark.bad_input("F3")
def test_a_field_that_takes_a_number_or_an_address_of_a_person_is_refused(tmp_path, kind):
    more = {"text_validation_type_or_show_slider_number": kind}
    fields = [*dictionary(), field("harmless", "enrolment", **more)]
    rows = [row | {"harmless": PLANTED} for row in export()]
    column = list(rows[0]).index("harmless") + 1
    message = refused("identifier.redcap-flag", tmp_path, rows, fields=fields)
    assert f"column {column} " in message


def test_the_site_may_be_the_group_that_entered_the_data(tmp_path):
    path = write_project(tmp_path, people='site = "redcap_data_access_group"')
    assert set(read_study(path).subjects["site"]) == {"north"}


@pytest.mark.bad_input("F4")
def test_free_text_comes_out_nowhere(tmp_path):
    letters = {"text_validation_type_or_show_slider_number": "alpha_only"}
    fields = [*dictionary(), field("letters", "pcl_now", **letters)]
    rows = [row | dict.fromkeys(("remarks", "pcl_comment", "letters"), PLANTED) for row in export()]
    outcome = Outcome(write_project(tmp_path, rows, fields=fields))
    assert outcome.exit_code == 0
    assert PLANTED not in outcome.said
    assert outcome.find("redcap.free-text")["count"] == 3


def test_the_ledger_of_the_command_line_holds_what_was_set_aside(tmp_path):
    rows = export()
    surveys(rows)[0]["pcl_now_timestamp"] = "[not completed]"
    other = surveys(rows)[5] | {"pcl_total": "99"}
    outcome = Outcome(write_project(tmp_path, [*rows, other], values='items = "pcl_{:02d}"\n'))
    assert outcome.exit_code == 0
    assert outcome.find("form.not-completed")["count"] == 1
    told = {row["rule"] for row in outcome.flow}
    assert outcome.rules("DROP") <= told


def test_the_text_of_a_file_is_read_once_a_table(tmp_path):
    write_project(tmp_path)
    whole = read_text(tmp_path / "export.csv")
    assert forms(tmp_path).sha256 == whole.sha256


def test_what_decides_codes_is_among_the_hashed_sources(tmp_path):
    study = read_study(write_project(tmp_path))
    assert set(study.sources) == {"export.csv", "dictionary.csv", "event.csv", "study.toml"}
    assert len(set(study.sources.values())) == 4


LABELS = 'arms = { Ketamine = "ketamine", Midazolam = "midazolam" }'
OTHERS = 'arms = { Ketalar = "ketamine", Midazolam = "midazolam" }'


@pytest.mark.parametrize("written", [list, labelled])
def test_arms_may_name_the_codes_or_the_labels_whichever_the_export_holds(tmp_path, written):
    right = write_project(tmp_path / "codes", written(export()))
    arms = next(line for line in right.read_text("utf-8").splitlines() if line.startswith("arms"))
    other = write_project(tmp_path / "labels", written(export()))
    other.write_text(other.read_text("utf-8").replace(arms, LABELS), "utf-8")
    same(read_study(right), read_study(other))
    other.write_text(other.read_text("utf-8").replace(LABELS, OTHERS), "utf-8")
    with pytest.raises(ReliefError) as stopped:
        read_study(other)
    assert 'arms = { "1" = "...", "2" = "..." }' in stopped.value.message
    assert "1 is 'Ketamine'" in stopped.value.message


@pytest.mark.parametrize("written", [list, labelled])
def test_codes_and_labels_may_stand_beside_one_another(tmp_path, written):
    """What one key names by code another may name by label, and one key both."""
    right = write_project(tmp_path / "codes", written(export()))
    arms = next(line for line in right.read_text("utf-8").splitlines() if line.startswith("arms"))
    other = write_project(tmp_path / "mixed", written(export()))
    mixed = 'arms = { "1" = "ketamine", Midazolam = "midazolam" }'
    other.write_text(other.read_text("utf-8").replace(arms, mixed), "utf-8")
    same(read_study(right), read_study(other))
    title = "[[assessments]]"
    for path, listed in ((right, "2"), (other, "Complete")):
        lines = f'{title}\nstatus = "pcl_now_complete"\ncomplete = ["{listed}"]'
        path.write_text(path.read_text("utf-8").replace(title, lines), "utf-8")
    # Other words of a status give people other numbers.
    (one,), (two,) = (read_study(path).items.values() for path in (right, other))
    assert len(one)
    assert sorted(map(repr, one.to_numpy().tolist())) == sorted(map(repr, two.to_numpy().tolist()))
