"""A made-up REDCap project: rows of three kinds, a repeating survey, labels; refusals."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.formats.redcap.dictionary import item_base, parse_dictionary, read_dictionary
from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.project import read_project
from analysis.readers.formats.redcap.wanted import Wanted
from analysis.readers.table.text_table import TextTable
from analysis.study import Study
from tests.factory import TOKEN as PLANTED
from tests.factory import Outcome, tables, write_rows, write_study
from tests.readers.formats.redcap.project import (
    AGREE,
    HEADER,
    ITEMS,
    as_csv,
    dictionary,
    event_table,
    export,
    field,
    labelled,
    listed,
    write_project,
)

COLUMNS = ["record_id", "pcl_when", *ITEMS, "pcl_meds___1", "pcl_meds____1", "pcl_total"]
WANTED = Wanted(subject="record_id", columns=COLUMNS, form="pcl_now", time="pcl_when")


def forms(folder: Path, rows=None, *, wanted: Wanted = WANTED, **changes) -> TextTable:
    write_project(folder, rows, fields=changes.pop("fields", None))
    files = {"dictionary": folder / "dictionary.csv", "event_table": folder / "event.csv"}
    return form_table(read_project(folder / "export.csv", **(files | changes)), wanted)


def said(found: TextTable) -> dict[str, int]:
    return {one.rule: one.count for one in found.issues}


def refused(rule: str, folder: Path, rows=None, **changes) -> str:
    with pytest.raises(ReliefError) as stopped:
        forms(folder, rows, **changes)
    assert stopped.value.rule == rule
    assert PLANTED not in stopped.value.message
    return stopped.value.message


def surveys(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["redcap_repeat_instrument"]]


def same(one: Study, two: Study) -> None:
    pd.testing.assert_frame_equal(one.subjects, two.subjects)
    pd.testing.assert_frame_equal(one.infusions, two.infusions)
    pd.testing.assert_frame_equal(
        one.assessments.drop(columns=["row", "source"]),
        two.assessments.drop(columns=["row", "source"]),
    )
    assert one.items.keys() == two.items.keys()
    for key, items in one.items.items():
        pd.testing.assert_frame_equal(items, two.items[key])


@pytest.mark.bad_input("E12", "E22", "G4")
def test_the_study_is_that_of_the_plain_tables(tmp_path):
    plain = read_study(write_study(tmp_path / "plain", tables()))
    same(plain, read_study(write_project(tmp_path / "redcap")))


@pytest.mark.parametrize("boxes", ["checked", "label"])
@pytest.mark.bad_input("E9", "E10")
def test_an_export_of_labels_gives_the_cells_of_raw_codes(tmp_path, boxes):
    raw = forms(tmp_path / "raw")
    words = forms(tmp_path / "words", labelled(export(), boxes=boxes))
    pd.testing.assert_frame_equal(raw.cells, words.cells)
    assert list(raw.rows) == list(words.rows)
    assert set(raw.cells["pcl_meds___1"]) == {"1"}
    assert set(raw.cells["pcl_meds____1"]) == {"0"}


def test_a_study_of_labels_is_the_study_of_raw_codes(tmp_path):
    raw = read_study(write_project(tmp_path / "raw"))
    same(raw, read_study(write_project(tmp_path / "words", labelled(export()))))


@pytest.mark.bad_input("E9")
def test_a_word_that_is_no_label_is_refused_by_column_and_count(tmp_path):
    rows = labelled(export())
    for row in surveys(rows)[:3]:
        row["pcl_04"] = PLANTED
    message = refused("redcap.unknown-label", tmp_path, rows)
    assert "'pcl_04'" in message
    assert " 3 row(s)" in message


def test_markup_and_spacing_of_a_label_do_not_matter(tmp_path):
    raw = forms(tmp_path / "raw")
    rows = labelled(export(), boxes="label")
    for row in surveys(rows):
        row["pcl_04"] = f"<em>{row['pcl_04'].replace(' ', '  ')}</em>"
        row["pcl_meds___1"] = "Yes,&nbsp; a <i>pill</i>"
    pd.testing.assert_frame_equal(raw.cells, forms(tmp_path / "words", rows).cells)


def test_a_declared_word_stands_for_its_code(tmp_path):
    rows = labelled(export())
    surveys(rows)[0]["pcl_04"] = "No answer"
    found = forms(tmp_path, rows, wanted=replace(WANTED, words={"No answer": "-9"}))
    assert found.cells["pcl_04"].iloc[0] == "-9"


def test_codes_among_labels_are_refused(tmp_path):
    rows = labelled(export())
    for row, raw in zip(rows, export(), strict=True):
        row["pcl_05"] = raw["pcl_05"]
    assert "'pcl_05'" in refused("redcap.raw-or-label", tmp_path, rows)


def test_a_label_of_two_codes_is_refused(tmp_path):
    fields = dictionary()
    answers = listed({**{str(code): label for code, label in enumerate(AGREE)}, "5": AGREE[3]})
    fields = [field(f[0], f[1], f[3], answers) if f[0] == "pcl_05" else f for f in fields]
    rows = labelled(export())
    surveys(rows)[0]["pcl_05"] = AGREE[3]
    assert "'pcl_05'" in refused("redcap.shared-label", tmp_path, rows, fields=fields)


def test_labels_that_are_codes_of_other_labels_are_not_guessed(tmp_path):
    fields = [field("record_id", "scores"), field("a", "scores", "radio", "1, 2 | 2, 1")]
    write_project(tmp_path, fields=fields)
    write_rows(tmp_path / "export.csv", [{"record_id": "x", "a": "1"}])
    project = read_project(tmp_path / "export.csv", dictionary=tmp_path / "dictionary.csv")
    with pytest.raises(ReliefError) as stopped:
        form_table(project, Wanted("record_id", ["record_id", "a"]))
    assert stopped.value.rule == "redcap.raw-or-label"


def test_a_box_whose_label_is_0_is_not_ticked_by_a_0(tmp_path):
    fields = [
        field("asked", "pcl_now", "checkbox", "0, 0 | 1, 1 | 2, 2"),
        *(row for row in dictionary() if row[0] != "pcl_meds"),
    ]
    fields.insert(0, fields.pop(1))
    ticks = {"asked___0": "0", "asked___1": "1", "asked___2": "0"}
    rows = [
        {name: value for name, value in row.items() if not name.startswith("pcl_meds")}
        | (ticks if row["redcap_repeat_instrument"] else dict.fromkeys(ticks, ""))
        for row in export()
    ]
    wanted = replace(WANTED, columns=["record_id", *ticks])
    found = forms(tmp_path, rows, fields=fields, wanted=wanted)
    assert {name: set(found.cells[name]) for name in ticks} == {k: {v} for k, v in ticks.items()}
    words = [row | {n: row[n] for n in ticks} for row in labelled_statuses(rows)]
    refused("redcap.shared-label", tmp_path, words, fields=fields, wanted=wanted)


def labelled_statuses(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows in which only statuses, items and arms are labels."""
    words = labelled([row | {"pcl_meds___1": "1", "pcl_meds____1": "1"} for row in rows])
    return [{n: v for n, v in row.items() if not n.startswith("pcl_meds")} for row in words]


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


@pytest.mark.bad_input("E13")
def test_events_that_the_table_lacks_are_told(tmp_path):
    rows = export()
    for row in rows[:2]:
        row["redcap_event_name"] = "visit_7_week_follo_arm_1"
    rows[2]["redcap_event_name"] = PLANTED
    found = forms(tmp_path, rows)
    told = next(one for one in found.issues if one.rule == "redcap.event-not-in-table")
    assert told.count == 3
    assert "visit_7_week_follo_arm_1" in told.message
    assert PLANTED not in told.message


def test_events_of_a_project_without_events_are_refused(tmp_path):
    rows = [
        {name: value for name, value in row.items() if name != "redcap_event_name"}
        for row in export()
    ]
    wanted = replace(WANTED, events=["treatment_arm_1"])
    refused("redcap.no-events", tmp_path, rows, wanted=wanted)
    assert len(forms(tmp_path, rows).rows) == len(surveys(rows))


def test_a_form_that_is_none_is_refused_with_those_that_are(tmp_path):
    message = refused("redcap.unknown-form", tmp_path, wanted=replace(WANTED, form="pcl5"))
    assert "enrolment, infusion, pcl_now" in message


def test_rows_that_repeat_an_unknown_form_are_refused(tmp_path):
    rows = export()
    surveys(rows)[0]["redcap_repeat_instrument"] = PLANTED
    refused("redcap.unknown-repeat", tmp_path, rows)


def test_headers_that_are_labels_are_refused(tmp_path):
    rows = [{f"Label of {name}": value for name, value in row.items()} for row in export()]
    assert "'record_id'" in refused("redcap.no-record-id", tmp_path, rows)


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


@pytest.mark.bad_input("E11")
def test_checkbox_columns_are_known_however_their_negative_code_is_written(tmp_path):
    rows = [
        {name.replace("pcl_meds____1", "pcl_meds___-1"): v for name, v in row.items()}
        for row in export()
    ]
    wanted = replace(WANTED, columns=["record_id", "pcl_when", "pcl_meds___-1"])
    found = forms(tmp_path, rows, wanted=wanted)
    assert set(found.cells["pcl_meds___-1"]) == {"0"}
    assert "redcap.column-not-in-dictionary" not in said(found)


@pytest.mark.parametrize(("base", "declared"), [(1, 0), (0, 1)])
@pytest.mark.bad_input("B3")
def test_choices_that_contradict_item_base_are_refused_with_the_line_to_write(
    tmp_path, base, declared
):
    rows = export()
    for row in surveys(rows):
        row.update({item: str(int(row[item]) + base) for item in ITEMS if row[item]})
    values = f'items = "pcl_{{:02d}}"\nitem_base = {declared}'
    outcome = Outcome(write_project(tmp_path, rows, fields=dictionary(base), values=values))
    assert outcome.error["rule"] == "score.coding-base"
    assert f"item_base = {base}" in outcome.error["message"]


def test_items_from_1_up_declared_so_give_the_same_study(tmp_path):
    rows = export()
    for row in surveys(rows):
        row.update({item: str(int(row[item]) + 1) for item in ITEMS if row[item]})
    values = 'items = "pcl_{:02d}"\nitem_base = 1'
    path = write_project(tmp_path / "one", rows, fields=dictionary(1), values=values)
    same(read_study(write_project(tmp_path / "nought")), read_study(path))


@pytest.mark.parametrize(
    ("choices", "base"),
    [
        (["0, a | 1, b | 2, c"], 0),
        (["1, a | 2, b | 3, c"], 1),
        (["-9, refused | 1, a | 2, b"], 1),
        (["0, a | 1, b", "1, a | 2, b"], None),
        (["2, a | 3, b"], None),
        (["y, a | n, b"], None),
        ([], None),
    ],
)
def test_what_choices_say_of_the_lowest_answer(tmp_path, choices, base):
    rows = [field("record_id", "f")]
    rows += [field(f"i{n}", "f", "radio", listed) for n, listed in enumerate(choices)]
    path = tmp_path / "dictionary.csv"
    path.write_text(as_csv(HEADER, rows), encoding="utf-8")
    fields = parse_dictionary(read_dictionary(path)).fields.values()
    assert item_base([one for one in fields if one.name != "record_id"]) == base


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


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        as_csv(HEADER, [field("a", "")]),
        as_csv(HEADER, [field("", "f")]),
        as_csv(HEADER, [field("a", "f"), field("a", "f")]),
        as_csv(HEADER[:4], [["a", "f", "", "text"]]),
    ],
    ids=["data", "no form", "no name", "a name twice", "columns lacking"],
)
def test_what_is_no_dictionary_is_refused(tmp_path, text):
    path = tmp_path / "dictionary.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReliefError) as stopped:
        parse_dictionary(read_dictionary(path))
    assert stopped.value.rule == "redcap.not-a-dictionary"


@pytest.mark.parametrize("choices", ["1 one | 2 two", "1, one | 1, two", ", one"])
def test_choices_that_cannot_be_told_are_refused_by_field(tmp_path, choices):
    path = tmp_path / "dictionary.csv"
    path.write_text(as_csv(HEADER, [field("asked", "f", "radio", choices)]), encoding="utf-8")
    with pytest.raises(ReliefError) as stopped:
        parse_dictionary(read_dictionary(path))
    assert stopped.value.rule == "redcap.choices"
    assert "'asked'" in stopped.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_dictionary_is_read_however_it_was_saved(tmp_path, encoding, separator):
    answers = listed({"0": "überhaupt nicht", "1": "très"})
    rows = [field("record_id", "f"), field("asked", "f", "radio", answers)]
    rows += [field(f"more{n}", "f", section_header="Größe,\nnoch größer") for n in range(9)]
    path = tmp_path / "dictionary.csv"
    text = "\n".join(
        separator.join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [HEADER, *rows]
    )
    path.write_text(text, encoding=encoding)
    found = parse_dictionary(read_dictionary(path))
    assert found.fields["asked"].choices == {"0": "überhaupt nicht", "1": "très"}
    assert found.record_id == "record_id"
    assert len(found.fields) == 11


def test_what_is_no_event_table_is_refused(tmp_path):
    for text in ("a,b\n1,2\n", event_table() + event_table().split("\n")[1] + "\n"):
        path = tmp_path / "events.csv"
        path.write_text(text, encoding="utf-8")
        write_project(tmp_path)
        with pytest.raises(ReliefError) as stopped:
            read_project(tmp_path / "export.csv", event_table=path)
        assert stopped.value.rule == "redcap.not-an-event-table"


def test_labels_of_two_arms_are_told_apart_by_their_number(tmp_path):
    (tmp_path / "events.csv").write_text(
        "event_name,arm_num,unique_event_name\nStart,1,start_arm_1\nStart,2,start_arm_2\n"
    )
    rows = [
        {"record_id": "a", "redcap_event_name": "Start (Arm 1: Ketamine)", "x": "5"},
        {"record_id": "b", "redcap_event_name": "Start (Arm 2: Other (old))", "x": "6"},
        {"record_id": "c", "redcap_event_name": "Start", "x": "7"},
    ]
    write_rows(tmp_path / "export.csv", rows)
    project = read_project(tmp_path / "export.csv", event_table=tmp_path / "events.csv")
    found = form_table(project, Wanted("record_id", ["record_id", "x"]))
    assert list(found.cells["redcap_event_name"]) == ["start_arm_1", "start_arm_2", "Start"]
    assert list(found.cells["redcap_arm"]) == ["1", "2", ""]
    assert said(found)["redcap.event-not-in-table"] == 1


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
    assert set(study.sources) == {"export.csv", "dictionary.csv", "event.csv"}
    assert len(set(study.sources.values())) == 3
