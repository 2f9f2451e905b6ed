"""Choices of a field, parsed, and what they say of the lowest answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import ReliefError
from analysis.readers.assemble import read_study
from analysis.readers.formats.redcap.dictionary import item_base, parse_dictionary, read_dictionary
from tests.factory import Outcome
from tests.readers.formats.redcap.project import (
    HEADER,
    ITEMS,
    as_csv,
    dictionary,
    export,
    field,
    write_project,
)
from tests.readers.formats.redcap.studies import (
    surveys,
)


@pytest.mark.parametrize(("base", "declared"), [(1, 0), (0, 1)])
@pytest.mark.bad_input("B3")
def test_choices_that_contradict_item_base_are_refused_with_the_line_to_write(
    tmp_path, base, declared
):
    rows = export()
    for row in surveys(rows):
        row.update({item: str(int(row[item]) + base) for item in ITEMS if row[item]})
    values = f'items = "pcl_{{:02d}}"\nitem_base = {declared}'
    outcome = Outcome(write_project(tmp_path, rows, fields=dictionary(base), values=values))
    assert outcome.error["rule"] == "score.coding-base"
    assert f"item_base = {base}" in outcome.error["message"]


@pytest.mark.parametrize(
    ("choices", "base"),
    [
        (["0, a | 1, b | 2, c"], 0),
        (["1, a | 2, b | 3, c"], 1),
        (["-9, refused | 1, a | 2, b"], 1),
        (["0, a | 1, b", "1, a | 2, b"], None),
        (["2, a | 3, b"], None),
        (["y, a | n, b"], None),
        ([], None),
    ],
)
def test_what_choices_say_of_the_lowest_answer(tmp_path, choices, base):
    rows = [field("record_id", "f")]
    rows += [field(f"i{n}", "f", "radio", listed) for n, listed in enumerate(choices)]
    path = tmp_path / "dictionary.csv"
    path.write_text(as_csv(HEADER, rows), encoding="utf-8")
    fields = parse_dictionary(read_dictionary(path)).fields.values()
    assert item_base([one for one in fields if one.name != "record_id"]) == base


@pytest.mark.parametrize("choices", ["1 one | 2 two", "1, one | 1, two", ", one"])
def test_choices_that_cannot_be_told_are_refused_by_field(tmp_path, choices):
    path = tmp_path / "dictionary.csv"
    path.write_text(as_csv(HEADER, [field("asked", "f", "radio", choices)]), encoding="utf-8")
    with pytest.raises(ReliefError) as stopped:
        parse_dictionary(read_dictionary(path))
    assert stopped.value.rule == "redcap.choices"
    assert "'asked'" in stopped.value.message


def test_codes_with_a_gap_are_told_and_labels_then_count_beside_the_dictionary(tmp_path):
    """A project whose last choice was numbered by hand: 1, 2, 3, 4, 6."""
    rows = export()
    for row in surveys(rows):
        row.update({i: str(int(row[i]) + 1 + (row[i] == "4")) for i in ITEMS if row[i]})
    fields = dictionary(1)
    values = 'items = "pcl_{:02d}"'
    told = Outcome(write_project(tmp_path / "gap", rows, fields=fields, values=values))
    assert told.error["rule"] in ("item.codes-gap", "score.coding-base")
    labels = 'labels = { "1" = "0", "2" = "1", "3" = "2", "4" = "3", "6" = "4" }'
    mended = write_project(tmp_path / "mended", rows, fields=fields, values=f"{values}\n{labels}")
    plain = write_project(tmp_path / "plain", export(), fields=dictionary(0), values=values)
    assert scored(mended) == scored(plain)


def scored(path: Path) -> list[float]:
    (answers,) = read_study(path).items.values()
    return sorted(answers.sum(axis=1, skipna=False).dropna())
