"""A study's own windows and its baseline: what is accepted, and one sentence for what is not."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.config import load_config
from analysis.errors import ReliefError
from analysis.windows import in_time, later_than_hours, windows_of_claims
from tests.factory import write_study


def declared(folder, windows: str = "", **changes):
    path = write_study(folder, **changes)
    if windows:
        path.write_text(f"{path.read_text('utf-8')}\n[windows]\n{windows}\n", "utf-8")
    return load_config(path).design()


def refused(folder, windows: str = "", **changes) -> str:
    with pytest.raises(ReliefError) as caught:
        declared(folder, windows, **changes)
    assert caught.value.rule == "config.value"
    assert len(caught.value.message) < 400
    return caught.value.message


def test_windows_of_claims_overlap_nowhere_and_reach_ninety_days():
    windows = in_time(windows_of_claims())
    later = [windows[name] for name in later_than_hours(windows)]
    assert all(own.high <= after.low for own, after in pairwise(later))
    assert later[0].at == 24
    assert any(own.low <= 90 * 24 < own.high for own in later)
    assert all(own.low <= own.at < own.high for own in windows.values())


def test_a_study_adds_windows_in_the_order_of_time(tmp_path):
    found = declared(tmp_path, "week_15 = [2424, 2616]\nday_2 = [36, 54]").windows
    assert list(found) == ["day_2", "week_15"]
    assert found["day_2"].label == "1.5 to 2.25 days (day_2)"
    assert (found["week_15"].low, found["week_15"].high, found["week_15"].at) == (2424, 2616, 2520)


def test_a_window_of_claims_may_be_named_again_as_it_is(tmp_path):
    own = windows_of_claims()["day_30"]
    assert not declared(tmp_path, f"day_30 = [{own.low:g}, {own.high:g}]").windows


@pytest.mark.parametrize(
    ("windows", "told"),
    [
        ("day_30 = [600, 800]", "day_30 is 600 to 840 h in claims.toml"),
        ("day_28 = [624, 720]", "day_28 overlaps day_30, 600 to 840 h"),
        ("a = [900, 1000]\nb = [990, 1010]", "a overlaps b"),
        ("soon = [3, 5]", "soon begins before 6 h"),
        ("soon = [5, 40]", "soon begins before 6 h"),
        ("late = [1000, 900]", "the earlier first"),
        ("late = [1000]", "late = [600, 840]"),
        ('late = ["1000", "1100"]', "two hours"),
        ("late = [true, 1100]", "two hours"),
        ("Week-4 = [900, 1000]", "small letter"),
    ],
)
def test_a_window_that_a_score_could_lie_in_twice_or_nowhere_is_refused(tmp_path, windows, told):
    message = refused(tmp_path, windows)
    assert message.startswith("study.toml, [windows]: ")
    assert told in message


def test_windows_are_one_table(tmp_path):
    path = write_study(tmp_path)
    path.write_text("windows = [1, 2]\n" + path.read_text("utf-8"), "utf-8")
    with pytest.raises(ReliefError, match="write one table of this name"):
        load_config(path)


@pytest.mark.parametrize("name", ["day", "day_90", "week_6"])
def test_the_later_window_is_one_of_claims_or_of_the_study(tmp_path, name):
    section = f'later_window = "{name}"'
    assert declared(tmp_path, "week_6 = [912, 1104]", section=section).later_window == name


@pytest.mark.parametrize("name", ["hours", "hours_late", "day_28"])
def test_a_later_window_within_hours_or_unknown_is_refused(tmp_path, name):
    told = refused(tmp_path, section=f'later_window = "{name}"')
    assert "later_window must be one of day, day_3," in told


def test_a_registration_may_name_windows_and_only_known_ones(tmp_path):
    told = 'registration = "NCT00000000 2024-12-01 {}"'
    named = declared(tmp_path, declared=told.format("hours day_7"))
    assert named.registration == "NCT00000000 2024-12-01 hours day_7"
    message = refused(tmp_path, declared=told.format("day_28"))
    assert "a window that registration names must be one of hours, hours_early," in message


def test_a_baseline_is_hours_or_a_visit_that_a_table_tells(tmp_path):
    assert declared(tmp_path, section="baseline = [-48, 0]").baseline == (-48.0, 0.0)
    told = 'items = "item_{:02d}"\nvisit_name = "visit"'
    by_name = declared(tmp_path, section='baseline = " visit 1 "', values=told)
    assert by_name.baseline == "visit 1"


@pytest.mark.parametrize(
    ("baseline", "told"),
    [
        ("[0, -48]", "the earlier first"),
        ("[-48, 2]", "before the first infusion's start"),
        ("48", "as in [-48, 0]"),
        ('""', "the name of a visit"),
        ('"visit 1"', 'add visit_name = "column"'),
    ],
)
def test_a_baseline_that_no_form_can_have_is_refused(tmp_path, baseline, told):
    assert told in refused(tmp_path, section=f"baseline = {baseline}")


@pytest.mark.parametrize("command", ["check", "judge"])
def test_check_and_judge_refuse_alike(tmp_path, command):
    path = write_study(tmp_path)
    path.write_text(path.read_text("utf-8") + "\n[windows]\nsoon = [3, 5]\n", "utf-8")
    result = CliRunner().invoke(app, [command, str(path), "--json"])
    assert result.exit_code == 2
    assert "soon begins before 6 h" in json.loads(result.stdout)["error"]["message"]
