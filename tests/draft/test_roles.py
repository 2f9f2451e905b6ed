"""Which column a draft takes for which role, of exports that have several that could be it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from analysis.draft import write_study_toml
from analysis.draft.answers import option_codes
from tests.factory import write_rows

Rows = list[dict[str, Any]]
PEOPLE: Rows = [
    {"id": f"P{n}", "arm": ("ket", "mdz")[n % 2], "begun": f"2025-03-0{n}T09:00"} for n in (1, 2, 3)
]


def drafted(folder: Path, **tables: Rows) -> dict[str, Any]:
    """The draft of the tables, each a file of comma-separated text."""
    for name, rows in tables.items():
        write_rows(folder / f"{name}.csv", rows)
    write_study_toml(folder, folder / "study.toml")
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def forms(names: list[str], **own: str) -> Rows:
    """Two forms of each of three people: ``own`` columns and answers of 0 to 4."""
    return [
        {"id": row["id"]}
        | {column: text.format(day=day) for column, text in own.items()}
        | {name: place % 5 for place, name in enumerate(names)}
        for row in PEOPLE
        for day in (1, 3)
    ]


PCL5 = [f"pcl5_{n}" for n in range(1, 21)]


def test_a_column_of_times_or_doses_is_not_what_was_given(tmp_path):
    rows = [
        {"id": row["id"], "arm": row["arm"], "drug_start": row["begun"], "drug_dose_mg": 35,
         "drug_end": row["begun"].replace("09:00", "09:40"), "treatment_no": 1,
         "drug_complete": 2}
        for row in PEOPLE
    ]  # fmt: skip
    infusions = drafted(tmp_path, people=rows, pcl=forms(PCL5, when="2025-04-0{day}"))["infusions"]
    assert infusions["agent"] == "arm"
    assert (infusions["start"], infusions["end"]) == ("drug_start", "drug_end")


def test_what_was_given_by_codes_is_named_as_such(tmp_path):
    rows = [{"id": row["id"], "arm": row["arm"], "medication": "AB"[n % 2], "start": row["begun"]}
            for n, row in enumerate(PEOPLE)]  # fmt: skip
    assert drafted(tmp_path, people=rows)["infusions"]["agent"] == "medication"


@pytest.mark.parametrize("ends", [("started", "ended"), ("starts", "finished")])
def test_the_infusion_begins_and_ends_by_several_words(tmp_path, ends):
    start, end = (f"infusion {word}" for word in ends)
    rows = [{"id": r["id"], "arm": r["arm"], start: r["begun"], end: r["begun"]} for r in PEOPLE]
    found = drafted(tmp_path, people=rows)["infusions"]
    assert (found["start"], found["end"]) == (start, end)


@pytest.mark.parametrize("survey", ["a_survey", "z_survey"])
def test_when_a_survey_was_begun_is_no_start_of_an_infusion(tmp_path, survey):
    """Survey platforms have StartDate and EndDate; the order of the files does not matter."""
    rows = forms(PCL5, StartDate="2025-04-0{day} 10:00", EndDate="2025-04-0{day} 10:09",
                 RecordedDate="2025-04-0{day} 10:09")  # fmt: skip
    people = [{"id": r["id"], "arm": r["arm"], "Start time": r["begun"]} for r in PEOPLE]
    found = drafted(tmp_path, **{survey: rows, "log": people})
    assert found["infusions"]["path"] == "log.csv"
    assert found["infusions"]["start"] == "Start time"
    assert found["assessments"][0]["path"] == f"{survey}.csv"


def test_a_survey_alone_leaves_the_infusion_open(tmp_path):
    rows = forms(PCL5, StartDate="2025-04-0{day} 10:00", EndDate="2025-04-0{day} 10:09",
                 RecordedDate="2025-04-0{day} 10:09", arm="ket")  # fmt: skip
    found = drafted(tmp_path, survey=rows)["infusions"]
    assert (found["start"], found["end"]) == ("TODO", "TODO")


@pytest.mark.parametrize("sent", ["Survey Sent Date", "Invited on", "created", "Due date"])
def test_a_form_has_the_time_at_which_it_was_completed(tmp_path, sent):
    own = {sent: "2025-04-0{day} 07:00", "Survey Completed On": "2025-04-0{day} 10:00"}
    found = drafted(tmp_path, people=PEOPLE, pcl=forms(PCL5, **own))["assessments"][0]
    assert found["time"] == "Survey Completed On"


@pytest.mark.parametrize(
    ("told", "kind"), [("2025-04-02", None), ("yes", None), ("2", "redcap"), ("", None)]
)
def test_a_column_of_completion_is_redcap_s_where_it_holds_its_status(tmp_path, told, kind):
    rows = forms(PCL5, date="2025-04-0{day} 10:00", course_complete=told)
    found = drafted(tmp_path, people=PEOPLE, pcl=rows)
    assert found["assessments"][0].get("format") == kind
    # An export of REDCap holds people and infusions too.
    assert found["subjects"]["path"] == ("pcl.csv" if kind else "people.csv")


def test_when_a_form_was_sent_out_is_no_time_of_its_answers(tmp_path):
    rows = forms(PCL5, **{"Survey Sent Date": "2025-04-0{day} 07:00"})
    assert drafted(tmp_path, people=PEOPLE, pcl=rows)["assessments"][0]["time"] == "TODO"


@pytest.mark.parametrize("name", ["Participant Status", "survey_completion_status", "form status"])
def test_whether_somebody_completed_the_study_says_nothing_of_an_infusion(tmp_path, name):
    rows = [row | {name: "Completed"} for row in PEOPLE]
    assert "status" not in drafted(tmp_path, people=rows)["infusions"]


def test_people_are_known_by_the_column_that_another_table_has_too(tmp_path):
    people = [{"token": r["id"], "arm": r["arm"], "begun": r["begun"]} for r in PEOPLE]
    rows = [{"token" if key == "id" else key: cell for key, cell in row.items()}
            for row in forms(PCL5, submitdate="2025-04-0{day} 10:00", lastpage="3",
                             startlanguage="en")]  # fmt: skip
    found = drafted(tmp_path, people=people, survey=rows)
    assert found["subjects"]["subject"] == found["assessments"][0]["subject"] == "token"


@pytest.mark.parametrize(
    ("columns", "pattern", "visits"),
    [
        (["Baseline PCL-5", "24h PCL-5", "Day 7 PCL-5"], "{visit} PCL-5",
         ["Baseline", "24h", "Day 7"]),
        (["pre_pcl", "post_pcl"], "{visit}_pcl", ["pre", "post"]),
        (["T0_PCL5_total", "T1_PCL5_total"], "{visit}_PCL5_total", ["T0", "T1"]),
        (["PCL-5 Baseline", "PCL-5 Day 1"], "PCL-5 {visit}", ["Baseline", "Day 1"]),
        (["PCL5 sum (pre)", "PCL5 sum (1 week)"], "PCL5 sum ({visit})", ["pre", "1 week"]),
    ],
)  # fmt: skip
def test_totals_are_found_by_visit_wherever_the_visit_stands(tmp_path, columns, pattern, visits):
    rows = [row | dict.fromkeys(columns, 40 + n) for n, row in enumerate(PEOPLE)]
    (found,) = drafted(tmp_path, people=rows)["assessments"]
    assert (found["instrument"], found["total"]) == ("PCL-5", pattern)
    assert found.get("visits") in (visits, "TODO")


QUESTIONS = ["Unwanted memories?", "Dreams?", "Acting as if it happened again", "Being upset",
             *(f"Question of the form {chr(96 + n)}" for n in range(5, 21))]  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        "PCL-5: in the past week, how much were you bothered by [{n}. {text}]",
        "PCL-5: in the past week, how much were you bothered by [{text}]",
        "PCL5 {n}. {text}",
        "pcl5_{n:02d}_{text}",
    ],
)
def test_items_that_each_have_words_of_their_own_are_listed(tmp_path, written):
    """A grid of Google Forms names a column by its question; the order is that of the form."""
    names = [written.format(n=n, text=text) for n, text in enumerate(QUESTIONS, 1)]
    own = {"Timestamp": "2025-04-0{day} 10:00"}
    (found,) = drafted(tmp_path, people=PEOPLE, pcl=forms(names, **own))["assessments"]
    assert found["items"] == names
    assert (found["instrument"], found["time"]) == ("PCL-5", "Timestamp")


@pytest.mark.parametrize(
    ("file", "scale"), [("PCL-5 past week (Responses)", "PCL-5"), ("CAPS-5 and PCL-5", "TODO"),
                        ("PHQ-9", "TODO"), ("survey", "TODO")],
)  # fmt: skip
def test_a_form_alone_in_a_file_may_be_named_by_the_file(tmp_path, file, scale):
    """Only where as many items fit, and one scale alone."""
    rows = forms([f"q{n}" for n in range(1, 21)], Timestamp="2025-04-0{day} 10:00")
    found = drafted(tmp_path, people=PEOPLE, **{file: rows})["assessments"][0]
    assert found["instrument"] == scale


def test_words_of_a_form_named_by_its_file_get_their_codes(tmp_path):
    words = ["Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely"]
    names = [f"q{n}" for n in range(1, 21)]
    rows = [row | {name: words[row[name]] for name in names}
            for row in forms(names, Timestamp="2025-04-0{day} 10:00")]  # fmt: skip
    found = drafted(tmp_path, people=PEOPLE, **{"PCL-5": rows})["assessments"][0]
    assert found["labels"] == {word: str(code) for code, word in enumerate(words)}


@pytest.mark.parametrize("code", ["A{}", "AO{:02d}"])
def test_codes_of_options_are_asked_for_with_a_suggestion(tmp_path, code):
    """Five codes of five answers may run the other way: they are suggested and not taken."""
    rows = [row | {name: code.format(row[name] + 1) for name in PCL5}
            for row in forms(PCL5, submitdate="2025-04-0{day} 10:00")]  # fmt: skip
    found = drafted(tmp_path, people=PEOPLE, pcl=rows)["assessments"][0]
    assert (found["labels"], found["item_base"]) == ("TODO", 0)
    coded = {code.format(answer + 1): f"{answer}" for answer in range(5)}
    assert option_codes("PCL-5", sorted(coded)) == coded
    assert set(option_codes("PHQ-9", sorted(coded)).values()) == {""}
    assert option_codes("PCL-5", ["0", "1", *coded]) is None


def test_tables_that_write_times_less_exactly_are_asked_about_one_by_one(tmp_path):
    people = [row | {"begun": f"{n:02d}-03-2025 09:00"} for n, row in enumerate(PEOPLE, 1)]
    own = {"completed": "0{day}-04-2025 10:00:30"}
    found = drafted(tmp_path, people=people, pcl=forms(PCL5, **own))
    told = [found[name].get("datetime_format") for name in ("study", "infusions")]
    assert (*told, found["assessments"][0]["datetime_format"]) == (None, "TODO", "TODO")


def given(*orders: tuple[str, ...], column: str = "treatment", **own: str) -> Rows:
    """A row an infusion: each person was given the treatments of one order."""
    return [
        {"id": f"P{n}", "period": at, column: label, "start": f"2025-0{at}-0{n}T09:00"} | own
        for n, order in enumerate(orders, 1)
        for at, label in enumerate(order, 1)
    ]


def asked(folder: Path) -> str:
    """The question about the design."""
    lines = (folder / "study.toml").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("design"))


@pytest.mark.parametrize("column", ["treatment", "arm"])
@pytest.mark.parametrize("labels", [("ket", "mdz"), ("A", "B")])
def test_people_given_both_treatments_are_drafted_as_a_crossover(tmp_path, column, labels):
    """An arm there is excluded as rows that differ: what was given first tells it."""
    ab, ba = labels, labels[::-1]
    infusions = given(ab, ba, (ab[0],), ab, ba, column=column)
    draft = drafted(tmp_path, infusions=infusions, pcl=forms(PCL5, when="2025-04-0{day}"))
    assert "arm" not in draft["subjects"]
    assert "sequence" not in draft["subjects"]
    assert "primary_arm" not in draft["study"]
    assert draft["infusions"]["agent"] == column
    assert "as in a crossover" in asked(tmp_path)
    assert repr(column) in (tmp_path / "study.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("column", ["sequence", "order", "group"])
def test_the_order_of_a_crossover_is_its_sequence(tmp_path, column):
    orders = [("ket", "mdz"), ("mdz", "ket"), ("ket", "mdz")]
    people = [{"id": f"P{n}", column: "-".join(order), "age": 30 + n}
              for n, order in enumerate(orders, 1)]  # fmt: skip
    draft = drafted(tmp_path, infusions=given(*orders), people=people)
    assert draft["subjects"]["path"] == "people.csv"
    assert draft["subjects"]["sequence"] == column
    assert "arm" not in draft["subjects"]


@pytest.mark.parametrize(
    "orders",
    [
        [("ket", "ket"), ("mdz", "mdz")],
        # Open ketamine after the trial, and labels of which one is no treatment.
        [("ket", "ket"), ("mdz", "ket")],
        [("screening", "ket"), ("screening", "mdz")],
        [("ketamine 0.5", "ketamine 1.0"), ("ketamine 0.5", "ketamine 1.0")],
    ],
)
def test_several_infusions_alone_are_no_crossover(tmp_path, orders):
    drafted(tmp_path, infusions=given(*orders))
    assert "crossover" in asked(tmp_path)
    assert "as in a crossover" not in asked(tmp_path)


def filler(names: list[str], cell: str) -> Rows:
    """Columns beside what a study needs, their cells by the numbers of row and column."""
    return [
        row | {name: cell.format(at=at, n=n, few=(at + n) % 4) for at, name in enumerate(names)}
        for n, row in enumerate(PEOPLE * 20)
    ]


@pytest.mark.parametrize(
    ("names", "cell"),
    [
        ([f"lab{k}" for k in range(1, 131)], "{few}"),
        ([f"snp_{k:03d}" for k in range(1, 301)], "{few}"),
        ([f"roi_{k}" for k in range(1, 21)], "{n}.{at}"),
        ([f"roi_{k}" for k in range(1, 21)], "{n}"),
        ([f"roi_{side}_{k}" for side in ("left", "right") for k in range(1, 9)], "-{n}.5"),
    ],
)
def test_numbered_columns_that_are_no_form_s_are_passed_over_and_counted(tmp_path, names, cell):
    """Hundreds of laboratory values were assessments, each with its questions."""
    draft = drafted(tmp_path, pcl=forms(PCL5, when="2025-04-0{day}"), other=filler(names, cell))
    assert [one["path"] for one in draft["assessments"]] == ["pcl.csv"]
    (told,) = [line for line in (tmp_path / "study.toml").read_text(encoding="utf-8").splitlines()
               if "passed over" in line]  # fmt: skip
    assert int(told.split()[1]) >= 0.98 * len(names)
    assert told.removeprefix("# ") in write_study_toml(
        tmp_path, tmp_path / "study.toml", force=True
    )


@pytest.mark.parametrize(
    ("names", "cell"),
    [([f"own_{k}" for k in range(1, 37)], "{few}"), ([f"vas_{k}" for k in range(1, 9)], "{n}")],
)
def test_a_scale_that_nobody_knows_is_still_asked_about(tmp_path, names, cell):
    draft = drafted(tmp_path, other=filler(names, cell))
    assert [one["instrument"] for one in draft["assessments"]] == ["TODO"]
    assert "passed over" not in (tmp_path / "study.toml").read_text(encoding="utf-8")


def test_columns_that_are_not_looked_at_are_counted(tmp_path):
    names = [f"x{a}{b}" for a in "abcdefghijklmnopqrst" for b in "abcdefghijkl"]
    drafted(tmp_path, other=filler(names, "{n}"))
    assert "# 43 columns beyond the first 200" in (tmp_path / "study.toml").read_text()


def test_other_times_that_begin_are_no_further_infusions(tmp_path):
    rows = [row | {"study_start": row["begun"], "infusion_start": row["begun"]} for row in PEOPLE]
    infusions = drafted(tmp_path, people=rows)["infusions"]
    assert "visits" not in infusions
    assert infusions["start"] == "infusion_start"


@pytest.mark.parametrize(
    ("start", "drug", "visits"),
    [("start_{}", "treatment_{}", ["1", "2"]), ("inf{}_begin", "inf{}_drug", ["inf1", "inf2"])],
)
def test_infusions_side_by_side_are_all_declared(tmp_path, start, drug, visits):
    """The start was that of the first one, and what was given that of the second."""
    orders = [("ket", "mdz"), ("mdz", "ket"), ("ket", "mdz")]
    rows = [
        {"id": f"P{n}", "age": 30 + n}
        | {start.format(at): f"2025-0{at}-0{n}T09:00" for at in (1, 2)}
        | {drug.format(at): label for at, label in enumerate(order, 1)}
        for n, order in enumerate(orders, 1)
    ]
    draft = drafted(tmp_path, people=rows)
    named = [name.format(1).replace(visits[0], "{visit}", 1) for name in (start, drug)]
    infusions = draft["infusions"]
    assert [infusions["start"], infusions["agent"]] == named
    assert infusions["visits"] == visits
    assert "as in a crossover" in asked(tmp_path)
    assert not {"arm", "sequence"} & set(draft["subjects"])


def test_the_zone_that_the_rows_below_the_names_tell_is_named(tmp_path):
    """Qualtrics names it there."""
    names = ["id", "RecordedDate", *PCL5]
    asked = {name: f"Question {name}" for name in names}
    marked = {name: f'{{"ImportId":"{name}"}}' for name in names}
    marked["RecordedDate"] = '{"ImportId":"recordedDate","timeZone":"America/Denver"}'
    rows = [asked, marked, *forms(PCL5, RecordedDate="2025-04-0{day} 10:00")]
    write_rows(tmp_path / "people.csv", PEOPLE)
    write_rows(tmp_path / "survey.csv", rows)
    write_study_toml(tmp_path, tmp_path / "study.toml")
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if "America/Denver" in line)
    assert line.startswith("timezone")
