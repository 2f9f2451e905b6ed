"""relief init: what an export shows is written down, what it cannot show stays a question."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from analysis.config import load_config
from analysis.config.declarations import Declarations
from analysis.draft import look, write_study_toml
from analysis.draft.item_columns import find_blocks
from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from tests.factory import NOW_ITEMS, TOKEN, tables, write_rows, write_study

ANSWERS = {
    "population": '"PTSD"',
    "synthetic": "true",
    "design": '"parallel"',
    "timezone": '"America/Detroit"',
    "arms": '{ ket = "ketamine", mdz = "midazolam" }',
    "comparator": '"active"',
    "missing_codes": "[]",
    "primary": '"PCL-5-now"',
    "randomised": "true",
    "concurrent": "true",
    "blinded": '"double"',
    "planned_per_arm": "6",
    "enrolment_reason": '"As planned."',
    "looks": "1",
    "look_level": "0.025",
    "registration": '"none"',
    "baseline": "[-48, 0]",
    "later_window": '"day"',
    "primary_arm": '"ketamine"',
    "study_codes": "true",
    "recall_hours": "0",
    "item_base": "0",
    "instrument": '"PCL-5-now"',
    "version": '"ad-hoc"',
}


def answered(path: Path) -> None:
    """The draft with every open point decided."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        key = line.split(" =")[0]
        lines.append(f"{key} = {ANSWERS[key]}" if '= "TODO"' in line and key in ANSWERS else line)
    path.write_text("\n".join(lines), encoding="utf-8")


def content(prefix: str = "pcl5now_") -> dict:
    """The factory's study, its items named after the scale."""
    made = tables()
    scores = [
        {key.replace("item_", prefix): value for key, value in row.items()}
        for row in made["scores"]
    ]
    return made | {"scores": scores}


def export(folder: Path, made: dict) -> Path:
    folder.mkdir()
    for name, rows in made.items():
        write_rows(folder / f"{name}.csv", rows)
    return folder


def test_a_draft_with_its_questions_answered_reads_as_the_study(tmp_path):
    by_hand = read_study(write_study(tmp_path / "by-hand", tables()))
    out = tmp_path / "study.toml"
    said = write_study_toml(export(tmp_path / "export", content()), out)
    assert f"{out.read_text(encoding='utf-8').count('TODO') - 1} open points" in said
    answered(out)
    study = read_study(out)
    pd.testing.assert_frame_equal(study.subjects, by_hand.subjects)
    pd.testing.assert_frame_equal(study.infusions, by_hand.infusions)
    (items,), (others,) = study.items.values(), by_hand.items.values()
    pd.testing.assert_frame_equal(items, others)


def test_a_draft_beside_another_folder_says_that_its_tables_lie_outside(tmp_path):
    inside, outside = tmp_path / "study.toml", tmp_path / "drafts" / "study.toml"
    made = export(tmp_path / "export", content())
    for out in (inside, outside):
        write_study_toml(made, out)
        answered(out)
        assert len(read_study(out).subjects) == 12
    assert "outside" not in inside.read_text(encoding="utf-8")
    assert outside.read_text(encoding="utf-8").count("outside = true") == 3


def test_the_zone_of_each_table_of_times_is_asked_for(tmp_path):
    """A form service may write UTC where the clinic writes its own time."""
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", content()), out)
    sections = out.read_text(encoding="utf-8").split("\n[")
    asked = {s.split("]")[0].strip("[") for s in sections if '\ntimezone = "TODO"' in s}
    assert asked == {"study", "infusions", "assessments"}
    zoned = content()
    for row in zoned["scores"]:
        row["when"] += "-05:00"
    write_study_toml(export(tmp_path / "zoned", zoned), tmp_path / "zoned.toml")
    assert (tmp_path / "zoned.toml").read_text(encoding="utf-8").count("timezone") == 2


def test_what_must_not_be_guessed_is_left_open(tmp_path):
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", content()), out)
    text = out.read_text(encoding="utf-8")
    open_points = {line.split(" =")[0] for line in text.splitlines() if '= "TODO"' in line}
    asked = {"population", "synthetic", "design", "timezone", "arms", "comparator", "primary"}
    asked |= {"missing_codes", "recall_hours", "item_base", "study_codes"}
    asked |= {"baseline", "later_window"}
    assert asked | set(Declarations.model_fields) == open_points
    with pytest.raises(ReliefError) as caught:
        load_config(out)
    assert caught.value.rule == "config.open-point"
    assert "population" in caught.value.message


def test_no_cell_of_the_export_is_in_the_draft(tmp_path):
    made = content()
    for row in made["subjects"]:
        row["notes"] = TOKEN
    write_study_toml(export(tmp_path / "export", made), tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert TOKEN not in text
    assert "S000" not in text
    assert "mdz" not in text


def test_a_wide_file_is_seen_with_its_visits():
    header = ["id", *(f"pcl5_{n:02d}_{v}" for v in ("pre", "h4", "d1") for n in range(1, 21))]
    (block,) = find_blocks(header)
    assert block.pattern == "pcl5_{:02d}_{visit}"
    assert block.visits == ("pre", "h4", "d1")
    assert block.instrument == "PCL-5"


def test_visits_may_stand_before_the_items_and_be_numbered():
    header = [f"v{v}_iesr{n}" for v in range(1, 5) for n in range(1, 23)]
    (block,) = find_blocks(header)
    assert (block.pattern, block.instrument) == ("{visit}_iesr{}", "IES-R")
    assert block.visits == ("v1", "v2", "v3", "v4")


def test_scales_of_equal_length_are_not_confused():
    header = [f"{name}_{n:02d}" for name in ("caps5", "pcl5", "pds5", "q") for n in range(1, 21)]
    found = {block.pattern.split("_")[0]: block.instrument for block in find_blocks(header)}
    assert found == {"caps5": "CAPS-5", "pcl5": "PCL-5", "pds5": "PDS-5", "q": None}


def test_a_wide_draft_names_the_visit_in_its_time(tmp_path):
    row = {"id": "S1", "arm": "ket", "infusion_start": "2025-03-04T10:20"}
    for visit, day in (("pre", "03"), ("post", "05")):
        row[f"date_{visit}"] = f"2025-03-{day}T09:00"
        row |= {f"pcl5_{n:02d}_{visit}": n % 5 for n in range(1, 21)}
    write_rows(tmp_path / "wide.csv", [row, row | {"id": "S2"}])
    write_study_toml(tmp_path / "wide.csv", tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert 'time = "date_{visit}"' in text
    assert 'visits = ["pre", "post"]' in text
    assert 'start = "infusion_start"' in text


def test_slashed_dates_raise_the_question_how_times_are_written(tmp_path):
    rows = [{"id": f"S{n}", "when": f"{n:02d}/03/2025 10:00", "total": 40} for n in (4, 5)]
    write_rows(tmp_path / "scores.csv", rows)
    write_study_toml(tmp_path / "scores.csv", tmp_path / "study.toml")
    assert 'datetime_format = "TODO"' in (tmp_path / "study.toml").read_text(encoding="utf-8")


def test_german_names_and_decimal_commas_are_seen(tmp_path):
    content = tables()
    german = {"id": "Pat-Nr", "arm": "Gruppe", "agent": "Wirkstoff", "start": "Beginn",
              "end": "Ende", "when": "Ausgefüllt am"}  # fmt: skip
    more = {"subjects": {"Gewicht (kg)": "78,5"}, "infusions": {"Dosis (mg/kg)": "0,5"}}
    for name, rows in content.items():
        told = [row | more.get(name, {}) for row in rows]
        told = [{german.get(key, key): cell for key, cell in row.items()} for row in told]
        write_rows(tmp_path / f"{name}.csv", told, separator=";")
    write_study_toml(tmp_path, tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    for line in (
        'weight_kg = "Gewicht (kg)"',
        'start = "Beginn"',
        'end = "Ende"',
        'arm = "Gruppe"',
    ):
        assert line in text
    assert text.count('subject = "Pat-Nr"') == 3
    assert text.count('decimal = ","') == 2


def test_times_with_a_zone_raise_no_question_of_the_zone(tmp_path):
    rows = [{"id": f"S{n}", "when": f"2025-03-{n:02d}T10:00:00Z", "total": 40} for n in (4, 5)]
    write_rows(tmp_path / "scores.csv", rows)
    write_study_toml(tmp_path / "scores.csv", tmp_path / "study.toml")
    assert "timezone" not in (tmp_path / "study.toml").read_text(encoding="utf-8")


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path):
    made = export(tmp_path / "export", content())
    out = tmp_path / "study.toml"
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(ReliefError, match="--force"):
        write_study_toml(made, out)
    assert out.read_text(encoding="utf-8") == "mine"
    write_study_toml(made, out, force=True)
    assert "[study]" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_an_export_that_holds_nothing_is_one_sentence(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReliefError) as caught:
        look(tmp_path / name)
    assert caught.value.rule in ("draft.absent", "draft.nothing")
    assert str(tmp_path) not in caught.value.message


def test_an_export_with_names_in_it_is_refused(tmp_path):
    made = content()
    for row in made["subjects"]:
        row["first_name"] = TOKEN
    with pytest.raises(ReliefError) as caught:
        write_study_toml(export(tmp_path / "export", made), tmp_path / "study.toml")
    assert caught.value.rule == "identifier.column"
    assert not (tmp_path / "study.toml").exists()


def test_sdtm_needs_no_names_of_columns(tmp_path, open_data):
    out = tmp_path / "study.toml"
    write_study_toml(open_data("cdisc-phq9"), out)
    text = out.read_text(encoding="utf-8")
    sections = re.findall(r"^\[+(\w+)\]+$", text, re.MULTILINE)
    assert sections == ["study", "subjects", "infusions", "assessments", "weights"]
    assert 'instrument = "PHQ-9"' in text
    assert "recall_hours" not in text  # the file tells the window of every form


def test_every_sheet_of_a_workbook_is_a_table(tmp_path):
    book = Workbook()
    book.remove(book.active)
    for name, rows in content().items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(tmp_path / "export.xlsx")
    out = tmp_path / "study.toml"
    write_study_toml(tmp_path / "export.xlsx", out)
    text = out.read_text(encoding="utf-8")
    assert re.findall(r'sheet = "(\w+)"', text) == ["subjects", "infusions", "scores"]
    answered(out)
    assert len(read_study(out).assessments) == len(content()["scores"])


def test_a_date_beside_a_time_of_day_is_joined_with_it(tmp_path):
    rows = [{"id": f"S{n}", "day": f"2025-03-0{n}", "clock": "14:05", "total": 40} for n in (4, 5)]
    rows = [row | {f"pcl5_{n:02d}": n % 5 for n in range(1, 21)} for row in rows]
    write_rows(tmp_path / "scores.csv", rows)
    write_study_toml(tmp_path / "scores.csv", tmp_path / "study.toml")
    assert 'time = "day + clock"' in (tmp_path / "study.toml").read_text(encoding="utf-8")


def test_parts_of_words_name_no_start_and_no_end(tmp_path):
    rows = [
        {"id": f"A{n:02d}", "gender": n % 2, "attending": "x", "start_dose": 0.5} for n in (1, 2)
    ]
    write_rows(tmp_path / "people.csv", rows)
    write_study_toml(tmp_path / "people.csv", tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert re.findall(r'^(start|end)\w* = "TODO"', text, re.MULTILINE) == ["start", "end"]


@pytest.mark.parametrize(
    ("name", "cells", "told"),
    [("Infusion status", ["given", "Cancelled"], True), ("nausea", ["yes", "no"], False)],
)
def test_a_column_that_says_what_was_not_given_is_declared(tmp_path, name, cells, told):
    """Else a cancelled appointment would be the infusion that scores are counted from."""
    made = content()
    rows = [row | {name: cells[0]} for row in made["infusions"]]
    early = {key: rows[0][key].replace("-04T", "-03T") for key in ("start", "end")}
    made["infusions"] = [rows[0] | early | {name: cells[1]}, *rows]
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", made), out)
    assert (f'\nstatus = "{name}"' in out.read_text(encoding="utf-8")) == told
    answered(out)
    assert (read_study(out).infusions["infusion"].max() == 1) == told


def test_a_word_of_a_status_that_is_not_known_is_asked_for(tmp_path):
    """One such word hid the column, and with it the infusions that were not given."""
    made = content()
    rows = [row | {"infusion status": "given"} for row in made["infusions"]]
    early = {key: rows[0][key].replace("-04T", "-03T") for key in ("start", "end")}
    made["infusions"] = [rows[0] | early | {"infusion status": "Moved to Friday"}, *rows]
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", made), out)
    text = out.read_text(encoding="utf-8")
    assert '\nstatus = "infusion status"\nstatuses = "TODO"' in text
    assert "Moved" not in text
    text = text.replace('statuses = "TODO"', 'statuses = { "moved to friday" = "not given" }')
    out.write_text(text, encoding="utf-8")
    answered(out)
    assert read_study(out).infusions["infusion"].max() == 1


def test_a_column_of_words_none_of_which_is_a_status_is_none(tmp_path):
    made = content()
    made["infusions"] = [row | {"given": f"by {n}"} for n, row in enumerate(made["infusions"])]
    write_study_toml(export(tmp_path / "export", made), tmp_path / "study.toml")
    assert "\nstatus" not in (tmp_path / "study.toml").read_text(encoding="utf-8")


PLATFORMS = {
    "LimeSurvey": (
        ["id", "submitdate", "lastpage", "startlanguage", "token"],
        [1, "2025-03-04 10:20:00", 3, "en", "T01"],
        "PCL5[SQ{:03d}]",
        {"subject": "token", "time": "submitdate"},
    ),
    "Google Forms": (
        ["Timestamp", "Participant code"],
        ["3/14/2025 10:20:00", "T01"],
        "PCL-5 [{}. Question]",
        {"subject": "Participant code", "time": "Timestamp"},
    ),
    "Castor": (
        ["Participant Id", "Site Abbreviation", "Randomization Group", "pcl5_date"],
        ["110001", "DET", "1", "14-03-2025 10:20"],
        "pcl5_{:02d}",
        {"subject": "Participant Id", "arm": "Randomization Group", "time": "pcl5_date"},
    ),
}


@pytest.mark.parametrize("name", PLATFORMS)
def test_exports_of_survey_platforms_are_recognised(tmp_path, name):
    header, cells, items, told = PLATFORMS[name]
    row = dict(zip(header, cells, strict=True)) | {items.format(n): n % 5 for n in range(1, 21)}
    write_rows(tmp_path / "survey.csv", [row, row])
    write_study_toml(tmp_path / "survey.csv", tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    for key, column in {**told, "instrument": "PCL-5"}.items():
        assert f'\n{key} = "{column}"' in text


WORDS = ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")
# As their manuals show an export: names of columns, how times and answers are written, what
# stands between cells, and the format that is answered where days may be months.
EXPORTS = {
    "LimeSurvey": ("token", "submitdate", "PCL5now[SQ{:03d}]", "%Y-%m-%d %H:%M:%S", WORDS, ",",
                   {"lastpage": 3, "startlanguage": "en"}),
    "Google Forms": ("Participant code", "Timestamp", "PCL-5-now [{}. In the last hour]",
                     "%m/%d/%Y %H:%M:%S", WORDS, ",", {}),
    "Castor": ("Participant Id", "pcl5now_date", "pcl5now_{:02d}", "%d-%m-%Y %H:%M", range(5), ";",
               {"Site Abbreviation": "DET"}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_a_survey_platforms_export_reads_as_the_study(tmp_path, name):
    """Its forms beside a clinic's tables of people and infusions, in their own times."""
    subject, time, items, form, answers, mark, more = EXPORTS[name]
    made, folder = tables(), tmp_path / "export"
    folder.mkdir()
    forms = []
    for number, row in enumerate(made["scores"], 1):
        told = {items.format(n): answers[row[f"item_{n:02d}"]] for n in NOW_ITEMS}
        when = datetime.fromisoformat(row["when"]).strftime(form)
        forms.append({"id": number, time: when} | more | {subject: row["id"]} | told)
    write_rows(folder / "survey.csv", forms, mark)
    for own in ("subjects", "infusions"):
        write_rows(folder / f"{own}.csv", made[own])
    out = folder / "study.toml"
    write_study_toml(folder, out)
    text = out.read_text(encoding="utf-8").replace('datetime_format = "TODO"',
                                                   f'datetime_format = "{form}"')  # fmt: skip
    out.write_text(text, encoding="utf-8")
    answered(out)
    study, by_hand = read_study(out), read_study(write_study(tmp_path / "by-hand", made))
    (found,), (expected,) = study.items.values(), by_hand.items.values()
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(study.infusions, by_hand.infusions)
    assert list(study.assessments["hours_low"]) == list(by_hand.assessments["hours_low"])


def test_the_draft_of_a_crossover_reads_with_everybody_in_it(tmp_path):
    made = content()
    later = [
        {key: cell.replace("-03-", "-05-") for key, cell in row.items()}
        | {"agent": {"ketamine": "midazolam", "midazolam": "ketamine"}[row["agent"]]}
        for row in made["infusions"]
    ]
    made["infusions"] += later
    del made["subjects"]
    out = tmp_path / "study.toml"
    write_study_toml(export(tmp_path / "export", made), out)
    answered(out)
    text = out.read_text(encoding="utf-8").replace('"parallel"', '"crossover"')
    out.write_text(
        text.replace(ANSWERS["arms"], '{ketamine = "ketamine", midazolam = "midazolam"}')
    )
    study = read_study(out)
    assert not study.set_aside
    assert set(study.subjects["sequence"]) == {"ketamine-midazolam", "midazolam-ketamine"}


def test_listed_columns_of_no_known_scale_say_that_a_version_may_ask_fewer():
    (block,) = find_blocks([f"{n}. {word} words" for n, word in enumerate(["one", "two"] * 10, 1)])
    assert block.told == "items 1–20; keep only those that the scale's version asks"
