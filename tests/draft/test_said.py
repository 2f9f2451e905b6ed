"""What people type becomes a line of TOML that means the same."""

from __future__ import annotations

import tomllib

import pytest

from analysis.draft.said import LEFT_OUT, in_toml


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("population", "PTSD", "PTSD"),
        ("population", '"PTSD"', "PTSD"),
        ("synthetic", "no", False),
        ("randomised", "Yes", True),
        ("design", "Parallel", "parallel"),
        ("arms", "A = ketamine, B = midazolam", {"A": "ketamine", "B": "midazolam"}),
        ("arms", '{ A = "ketamine" }', {"A": "ketamine"}),
        ("arms", "1: ketamine 0.5, 2: saline", {"1": "ketamine 0.5", "2": "saline"}),
        ("statuses", "moved = not given", {"moved": "not given"}),
        ("visits", "pre = -1, day 1 = 24.5", {"pre": -1, "day 1": 24.5}),
        ("missing_codes", "-9, 999", ["-9", "999"]),
        ("missing_codes", "none", []),
        ("planned_per_arm", "30", 30),
        ("planned_per_arm", "ketamine = 30, midazolam = 60", {"ketamine": 30, "midazolam": 60}),
        ("baseline", "-48 to 0", [-48, 0]),
        ("baseline", "baseline visit", "baseline visit"),
        ("recall_hours", "past week", 168),
        ("recall_hours", "0", 0),
        ("time", "day + clock", "day + clock"),
        ("items", "pcl_{:02d}", "pcl_{:02d}"),
        ("site", 'the "old" clinic', 'the "old" clinic'),
    ],
)
def test_an_answer_is_read_as_it_is_meant(key, given, value):
    assert tomllib.loads(in_toml(key, given)) == {key: value}


@pytest.mark.parametrize(
    ("key", "given", "line"),
    [("time", "hours = since_start", 'hours = "since_start"'), ("looks", LEFT_OUT, None),
     ("items", "total = pcl_sum", 'total = "pcl_sum"')],
)  # fmt: skip
def test_a_line_may_be_another_key_or_none(key, given, line):
    assert in_toml(key, given) == line


@pytest.mark.parametrize(
    ("key", "given"),
    [("synthetic", "maybe"), ("looks", "twice"), ("design", "best"), ("arms", "ketamine"),
     ("visits", "pre"), ("statuses", "moved")],
)  # fmt: skip
def test_what_cannot_be_meant_says_what_is_expected(key, given):
    with pytest.raises(ValueError, match=r"^Type "):
        in_toml(key, given)
