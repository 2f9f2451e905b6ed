"""The data dictionary: fields, forms, identifiers."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.redcap.dictionary import (
    Dictionary,
    parse_dictionary,
    read_dictionary,
)
from tests.readers.formats.redcap.examples import dictionary_of, records, table
from tests.readers.formats.redcap.project import (
    HEADER,
    as_csv,
    export,
    field,
    listed,
)
from tests.readers.formats.redcap.studies import WANTED, forms, said

PROJECTS = ("checkboxes-1", "decimal-comma", "longitudinal", "repeating-instruments", "survey")


def known(folder: Path) -> Dictionary:
    return parse_dictionary(read_dictionary(dictionary_of(folder)))


@pytest.mark.parametrize("name", PROJECTS)
def test_a_dictionary_holds_every_field_with_its_form_its_type_and_its_choices(examples, name):
    found = known(examples / name)
    rows = records(dictionary_of(examples / name))
    assert [(one.name, one.form, one.type) for one in found.fields.values()] == [
        (row["Variable / Field Name"], row["Form Name"], row["Field Type"]) for row in rows
    ]
    for row, one in zip(rows, found.fields.values(), strict=True):
        assert one.identifier == (row["Identifier?"] == "y")
        assert one.branching == bool(row["Branching Logic (Show field only if...)"])
        assert one.low == row["Text Validation Min"]
        assert one.high == row["Text Validation Max"]
        assert one.validation == row["Text Validation Type OR Show Slider Number"]
        written = row["Choices, Calculations, OR Slider Labels"]
        if row["Field Type"] in ("radio", "dropdown", "checkbox"):
            pairs = [entry.split(",", 1) for entry in written.split("|")]
            assert one.choices == {code.strip(): label.strip() for code, label in pairs}
        elif row["Field Type"] == "calc":
            assert one.calculation == written


@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.bad_input("F3")
def test_no_example_project_that_holds_identifiers_is_read(examples, name):
    folder = examples / name
    columns = list(records(folder / "data.csv")[0])
    announced = [one for one in known(folder).fields.values() if one.identifier]
    if not announced:
        assert table(folder / "data.csv", folder, ["record_id", "check_one___1"]).rows.size
        return
    with pytest.raises(ReliefError) as refused:
        table(folder / "data.csv", folder, columns[:1])
    assert refused.value.rule == "identifier.column"
    rows = records(folder / "data.csv")
    values = {row[one.name] for row in rows for one in announced} - {""}
    assert values
    assert not any(value in refused.value.message for value in values)


@pytest.mark.bad_input("F3")
def test_a_field_marked_as_an_identifier_is_refused_by_its_position_whatever_its_name(
    examples, tmp_path
):
    rows = records(examples / "decimal-comma" / "data.csv")
    path = tmp_path / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerow(["wholly_harmless" if n == "name" else n for n in rows[0]])
        csv.writer(out).writerows(row.values() for row in rows)
    text = dictionary_of(examples / "decimal-comma").read_text(encoding="utf-8")
    (tmp_path / "dictionary.csv").write_text(text.replace("\nname,", "\nwholly_harmless,"))
    with pytest.raises(ReliefError) as refused:
        table(path, tmp_path, ["record_id", "bmi"])
    assert refused.value.rule == "identifier.redcap-flag"
    assert "column 2 " in refused.value.message
    assert "harmless" not in refused.value.message


@pytest.mark.parametrize("name", PROJECTS)
def test_data_are_no_dictionary(examples, name):
    with pytest.raises(ReliefError) as refused:
        read_dictionary(examples / name / "data.csv")
    assert refused.value.rule == "redcap.not-a-dictionary"


@pytest.mark.bad_input("E11")
def test_checkbox_columns_are_known_however_their_negative_code_is_written(tmp_path):
    rows = [
        {name.replace("pcl_meds____1", "pcl_meds___-1"): v for name, v in row.items()}
        for row in export()
    ]
    wanted = replace(WANTED, columns=["record_id", "pcl_when", "pcl_meds___-1"])
    found = forms(tmp_path, rows, wanted=wanted)
    assert set(found.cells["pcl_meds___-1"]) == {"0"}
    assert "redcap.column-not-in-dictionary" not in said(found)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        as_csv(HEADER, [field("a", "")]),
        as_csv(HEADER, [field("", "f")]),
        as_csv(HEADER, [field("a", "f"), field("a", "f")]),
        as_csv(HEADER[:4], [["a", "f", "", "text"]]),
    ],
    ids=["data", "no form", "no name", "a name twice", "columns lacking"],
)
def test_what_is_no_dictionary_is_refused(tmp_path, text):
    path = tmp_path / "dictionary.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReliefError) as stopped:
        parse_dictionary(read_dictionary(path))
    assert stopped.value.rule == "redcap.not-a-dictionary"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_dictionary_is_read_however_it_was_saved(tmp_path, encoding, separator):
    answers = listed({"0": "überhaupt nicht", "1": "très"})
    rows = [field("record_id", "f"), field("asked", "f", "radio", answers)]
    rows += [field(f"more{n}", "f", section_header="Größe,\nnoch größer") for n in range(9)]
    path = tmp_path / "dictionary.csv"
    text = "\n".join(
        separator.join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [HEADER, *rows]
    )
    path.write_text(text, encoding=encoding)
    found = parse_dictionary(read_dictionary(path))
    assert found.fields["asked"].choices == {"0": "überhaupt nicht", "1": "très"}
    assert found.record_id == "record_id"
    assert len(found.fields) == 11
