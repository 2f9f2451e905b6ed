"""SDTM's own conventions: what was not done, what was planned, which window was asked about."""

from __future__ import annotations

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.cdisc.sdtm import prepare, recall_hours_of
from tests.factory import TOKEN
from tests.readers.formats.cdisc.files import table


def domain(code: str, rows: int = 1, **columns: list[str]):
    rows = max([rows, *map(len, columns.values())])
    filled = {name: values * (rows if len(values) == 1 else 1) for name, values in columns.items()}
    return table({"DOMAIN": [code] * rows, "USUBJID": ["S1"] * rows} | filled)


def found(prepared) -> dict[str, int]:
    return {issue.rule: issue.count for issue in prepared.issues}


def refused(read, role: str) -> ReliefError:
    with pytest.raises(ReliefError) as caught:
        prepare(read, role)
    assert TOKEN not in caught.value.message
    return caught.value


# Windows of recall


@pytest.mark.parametrize(
    ("interval", "hours"),
    [
        ("-P2W", 336), ("P1M", 720), ("-P1M", 720), ("-PT24H", 24), ("P7D", 168), ("-P1W", 168),
        ("PT0S", 0), ("P0D", 0), ("-PT30M", 0.5), ("P1DT12H", 36), ("PT0.5H", 0.5), ("P0,5D", 12),
        ("-P1Y", 8760), (" -P2W ", 336), ("-P1M2D", 768), ("PT90S", 0.025),
    ],
)  # fmt: skip
def test_a_duration_is_so_many_hours(interval, hours):
    assert recall_hours_of(interval) == hours


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "-P", "P2", "2W", "P-2W", "P2W1", "PW", "P1DT", "SINCE LAST VISIT", "p2w",
     "P1H", "P9999999D", "2012-11-01/2012-11-30", "P1D P1D"],
)  # fmt: skip
def test_what_is_no_duration_has_no_hours(text):
    assert recall_hours_of(text) is None


def test_the_window_is_written_in_hours_and_never_guessed_from_words():
    read = domain(
        "QS",
        QSEVLINT=["-P2W", "", "", "LAST WEEK"],
        QSEVINTX=["", "SINCE LAST VISIT", "", ""],
        QSSTRESN=["1"],
    )
    prepared = prepare(read, "assessments")
    assert list(prepared.cells["QSEVLINT"]) == ["336", "", "", ""]
    assert found(prepared) == {"recall.no-duration": 1, "recall.in-words": 1}
    assert {issue.severity for issue in prepared.issues} == {"FLAG"}


# The right domain


@pytest.mark.parametrize(
    ("role", "code"),
    [("subjects", "EX"), ("infusions", "DM"), ("assessments", "VS"), ("weights", "QS"),
     ("rescue", "EX"), ("subjects", ""), ("subjects", TOKEN)],
)  # fmt: skip
def test_a_file_of_another_domain_is_refused(role, code):
    error = refused(domain(code), role)
    assert error.rule == "sdtm.wrong-domain"
    assert "row 2" in error.message


def test_a_file_without_a_domain_is_refused():
    assert refused(table({"USUBJID": ["S1"]}), "subjects").rule == "sdtm.no-domain"


def test_exposure_as_collected_and_as_derived_are_never_mixed():
    read = table({"DOMAIN": ["EX", "EC"], "USUBJID": ["S1", "S1"]})
    assert refused(read, "infusions").rule == "sdtm.mixed-domains"


def test_one_row_of_another_domain_is_found_where_it_stands():
    read = table({"DOMAIN": ["QS", "QS", "FT"], "USUBJID": ["S1"] * 3})
    assert "row 4" in refused(read, "assessments").message


# People


def test_screen_failures_are_set_aside_and_those_not_treated_stay():
    read = domain(
        "DM",
        ARMCD=["KET", "SCRNFAIL", "NOTASSGN", "", "KET", ""],
        ARM=["Ketamine", "Screen Failure", "Not Assigned", "", "Ketamine", ""],
        ARMNRS=["", "", "", "SCREEN FAILURE", "ASSIGNED, NOT TREATED", ""],
    )
    prepared = prepare(read, "subjects")
    # A blank arm without a reason is for the reading of arms to judge.
    assert list(prepared.rows) == [2, 6, 7]
    (issue,) = prepared.issues
    assert (issue.rule, issue.severity, issue.count) == ("subject.not-assigned", "DROP", 3)


def test_another_arm_than_planned_is_flagged():
    read = domain("DM", ARM=["Ketamine", "Ketamine", "Saline"], ACTARM=["Ketamine", "Saline", ""])
    assert found(prepare(read, "subjects")) == {"sdtm.arm-differs": 1}


# Infusions


@pytest.mark.parametrize("code", ["EX", "EC"])
@pytest.mark.bad_input("D6")
def test_a_dose_of_zero_is_a_placebo_or_nothing_given(code):
    read = domain(code, **{
        f"{code}TRT": ["KETAMINE", "KETAMINE", "PLACEBO", "Saline", "MIDAZOLAM", "midazolam"],
        f"{code}DOSE": ["0.5", "0", "0", "0.0", "2", "0"],
    })  # fmt: skip
    prepared = prepare(read, "infusions")
    assert list(prepared.rows) == [2, 4, 5, 6]
    (issue,) = prepared.issues
    assert (issue.rule, issue.severity, issue.count) == ("sdtm.dose-zero", "DROP", 2)
    assert (issue.row, issue.column) == (3, f"{code}DOSE")


@pytest.mark.bad_input("D6")
def test_ketamine_at_a_dose_of_zero_is_not_given_even_where_nobody_got_it():
    prepared = prepare(domain("EX", EXTRT=["Esketamine"], EXDOSE=["0", ""]), "infusions")
    assert list(prepared.rows) == [3]


@pytest.mark.parametrize(
    ("column", "word", "rule"),
    [("EXOCCUR", "N", "sdtm.not-occurred"), ("EXSTAT", "NOT DONE", "sdtm.not-done"),
     ("EXMOOD", "SCHEDULED", "sdtm.scheduled")],
)  # fmt: skip
@pytest.mark.bad_input("D6")
def test_what_was_not_given_is_set_aside_and_counted(column, word, rule):
    prepared = prepare(domain("EX", **{column: ["Y", word, ""], "EXTRT": ["X"]}), "infusions")
    assert list(prepared.rows) == [2, 4]
    assert found(prepared) == {rule: 1}


def test_exposure_as_collected_is_found_under_the_names_of_exposure():
    read = domain("EC", ECTRT=["KETAMINE"], ECDOSE=["35"], ECDOSU=["mg"], ECROUTE=["IV"],
                  ECSTDTC=["2025-03-04T10:20"], ECENDTC=["2025-03-04T11:00"])  # fmt: skip
    cells = prepare(read, "infusions").cells
    names = ["EXTRT", "EXDOSE", "EXDOSU", "EXROUTE", "EXSTDTC", "EXENDTC"]
    assert list(cells[names].iloc[0]) == [
        "KETAMINE", "35", "mg", "IV", "2025-03-04T10:20", "2025-03-04T11:00",
    ]  # fmt: skip


# Results


def test_a_form_not_done_is_set_aside_and_never_scored():
    read = domain("QS", QSSTAT=["", "NOT DONE", "not done"], QSSTRESN=["1", "", ""])
    prepared = prepare(read, "assessments")
    assert list(prepared.rows) == [2]
    assert found(prepared) == {"sdtm.not-done": 2}


def test_the_standard_result_counts_and_the_collected_one_where_it_is_alone():
    read = domain(
        "QS",
        QSSTRESN=["1", "", "", "", "3", "2"],
        QSSTRESC=["1", "2", "", "", "2", ""],
        QSORRES=["Several days", "1", "0", "Not at all", "3", "4"],
    )
    prepared = prepare(read, "assessments")
    assert list(prepared.cells["QSSTRESN"]) == ["1", "2", "0", "", "3", "2"]
    counted = [(i.rule, i.column, i.count, i.severity) for i in prepared.issues]
    assert counted == [
        ("sdtm.results-differ", "QSSTRESC", 1, "FLAG"),
        ("sdtm.result-from-text", "QSSTRESC", 1, "NOTE"),
        ("sdtm.results-differ", "QSORRES", 2, "FLAG"),
        ("sdtm.result-from-text", "QSORRES", 1, "NOTE"),
    ]


def test_results_agree_by_value_not_by_spelling():
    read = domain("QS", QSSTRESN=["3"], QSSTRESC=["3.0"], QSORRES=["03"])
    assert prepare(read, "assessments").issues == ()


def test_derived_totals_are_kept_and_known_as_derived():
    read = domain("QS", QSTESTCD=["PHQ0101", "PHQ0111"], QSDRVFL=["", "Y"], QSSTRESN=["1", "5"])
    prepared = prepare(read, "assessments")
    assert len(prepared.cells) == 2
    assert found(prepared) == {"sdtm.derived": 1}


# Times


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2003---15", "2003"), ("2003-12--T13:15", "2003-12"), ("2003-12-15T-:15", "2003-12-15"),
        ("2003-12-15T13:-:17", "2003-12-15T13"),
    ],
)  # fmt: skip
def test_a_date_ends_before_the_part_that_is_not_known(written, kept):
    prepared = prepare(domain("QS", QSDTC=[written, "2025-03-04"], QSSTRESN=["1"]), "assessments")
    assert list(prepared.cells["QSDTC"]) == [kept, "2025-03-04"]
    assert found(prepared) == {"time.holes": 1}


@pytest.mark.parametrize(
    "written",
    ["2025-03-04T10:20", "2025-03-04T10:20:30-05:00", "2025-03-04T10-05:00", "2025-03-04T10",
     "2025-03-04", "2025-03", "2025", "", "2025-03-04T10:20/2025-03-04T10:30", "soon"],
)  # fmt: skip
def test_every_other_time_passes_as_written(written):
    prepared = prepare(domain("QS", QSDTC=[written], QSSTRESN=["1"]), "assessments")
    assert list(prepared.cells["QSDTC"]) == [written]
    assert prepared.issues == ()


@pytest.mark.bad_input("A18")
def test_a_planned_time_point_makes_no_time_of_a_date():
    read = domain(
        "QS",
        QSTPT=["2H POST", "2H POST", ""],
        QSDTC=["2025-03-04", "2025-03-04T12:20", "2025-03-04"],
        QSSTRESN=["1"],
    )
    prepared = prepare(read, "assessments")
    assert list(prepared.cells["QSDTC"]) == list(read.cells["QSDTC"])
    (issue,) = prepared.issues
    assert (issue.rule, issue.severity, issue.count) == ("time.planned-only", "FLAG", 1)


# Weights and rescue


def test_weights_are_kilograms_as_the_file_standardised_them():
    read = domain(
        "VS",
        VSTESTCD=["WEIGHT", "HEIGHT", "WEIGHT"],
        VSORRES=["173.5", "70", ""],
        VSORRESU=["LB", "in", ""],
        VSSTRESN=["78.7", "177.8", ""],
        VSSTRESU=["kg", "cm", ""],
    )
    prepared = prepare(read, "weights")
    assert list(prepared.cells["VSSTRESN"]) == ["78.7", ""]
    assert list(prepared.rows) == [2, 4]


@pytest.mark.parametrize(
    ("test", "unit", "rule"),
    [("WEIGHT", "LB", "weight.unit"), ("WEIGHT", "", "weight.unit"), ("TEMP", "C", "weight.none")],
)
def test_a_weight_in_another_unit_is_refused_not_converted(test, unit, rule):
    read = domain("VS", VSTESTCD=[test], VSSTRESN=["173.5"], VSSTRESU=[unit])
    assert refused(read, "weights").rule == rule


def test_rescue_that_did_not_occur_is_set_aside():
    prepared = prepare(domain("CM", CMOCCUR=["N", "Y"], CMTRT=["LORAZEPAM"]), "rescue")
    assert list(prepared.rows) == [3]


def test_findings_of_the_container_stay_with_the_table():
    read = prepare(domain("QS", QSSTAT=["NOT DONE", ""], QSSTRESN=["1"]), "assessments")
    again = prepare(read, "assessments")
    assert again.issues == read.issues
