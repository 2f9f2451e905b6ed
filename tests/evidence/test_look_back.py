"""Published falls on forms that look back, beside what literal answers allow."""

from __future__ import annotations

import pytest

from analysis.evidence.look_back import look_back_falls


def test_at_least_twelve_published_falls_are_set_beside_the_literal_one():
    found = look_back_falls()
    assert (found["why_not"] == "").sum() >= 12
    assert found["study_id"].nunique() >= 9


def test_midazolam_fell_three_and_a_half_times_as_far_as_a_past_week_form_can():
    row = look_back_falls().query("study_id == 'Feder2014'").iloc[0]
    assert row["fall"] == 0.5
    assert row["ratio_low"] == row["ratio_high"] == pytest.approx(0.5 * 7)


def test_a_fall_is_over_the_mean_before():
    """Lii 2023, saline under anaesthesia: 29.9 to 16.4 on MADRS a day later."""
    row = look_back_falls().query("study_id == 'Lii2023' and arm == 'saline'").iloc[0]
    assert row["fall"] == pytest.approx((29.9 - 16.4) / 29.9)
    assert row["rows"] == ["Lii2023-005", "Lii2023-007"]


def test_without_a_baseline_the_fall_is_at_least_that_of_the_whole_scale():
    row = look_back_falls().query("study_id == 'Albott2018' and instrument == 'PCL-5'").iloc[0]
    assert row["at_least"]
    assert row["fall"] == pytest.approx(33.3 / 80)
    assert row["largest_low"] == pytest.approx(288 / 720)


def test_the_form_that_was_used_was_not_seen_so_that_both_are_shown():
    row = look_back_falls().query("study_id == 'Duek2023' and hours == 144").iloc[0]
    assert (row["largest_low"], row["largest_high"]) == (pytest.approx(0.2), pytest.approx(6 / 7))
    assert row["ratio_low"] < row["ratio_high"]


def test_a_source_without_hours_says_so():
    found = look_back_falls()
    unknown = found[found["why_not"] != ""]
    assert set(unknown["study_id"]) == {"Ross2019", "KA-EMDR"}
    assert unknown["ratio_low"].isna().all()
