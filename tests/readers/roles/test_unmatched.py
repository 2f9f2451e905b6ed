"""Mistyped identifiers cost forms: where both sides are short of one another, that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.errors import Issue
from analysis.readers.assemble import read_study
from tests.factory import tables, write_study

RULE = "subject.unmatched"


def said(folder: Path, made: dict[str, list[dict[str, Any]]]) -> list[Issue]:
    return [one for one in read_study(write_study(folder, made)).issues if one.rule == RULE]


def renamed(table: str, names: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    made = tables()
    for row in made[table]:
        row["id"] = names.get(row["id"], row["id"])
    return made


def test_three_mistyped_identifiers_name_twelve_forms_and_the_people_without(tmp_path):
    made = renamed("scores", {"S003": "S0003X", "S005": "S500", "S007": "S07"})
    (found,) = said(tmp_path, made)
    assert (found.severity, found.file, found.count) == ("FLAG", "scores.csv", 12)
    assert "12 row(s) of forms under 3 identifier(s)" in found.message
    assert "participants who have none: 3" in found.message
    assert "S0" not in found.message


SLIPS = {
    "letters for digits": ("S005", "SOO5"),
    "case": ("S005", "s005"),
    "zeros": ("S005", "S5"),
    "two digits swapped": ("S010", "S100"),
    "one sign more": ("S005", "S0055"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_is_told_for_forms_and_for_infusions(tmp_path, slip):
    right, wrong = SLIPS[slip]
    for table in ("scores", "infusions"):
        (found,) = said(tmp_path / table, renamed(table, {right: wrong}))
        assert "participants who have none: 1" in found.message


def test_one_form_under_letters_that_look_like_digits_is_told(tmp_path):
    made = tables()
    made["scores"][5]["id"] = "SOO1"
    (found,) = said(tmp_path, made)
    assert "of these differ(s) from an identifier there by a sign or its look" in found.message


def test_forms_of_other_people_raise_nothing(tmp_path):
    """A clinic's export holds everybody; one person of the study has no form."""
    made = tables()
    of_one = [row for row in made["scores"] if row["id"] == "S011"]
    made["scores"] = [row for row in made["scores"] if row["id"] != "S011"]
    made["scores"] += [row | {"id": f"C{n}"} for n in range(70, 76) for row in of_one]
    assert said(tmp_path, made) == []
