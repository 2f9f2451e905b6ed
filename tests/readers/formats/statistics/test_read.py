"""SPSS and Stata files as text: codes, labels, what a file declares as missing, and damage."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.open_table import kind_of, read_file
from analysis.readers.formats.statistics.read import read_sas, read_spss, read_stata
from tests.factory import Outcome, tables, write_study
from tests.readers.formats.statistics.sas7bdat import write_sas7bdat

FRAME = pd.DataFrame(
    {
        "id": ["S01", "S02 ", "S03"],
        "arm": [1.0, 2.0, 1.0],
        "score": [3.0, 99.0, np.nan],
        "weight": [70.25, 81.5, 66.0],
        "when": [datetime(2025, 3, 4, 10, 20, 30), None, datetime(1999, 12, 31, 23, 59)],
        "day": [date(2025, 3, 4), date(1582, 10, 15), None],
        "Größe": ["ä", "", "z"],
    }
)
LABELS = {
    "variable_value_labels": {"arm": {1: "Ketamine", 2: "Midazolam"}},
    "column_labels": ["", "Treatment group", "", "", "", "", ""],
}


def sav(folder: Path, frame: pd.DataFrame = FRAME, **told: Any) -> Path:
    path = folder / "data.sav"
    pyreadstat.write_sav(frame, str(path), **told)
    return path


def column(table, name: str) -> list[str]:
    return table.column(name).tolist()


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_of_spss_is_read_as_its_codes_and_its_times(tmp_path, compress):
    table = read_spss(sav(tmp_path, row_compress=compress, **LABELS))
    assert column(table, "id") == ["S01", "S02", "S03"]
    assert column(table, "arm") == ["1", "2", "1"]
    assert column(table, "score") == ["3", "99", ""]
    assert column(table, "weight") == ["70.25", "81.5", "66"]
    assert column(table, "when") == ["2025-03-04T10:20:30", "", "1999-12-31T23:59:00"]
    assert column(table, "day") == ["2025-03-04", "1582-10-15", ""]
    assert column(table, "Größe") == ["ä", "", "z"]
    assert table.rows.tolist() == [2, 3, 4]


def test_labels_of_variables_and_of_codes_go_along(tmp_path):
    told = read_spss(sav(tmp_path, **LABELS)).described["arm"]
    assert told.label == "Treatment group"
    assert told.words == {"1": "Ketamine", "2": "Midazolam"}


def test_what_the_file_declares_as_missing_is_blank_and_counted(tmp_path):
    ranges = {"score": [{"lo": 90, "hi": 99}], "Größe": ["z"]}
    table = read_spss(sav(tmp_path, missing_ranges=ranges))
    assert column(table, "score") == ["3", "", ""]
    assert column(table, "Größe") == ["ä", "", ""]
    (said,) = [found for found in table.issues if found.rule == "statistics.user-missing"]
    assert said.count == 2


def test_a_file_of_stata_is_read_alike(tmp_path):
    path = tmp_path / "data.dta"
    frame = FRAME.rename(columns={"Größe": "size"})
    pyreadstat.write_dta(frame, str(path), variable_value_labels=LABELS["variable_value_labels"])
    table = read_stata(path)
    assert column(table, "arm") == ["1", "2", "1"]
    assert column(table, "when") == ["2025-03-04T10:20:30", "", "1999-12-31T23:59:00"]
    assert column(table, "day")[0] == "2025-03-04"
    assert column(table, "weight") == ["70.25", "81.5", "66"]
    assert table.described["arm"].words == {"1": "Ketamine", "2": "Midazolam"}


def test_extended_missing_values_of_stata_are_blank_and_counted(tmp_path):
    path = tmp_path / "data.dta"
    frame = pd.DataFrame({"id": ["a", "b", "c"], "score": [1.0, "a", 3.0]})
    pyreadstat.write_dta(frame, str(path), missing_user_values={"score": ["a"]})
    table = read_stata(path)
    assert column(table, "score") == ["1", "", "3"]
    assert [found.count for found in table.issues] == [1]


def test_a_time_of_day_stands_alone(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "clock": [time(9, 5), time(23, 59, 59)]})
    assert column(read_spss(sav(tmp_path, frame)), "clock") == ["09:05:00", "23:59:59"]


@pytest.mark.parametrize("name", ["x.sav", "x.zsav", "x.dta", "x.sas7bdat", "X.SAV"])
def test_the_name_tells_the_format(name):
    assert kind_of(Path(name)) in ("spss", "stata", "sas")


@pytest.mark.parametrize("reader", [read_spss, read_stata, read_sas])
@pytest.mark.parametrize("raw", [b"$FL2", b"\x00\x01\x02" * 40, b"a,b\n1,2\n" * 9])
def test_what_is_no_such_file_is_one_sentence(tmp_path, reader, raw):
    path = tmp_path / "data.bin"
    path.write_bytes(raw)
    with pytest.raises(ReliefError) as caught:
        reader(path)
    assert caught.value.rule == "statistics.damaged"
    assert str(tmp_path) not in caught.value.message


def test_a_file_that_was_cut_off_is_refused_or_all_its_cases_are_there(tmp_path):
    long = pd.concat([FRAME] * 200, ignore_index=True)
    raw = sav(tmp_path, long).read_bytes()
    cut = tmp_path / "cut.sav"
    cut.write_bytes(raw[: len(raw) * 2 // 3])
    with pytest.raises(ReliefError) as caught:
        read_spss(cut)
    assert caught.value.rule == "statistics.damaged"


def test_an_identifier_in_a_variable_s_name_is_refused(tmp_path):
    frame = pd.DataFrame({"id": ["a"], "date_of_birth": [date(1970, 1, 1)]})
    with pytest.raises(ReliefError) as caught:
        read_file(sav(tmp_path, frame), "spss")
    assert caught.value.rule == "identifier.column"


ELSEWHERE = {
    "forms.rds": ("file.r-data", "readRDS"),
    "forms.RData": ("file.r-data", "write.csv"),
    "forms.xml": ("file.odm-xml", "raw data"),
    "forms.por": ("file.spss-portable", ".sav"),
    "forms.sas7bcat": ("file.sas-catalogue", ".sas7bdat"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_another_program_must_export_is_answered_with_how(tmp_path, name):
    path = write_study(tmp_path)
    (tmp_path / name).write_bytes(b"\x1f\x8b")
    path.write_text(path.read_text().replace("scores.csv", name))
    found = Outcome(path)
    rule, word = ELSEWHERE[name]
    assert found.error["rule"] == rule
    assert word in found.error["message"]


@pytest.mark.parametrize("words", ["codes", "labels"])
def test_arms_may_be_declared_by_codes_or_by_their_labels(tmp_path, words):
    content = tables()
    people = pd.DataFrame(content.pop("subjects"))
    people["arm"] = people["arm"].map({"ket": 1.0, "mdz": 2.0})
    arms = {"codes": '{ 1 = "ketamine", 2 = "midazolam", ket = "ketamine", mdz = "midazolam" }',
            "labels": '{ K = "ketamine", M = "midazolam" }'}  # fmt: skip
    content["subjects"] = [{"id": "unused"}]
    path = write_study(tmp_path, content, arms=arms[words])
    labels = {"arm": {1: "K", 2: "M"}}
    pyreadstat.write_sav(people, str(tmp_path / "people.sav"), variable_value_labels=labels)
    path.write_text(path.read_text().replace("subjects.csv", "people.sav"))
    found = Outcome(path)
    assert found.exit_code == 0
    assert found.people("people read") == 12


def test_a_data_set_of_sas_is_read_by_its_formats(tmp_path):
    columns = {"id": ["a", "bb", "c"], "score": [1, 2.5, None], "day": [0, 23801, 1]}
    table = read_sas(write_sas7bdat(tmp_path / "data.sas7bdat", columns, {"day": "DATE9."}))
    assert column(table, "id") == ["a", "bb", "c"]
    assert column(table, "score") == ["1", "2.5", ""]
    assert column(table, "day") == ["1960-01-01", "2025-03-01", "1960-01-02"]
