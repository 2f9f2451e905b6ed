"""Rows B: scores. A total means something only with its scale, its coding and its window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.checks import check
from analysis.outcomes.baseline import baseline
from analysis.outcomes.change import change
from analysis.readers.assemble import read_study
from analysis.readers.table.numbers import numbers
from tests.bad_inputs.found import (
    ALL_ITEMS,
    ITEM,
    MONTH,
    WEEK,
    graded,
    judged,
    placed,
    refused,
    totals,
)
from tests.factory import (
    NOW_ITEMS,
    Outcome,
    checked,
    promised,
    tables,
    write_rows,
    write_study,
)


def beside(
    folder: Path, rows: list[dict[str, Any]], name: str, version: str, values: str, hours: float = 0
) -> Path:
    """A plain study with a table of another scale beside its scores; ``when`` as theirs."""
    path = write_study(folder)
    scores = tables()["scores"]
    filled = [
        {"id": s["id"], "when": s["when"]} | row for s, row in zip(scores, rows, strict=False)
    ]
    write_rows(folder / "more.csv", filled)
    table = f'''
[[assessments]]
path = "more.csv"
subject = "id"
time = "when"
instrument = "{name}"
version = "{version}"
recall_hours = {hours}
{values}
'''
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    return path


def scored(path: Path, name: str) -> pd.DataFrame:
    """The forms of a scale that remain."""
    return check(read_study(path)).forms.query("instrument == @name")


@pytest.mark.bad_input("B1")
def test_a_form_with_every_item_blank_is_set_aside_and_never_0(tmp_path):
    content = tables()
    content["scores"][2].update({k: "" for k in content["scores"][2] if k.startswith("item")})
    outcome = checked(tmp_path, content)
    placed(outcome.find("form.blank"), "scores.csv", 4, None)


@pytest.mark.bad_input("B2")
def test_a_form_with_more_than_a_fifth_of_its_items_blank_is_set_aside(tmp_path):
    content = tables()
    content["scores"][2] |= {f"item_{item:02d}": "" for item in NOW_ITEMS[:3]}
    placed(checked(tmp_path, content).find("form.incomplete"), "scores.csv", 4, None)


@pytest.mark.bad_input("B3")
def test_items_from_1_to_5_declared_to_start_at_0_stop(tmp_path):
    content = tables()
    for row in content["scores"]:
        row.update({k: v + 1 for k, v in row.items() if k.startswith("item")})
    refused(checked(tmp_path, content), "score.coding-base", "scores.csv", "row ", "item_base = 1")


@pytest.mark.bad_input("B3")
def test_thirty_forms_without_the_lowest_answer_stop(tmp_path):
    content = tables(n_per_arm=4)
    for row in content["scores"]:
        row.update({k: max(v, 1) for k, v in row.items() if k.startswith("item")})
    refused(checked(tmp_path, content), "score.coding-base", "item_base = 1")


@pytest.mark.bad_input("B3")
def test_items_from_0_declared_to_start_at_1_stop(tmp_path):
    base = 'items = "item_{:02d}"\nitem_base = 1'
    refused(checked(tmp_path, values=base), "score.coding-base", "item_base = 0")


@pytest.mark.parametrize("value", ["5", "-1", "44", "2.5"])
@pytest.mark.bad_input("B6")
def test_an_item_outside_its_range_is_set_aside(tmp_path, value):
    content = tables()
    content["scores"][7][ITEM] = value
    outcome = checked(tmp_path, content)
    placed(outcome.find("item.out-of-range"), "scores.csv", 9, ITEM)
    assert outcome.find("score.prorated")["count"] == 1


@pytest.mark.parametrize("code", ["99", "-9", "999", "88", "-9.0"])
@pytest.mark.bad_input("B7")
def test_a_code_for_missing_must_be_declared(tmp_path, code):
    content = tables()
    content["scores"][7][ITEM] = code
    refused(checked(tmp_path / "a", content), "score.undeclared-code", "scores.csv", "row 9",
            f"'{ITEM}'", "missing_codes")  # fmt: skip
    declared = checked(tmp_path / "b", content, missing_codes=f'["{code.partition(".")[0]}"]')
    assert declared.rules("DROP") == set()
    assert declared.find("score.prorated")["count"] == 1


@pytest.mark.bad_input("B7")
def test_a_code_that_is_also_a_score_is_refused(tmp_path):
    refused(checked(tmp_path, missing_codes='["4"]'), "config.value", "missing code")


def test_hours_of_minus_9_are_no_code_for_missing(tmp_path):
    column = pd.Series(["-9.000", "-9"])
    kept, _ = numbers(column, missing_codes=("-9",), codes_by_value=False)
    assert kept[0] == -9
    assert kept[1] != kept[1]


@pytest.mark.bad_input("B8")
def test_na_can_be_an_arm(tmp_path):
    content = tables()
    for row in content["subjects"]:
        row["arm"] = {"ket": "NA", "mdz": "mdz"}[row["arm"]]
    outcome = checked(tmp_path, content, arms='{ NA = "ketamine", mdz = "midazolam" }')
    assert {row["arm"] for row in outcome.flow} == {"ketamine", "midazolam"}


@pytest.mark.bad_input("B5")
def test_a_stated_total_that_differs_is_flagged(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["total"] = sum(row[f"item_{n:02d}"] for n in NOW_ITEMS)
    content["scores"][3]["total"] += 3
    outcome = checked(tmp_path, content, values='items = "item_{:02d}"\ntotal = "total"')
    placed(outcome.find("form.total-mismatch"), "scores.csv", 5, None)


@pytest.mark.parametrize("total", ["81", "-9", "999"])
@pytest.mark.bad_input("B11")
def test_a_total_beyond_the_scale_stops(tmp_path, total):
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


def split_versions(tmp_path, first: str, second: str):
    """One file, the forms before in one version and those after in another."""
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


@pytest.mark.bad_input("B11", "B12")
def test_a_form_that_changes_on_the_way_is_flagged(tmp_path):
    outcome = split_versions(tmp_path, "standard", "past-week")
    assert outcome.error is None
    assert outcome.find("form.version-changes")["count"] == 12
    assert outcome.find("recall.differs")["count"] == 24


@pytest.mark.bad_input("B13")
def test_a_past_month_form_hours_after_stops_the_question(tmp_path):
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


@pytest.mark.bad_input("B1")
def test_a_total_of_0_beside_blank_items_is_no_remission(tmp_path):
    content = tables()
    for row in content["scores"]:
        row["total"] = sum(row[f"item_{n:02d}"] for n in NOW_ITEMS)
    content["scores"][2].update({k: "" for k in content["scores"][2] if k.startswith("item")})
    content["scores"][2]["total"] = 0
    outcome = checked(tmp_path, content, values='items = "item_{:02d}"\ntotal = "total"')
    graded(outcome.find("form.blank"), "DROP", "form")
    assert outcome.people("scored 2 to 6 h after") == 11


@pytest.mark.bad_input("B2")
def test_the_sum_of_what_is_left_is_no_total(tmp_path):
    content = tables()
    for number, row in enumerate(content["scores"][:3]):
        row.update({f"item_{n:02d}": "" for n in NOW_ITEMS[: number + 1]})
    outcome = checked(tmp_path, content)
    graded(outcome.find("form.incomplete"), "DROP", "form", 1)
    graded(outcome.find("score.prorated"), "FLAG", "form", 2)


BDI = tuple(range(1, 22))


@pytest.mark.bad_input("B4")
def test_bdi_options_are_worth_what_the_declared_coding_says(tmp_path):
    """Options from 1 up, seven of items 16 and 18: the highest are 4 and 7, the total is 63."""
    highest = {f"bdi_{n:02d}": 7 if n in (16, 18) else 4 for n in BDI}
    coded = 'items = "bdi_{:02d}"\ncoding = "options-from-1"'
    path = beside(tmp_path / "coded", [highest] * 4, "BDI-II", "standard", coded, 336)
    promised(Outcome(path))
    assert set(scored(path, "BDI-II")["total"]) == {63.0}


@pytest.mark.parametrize("values", ['items = "bdi_{:02d}"', 'total = "total"'])
@pytest.mark.bad_input("B4")
def test_bdi_options_added_up_as_if_they_were_points_stop(tmp_path, values):
    options = {f"bdi_{n:02d}": 7 if n in (16, 18) else 4 for n in BDI}
    rows = [options | {"total": sum(options.values())}] * 4
    outcome = promised(Outcome(beside(tmp_path, rows, "BDI-II", "standard", values, 336)))
    assert outcome.error is not None
    assert outcome.error["rule"] in ("score.out-of-range", "item.options")


@pytest.mark.bad_input("B5")
def test_the_sum_of_the_items_counts_where_the_stated_total_differs(tmp_path):
    """Simulated CADSS with 31 stated for answers that sum to 34."""
    answers = {f"c_{n:02d}": (2 if n <= 17 else 0) for n in range(1, 24)}
    rows = [answers | {"total": 34}] * 3 + [answers | {"total": 31}]
    values = 'items = "c_{:02d}"\ntotal = "total"'
    path = beside(tmp_path, rows, "CADSS", "23-item", values)
    graded(promised(Outcome(path)).find("form.total-mismatch"), "FLAG", "form")
    assert set(scored(path, "CADSS")["total"]) == {34.0}


@pytest.mark.bad_input("B9")
def test_qids_items_added_up_stop_and_its_domains_do_not(tmp_path):
    stated = promised(
        Outcome(beside(tmp_path / "a", [{"total": 33}] * 4, "QIDS-SR16", "standard",
                       'total = "total"', 168))
    )  # fmt: skip
    refused(stated, "score.out-of-range", "more.csv, row 2", "0 to 27", "nine domains")
    # Eleven items of 3 points are 33 added up, and nine domains of 3 at the most.
    answers = {f"q_{n:02d}": 0 if n in (2, 3, 4, 7, 9) else 3 for n in range(1, 17)}
    assert sum(answers.values()) == 33
    path = beside(tmp_path / "b", [answers] * 4, "QIDS-SR16", "standard", 'items = "q_{:02d}"', 168)
    assert set(scored(path, "QIDS-SR16")["total"]) == {27.0}


@pytest.mark.bad_input("B12")
def test_change_between_two_windows_is_not_computed(tmp_path):
    content = tables(numbers=ALL_ITEMS)
    for number, row in enumerate(content["scores"]):
        row["asked"] = 720 if number % 4 < 2 else 168
    values = 'items = "item_{:02d}"\nrecall = "asked"'
    outcome = checked(tmp_path, content, **MONTH, values=values)
    graded(outcome.find("recall.differs"), "FLAG", "form", 24)
    forms = check(read_study(tmp_path)).forms
    before = baseline(forms, within_days=90, another_day_hours=12)
    assert change(forms, before)["change"].isna().all()


@pytest.mark.bad_input("B13")
def test_a_past_month_form_within_hours_makes_the_claim_not_testable(tmp_path):
    path = write_study(tmp_path, tables(numbers=ALL_ITEMS, effect=2.0), **MONTH)
    assert judged(path)["onset"].verdict == "not testable"


@pytest.mark.bad_input("B15")
def test_totals_of_another_cadss_than_the_declared_one_stop(tmp_path):
    rows = [{"total": 20}, {"total": 24}, {"total": 70}, {"total": 3}]
    path = beside(tmp_path / "6", rows, "CADSS", "6-item", 'total = "total"')
    refused(promised(Outcome(path)), "score.out-of-range", "0 to 24", "declare the version")
    versions = write_study(tmp_path / "none", instrument="CADSS", version="standard")
    refused(promised(Outcome(versions)), "config.value", "23-item, 19-item, 27-item, 6-item")


@pytest.mark.bad_input("B16")
def test_an_improvement_rating_has_no_change_from_baseline(tmp_path):
    path = beside(tmp_path, [{"cgii": 2}] * 48, "CGI-I", "standard", 'total = "cgii"', 168)
    graded(promised(Outcome(path)).find("outcome.left-undifferenced"), "NOTE", "form", 48)
    forms = check(read_study(path)).forms
    before = baseline(forms, within_days=90, another_day_hours=12)
    assert "CGI-I" not in set(change(forms, before).dropna()["instrument"])


@pytest.mark.parametrize("cell", ["50%", "50 %"])
@pytest.mark.bad_input("B19")
def test_a_per_cent_sign_is_no_number(tmp_path, cell):
    rows = [{"suds": 50}, {"suds": cell}, {"suds": "0.5"}, {"suds": 60}]
    path = beside(tmp_path, rows, "SUDS", "0-100", 'total = "suds"')
    outcome = promised(Outcome(path))
    graded(outcome.find("cell.not-a-number"), "DROP", "row")
    placed(outcome.find("cell.not-a-number"), "more.csv", 3, "suds")
    assert cell not in outcome.said
    assert sorted(scored(path, "SUDS")["total"]) == [0.5, 50.0, 60.0]


@pytest.mark.bad_input("B22")
def test_blanks_of_a_branch_not_taken_take_no_safety_signal_away(tmp_path):
    """Items 3 to 5 are asked only after a yes to item 2."""
    no = {"c_1": 0, "c_2": 0, "c_3": "", "c_4": "", "c_5": "", "c_6": 0}
    yes = {"c_1": 1, "c_2": 1, "c_3": 0, "c_4": 1, "c_5": 0, "c_6": 0}
    path = beside(tmp_path, [no, no, yes, no], "C-SSRS", "screener", 'items = "c_{}"', 720)
    outcome = promised(Outcome(path))
    graded(outcome.find("safety.suicidality"), "FLAG", "subject")
    assert "form.incomplete" not in outcome.rules()
    assert sorted(scored(path, "C-SSRS")["total"]) == [0, 0, 0, 4]


@pytest.mark.bad_input("B24")
def test_not_assessed_is_never_added(tmp_path):
    answers = {f"h_{n:02d}": 0 for n in range(1, 18)}
    rows = [answers, answers | {"h_16": 3}, answers | {"h_17": 2}]
    path = beside(tmp_path, rows, "HAM-D17", "standard", 'items = "h_{:02d}"', 168)
    outcome = promised(Outcome(path))
    graded(outcome.find("item.not-assessed"), "NOTE", "row")
    graded(outcome.find("form.incomplete"), "DROP", "form")
    assert sorted(scored(path, "HAM-D17")["total"]) == [0, 2]


@pytest.mark.bad_input("B25")
def test_a_sum_where_the_score_is_a_mean_stops(tmp_path):
    rows = [{"total": 840}, {"total": 560}]
    path = beside(tmp_path, rows, "DES-II", "standard", 'total = "total"', 720)
    refused(promised(Outcome(path)), "score.out-of-range", "0 to 100", "mean of 28 items")
