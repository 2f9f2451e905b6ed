"""Published falls on forms that look back, beside what literal answers allow."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import evidence
from analysis.evidence.look_back import look_back_falls


def test_at_least_twelve_published_arms_are_set_beside_the_literal_answer():
    found = look_back_falls()
    timed = found[found["why_not"] == ""]
    assert len(timed[["study_id", "arm"]].drop_duplicates()) >= 12
    assert found["study_id"].nunique() >= 10


def test_ketamine_fell_by_its_comparators_fall_and_the_difference_over_the_whole_scale():
    """Feder 2014 prints neither mean: 50 % on midazolam, and 12.7 of at most 88 points less."""
    row = look_back_falls().query("study_id == 'Feder2014' and arm == 'ketamine'").iloc[0]
    assert row["fall"] == pytest.approx(0.5 + 12.7 / 88)
    # Whatever the common mean before, 30 to 88, the share is at least that.
    for before in range(30, 89):
        assert 1 - (0.5 * before - 12.7) / before >= row["fall"] - 1e-12
    assert row["at_least"]
    assert "assuming equal means" in row["assumed"]
    assert row["rows"] == ["Feder2014-018", "Feder2014-001"]


def test_a_fall_is_not_derived_where_the_arm_did_worse_or_tells_its_own():
    table = evidence.load()
    assert list(look_back_falls(table).query("assumed != ''")["study_id"]) == ["Feder2014"]
    worse = table.copy()
    worse.loc[worse["row"] == "Feder2014-001", "value"] = 12.7
    assert set(look_back_falls(worse).query("study_id == 'Feder2014'")["arm"]) == {"midazolam"}


def test_the_arms_of_the_open_file_are_those_of_its_first_period(open_data):
    """MADRS, depression, participants with both scores; counted again from the file itself."""
    folder = open_data("nimh-ketamine-ds005917")
    people, scores = (
        pd.read_csv(folder / name, sep="\t") for name in ("participants.tsv", "phenotype.tsv")
    )
    wide = scores.pivot_table(index="participant_id", columns="session_id", values="MADRS_Total")
    ill = people[people["group"] == "MDD"].set_index("participant_id").join(wide)
    found = look_back_falls().query("study_id == 'NIMH-ds005917'").set_index("arm")
    for arm, code in (("ketamine", "d"), ("placebo", "p")):
        both = ill[ill["infusion_1"] == code].dropna(subset=["ses-b0", f"ses-{code}2"])
        fall = 1 - both[f"ses-{code}2"].mean() / both["ses-b0"].mean()
        assert found.loc[arm, "n"] == len(both)
        assert found.loc[arm, "fall"] == pytest.approx(fall, abs=5e-5)
        # Day 2 is anything from 24 to 72 hours.
        assert found.loc[arm, "largest_low"] == pytest.approx(1 / 7)
        assert found.loc[arm, "largest_high"] == pytest.approx(3 / 7)


def test_midazolam_fell_three_and_a_half_times_as_far_as_a_past_week_form_can():
    row = look_back_falls().query("study_id == 'Feder2014' and arm == 'midazolam'").iloc[0]
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
