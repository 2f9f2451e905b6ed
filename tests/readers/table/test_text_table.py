"""The table of text: columns wanted, copies, values held once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReliefError
from analysis.readers.formats.delimited.read import read_text
from analysis.readers.table.text_table import exact_copies
from tests.readers.formats.delimited.written_text import NOTES, read


@pytest.mark.bad_input("E27")
def test_only_the_wanted_columns_are_kept(tmp_path):
    table = read(tmp_path, NOTES, columns=["arm", "id", "absent"])
    assert list(table.cells) == ["id", "arm"]
    # A row with something in a column that is not kept is not blank.
    assert list(table.rows) == [2, 5, 6, 7, 8]
    whole = read(tmp_path, NOTES)
    assert list(whole.rows) == list(table.rows)
    assert whole.issues == table.issues
    assert whole.sha256 == table.sha256


def test_no_wanted_column_is_said_when_it_is_asked_for(tmp_path):
    table = read(tmp_path, NOTES, columns=["absent"])
    assert len(table.rows) == 5
    with pytest.raises(ReliefError, match="no column 'absent'"):
        table.column("absent")


@pytest.mark.parametrize("columns", [None, ["ARMS"]])
def test_a_column_of_much_the_same_name_is_named_and_no_other(tmp_path, columns):
    table = read(tmp_path, NOTES, columns=columns)
    with pytest.raises(ReliefError, match="; the nearest name there is 'arm'"):
        table.column("ARMS")
    with pytest.raises(ReliefError) as other:
        table.column("pcl5_01")
    assert "nearest" not in other.value.message


@pytest.mark.parametrize("columns", [None, ["id"], ["id", "arm"]])
def test_exact_copies_are_told_by_all_columns_kept_or_not(tmp_path, columns):
    table = read(tmp_path, NOTES, columns=columns)
    assert list(exact_copies(table, np.ones(5, bool))) == [False, True, False, False, False]
    among = np.array([True, False, True, False, False])
    assert not exact_copies(table, among).any()
    assert not exact_copies(table, np.zeros(5, bool)).any()
    # Rows keep their numbers when others are taken out.
    later = table.pick(np.array([False, True, True, True, True]))
    assert not exact_copies(later, np.ones(4, bool)).any()


def test_a_column_without_a_name_tells_no_copies_apart(tmp_path):
    table = read(tmp_path, ",id,arm\n1,S1,ket\n2,S1,ket\n", columns=["id"])
    assert list(exact_copies(table, np.ones(2, bool))) == [False, True]


def test_values_that_repeat_are_held_once_and_read_the_same(tmp_path):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "few": rng.choice(["a", " a", "", "b "], 300_000),
            "many": rng.integers(0, 10**9, 300_000).astype(str),
            "at_first_many": [f"{n if n < 250_000 else 0}" for n in range(300_000)],
            "at_first_few": [f"{n if n > 280_000 else 0}" for n in range(300_000)],
        }
    )
    frame.to_csv(tmp_path / "large.csv", index=False)
    table = read_text(tmp_path / "large.csv")
    pd.testing.assert_frame_equal(table.cells.astype("str"), frame.astype("str"))
    assert isinstance(table.cells["few"].dtype, pd.CategoricalDtype)
    assert list(table.category("few").cat.categories) != list(table.cells["few"].cat.categories)
    for name in frame:
        stripped = frame[name].str.strip().astype("str")
        pd.testing.assert_series_equal(table.column(name), stripped)
        pd.testing.assert_series_equal(table.category(name).astype("str"), stripped)
