"""ADaM's own conventions: what was filled in is never observed, what was imputed is cut off."""

from __future__ import annotations

import pytest

from analysis.readers.formats.cdisc.adam import prepare
from tests.readers.formats.cdisc.files import table


def found(prepared) -> dict[str, tuple[str, int]]:
    return {issue.rule: (issue.severity, issue.count) for issue in prepared.issues}


@pytest.mark.parametrize("dtype", ["LOCF", "WOCF", "AVERAGE", "PHANTOM", "MINIMUM"])
def test_a_row_with_a_dtype_was_never_observed(dtype):
    read = table({"USUBJID": ["S1"] * 3, "AVAL": ["30", "30", "12"], "DTYPE": ["", dtype, ""]})
    prepared = prepare(read, "assessments")
    assert list(prepared.rows) == [2, 4]
    assert found(prepared) == {"adam.not-observed": ("DROP", 1)}


@pytest.mark.parametrize(
    ("flags", "left"),
    [
        ({}, "2025-03-04T10:20:30"),
        ({"ATMF": "S"}, "2025-03-04T10:20"),
        ({"ATMF": "M"}, "2025-03-04T10"),
        ({"ATMF": "H"}, "2025-03-04"),
        ({"ATMF": "h"}, "2025-03-04"),
        ({"ATMF": "H", "ADTF": "D"}, "2025-03"),
        ({"ADTF": "D"}, "2025-03"),
        ({"ATMF": "H", "ADTF": "M"}, "2025"),
        ({"ATMF": "H", "ADTF": "Y"}, ""),
        ({"ATMF": "?"}, ""),
    ],
)
def test_a_datetime_ends_before_what_was_imputed(flags, left):
    columns = {"ADTM": ["2025-03-04T10:20:30"]} | {name: [flag] for name, flag in flags.items()}
    prepared = prepare(table(columns), "assessments")
    assert list(prepared.cells["ADTM"]) == [left]
    if flags == {"ATMF": "S"}:
        assert found(prepared) == {"time.imputed-seconds": ("NOTE", 1)}
    elif flags:
        assert found(prepared) == {"time.imputed": ("FLAG", 1)}
    else:
        assert prepared.issues == ()


@pytest.mark.parametrize(
    ("written", "left"), [("2025-03-04T10:20:30Z", "2025-03-04T10:20Z"),
                          ("2025-03-04T10:20:30.5-05:00", "2025-03-04T10:20-05:00")],
)  # fmt: skip
def test_a_time_cut_to_the_minute_keeps_its_zone(written, left):
    prepared = prepare(table({"ADTM": [written], "ATMF": ["S"]}), "assessments")
    assert list(prepared.cells["ADTM"]) == [left]


@pytest.mark.bad_input("A17")
def test_an_imputed_midnight_is_no_start_of_an_infusion():
    read = table({
        "USUBJID": ["S1", "S2"], "TRT01A": ["Ketamine"] * 2,
        "TRTSDTM": ["2025-03-04T00:00:00", "2025-03-04T10:20:00"], "TRTSTMF": ["H", ""],
        "TRTEDTM": ["2025-03-04T23:59:59", "2025-03-04T11:00:00"], "TRTETMF": ["H", ""],
    })  # fmt: skip
    prepared = prepare(read, "infusions")
    assert list(prepared.cells["TRTSDTM"]) == ["2025-03-04", "2025-03-04T10:20:00"]
    assert list(prepared.cells["TRTEDTM"]) == ["2025-03-04", "2025-03-04T11:00:00"]
    imputed = [(i.rule, i.column, i.count) for i in prepared.issues]
    assert imputed == [("time.imputed", "TRTSDTM", 1), ("time.imputed", "TRTEDTM", 1)]


def test_an_imputed_time_that_cannot_be_read_is_nothing_rather_than_exact():
    prepared = prepare(table({"ADTM": ["04MAR2025:00:00:00"], "ATMF": ["H"]}), "assessments")
    assert list(prepared.cells["ADTM"]) == [""]


def test_the_date_stands_in_where_there_is_no_datetime():
    read = table({"ADT": ["2025-03-04", "2025-03-05", ""], "ADTM": ["2025-03-04T10:20", "", ""]})
    prepared = prepare(read, "assessments")
    assert list(prepared.cells["ADTM"]) == ["2025-03-04T10:20", "2025-03-05", ""]
    assert found(prepared) == {"adam.date-for-time": ("NOTE", 1)}
    alone = prepare(table({"ADT": ["2025-03-04", "2025-03-01"], "ADTF": ["", "D"]}), "assessments")
    assert list(alone.cells["ADTM"]) == ["2025-03-04", "2025-03"]
    assert found(alone)["time.imputed"] == ("FLAG", 1)


def test_people_never_assigned_are_set_aside():
    read = table({"USUBJID": ["S1", "S2", "S3"], "TRT01P": ["Ketamine", "", "Screen Failure"],
                  "ARM": ["Ketamine", "Screen Failure", "Screen Failure"]})  # fmt: skip
    prepared = prepare(read, "subjects")
    assert list(prepared.rows) == [2]
    assert found(prepared) == {"subject.not-assigned": ("DROP", 2)}


def test_nobody_elses_choice_of_baseline_is_followed():
    read = table({"AVAL": ["30", "28", "12"], "ABLFL": ["", "Y", ""], "ANL01FL": ["", "Y", "Y"]})
    prepared = prepare(read, "assessments")
    assert len(prepared.cells) == 3
    assert [(i.rule, i.column, i.count) for i in prepared.issues] == [
        ("adam.flag-not-used", "ABLFL", 1), ("adam.flag-not-used", "ANL01FL", 2),
    ]  # fmt: skip


def test_the_window_of_recall_is_read_as_in_sdtm():
    prepared = prepare(table({"AVAL": ["3"], "QSEVLINT": ["-P1W"]}), "assessments")
    assert list(prepared.cells["QSEVLINT"]) == ["168"]
