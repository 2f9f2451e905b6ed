"""REDCap's own example projects: what is found is what plain csv reading finds in them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.errors import ReliefError
from analysis.readers.table.text_table import TextTable
from tests.readers.formats.redcap.examples import dictionary_of, records, table

# Columns whose names announce an identifier, though the dictionaries do not mark all of them.
ANNOUNCED = {"dob", "ec_phone", "next_of_kin_contact_name", "next_of_kin_contact_address",
             "next_of_kin_contact_phone"}  # fmt: skip


@pytest.fixture
def without_identifiers(examples, tmp_path) -> Callable[[str], Path]:
    """The data of a project without identifiers, as its clinic would have to export it."""

    def write(name: str) -> Path:
        folder = examples / name
        rows = records(folder / "data.csv")
        marked = {
            row["Variable / Field Name"]
            for row in records(dictionary_of(folder))
            if row["Identifier?"] == "y"
            or row["Text Validation Type OR Show Slider Number"] in ("email", "phone")
        }
        path = tmp_path / "data.csv"
        with path.open("w", newline="", encoding="utf-8") as out:
            names = [column for column in rows[0] if column not in marked | ANNOUNCED]
            writer = csv.DictWriter(out, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def counts(found: TextTable) -> dict[str, int]:
    return {said.rule: said.count for said in found.issues}


@pytest.mark.bad_input("E10")
def test_boxes_of_a_form_that_was_begun_are_1_or_0(examples):
    folder = examples / "checkboxes-1"
    rows = records(folder / "data.csv")
    boxes = [name for name in rows[0] if "___" in name]
    found = table(folder / "data.csv", folder, ["record_id", *boxes], form="form_2")
    begun = [row for row in rows if any(row[box] == "1" for box in boxes)]
    assert found.cells[["record_id", *boxes]].to_dict("records") == [
        {name: row[name] for name in ("record_id", *boxes)} for row in begun
    ]
    assert list(found.rows) == [rows.index(row) + 2 for row in begun]
    # One record has no tick at all: its zeros are no answers.
    assert counts(found)["redcap.sparse-row"] == len(rows) - len(begun) == 1
    still_open = [row for row in begun if row["form_2_complete"] == "0"]
    assert counts(found)["redcap.status-incomplete"] == len(still_open) == 1


@pytest.mark.bad_input("E10")
def test_boxes_of_a_form_that_nobody_opened_are_blank(examples):
    folder = examples / "checkboxes-1"
    found = table(folder / "data.csv", folder, ["record_id", "check_one___1"], everyone=True)
    last = found.cells[found.cells["record_id"] == "4"]
    assert list(last["check_one___1"]) == [""]


@pytest.mark.parametrize("mark", [".", ","])
def test_decimal_commas_and_points_of_one_project_become_one_mark(
    examples, without_identifiers, mark
):
    path = without_identifiers("decimal-comma")
    columns = ["record_id", "height", "weight", "bmi"]
    found = table(path, examples / "decimal-comma", columns, decimal=mark)
    rows = records(path)
    assert any("," in row["height"] for row in rows)
    assert any("." in row["bmi"] for row in rows)
    for name in columns[1:]:
        assert list(found.cells[name]) == [
            row[name].replace(",", ".").replace(".", mark) for row in rows
        ]


def test_only_the_events_that_carry_a_form_have_rows(examples, without_identifiers):
    path = without_identifiers("longitudinal")
    folder = examples / "longitudinal"
    found = table(path, folder, ["study_id", "pmq1", "pmq2"])
    rows = records(path)
    own = [f"pmq{n}" for n in range(1, 5)]
    carrying = [row for row in rows if any(row[name] for name in own)]
    assert list(found.rows) == [rows.index(row) + 2 for row in carrying]
    assert list(found.cells["pmq1"]) == [row["pmq1"] for row in carrying]
    assert list(found.cells["redcap_event_name"]) == [r["redcap_event_name"] for r in carrying]
    assert counts(found)["redcap.sparse-row"] == len(rows) - len(carrying)
    arms = {row["unique_event_name"]: row["arm_num"] for row in records(folder / "event.csv")}
    assert list(found.cells["redcap_arm"]) == [arms[r["redcap_event_name"]] for r in carrying]


@pytest.mark.bad_input("F4")
def test_free_text_is_counted_and_left_behind(examples, without_identifiers):
    path = without_identifiers("longitudinal")
    folder = examples / "longitudinal"
    found = table(path, folder, ["study_id", "height", "weight"])
    loose = [
        row["Variable / Field Name"]
        for row in records(dictionary_of(folder))
        if row["Field Type"] in ("notes", "file")
        or (
            row["Field Type"] == "text"
            and not row["Text Validation Type OR Show Slider Number"]
            and row["Variable / Field Name"] != "study_id"
        )
    ]
    present = set(loose) & set(records(path)[0])
    assert counts(found)["redcap.free-text"] == len(present)
    assert not present & set(found.cells)


@pytest.mark.bad_input("E13")
def test_one_event_is_read_by_its_unique_name(examples, without_identifiers):
    path = without_identifiers("longitudinal")
    found = table(path, examples / "longitudinal", ["study_id", "pmq1"], events=["visit_1_arm_1"])
    rows = [row for row in records(path) if row["redcap_event_name"] == "visit_1_arm_1"]
    assert list(found.cells["study_id"]) == [row["study_id"] for row in rows if row["pmq1"]]


@pytest.mark.parametrize("event", ["Visit 1", "deadline_to_opt_out_of_study_arm_2"])
@pytest.mark.bad_input("E13")
def test_an_event_that_is_none_is_named_with_those_that_are(examples, without_identifiers, event):
    path = without_identifiers("longitudinal")
    folder = examples / "longitudinal"
    with pytest.raises(ReliefError) as refused:
        table(path, folder, ["study_id", "pmq1"], events=[event])
    assert refused.value.rule == "redcap.unknown-event"
    assert repr(event) in refused.value.message
    for row in records(folder / "event.csv"):
        assert row["unique_event_name"] in refused.value.message


def test_everybody_enrolled_has_one_row_with_what_the_enrolment_tells(
    examples, without_identifiers
):
    path = without_identifiers("longitudinal")
    columns = ["study_id", "sex", "meds___1", "redcap_arm"]
    found = table(path, examples / "longitudinal", columns, everyone=True)
    rows = [row for row in records(path) if row["redcap_event_name"].startswith("enrollment")]
    assert list(found.cells["study_id"]) == [row["study_id"] for row in rows]
    assert list(found.cells["sex"]) == [row["sex"] for row in rows]
    assert list(found.cells["meds___1"]) == [row["meds___1"] for row in rows]


@pytest.mark.bad_input("E12")
def test_rows_that_repeat_a_form_and_rows_that_do_not_are_told_apart(examples, without_identifiers):
    path = without_identifiers("repeating-instruments")
    folder = examples / "repeating-instruments"
    rows = records(path)
    repeated = [row for row in rows if row["redcap_repeat_instrument"] == "bp"]
    found = table(path, folder, ["record_id", "date_bp", "bp_systolic"])
    for name in ("record_id", "date_bp", "bp_systolic", "redcap_repeat_instance"):
        assert list(found.cells[name]) == [row[name] for row in repeated]
    people = table(path, folder, ["record_id", "sex"])
    once = [row for row in rows if not row["redcap_repeat_instrument"]]
    assert list(people.cells["sex"]) == [row["sex"] for row in once]
    assert list(people.rows) == [rows.index(row) + 2 for row in once]


def test_what_another_form_tells_once_of_a_person_is_read_into_every_row(
    examples, without_identifiers
):
    path = without_identifiers("repeating-instruments")
    columns = ["record_id", "bp_systolic", "sex"]
    found = table(path, examples / "repeating-instruments", columns, core=columns[1:2])
    sex = {row["record_id"]: row["sex"] for row in records(path) if row["sex"]}
    assert list(found.cells["sex"]) == [sex[person] for person in found.cells["record_id"]]
    assert counts(found)["redcap.column-joined"] == len(found.rows) == 4


@pytest.mark.parametrize("column", ["date_enrolled", "age"])
def test_a_time_or_a_number_of_another_form_is_refused(examples, without_identifiers, column):
    path = without_identifiers("repeating-instruments")
    with pytest.raises(ReliefError) as refused:
        table(path, examples / "repeating-instruments", ["record_id", column], form="bp")
    assert refused.value.rule == "redcap.column-elsewhere"
    assert repr(column) in refused.value.message
    assert "'demographics'" in refused.value.message


@pytest.mark.bad_input("A19")
def test_a_survey_that_was_never_sent_is_no_form(examples, without_identifiers):
    path = without_identifiers("survey")
    folder = examples / "survey"
    rows = records(path)
    stamps = [row["participant_morale_questionnaire_timestamp"] for row in rows]
    assert sorted(stamps) == ["", "[not completed]"]
    with pytest.raises(ReliefError) as refused:
        table(path, folder, ["participant_id"], form="participant_morale_questionnaire")
    assert refused.value.rule == "redcap.no-rows"
    columns = ["participant_id", "has_diabetes", "prescreening_survey_timestamp"]
    found = table(path, folder, columns)
    for name in columns:
        assert list(found.cells[name]) == [row[name] for row in rows]


def test_the_blank_survey_identifier_of_the_example_does_no_harm_and_a_filled_one_is_refused(
    examples, without_identifiers
):
    path = without_identifiers("survey")
    folder = examples / "survey"
    assert "redcap_survey_identifier" in records(path)[0]
    found = table(path, folder, ["participant_id", "has_diabetes"])
    assert "redcap_survey_identifier" not in found.cells
    path.write_text(path.read_text(encoding="utf-8").replace("\n1,,", "\n1,somebody,"))
    with pytest.raises(ReliefError) as refused:
        table(path, folder, ["participant_id", "has_diabetes"])
    assert refused.value.rule == "redcap.survey-identifier"
    assert "somebody" not in refused.value.message
