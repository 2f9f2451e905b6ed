"""Visits and events kept or timed, arms that any table tells, labels written as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.table.numbers import as_declared
from analysis.studies import judged
from analysis.study import Study
from tests.factory import Outcome, tables, write_study

HOURS = {"long before": -26, "before": -1, "hour 4": 4, "day 1": 25}
NOMINAL = {"zone": "", "section": 'times = "nominal"'}


def planned(folder: Path, visits: str, **changes: Any) -> Path:
    """A study whose forms tell their visit by name and no time."""
    content = tables()
    for n, row in enumerate(content["scores"]):
        row.pop("when")
        row["visit"] = list(HOURS)[n % 4]
    for row in content["infusions"]:
        row.pop("start"), row.pop("end")
    path = write_study(folder, content, **NOMINAL, **changes)
    text = path.read_text().replace('time = "when"', f'visit_name = "visit"\nvisits = {visits}')
    text = text.replace('start = "start"\nend = "end"', "start_hours_is = 0\nend_hours_is = 0.67")
    path.write_text(text)
    return path


def table_of(hours: dict[str, float]) -> str:
    return "{ " + ", ".join(f'"{name}" = {hour}' for name, hour in hours.items()) + " }"


def kept(study: Study) -> dict[str, set[float]]:
    forms = study.assessments
    return {name: set(own["hours_low"]) for name, own in forms.groupby("visit")}


def test_a_table_of_visits_keeps_rows_and_times_them(tmp_path):
    study = read_study(planned(tmp_path, table_of(HOURS)))
    assert kept(study) == {name: {hour} for name, hour in HOURS.items()}


def test_a_visit_that_is_left_out_of_the_table_is_passed_over_and_counted(tmp_path):
    some = {name: hour for name, hour in HOURS.items() if name != "hour 4"}
    study = read_study(planned(tmp_path, table_of(some)))
    assert set(kept(study)) == set(some)
    (said,) = [found for found in study.issues if found.rule == "row.not-chosen"]
    assert said.count == len(study.subjects)


def test_a_list_of_visits_keeps_rows_that_tell_their_times(tmp_path):
    content = tables()
    for n, row in enumerate(content["scores"]):
        row["visit"] = n % 4
    values = 'items = "item_{:02d}"\nvisit_name = "visit"\nvisits = ["1", "2"]'
    study = read_study(write_study(tmp_path, content, values=values))
    assert set(study.assessments["visit"]) == {"1", "2"}
    assert len(study.assessments) == 2 * len(study.subjects)


def test_a_visit_that_no_row_has_is_named(tmp_path):
    with pytest.raises(ReliefError, match="day 2") as caught:
        read_study(planned(tmp_path, table_of(HOURS | {"day 2": 49})))
    assert caught.value.rule == "visit.unknown"


def test_planned_hours_must_be_called_so(tmp_path):
    path = planned(tmp_path, table_of(HOURS))
    path.write_text(path.read_text().replace('times = "nominal"', ""))
    with pytest.raises(ReliefError, match='times = "nominal"'):
        read_study(path)


REDCAP = """
[study]
name = "events"
population = "PTSD"
synthetic = true
design = "parallel"
times = "nominal"
arms = { 1 = "ketamine", 2 = "midazolam" }
comparator = "active"
primary = "PCL-5"

[subjects]
path = "export.csv"
format = "redcap"
events = ["enrolment_arm_1"]
subject = "record_id"
arm = "allocation"

[infusions]
path = "export.csv"
format = "redcap"
events = ["enrolment_arm_1"]
subject = "record_id"
agent = "allocation"
start_hours_is = 0

[[assessments]]
path = "export.csv"
format = "redcap"
events = EVENTS
subject = "record_id"
instrument = "PCL-5"
version = "past-week"
recall_hours = 168
total = "pcl_total"
"""


def events(folder: Path, declared: str) -> Path:
    lines = ["record_id,redcap_event_name,allocation,pcl_total"]
    for n in range(12):
        lines += [f"{n},enrolment_arm_1,{n % 2 + 1},", f"{n},day_1_arm_1,,{30 + n}"]
        lines += [f"{n},before_arm_1,,{40 + n}", f"{n},day_7_arm_1,,{25 + n}"]
    (folder / "export.csv").write_text("\n".join(lines) + "\n")
    path = folder / "study.toml"
    path.write_text(REDCAP.replace("EVENTS", declared))
    return path


def test_a_table_of_events_keeps_rows_and_times_them(tmp_path):
    told = "{ before_arm_1 = -24, day_7_arm_1 = 168 }"
    study = read_study(events(tmp_path, told))
    assert kept(study) == {"before_arm_1": {-24}, "day_7_arm_1": {168}}
    assert len(study.assessments) == 24


def test_a_list_of_events_does_not_time_them(tmp_path):
    with pytest.raises(ReliefError, match="hours of visits or events as a table"):
        read_study(events(tmp_path, '["before_arm_1", "day_7_arm_1"]'))


def without_arm_in_subjects(folder: Path, **infusion: str) -> Path:
    content = tables()
    for row in content["subjects"]:
        row["treated"] = row.pop("arm")
    arms = {row["id"]: row["treated"] for row in content["subjects"]}
    for row in content["infusions"]:
        row["arm"] = infusion.get(row["id"], arms[row["id"]])
    return write_study(folder, content, arm="", infusions='arm = "arm"')


def test_the_arm_may_stand_in_the_table_of_infusions(tmp_path):
    one = read_study(write_study(tmp_path / "one"))
    other = read_study(without_arm_in_subjects(tmp_path / "other"))
    pd.testing.assert_frame_equal(one.subjects, other.subjects)


def test_a_person_of_two_arms_there_is_set_aside(tmp_path):
    content_of = without_arm_in_subjects(tmp_path)
    rows = (tmp_path / "infusions.csv").read_text().splitlines()
    again = rows[1].replace("2025-03-04", "2025-03-08").replace(",ket", ",mdz")
    (tmp_path / "infusions.csv").write_text("\n".join([*rows, again]) + "\n")
    found = Outcome(content_of)
    assert found.find("subject.conflicting")["count"] == 1


@pytest.mark.parametrize(
    ("written", "declared", "read"),
    [("1.0", "1", "1"), ("1", "1.0", "1.0"), ("2.00", "1", "2.00"), ("1.5", "1", "1.5"),
     ("A.0", "A", "A.0"), ("-9.0", "-9", "-9"), ("1.0", "1.0", "1.0")],
)  # fmt: skip
def test_a_label_is_read_as_declared_where_a_program_wrote_the_number_otherwise(
    written, declared, read
):
    assert as_declared(pd.Series([written], dtype="str"), [declared]).tolist() == [read]


def test_arms_and_agents_as_decimals_are_those_of_the_codes(tmp_path):
    content = tables()
    codes = {"ket": "1.0", "mdz": "2.0", "ketamine": "1.0", "midazolam": "2.0"}
    for row in content["subjects"]:
        row["arm"] = codes[row["arm"]]
    for row in content["infusions"]:
        row["agent"] = codes[row["agent"]]
    other = read_study(write_study(tmp_path, content, arms='{ 1 = "ketamine", 2 = "midazolam" }'))
    assert other.subjects["arm"].value_counts().to_dict() == {"ketamine": 6, "midazolam": 6}
    assert set(other.infusions["agent"]) == {"ketamine", "midazolam"}


CONTROL = {
    "arms": '{ ket = "care as usual", mdz = "psychotherapy" }',
    "comparator": "none",
    "declared": "",
}


def test_a_control_data_set_is_described_and_decides_no_claim(tmp_path):
    content = tables()
    for row in content["infusions"]:
        row["agent"] = {"ketamine": "care as usual", "midazolam": "psychotherapy"}[row["agent"]]
    path = write_study(tmp_path, content, **CONTROL)
    found = Outcome(path)
    assert found.find("question.no-ketamine")["severity"] == "STOP"
    ledger = judged(str(path))
    assert {claim.verdict for claim in ledger.claims} <= {"not testable"}
    study = read_study(path)
    assert set(study.subjects["arm"]) == {"care as usual", "psychotherapy"}


def test_without_ketamine_nothing_is_called_a_comparator(tmp_path):
    with pytest.raises(ReliefError, match="control data set without ketamine"):
        read_study(write_study(tmp_path, **(CONTROL | {"comparator": "active"})))
