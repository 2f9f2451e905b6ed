"""What the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.redcap.export import form_table
from analysis.readers.formats.redcap.project import read_project
from analysis.readers.formats.redcap.wanted import Wanted
from analysis.readers.table.text_table import TextTable
from analysis.study import Study
from tests.factory import TOKEN as PLANTED
from tests.readers.formats.redcap.project import (
    ITEMS,
    write_project,
)

COLUMNS = ["record_id", "pcl_when", *ITEMS, "pcl_meds___1", "pcl_meds____1", "pcl_total"]
WANTED = Wanted(subject="record_id", columns=COLUMNS, form="pcl_now", time="pcl_when")


def forms(folder: Path, rows=None, *, wanted: Wanted = WANTED, **changes) -> TextTable:
    write_project(folder, rows, fields=changes.pop("fields", None))
    files = {"dictionary": folder / "dictionary.csv", "event_table": folder / "event.csv"}
    return form_table(read_project(folder / "export.csv", **(files | changes)), wanted)


def said(found: TextTable) -> dict[str, int]:
    return {one.rule: one.count for one in found.issues}


def refused(rule: str, folder: Path, rows=None, **changes) -> str:
    with pytest.raises(ReliefError) as stopped:
        forms(folder, rows, **changes)
    assert stopped.value.rule == rule
    assert PLANTED not in stopped.value.message
    return stopped.value.message


def surveys(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["redcap_repeat_instrument"]]


def same(one: Study, two: Study) -> None:
    pd.testing.assert_frame_equal(one.subjects, two.subjects)
    pd.testing.assert_frame_equal(one.infusions, two.infusions)
    pd.testing.assert_frame_equal(
        one.assessments.drop(columns=["row", "source"]),
        two.assessments.drop(columns=["row", "source"]),
    )
    assert one.items.keys() == two.items.keys()
    for key, items in one.items.items():
        pd.testing.assert_frame_equal(items, two.items[key])
