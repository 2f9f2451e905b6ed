"""Events of a longitudinal project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.project import read_project
from analysis.readers.formats.redcap.wanted import Wanted
from tests.factory import TOKEN as PLANTED
from tests.factory import write_rows
from tests.readers.formats.redcap.project import (
    event_table,
    export,
    write_project,
)
from tests.readers.formats.redcap.studies import (
    WANTED,
    forms,
    refused,
    said,
    surveys,
)


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
