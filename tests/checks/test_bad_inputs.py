"""What a clinic could send: each bad input is counted and placed, and its value never printed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factory import NOW_ITEMS, TOKEN, checked, stamp, tables

ALL_ITEMS = tuple(range(1, 21))
ITEM = "item_03"


def later(text: str, **shift: float) -> str:
    return stamp(datetime.fromisoformat(text) + timedelta(**shift))


def placed(issue: dict, file: str, row: int | None, column: str | None) -> None:
    """An issue says where it is and what to do."""
    assert (issue["file"], issue["row"], issue["column"]) == (file, row, column)
    assert issue["message"].startswith(f"{file}: ")
    assert len(issue["message"].split()) > 6


def refused(outcome, rule: str, *words: str) -> None:
    """An error says where it is and what to do."""
    assert outcome.error is not None, outcome.rules()
    assert outcome.error["rule"] == rule, outcome.error
    for word in words:
        assert word in outcome.error["message"], outcome.error["message"]


# A. Time and order


def test_a1_all_forms_dated_by_day_stop_the_question_of_hours(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = row["when"][:10]
    issue = checked(tmp_path, content).find("time.date-only")
    assert (issue["severity"], issue["scope"]) == ("STOP", "question")
    assert issue["count"] == len(content["scores"])
    placed(issue, "scores.csv", 2, "when")


def test_a1_some_forms_dated_by_day_are_flagged_and_have_no_phase(tmp_path):
    content = tables()
    day = content["scores"][2]
    day["when"] = day["when"][:10]
    plain = checked(tmp_path / "plain")
    outcome = checked(tmp_path / "day", content)
    issue = outcome.find("time.some-date-only")
    assert (issue["severity"], issue["scope"], issue["count"]) == ("FLAG", "row", 1)
    placed(issue, "scores.csv", 4, "when")
    assert outcome.people("scored 2 to 6 h after") == plain.people("scored 2 to 6 h after") - 1


@pytest.mark.parametrize("column", ["start", "end"])
def test_a1_all_infusions_dated_by_day_stop_the_question_of_hours(tmp_path, column):
    content = tables()
    for row in content["infusions"]:
        row[column] = row[column][:10]
    issue = checked(tmp_path, content).find("time.date-only")
    assert (issue["severity"], issue["file"]) == ("STOP", "infusions.csv")


def test_a1_dates_need_no_zone_to_be_known_as_dates(tmp_path):
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


def test_a2_a_form_after_the_infusion_is_never_the_baseline(tmp_path):
    content = tables()
    end = content["infusions"][0]["end"]
    for row in content["scores"][:2]:
        row["when"] = later(end, minutes=30 + int(row["item_01"]))
    outcome = checked(tmp_path, content)
    assert outcome.people("scored before the infusion") == 11


def test_a3_a_form_during_the_infusion_is_noted_and_never_efficacy(tmp_path):
    content = tables()
    content["scores"][2]["when"] = later(content["infusions"][0]["start"], minutes=15)
    outcome = checked(tmp_path, content)
    placed(outcome.find("form.during"), "scores.csv", 4, None)
    assert outcome.people("scored 2 to 6 h after") == 11


def test_a4_an_infusion_that_ends_before_it_starts_sets_the_person_aside_and_counts_them(tmp_path):
    content = tables()
    row = content["infusions"][0]
    row["start"], row["end"] = row["end"], row["start"]
    outcome = checked(tmp_path, content)
    issue = outcome.find("infusion.end-before-start")
    assert (issue["severity"], issue["scope"], issue["count"]) == ("STOP", "subject", 1)
    placed(issue, "infusions.csv", 2, "end")
    assert outcome.people("people set aside") == 1
    assert outcome.people("people read") == 12


def test_a5_slashed_dates_need_a_declared_order(tmp_path):
    content = tables()
    content["scores"][4]["when"] = "03/04/2025 14:00"
    refused(checked(tmp_path, content), "time.ambiguous-order", "scores.csv", "'when'", "1 of 48",
            "datetime_format")  # fmt: skip


def test_a5_a_declared_order_is_used(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["when"] = datetime.fromisoformat(row["when"]).strftime("%d/%m/%Y %H:%M")
    for row in content["infusions"]:
        for end in ("start", "end"):
            row[end] = datetime.fromisoformat(row[end]).strftime("%d/%m/%Y %H:%M")
    outcome = checked(tmp_path, content, section='datetime_format = "%d/%m/%Y %H:%M"')
    assert outcome.flow == checked(tmp_path / "plain").flow


def test_a8_hour_24_is_set_aside_unless_a_format_is_declared(tmp_path):
    content = tables()
    content["scores"][2]["when"] = content["scores"][2]["when"][:10] + "T24:00"
    outcome = checked(tmp_path / "iso", content)
    placed(outcome.find("time.unreadable"), "scores.csv", 4, "when")
    assert outcome.find("form.no-time")["severity"] == "DROP"
    declared = checked(tmp_path / "format", content, section='datetime_format = "%Y-%m-%dT%H:%M"')
    assert declared.find("time.next-day")["count"] == 1
    assert "time.unreadable" not in declared.rules()


def test_a13_zoned_and_local_times_in_one_study_stop_it(tmp_path):
    content = tables()
    content["scores"][5]["when"] += "Z"
    refused(checked(tmp_path, content), "time.mixed-zones", "scores.csv", "'when'", "Export")


def test_a13_start_and_end_must_share_a_convention_too(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["end"] += "-05:00"
    refused(checked(tmp_path, content), "time.mixed-zones", "infusions.csv", "'end'")


def test_a14_different_offsets_are_each_read_by_their_own_and_noted(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["start"] += "-05:00"
        row["end"] = later(row["end"], hours=5) + "Z"
    for row in content["scores"]:
        row["when"] += "-05:00"
    content["scores"][0]["when"] = later(content["scores"][0]["when"][:16], hours=5) + "Z"
    outcome = checked(tmp_path / "mixed", content, zone="")
    assert outcome.find("time.mixed-offsets")["severity"] == "NOTE"
    plain = checked(tmp_path / "plain", tables(), zone='timezone = "Etc/GMT+5"')
    assert outcome.flow == plain.flow


def test_a15_a_time_known_to_the_hour_is_kept_as_an_hour_and_flagged(tmp_path):
    content = tables()
    content["scores"][2]["when"] = content["scores"][2]["when"][:13]
    outcome = checked(tmp_path, content)
    placed(outcome.find("time.hour-only"), "scores.csv", 4, "when")
    assert outcome.people("scored 2 to 6 h after") == 12


def test_a15_a_month_is_no_first_of_the_month(tmp_path):
    content = tables()
    content["scores"][2]["when"] = "2025-03"
    outcome = checked(tmp_path, content)
    assert outcome.find("time.some-date-only")["count"] == 1
    assert outcome.people("scored 2 to 6 h after") == 11


@pytest.mark.parametrize("year", ["2052", "1925", "0001", "9999"])
def test_a24_a_mistyped_year_is_set_aside(tmp_path, year):
    content = tables()
    content["scores"][3]["when"] = year + content["scores"][3]["when"][4:]
    outcome = checked(tmp_path, content)
    placed(outcome.find("time.implausible"), "scores.csv", 5, "when")
    assert outcome.find("form.no-time")["count"] == 1


def test_a24_a_form_a_year_off_is_flagged(tmp_path):
    content = tables()
    content["scores"][3]["when"] = "2027" + content["scores"][3]["when"][4:]
    assert checked(tmp_path, content).find("time.distant")["count"] == 1


def test_a24_an_end_in_another_month_is_set_aside(tmp_path):
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
    assert outcome.find("subject.no-infusion")["count"] == 1


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


# B. Scores


def test_b1_a_form_with_every_item_blank_is_set_aside_and_never_0(tmp_path):
    content = tables()
    content["scores"][2].update({k: "" for k in content["scores"][2] if k.startswith("item")})
    outcome = checked(tmp_path, content)
    placed(outcome.find("form.blank"), "scores.csv", 4, None)


def test_b2_a_form_with_some_items_blank_is_set_aside(tmp_path):
    content = tables()
    content["scores"][2][ITEM] = ""
    placed(checked(tmp_path, content).find("form.incomplete"), "scores.csv", 4, None)


def test_b3_items_from_1_to_5_declared_to_start_at_0_stop(tmp_path):
    content = tables()
    for row in content["scores"]:
        row.update({k: v + 1 for k, v in row.items() if k.startswith("item")})
    refused(checked(tmp_path, content), "score.coding-base", "scores.csv", "row ", "item_base = 1")


def test_b3_thirty_forms_without_the_lowest_answer_stop(tmp_path):
    content = tables(n_per_arm=4)
    for row in content["scores"]:
        row.update({k: max(v, 1) for k, v in row.items() if k.startswith("item")})
    refused(checked(tmp_path, content), "score.coding-base", "item_base = 1")


def test_b3_items_from_0_declared_to_start_at_1_stop(tmp_path):
    base = 'items = "item_{:02d}"\nitem_base = 1'
    refused(checked(tmp_path, values=base), "score.coding-base", "item_base = 0")


@pytest.mark.parametrize("value", ["5", "-1", "44", "2.5"])
def test_b6_an_item_outside_its_range_is_set_aside(tmp_path, value):
    content = tables()
    content["scores"][7][ITEM] = value
    outcome = checked(tmp_path, content)
    placed(outcome.find("item.out-of-range"), "scores.csv", 9, ITEM)
    assert outcome.find("form.incomplete")["count"] == 1


@pytest.mark.parametrize("code", ["99", "-9", "999", "88", "-9.0"])
def test_b7_a_code_for_missing_must_be_declared(tmp_path, code):
    content = tables()
    content["scores"][7][ITEM] = code
    refused(checked(tmp_path / "a", content), "score.undeclared-code", "scores.csv", "row 9",
            f"'{ITEM}'", "missing_codes")  # fmt: skip
    declared = checked(tmp_path / "b", content, missing_codes=f'["{code.partition(".")[0]}"]')
    assert declared.rules("DROP") == {"form.incomplete"}


def test_b7_a_code_that_is_also_a_score_is_refused(tmp_path):
    refused(checked(tmp_path, missing_codes='["4"]'), "config.value", "missing code")


def test_hours_of_minus_9_are_no_code_for_missing(tmp_path):
    import pandas as pd

    from analysis.readers.text import numbers

    column = pd.Series(["-9.000", "-9"])
    kept, _ = numbers(column, missing_codes=("-9",), codes_by_value=False)
    assert kept[0] == -9
    assert kept[1] != kept[1]


def test_b8_na_can_be_an_arm(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["arm"] = {"ket": "NA", "mdz": "mdz"}[row["arm"]]
    outcome = checked(tmp_path, content, arms='{ NA = "ketamine", mdz = "midazolam" }')
    assert {row["arm"] for row in outcome.flow} == {"ketamine", "midazolam"}


def test_b5_a_stated_total_that_differs_is_flagged(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["total"] = sum(row[f"item_{n:02d}"] for n in NOW_ITEMS)
    content["scores"][3]["total"] += 3
    outcome = checked(tmp_path, content, values='items = "item_{:02d}"\ntotal = "total"')
    placed(outcome.find("form.total-mismatch"), "scores.csv", 5, None)


@pytest.mark.parametrize("total", ["81", "-9", "999"])
def test_b11_a_total_beyond_the_scale_stops(tmp_path, total):
    content = totals()
    content["scores"][3]["total"] = total
    words = ("scores.csv, row 5", "'total'", "0 to 80")
    refused(checked(tmp_path, content, **WEEK), "score.out-of-range", *words)


def test_totals_alone_are_taken_and_told(tmp_path):
    content = totals()
    content["scores"][3]["total"] = "20.5"
    content["scores"][4]["total"] = ""
    outcome = checked(tmp_path, content, **WEEK)
    assert outcome.find("form.total-only")["count"] == 47
    placed(outcome.find("form.fractional-total"), "scores.csv", 5, "total")
    placed(outcome.find("form.no-total"), "scores.csv", 6, None)


WEEK = {
    "instrument": "PCL-5",
    "version": "past-week",
    "recall_hours": 168,
    "values": 'total = "total"',
}


def totals() -> dict:
    content = tables(numbers=ALL_ITEMS)
    content["scores"] = [
        {"id": r["id"], "when": r["when"], "total": sum(r[f"item_{n:02d}"] for n in ALL_ITEMS)}
        for r in content["scores"]
    ]
    return content


def split_versions(tmp_path, first: str, second: str):
    """One file, the forms before in one version and those after in another."""
    from tests.factory import Outcome, write_study

    content = tables(numbers=ALL_ITEMS)
    for number, row in enumerate(content["scores"]):
        row["form"] = first if number % 4 < 2 else second
    values = f'items = "item_{{:02d}}"\nwhere = {{ form = "{first}" }}'
    path = write_study(tmp_path, content, instrument="PCL-5", version=first, recall_hours=720,
                       values=values)  # fmt: skip
    text = path.read_text(encoding="utf-8")
    table = text[text.index("[[assessments]]") :].replace(first, second).replace("= 720", "= 168")
    path.write_text(text + table, encoding="utf-8")
    return Outcome(path)


def test_b11_b12_a_form_that_changes_on_the_way_is_flagged(tmp_path):
    outcome = split_versions(tmp_path, "standard", "past-week")
    assert outcome.error is None
    assert outcome.find("form.version-changes")["count"] == 12
    assert outcome.find("recall.differs")["count"] == 24


def test_b13_a_past_month_form_hours_after_stops_the_question(tmp_path):
    outcome = checked(tmp_path, tables(numbers=ALL_ITEMS), instrument="PCL-5", version="standard",
                      recall_hours=720)  # fmt: skip
    issue = outcome.find("recall.reaches-back")
    assert (issue["severity"], issue["scope"]) == ("STOP", "question")
    assert "99%" in issue["message"]


def test_a_window_shorter_than_the_versions_is_flagged(tmp_path):
    outcome = checked(tmp_path, tables(numbers=ALL_ITEMS), instrument="PCL-5", version="standard",
                      recall_hours=24)  # fmt: skip
    assert outcome.find("recall.shorter-than-version")["severity"] == "FLAG"


def test_a_file_without_any_score_stops_the_study(tmp_path):
    content = tables()
    for row in content["scores"]:
        row.update({k: "" for k in row if k.startswith("item")})
    refused(checked(tmp_path, content), "score.none", "columns")


# C. People


def test_c1_exact_copies_are_counted_once(tmp_path):
    content = tables()
    for rows in content.values():
        rows.append(dict(rows[0]))
    outcome = checked(tmp_path / "copies", content)
    assert outcome.rules("STOP", "DROP", "FLAG") == checked(tmp_path / "plain").rules("FLAG")
    copies = [issue for issue in outcome.issues if issue["rule"] == "row.duplicate"]
    assert [issue["count"] for issue in copies] == [1, 1, 1]
    assert outcome.flow == checked(tmp_path / "plain").flow


def test_c1_rows_that_differ_only_in_undeclared_columns_are_counted_once_and_flagged(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["notes"] = ""
    content["scores"].append(content["scores"][0] | {"notes": TOKEN})
    outcome = checked(tmp_path, content)
    placed(outcome.find("row.same-content"), "scores.csv", 50, None)


def test_c2_two_forms_at_one_time_that_differ_set_the_person_aside(tmp_path):
    content = tables()
    content["scores"].append(content["scores"][0] | {ITEM: 4, "item_04": 4, "item_05": 4})
    outcome = checked(tmp_path, content)
    issue = outcome.find("form.conflicting")
    assert (issue["severity"], issue["scope"], issue["count"]) == ("STOP", "subject", 1)
    assert outcome.people("people set aside") == 1


def test_c2_a_person_with_rows_that_differ_is_set_aside_and_counted(tmp_path):
    content = tables()
    content["subjects"].append({"id": content["subjects"][0]["id"], "arm": "mdz"})
    outcome = checked(tmp_path, content)
    placed(outcome.find("subject.conflicting"), "subjects.csv", 2, "id")
    assert outcome.find("subject.conflicting")["count"] == 1
    assert (outcome.people("people read"), outcome.people("people set aside")) == (12, 1)
    assert "arm.blank" not in outcome.rules()


def test_c4_identifiers_that_look_alike_are_reported_and_never_merged(tmp_path):
    content = tables()
    for row in (row for rows in content.values() for row in rows):
        row["id"] = {"S000": "KPE088", "S001": "kpe-88", "S002": "88"}.get(row["id"], row["id"])
    outcome = checked(tmp_path, content)
    assert outcome.find("subject.alike")["count"] == 3
    assert outcome.people("people analysed") == 12


def test_c4_a_known_person_written_differently_is_set_aside_with_a_hint(tmp_path):
    content = tables()
    content["scores"][0]["id"] = "s-000"
    issue = checked(tmp_path, content).find("subject.unknown")
    placed(issue, "scores.csv", 2, "id")
    assert "differ from a known identifier only" in issue["message"]


def test_rows_without_an_identifier_are_set_aside(tmp_path):
    content = tables()
    content["subjects"].append({"id": "", "arm": "ket"})
    content["scores"][0]["id"] = " "
    outcome = checked(tmp_path, content)
    blank = [issue for issue in outcome.issues if issue["rule"] == "subject.blank-id"]
    assert [(issue["file"], issue["row"]) for issue in blank] == [
        ("subjects.csv", 14),
        ("scores.csv", 2),
    ]


@pytest.mark.parametrize("names", [("007", "7"), ("1E5", "100000"), ("9" * 20, "9" * 19 + "8")])
def test_c5_identifiers_stay_text(tmp_path, names):
    content = tables()
    for row in (row for rows in content.values() for row in rows):
        row["id"] = dict(zip(("S000", "S001"), names, strict=True)).get(row["id"], row["id"])
    outcome = checked(tmp_path, content)
    assert outcome.people("people analysed") == 12
    assert not outcome.rules("DROP", "STOP")


def test_white_space_around_identifiers_is_noted(tmp_path):
    content = tables()
    content["scores"][0]["id"] += " "
    assert checked(tmp_path, content).find("subject.white-space")["row"] == 2


def test_c7_people_without_an_arm_are_kept_as_unknown_and_stop_the_comparison(tmp_path):
    content = tables()
    content["subjects"][1]["arm"] = ""
    outcome = checked(tmp_path, content)
    issue = outcome.find("arm.blank")
    assert (issue["severity"], issue["scope"]) == ("STOP", "question")
    placed(issue, "subjects.csv", 3, "arm")
    read = {row["arm"]: row["n"] for row in outcome.flow if row["stage"] == "people read"}
    assert read == {"ketamine": 6, "midazolam": 5, "unknown": 1}


@pytest.mark.parametrize("label", ["Ket", "KET", "1", TOKEN])
def test_c8_an_arm_that_is_not_mapped_stops(tmp_path, label):
    content = tables()
    content["subjects"][1]["arm"] = label
    refused(
        checked(tmp_path, content), "arm.unknown-label", "subjects.csv, row 3", "'arm'", "ket, mdz"
    )


def test_an_agent_that_is_not_named_is_flagged_and_never_printed(tmp_path):
    content = tables()
    content["infusions"][1]["agent"] = TOKEN
    outcome = checked(tmp_path, content)
    placed(outcome.find("infusion.unknown-agent"), "infusions.csv", 3, "agent")
    assert outcome.find("infusion.other-agent")["count"] == 1


def test_a_blinding_guess_in_other_words_is_set_aside(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["guess"] = "ketamine"
    content["subjects"][2]["guess"] = TOKEN
    outcome = checked(tmp_path, content, arm='arm = "arm"\nblinding_guess = "guess"')
    placed(outcome.find("guess.unknown"), "subjects.csv", 4, "guess")


def test_c10_people_with_a_baseline_only_are_in_the_flow(tmp_path):
    content = tables()
    content["infusions"] = content["infusions"][1:]
    outcome = checked(tmp_path, content)
    row = next(row for row in outcome.flow if row["rule"] == "subject.no-infusion" and row["n"])
    assert (row["stage"], row["reason"], row["n"]) == ("people set aside", "no infusion", 1)


def test_without_any_known_infusion_nothing_is_testable_and_nothing_breaks(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["start"] = ""
    outcome = checked(tmp_path, content)
    assert "score.no-post" in outcome.rules("STOP") or outcome.error["rule"] == "score.none"


def test_c11_without_a_comparator_the_cause_is_not_testable(tmp_path):
    outcome = checked(tmp_path, tables(arms=("ket",)), design="single-arm", comparator="none",
                      arms='{ ket = "ketamine" }', arm="")  # fmt: skip
    assert outcome.find("comparator.none")["scope"] == "question"


def test_c13_an_entry_threshold_is_flagged(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["entry"] = "33"
        row["site"] = "A"
    outcome = checked(
        tmp_path, content, arm='arm = "arm"\nentry_threshold = "entry"\nsite = "site"'
    )
    assert outcome.find("subject.entry-threshold")["count"] == 12


def crossover(second: str = "midazolam") -> dict:
    content = tables()
    for row in list(content["infusions"]):
        other = second if row["agent"] == "ketamine" else "ketamine"
        again = {end: later(row[end], days=14) for end in ("start", "end")}
        content["infusions"].append(row | again | {"agent": other})
    for row in content["subjects"]:
        row["sequence"] = TOKEN
    return content


def test_a_crossover_takes_its_sequence_from_what_was_given(tmp_path):
    outcome = checked(tmp_path, crossover(), design="crossover", arm='sequence = "sequence"')
    assert {row["arm"] for row in outcome.flow} == {"ketamine-midazolam", "midazolam-ketamine"}


def test_a_crossover_with_an_agent_that_is_not_named_stops(tmp_path):
    outcome = checked(tmp_path, crossover(TOKEN), design="crossover", arm="")
    refused(outcome, "infusion.agent-not-named", "infusions.csv, row 14", "'agent'")


# D. Dose


@pytest.mark.parametrize("dose", ["40", "500", "0.0005", "-1"])
def test_d2_a_dose_that_is_not_plausible_per_kilogram_is_flagged(tmp_path, dose):
    content = tables()
    for row in content["infusions"]:
        row["dose"] = "0.5"
    content["infusions"][0]["dose"] = dose
    outcome = checked(tmp_path, content, infusions='dose_mg_per_kg = "dose"')
    assert (outcome.find("dose.unit")["severity"], outcome.find("dose.unit")["count"]) == (
        "FLAG",
        1,
    )


# E. Labels, F. Privacy


def test_e9_labels_instead_of_codes_stop(tmp_path):
    content = tables()
    for row in content["scores"]:
        row[ITEM] = TOKEN
    refused(
        checked(tmp_path, content), "column.not-numbers", "scores.csv, row 2", f"'{ITEM}'", "codes"
    )


@pytest.mark.parametrize("cell", [f"2 - call {TOKEN} 415-555-1212", TOKEN, "1e3", "9" * 400, "٣"])
def test_f2_text_in_a_number_is_set_aside_and_never_printed(tmp_path, cell):
    content = tables()
    content["scores"][6][ITEM] = cell
    outcome = checked(tmp_path, content)
    placed(outcome.find("cell.not-a-number"), "scores.csv", 8, ITEM)
    assert outcome.find("form.incomplete")["count"] == 1


def test_f2_text_in_a_time_is_set_aside_and_never_printed(tmp_path):
    content = tables()
    content["scores"][6]["when"] = f"15 min post {TOKEN}"
    placed(checked(tmp_path, content).find("time.unreadable"), "scores.csv", 8, "when")


@pytest.mark.parametrize("table", ["subjects", "infusions", "scores"])
def test_f3_a_column_of_identifiers_stops_whatever_table_it_is_in(tmp_path, table):
    content = tables()
    for row in content[table]:
        row["firstName"] = TOKEN
    refused(checked(tmp_path, content), "identifier.column", f"{table}.csv, row 1", "remove it")


def test_f4_free_text_is_never_printed(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["subjective_benefit_notes"] = f'=HYPERLINK({TOKEN})\nand, "more"'
    content["scores"][8][ITEM] = "7"
    outcome = checked(tmp_path, content)
    placed(outcome.find("item.out-of-range"), "scores.csv", 10, ITEM)


@pytest.mark.parametrize(
    ("table", "column"),
    [("subjects", "id"), ("subjects", "arm"), ("infusions", "id"), ("infusions", "agent"),
     ("infusions", "start"), ("infusions", "end"), ("scores", "id"), ("scores", "when"),
     ("scores", ITEM)],
)  # fmt: skip
def test_no_cell_is_ever_printed(tmp_path, table, column):
    content = tables()
    content[table][3][column] = TOKEN
    outcome = checked(tmp_path, content)
    assert outcome.error or outcome.rules("STOP", "DROP", "FLAG")


def test_every_row_and_cell_set_aside_on_reading_is_in_the_flow(tmp_path):
    content = tables()
    content["scores"][0]["id"] = "nobody"
    content["scores"][1][ITEM] = "x"
    content["scores"][2]["when"] = "x"
    outcome = checked(tmp_path, content)
    rows = {(r["stage"], r["rule"]): r["n"] for r in outcome.flow if r["arm"] == "all"}
    assert rows == {
        ("rows set aside", "subject.unknown"): 1,
        ("rows set aside", "form.no-time"): 1,
        ("cells set aside", "cell.not-a-number"): 1,
        ("cells set aside", "time.unreadable"): 1,
    }
