"""People are ordered by content: neither names nor the order of rows shows."""

from __future__ import annotations

import pandas as pd

from analysis.readers.roles.people_order import digest, number_by_content

SCORES = pd.DataFrame(
    {"id": list("aabbc"), "hours": [0.0, 4.0, 0.0, 4.0, 0.0], "x": [1, 2, 3, 4, 5]}
)


def test_renaming_and_moving_rows_keeps_every_number():
    first = number_by_content(pd.Series(list("abc")), [SCORES], "id")
    names = {"a": "z", "b": "007", "c": "m"}
    moved = SCORES.assign(id=SCORES["id"].map(names)).iloc[::-1]
    second = number_by_content(pd.Series(["m", "007", "z"]), [moved], "id")
    assert {names[name]: number for name, number in first.items()} == second
    assert sorted(first.values()) == [0, 1, 2]


def test_people_without_rows_have_a_number_too():
    assert set(number_by_content(pd.Series(list("abcd")), [SCORES], "id")) == set("abcd")


def test_equal_content_in_two_tables_does_not_cancel():
    one = number_by_content(pd.Series(list("abc")), [SCORES, SCORES], "id")
    assert sorted(one.values()) == [0, 1, 2]


def test_a_digest_is_the_same_on_every_computer():
    assert digest(pd.DataFrame({"x": [1.5]})).dtype == "uint64"
    assert digest(SCORES.drop(columns="id"))[0] == digest(SCORES.drop(columns="id").iloc[:1])[0]


def test_a_digest_does_not_hang_on_the_column_beside():
    low = pd.Series([0.5, 1.0, float("nan"), -0.0, 7.25])
    content = pd.DataFrame({"low": low, "high": low.where(low != 1.0, 2.0), "other": low[::-1]})
    hashed = pd.util.hash_pandas_object((content + 0).astype(str), index=False).to_numpy()
    known = content.notna().all(axis=1).to_numpy()
    assert (digest(content)[known] == hashed[known]).all()
