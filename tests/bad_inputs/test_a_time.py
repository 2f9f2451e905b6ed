"""Rows A: times. The claim lives or dies by which score came first, and how long after."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from analysis.checks import check
from analysis.readers.assemble import read_study
from tests.bad_inputs.found import (
    ALL_ITEMS,
    MONTH,
    graded,
    judged,
    later,
    placed,
    plain,
    refused,
)
from tests.factory import NOW_ITEMS, Outcome, checked, promised, tables, write_study
from tests.readers.formats.cdisc.files import write_xpt
from tests.readers.formats.cdisc.test_study import MADE_UP as SDTM
from tests.readers.formats.cdisc.test_study import as_sdtm
from tests.readers.formats.redcap.project import export, write_project

UTC_ITEMS = 'items = "item_{:02d}"\ntimezone = "UTC"'


@pytest.mark.bad_input("A1")
def test_a_past_month_form_and_its_infusion_on_one_date_have_no_order(tmp_path):
    """As in the example of CDISC: the baseline questionnaire is dated on the day of the dose."""
    content = tables(numbers=ALL_ITEMS, hours_after_end=(3,))
    for row in content["scores"]:
        row["when"] = row["when"][:10]
    for row in content["infusions"]:
        row["start"], row["end"] = row["start"][:10], row["end"][:10]
    outcome = checked(tmp_path, content, **MONTH)
    dates = [issue for issue in outcome.issues if issue["rule"] == "time.date-only"]
    assert {(d["severity"], d["scope"], d["file"]) for d in dates} == {
        ("STOP", "question", "infusions.csv"),
        ("STOP", "question", "scores.csv"),
    }
    ledger = judged(tmp_path / "study.toml")
    for claim in ("onset", "certainty_within_hours", "headline"):
        assert ledger[claim].verdict == "not testable"


@pytest.mark.bad_input("A1")
def test_all_forms_dated_by_day_stop_the_question_of_hours(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = row["when"][:10]
    issue = checked(tmp_path, content).find("time.date-only")
    assert (issue["severity"], issue["scope"]) == ("STOP", "question")
    assert issue["count"] == len(content["scores"])
    placed(issue, "scores.csv", 2, "when")


@pytest.mark.bad_input("A1")
def test_some_forms_dated_by_day_are_flagged_and_have_no_phase(tmp_path):
    content = tables()
    day = content["scores"][2]
    day["when"] = day["when"][:10]
    whole = plain()
    outcome = checked(tmp_path / "day", content)
    issue = outcome.find("time.some-date-only")
    assert (issue["severity"], issue["scope"], issue["count"]) == ("FLAG", "row", 1)
    placed(issue, "scores.csv", 4, "when")
    assert outcome.people("scored 2 to 6 h after") == whole.people("scored 2 to 6 h after") - 1


@pytest.mark.parametrize("column", ["start", "end"])
@pytest.mark.bad_input("A1")
def test_all_infusions_dated_by_day_stop_the_question_of_hours(tmp_path, column):
    content = tables()
    for row in content["infusions"]:
        row[column] = row[column][:10]
    issue = checked(tmp_path, content).find("time.date-only")
    assert (issue["severity"], issue["file"]) == ("STOP", "infusions.csv")


@pytest.mark.bad_input("A1")
def test_dates_need_no_zone_to_be_known_as_dates(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = row["when"][:10]
    for row in content["infusions"]:
        row["start"], row["end"] = row["start"][:10], row["end"][:10]
    outcome = checked(tmp_path, content, zone="")
    assert outcome.error is None
    assert "time.date-only" in outcome.rules("STOP")


def test_midnight_everywhere_is_a_date_that_a_program_filled_in(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = row["when"][:10] + "T00:00"
    outcome = checked(tmp_path, content)
    placed(outcome.find("time.midnight"), "scores.csv", 2, "when")
    assert "time.date-only" in outcome.rules("STOP")


@pytest.mark.bad_input("A2")
def test_a_form_after_the_infusion_is_never_the_baseline(tmp_path):
    content = tables()
    end = content["infusions"][0]["end"]
    for row in content["scores"][:2]:
        row["when"] = later(end, minutes=30 + int(row["item_01"]))
    outcome = checked(tmp_path, content)
    assert outcome.people("scored before the infusion") == 11


@pytest.mark.bad_input("A3")
def test_a_form_during_the_infusion_is_noted_and_never_efficacy(tmp_path):
    content = tables()
    content["scores"][2]["when"] = later(content["infusions"][0]["start"], minutes=15)
    outcome = checked(tmp_path, content)
    placed(outcome.find("form.during"), "scores.csv", 4, None)
    assert outcome.people("scored 2 to 6 h after") == 11


@pytest.mark.bad_input("A4")
def test_an_infusion_that_ends_before_it_starts_sets_the_person_aside_and_counts_them(tmp_path):
    content = tables()
    row = content["infusions"][0]
    row["start"], row["end"] = row["end"], row["start"]
    outcome = checked(tmp_path, content)
    issue = outcome.find("infusion.end-before-start")
    assert (issue["severity"], issue["scope"], issue["count"]) == ("STOP", "subject", 1)
    placed(issue, "infusions.csv", 2, "end")
    assert outcome.people("people set aside") == 1
    assert outcome.people("people read") == 12


def test_an_infusion_past_noon_tells_that_the_half_of_the_day_was_lost(tmp_path):
    content = tables()
    day = content["infusions"][0]["start"][:11]
    content["infusions"][0].update(start=f"{day}12:20", end=f"{day}01:00")
    outcome = checked(tmp_path, content)
    assert outcome.find("infusion.end-before-start")["count"] == 1
    told = outcome.find("time.half-day-lost")
    assert (told["severity"], told["count"]) == ("FLAG", 1)
    placed(told, "infusions.csv", 2, "end")


@pytest.mark.bad_input("A5")
def test_slashed_dates_need_a_declared_order(tmp_path):
    content = tables()
    content["scores"][4]["when"] = "03/04/2025 14:00"
    refused(checked(tmp_path, content), "time.ambiguous-order", "scores.csv", "'when'", "1 of 48",
            "datetime_format")  # fmt: skip


@pytest.mark.bad_input("A5")
def test_a_declared_order_is_used(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = datetime.fromisoformat(row["when"]).strftime("%d/%m/%Y %H:%M")
    for row in content["infusions"]:
        for end in ("start", "end"):
            row[end] = datetime.fromisoformat(row[end]).strftime("%d/%m/%Y %H:%M")
    outcome = checked(tmp_path, content, section='datetime_format = "%d/%m/%Y %H:%M"')
    assert outcome.flow == plain().flow


@pytest.mark.bad_input("A8")
def test_hour_24_is_set_aside_unless_a_format_is_declared(tmp_path):
    content = tables()
    content["scores"][2]["when"] = content["scores"][2]["when"][:10] + "T24:00"
    outcome = checked(tmp_path / "iso", content)
    placed(outcome.find("time.unreadable"), "scores.csv", 4, "when")
    assert outcome.find("form.no-time")["severity"] == "DROP"
    declared = checked(tmp_path / "format", content, section='datetime_format = "%Y-%m-%dT%H:%M"')
    assert declared.find("time.next-day")["count"] == 1
    assert "time.unreadable" not in declared.rules()


@pytest.mark.bad_input("A13")
def test_zoned_and_local_times_in_one_study_stop_it(tmp_path):
    content = tables()
    content["scores"][5]["when"] += "Z"
    refused(checked(tmp_path, content), "time.mixed-zones", "scores.csv", "'when'", "Export")


@pytest.mark.bad_input("A13")
def test_start_and_end_must_share_a_convention_too(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["end"] += "-05:00"
    refused(checked(tmp_path, content), "time.mixed-zones", "infusions.csv", "'end'")


@pytest.mark.bad_input("A13")
def test_a_table_with_zones_beside_one_of_declared_local_times_is_read_by_both(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = datetime.fromisoformat(row["when"]).strftime("%Y/%m/%d %I:%M %p GMT-5")
    outcome = checked(tmp_path, content, zone='timezone = "America/Jamaica"')
    assert outcome.flow == checked(tmp_path / "all", zone='timezone = "America/Jamaica"').flow
    refused(checked(tmp_path / "none", content, zone=""), "time.no-zone", "infusions.csv")


def test_a_table_may_have_a_zone_of_its_own(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = later(row["when"], hours=5)
    where = {"zone": 'timezone = "America/Jamaica"'}
    own = checked(tmp_path / "own", content, **where, values=UTC_ITEMS)
    assert own.flow == checked(tmp_path / "all", **where).flow


@pytest.mark.bad_input("A14")
def test_different_offsets_are_each_read_by_their_own_and_noted(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["start"] += "-05:00"
        row["end"] = later(row["end"], hours=5) + "Z"
    for row in content["scores"]:
        row["when"] += "-05:00"
    content["scores"][0]["when"] = later(content["scores"][0]["when"][:16], hours=5) + "Z"
    outcome = checked(tmp_path / "mixed", content, zone="")
    assert outcome.find("time.mixed-offsets")["severity"] == "NOTE"
    local = checked(tmp_path / "local", tables(), zone='timezone = "Etc/GMT+5"')
    assert outcome.flow == local.flow


@pytest.mark.bad_input("A15")
def test_a_time_known_to_the_hour_is_kept_as_an_hour_and_flagged(tmp_path):
    content = tables()
    content["scores"][2]["when"] = content["scores"][2]["when"][:13]
    outcome = checked(tmp_path, content)
    placed(outcome.find("time.hour-only"), "scores.csv", 4, "when")
    assert outcome.people("scored 2 to 6 h after") == 12


@pytest.mark.bad_input("A15")
def test_a_month_is_no_first_of_the_month(tmp_path):
    content = tables()
    content["scores"][2]["when"] = "2025-03"
    outcome = checked(tmp_path, content)
    assert outcome.find("time.some-date-only")["count"] == 1
    assert outcome.people("scored 2 to 6 h after") == 11


@pytest.mark.parametrize("year", ["2052", "1925", "0001", "9999"])
@pytest.mark.bad_input("A24")
def test_a_mistyped_year_is_set_aside(tmp_path, year):
    content = tables()
    content["scores"][3]["when"] = year + content["scores"][3]["when"][4:]
    outcome = checked(tmp_path, content)
    placed(outcome.find("time.implausible"), "scores.csv", 5, "when")
    assert outcome.find("form.no-time")["count"] == 1


@pytest.mark.bad_input("A24")
def test_a_form_a_year_off_is_flagged(tmp_path):
    content = tables()
    content["scores"][3]["when"] = "2027" + content["scores"][3]["when"][4:]
    assert checked(tmp_path, content).find("time.distant")["count"] == 1


@pytest.mark.bad_input("A24")
def test_an_end_in_another_month_is_set_aside(tmp_path):
    content = tables()
    content["infusions"][1]["end"] = later(content["infusions"][1]["end"], days=30)
    content["infusions"][2]["end"] = later(content["infusions"][2]["end"], days=2)
    outcome = checked(tmp_path, content)
    placed(outcome.find("infusion.implausible-end"), "infusions.csv", 3, "end")
    placed(outcome.find("infusion.long"), "infusions.csv", 4, "end")


def test_a_stay_that_ends_before_the_infusion_is_set_aside(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["stay"] = later(row["start"], hours=5)
    content["infusions"][3]["stay"] = later(content["infusions"][3]["start"], hours=-5)
    outcome = checked(tmp_path, content, infusions='stay_end = "stay"')
    placed(outcome.find("infusion.stay-before-start"), "infusions.csv", 5, "stay")


def test_infusions_without_a_start_or_an_end_are_told(tmp_path):
    content = tables()
    content["infusions"][0]["start"] = ""
    content["infusions"][1]["end"] = ""
    outcome = checked(tmp_path, content)
    placed(outcome.find("infusion.no-start"), "infusions.csv", 2, "start")
    placed(outcome.find("infusion.no-end"), "infusions.csv", 3, "end")
    assert outcome.people("people set aside") == 1


def test_an_infusion_without_a_start_never_makes_the_next_one_the_first(tmp_path):
    content = tables()
    first = content["infusions"][0]
    second = first | {
        "start": later(first["start"], hours=50),
        "end": later(first["end"], hours=50),
    }
    content["infusions"][0] = first | {"start": "2025-02-30T10:00"}
    content["infusions"].append(second)
    outcome = checked(tmp_path, content)
    assert outcome.find("infusion.no-start")["count"] == 1
    assert outcome.people("people set aside") == 1


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("Cancelled", "infusion.not-given"),
        ("REFUSED", "infusion.not-given"),
        ("not_done", "infusion.not-given"),
        ("Stopped", "infusion.stopped"),
        ("half of it", "infusion.unknown-status"),
    ],
)
def test_a_status_is_a_word_that_is_known_or_flagged(tmp_path, word, rule):
    content = tables()
    content["infusions"] = [row | {"status": "given"} for row in content["infusions"]]
    content["infusions"][0]["status"] = word
    outcome = checked(tmp_path, content, infusions='status = "status"')
    assert outcome.find(rule)["count"] == 1
    assert word not in outcome.said or word == "Stopped"


def test_a_status_of_the_study_s_own_words_is_what_it_declares(tmp_path):
    content = tables()
    content["infusions"] = [row | {"status": "given"} for row in content["infusions"]]
    content["infusions"][0]["status"] = "Moved-on"
    own = 'status = "status"\nstatuses = { "moved on" = "not given" }'
    assert checked(tmp_path, content, infusions=own).find("infusion.not-given")["count"] == 1


def test_two_infusions_at_one_time_that_differ_set_the_person_aside(tmp_path):
    content = tables()
    first = content["infusions"][0]
    content["infusions"].append(first | {"end": later(first["end"], minutes=9)})
    outcome = checked(tmp_path, content)
    assert outcome.find("infusion.conflicting")["count"] == 1
    assert outcome.people("people set aside") == 1


def test_infusions_that_overlap_are_flagged(tmp_path):
    content = tables()
    first = content["infusions"][0]
    again = {"start": later(first["start"], minutes=20), "end": later(first["end"], minutes=20)}
    content["infusions"].append(first | again)
    placed(checked(tmp_path, content).find("infusion.overlap"), "infusions.csv", 2, "start")


def test_an_infusion_whose_status_says_not_given_is_none(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["status"] = "completed"
    content["infusions"][4]["status"] = "Not given"
    outcome = checked(tmp_path, content, infusions='status = "status"')
    placed(outcome.find("infusion.not-given"), "infusions.csv", 6, "status")
    assert outcome.people("people set aside") == 1


@pytest.mark.bad_input("A2")
def test_the_last_rating_before_the_infusion_stands_where_the_other_came_after(tmp_path):
    content = tables(hours_after_end=(3,))
    for infusion, row in zip(content["infusions"], content["scores"][1::3], strict=True):
        row["when"] = later(infusion["start"], minutes=45)
    outcome = checked(tmp_path, content)
    graded(outcome.find("form.acute"), "NOTE", "form", 12)
    graded(outcome.find("baseline.one-rating"), "FLAG", "subject", 12)
    forms = check(read_study(tmp_path)).forms
    before = forms.loc[forms["phase"] == "before", "hours_low"]
    assert (len(before), before.max() < -24) == (12, True)


@pytest.mark.bad_input("A3")
def test_start_and_end_belong_to_the_infusion(tmp_path):
    content = tables()
    content["scores"][1]["when"] = content["infusions"][0]["start"]
    content["scores"][2]["when"] = content["infusions"][0]["end"]
    graded(checked(tmp_path, content).find("form.during"), "NOTE", "form", 2)


@pytest.mark.bad_input("A5")
def test_a_date_that_reads_one_way_only_does_not_tell_the_order_of_the_others(tmp_path):
    content = tables()
    content["scores"][4]["when"] = "03/04/2025 14:00"
    content["scores"][5]["when"] = "13/04/2025 14:00"
    outcome = checked(tmp_path, content)
    refused(outcome, "time.ambiguous-order", "2 of 48", "1 of them can be read both ways")


@pytest.mark.parametrize(
    ("end", "form", "hours"),
    [
        ("2025-03-09T01:30", "2025-03-09T05:30", 3.0),
        ("2025-11-02T00:30", "2025-11-02T04:30", 5.0),
    ],
    ids=["spring", "autumn"],
)
@pytest.mark.bad_input("A10", "A11")
def test_hours_over_a_clock_change_are_hours_of_a_stopwatch(tmp_path, end, form, hours):
    content = tables(n_per_arm=1, hours_after_end=(3,))
    content["infusions"][0] |= {"start": later(end, minutes=-30), "end": end}
    content["scores"][2]["when"] = form
    for row in content["scores"][:2]:
        row["when"] = later(end, days=-2, hours=int(row["item_03"]))
    path = write_study(tmp_path, content, zone='timezone = "America/New_York"')
    after = check(read_study(path)).forms.query("latest_infusion == 1")
    assert hours in set(after["since_end_low"])


@pytest.mark.bad_input("A10", "A11")
def test_local_times_without_a_declared_zone_stop(tmp_path):
    refused(checked(tmp_path, zone=""), "time.no-zone", "timezone")


@pytest.mark.bad_input("A15")
def test_an_infusion_known_to_the_hour_places_no_score_at_the_edge_of_a_phase(tmp_path):
    content = tables(hours_after_end=(3,))
    for row in content["infusions"]:
        row["end"] = row["end"][:13]
    for row in content["scores"][2::3]:
        row["when"] = later(row["when"], hours=-1)
    outcome = checked(tmp_path, content)
    graded(outcome.find("time.hour-only"), "FLAG", "row", 12)
    # 2 h after some minute of that hour: within hours, or still acute.
    assert outcome.people("scored 2 to 6 h after") == 0


@pytest.mark.bad_input("A19")
def test_a_survey_that_was_not_completed_has_no_time_and_no_score(tmp_path):
    rows = export()
    survey = next(row for row in rows if row["redcap_repeat_instrument"])
    survey["pcl_now_timestamp"] = "[not completed]"
    outcome = promised(Outcome(write_project(tmp_path, rows)))
    graded(outcome.find("form.not-completed"), "DROP", "form")
    assert "time.unreadable" not in outcome.rules()


@pytest.mark.bad_input("A20")
def test_the_time_of_the_assessment_counts_not_that_of_the_late_entry(tmp_path):
    rows = export()
    survey = next(row for row in rows if row["redcap_repeat_instrument"])
    entered = datetime.fromisoformat(survey["pcl_when"]) + timedelta(days=3)
    survey["pcl_now_timestamp"] = f"{entered:%Y-%m-%d %H:%M:%S}"
    outcome = promised(Outcome(write_project(tmp_path / "late", rows)))
    graded(outcome.find("time.late-entry"), "FLAG", "form")
    assert outcome.flow == Outcome(write_project(tmp_path / "plain")).flow


@pytest.mark.parametrize(("epoch", "zero"), [(1900, "1899-12-30"), (1904, "1904-01-01")])
@pytest.mark.bad_input("A21")
def test_day_numbers_of_a_spreadsheet_stop_unless_their_epoch_is_declared(tmp_path, epoch, zero):
    content = tables()
    for row in content["scores"]:
        span = datetime.fromisoformat(row["when"]) - datetime.fromisoformat(zero)
        row["when"] = f"{span / timedelta(days=1):.6f}"
    undeclared = checked(tmp_path / "undeclared", content)
    refused(undeclared, "time.excel-serial", "scores.csv", "'when'", "48 time(s)", "excel_epoch")
    declared = checked(tmp_path / "declared", content, files=f"excel_epoch = {epoch}")
    assert declared.flow == plain().flow


@pytest.mark.bad_input("A21")
def test_one_day_number_among_written_times_stops_too(tmp_path):
    content = tables()
    content["scores"][3]["when"] = "45720.5833"
    refused(checked(tmp_path, content), "time.excel-serial", "1 time(s)")


def as_workbook(folder: Path, cells: dict[tuple[str, str, int], object]) -> Path:
    """The study as one workbook a table; cells, by table, column and person, are replaced."""
    path = write_study(folder)
    text = path.read_text(encoding="utf-8")
    for name, rows in tables().items():
        book = openpyxl.Workbook()
        book.active.append(list(rows[0]))
        for number, row in enumerate(rows):
            book.active.append([cells.get((name, k, number), v) for k, v in row.items()])
        book.save(folder / f"{name}.xlsx")
        text = text.replace(f"{name}.csv", f"{name}.xlsx")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("table", "column", "cell", "rule"),
    [
        ("scores", "item_03", datetime(2025, 1, 2), "cell.unexpected-date"),
        ("subjects", "id", datetime(2025, 3, 1), "cell.unexpected-date"),
    ],
    ids=["item 1-2", "identifier MAR1"],
)
@pytest.mark.bad_input("A22")
def test_a_date_that_a_spreadsheet_made_of_an_item_or_an_identifier_stops(
    tmp_path, table, column, cell, rule
):
    path = as_workbook(tmp_path, {(table, column, 4): cell})
    refused(promised(Outcome(path)), rule, f"{table}.xlsx", "row 6", f"'{column}'")


@pytest.mark.bad_input("A25")
def test_a_score_belongs_to_the_latest_infusion_before_it(tmp_path):
    content = tables(n_per_arm=1, hours_after_end=(24, 96))
    first = content["infusions"][0]
    again = {end: later(first[end], days=3) for end in ("start", "end")}
    content["infusions"].append(first | again)
    forms = check(read_study(write_study(tmp_path, content))).forms
    twice = forms[forms.groupby("subject")["latest_infusion"].transform("max") == 2]
    assert list(twice["latest_infusion"]) == [0, 0, 1, 2]
    assert list(twice["phase"]) == ["before", "before", "day", "day"]
    # 96 h and some minutes after the first, 72 h less after the second.
    assert (twice["since_end_low"].iloc[-1] - 24) < 1


@pytest.mark.bad_input("A18")
def test_a_planned_time_point_is_never_taken_for_a_measured_one(tmp_path):
    content = tables(hours_after_end=(2,))
    for infusion in content["infusions"]:
        infusion |= {"dose": 0.5, "unit": "mg/kg", "route": "INTRAVENOUS"}
    files = as_sdtm(content)
    when = files["qs"]["QSDTC"]
    files["qs"]["QSTPT"] = [
        "2H POST" if n // len(NOW_ITEMS) % 3 == 2 else "" for n in range(len(when))
    ]
    files["qs"]["QSDTC"] = [
        w[:10] if p else w for w, p in zip(when, files["qs"]["QSTPT"], strict=True)
    ]
    for name, columns in files.items():
        write_xpt(tmp_path / f"{name}.xpt", columns)
    (tmp_path / "study.toml").write_text(SDTM.format("xpt"), encoding="utf-8")
    outcome = promised(Outcome(tmp_path))
    graded(outcome.find("time.planned-only"), "FLAG", "row", 12 * len(NOW_ITEMS))
    assert outcome.people("scored 2 to 6 h after") == 0
    assert judged(tmp_path)["onset"].verdict == "not testable"


def written_as(path: Path, ending: str) -> Path:
    """The study of a study.toml with its delimited text in files of another kind, as texts."""
    for file in path.parent.glob("*.csv") if ending != "csv" else ():
        frame = pd.read_csv(file, dtype="str", keep_default_na=False)
        if ending == "xlsx":
            frame.to_excel(file.with_suffix(".xlsx"), index=False)
        else:
            pyreadstat.write_sav(frame, file.with_suffix(".sav"))
        file.unlink()
    path.write_text(path.read_text("utf-8").replace(".csv", f".{ending}"), "utf-8")
    return path


KINDS = ["csv", "xlsx", "sav"]


@pytest.mark.parametrize("ending", KINDS)
@pytest.mark.parametrize(
    ("written", "rule"),
    [
        (lambda moment: f"{moment:%d %B %Y, %H:%M}", "time.in-words"),
        (lambda moment: f"Dienstag, {moment:%d. März %Y um %H:%M}", "time.in-words"),
        (lambda moment: moment.strftime("%Y-%m-%d").replace("-0", "-"), "time.none-readable"),
    ],
    ids=["month in words", "German words", "no zeros"],
)
def test_a_column_without_any_readable_time_stops_with_what_to_declare(
    tmp_path, written, rule, ending
):
    content = tables()
    for row in content["scores"]:
        row["when"] = written(datetime.fromisoformat(row["when"]))
    words = (f"scores.{ending}, row 2", "'when'", "48 ", "datetime_format")
    path = written_as(write_study(tmp_path, content), ending)
    refused(promised(Outcome(path)), rule, *words)


@pytest.mark.parametrize("ending", KINDS)
def test_hours_written_as_lengths_of_time_stop_with_how_to_write_them(tmp_path, ending):
    content = tables()
    starts = {row["id"]: datetime.fromisoformat(row["start"]) for row in content["infusions"]}
    for row in content["scores"]:
        minutes = (datetime.fromisoformat(row["when"]) - starts[row["id"]]) // timedelta(minutes=1)
        row["when"] = f"{max(minutes, 0) // 60}:{max(minutes, 0) % 60:02d}"
    for row in content["infusions"]:
        row |= {"start": "0", "end": "0.67"}
    path = write_study(tmp_path, content, zone="")
    text = path.read_text("utf-8").replace('time = "when"', 'hours = "when"')
    text = text.replace('start = "start"', 'start_hours = "start"')
    path.write_text(text.replace('end = "end"', 'end_hours = "end"'), "utf-8")
    path = written_as(path, ending)
    refused(promised(Outcome(path)), "column.lengths", "48 cell(s)", "multiply the cells by 24")


def test_one_time_for_start_and_end_is_flagged(tmp_path):
    content = tables()
    for row in content["infusions"][:3]:
        row["end"] = row["start"]
    outcome = checked(tmp_path, content)
    graded(outcome.find("infusion.no-length"), "FLAG", "row", 3)
    placed(outcome.find("infusion.no-length"), "infusions.csv", 2, "end")
