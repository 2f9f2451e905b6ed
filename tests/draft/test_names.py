"""Names of columns are read by whole words, labels of arms by the drug that they name."""

from __future__ import annotations

import pytest

from analysis.draft.names import drug_of, holds, words


@pytest.mark.parametrize(
    ("name", "hint", "told"),
    [
        ("gender", "end", False), ("attending", "end", False), ("start_dose", "start", True),
        ("InfusionEnd", "end", True), ("midazolam", "id", False), ("PatientID", "id", True),
        ("pcl5_total", "pcl", True), ("armlength", "arm", False), ("USUBJID", "usubjid", True),
        ("weekend", "end", False), ("record_id", "record", True), ("recorded", "record", False),
    ],
)  # fmt: skip
def test_a_name_holds_whole_words_alone(name, hint, told):
    assert holds(name, [hint]) == told


def test_words_are_told_apart_by_case_and_by_what_stands_between():
    assert words("StartTime_of day-1") == ["start", "time", "of", "day", "1"]


@pytest.mark.parametrize(
    ("label", "drug"),
    [("Ket", "ketamine"), ("KETAMINE 0.5 mg/kg", "ketamine"), ("Mid", "midazolam"),
     ("MDZ", "midazolam"), ("Placebo", "placebo"), ("saline", "saline"), ("A", None), ("1", None),
     ("middle", None), ("kettle", None), ("", None)],
)  # fmt: skip
def test_a_label_names_a_drug_or_nothing(label, drug):
    assert drug_of(label) == drug
