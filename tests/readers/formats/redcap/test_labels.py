"""Exports of labels are read as raw codes are, or refused."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.project import read_project
from analysis.readers.formats.redcap.wanted import Wanted
from tests.factory import TOKEN as PLANTED
from tests.factory import write_rows
from tests.readers.formats.redcap.project import (
    AGREE,
    dictionary,
    export,
    field,
    labelled,
    listed,
    write_project,
)
from tests.readers.formats.redcap.studies import (
    WANTED,
    forms,
    refused,
    same,
    surveys,
)


@pytest.mark.parametrize("boxes", ["checked", "label"])
@pytest.mark.bad_input("E9", "E10")
def test_an_export_of_labels_gives_the_cells_of_raw_codes(tmp_path, boxes):
    raw = forms(tmp_path / "raw")
    words = forms(tmp_path / "words", labelled(export(), boxes=boxes))
    pd.testing.assert_frame_equal(raw.cells, words.cells)
    assert list(raw.rows) == list(words.rows)
    assert set(raw.cells["pcl_meds___1"]) == {"1"}
    assert set(raw.cells["pcl_meds____1"]) == {"0"}


def test_a_study_of_labels_is_the_study_of_raw_codes(tmp_path):
    raw = read_study(write_project(tmp_path / "raw"))
    same(raw, read_study(write_project(tmp_path / "words", labelled(export()))))


@pytest.mark.bad_input("E9")
def test_a_word_that_is_no_label_is_refused_by_column_and_count(tmp_path):
    rows = labelled(export())
    for row in surveys(rows)[:3]:
        row["pcl_04"] = PLANTED
    message = refused("redcap.unknown-label", tmp_path, rows)
    assert "'pcl_04'" in message
    assert " 3 row(s)" in message


def test_markup_and_spacing_of_a_label_do_not_matter(tmp_path):
    raw = forms(tmp_path / "raw")
    rows = labelled(export(), boxes="label")
    for row in surveys(rows):
        row["pcl_04"] = f"<em>{row['pcl_04'].replace(' ', '  ')}</em>"
        row["pcl_meds___1"] = "Yes,&nbsp; a <i>pill</i>"
    pd.testing.assert_frame_equal(raw.cells, forms(tmp_path / "words", rows).cells)


def test_a_declared_word_stands_for_its_code(tmp_path):
    rows = labelled(export())
    surveys(rows)[0]["pcl_04"] = "No answer"
    found = forms(tmp_path, rows, wanted=replace(WANTED, words={"No answer": "-9"}))
    assert found.cells["pcl_04"].iloc[0] == "-9"


def test_codes_among_labels_are_refused(tmp_path):
    rows = labelled(export())
    for row, raw in zip(rows, export(), strict=True):
        row["pcl_05"] = raw["pcl_05"]
    assert "'pcl_05'" in refused("redcap.raw-or-label", tmp_path, rows)


def test_a_label_of_two_codes_is_refused(tmp_path):
    fields = dictionary()
    answers = listed({**{str(code): label for code, label in enumerate(AGREE)}, "5": AGREE[3]})
    fields = [field(f[0], f[1], f[3], answers) if f[0] == "pcl_05" else f for f in fields]
    rows = labelled(export())
    surveys(rows)[0]["pcl_05"] = AGREE[3]
    assert "'pcl_05'" in refused("redcap.shared-label", tmp_path, rows, fields=fields)


def test_labels_that_are_codes_of_other_labels_are_not_guessed(tmp_path):
    fields = [field("record_id", "scores"), field("a", "scores", "radio", "1, 2 | 2, 1")]
    write_project(tmp_path, fields=fields)
    write_rows(tmp_path / "export.csv", [{"record_id": "x", "a": "1"}])
    project = read_project(tmp_path / "export.csv", dictionary=tmp_path / "dictionary.csv")
    with pytest.raises(ReliefError) as stopped:
        form_table(project, Wanted("record_id", ["record_id", "a"]))
    assert stopped.value.rule == "redcap.raw-or-label"


def test_a_box_whose_label_is_0_is_not_ticked_by_a_0(tmp_path):
    fields = [
        field("asked", "pcl_now", "checkbox", "0, 0 | 1, 1 | 2, 2"),
        *(row for row in dictionary() if row[0] != "pcl_meds"),
    ]
    fields.insert(0, fields.pop(1))
    ticks = {"asked___0": "0", "asked___1": "1", "asked___2": "0"}
    rows = [
        {name: value for name, value in row.items() if not name.startswith("pcl_meds")}
        | (ticks if row["redcap_repeat_instrument"] else dict.fromkeys(ticks, ""))
        for row in export()
    ]
    wanted = replace(WANTED, columns=["record_id", *ticks])
    found = forms(tmp_path, rows, fields=fields, wanted=wanted)
    assert {name: set(found.cells[name]) for name in ticks} == {k: {v} for k, v in ticks.items()}
    words = [row | {n: row[n] for n in ticks} for row in labelled_statuses(rows)]
    refused("redcap.shared-label", tmp_path, words, fields=fields, wanted=wanted)


def labelled_statuses(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows in which only statuses, items and arms are labels."""
    words = labelled([row | {"pcl_meds___1": "1", "pcl_meds____1": "1"} for row in rows])
    return [{n: v for n, v in row.items() if not n.startswith("pcl_meds")} for row in words]


def test_headers_that_are_labels_are_refused(tmp_path):
    rows = [{f"Label of {name}": value for name, value in row.items()} for row in export()]
    assert "'record_id'" in refused("redcap.no-record-id", tmp_path, rows)
