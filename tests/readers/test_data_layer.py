"""The path of the benchmark of the data layer, at a size that a test can afford."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.checks import check
from analysis.readers.assemble import read_study
from analysis.readers.formats.delimited.read import read_text
from benchmarks.data_layer import timed, write_tall, write_wide

ROWS = 20_000


@pytest.fixture(scope="module")
def tall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tall")
    write_tall(folder, ROWS)
    return folder


def plain_pandas(folder) -> pd.DataFrame:
    """Totals and hours since the end of the infusion, form by form, without any check."""
    rows = pd.read_csv(folder / "scores.csv", dtype={"id": str, "when": str})
    forms = rows.groupby(["id", "when"], as_index=False)["value"].sum()
    ends = pd.read_csv(folder / "infusions.csv", dtype=str).set_index("id")["end"]

    def utc(texts: pd.Series) -> pd.Series:
        local = pd.to_datetime(texts).dt
        return local.tz_localize("America/Detroit", ambiguous="NaT", nonexistent="NaT")

    since = utc(forms["when"]) - utc(forms["id"].map(ends))
    forms["hours"] = (since.dt.total_seconds() / 3600).round(6)
    return forms.dropna().sort_values(["hours", "value"])


def test_item_rows_give_the_totals_and_hours_of_a_plain_computation(tall):
    expected = plain_pandas(tall)
    forms = check(read_study(tall)).forms
    exact = forms[forms["hours_low"] == forms["hours_high"]]
    before = exact[exact["latest_infusion"] == 0]
    after = exact[exact["latest_infusion"] == 1].sort_values(["since_end_low", "total"])
    later = expected[expected["hours"] > 0]
    assert len(forms) == pytest.approx(ROWS / 20, abs=10)
    np.testing.assert_allclose(after["since_end_low"], later["hours"], atol=2e-6)
    np.testing.assert_array_equal(after["total"], later["value"])
    totals = expected.loc[expected["hours"] < 0, "value"]
    assert sorted(before["total"]) == sorted(totals)


def test_item_rows_are_held_in_a_few_bytes_each(tall):
    cells = read_text(tall / "scores.csv").cells
    assert cells.memory_usage(deep=True, index=False).sum() < 12 * ROWS


def test_answers_of_a_wide_export_are_held_in_one_byte_each(tmp_path):
    path = write_wide(tmp_path, 2_000, columns=300)
    whole = read_text(path)
    answers = whole.cells.drop(columns=["id", "when"])
    assert answers.memory_usage(deep=True, index=False).sum() < 2 * answers.size
    some = read_text(path, columns=["id", "when", "q0001"])
    assert list(some.cells) == ["id", "when", "q0001"]
    pd.testing.assert_frame_equal(
        some.cells.astype("str"), whole.cells[list(some.cells)].astype("str")
    )


def test_the_benchmark_times_a_step_in_a_process_of_its_own(tall):
    got = timed("whole", tall)
    assert got["result"] == len(check(read_study(tall)).forms)
    assert got["megabytes"] > 50
    assert got["seconds"] > 0
