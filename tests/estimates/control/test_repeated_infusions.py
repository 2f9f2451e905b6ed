"""The effect of each infusion of a series: paired means when nothing is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.control.repeated_infusions import effect_by_infusion


def series(rng: np.random.Generator, n: int = 20, infusions: int = 3) -> pd.DataFrame:
    """n participants per arm, all infusions scored; ketamine falls by 2 points more an infusion."""
    subject = np.repeat(np.arange(2 * n), infusions)
    arm = np.where(subject % 2 == 0, "ketamine", "midazolam")
    infusion = np.tile(np.arange(1, infusions + 1), 2 * n)
    person = rng.normal(0, 4, 2 * n)[subject]
    baseline = np.round(rng.normal(32, 6, 2 * n))[subject]
    fall = np.where(arm == "ketamine", -2.0 * infusion, 0.0)
    change = np.round(fall + person - 0.4 * (baseline - 32) + rng.normal(0, 4, subject.size))
    return pd.DataFrame({"subject": subject, "arm": arm, "infusion": infusion,
                         "baseline": baseline, "change": change})  # fmt: skip


@pytest.fixture
def data() -> pd.DataFrame:
    return series(np.random.default_rng(12))


def test_one_complete_group_has_the_means_and_the_step_of_a_paired_test(data):
    own = data[data["arm"] == "ketamine"]
    rows = effect_by_infusion(own)
    means = own.groupby("infusion")["change"].mean()
    assert [row["estimate"] for row in rows[:3]] == pytest.approx(means.tolist(), abs=1e-6)
    wide = own.pivot(index="subject", columns="infusion", values="change")
    # With three infusions the slope of a straight line is half of the last minus the first.
    paired = stats.ttest_rel(wide[3], wide[1])
    assert rows[3]["estimate"] == pytest.approx((wide[3] - wide[1]).mean() / 2, abs=1e-6)
    assert rows[3]["p_value"] == pytest.approx(paired.pvalue, rel=0.05)


def test_two_arms_give_the_difference_after_each_infusion_and_its_step(data):
    rows = effect_by_infusion(data, treated="ketamine", control="midazolam", contrast="k - m")
    assert [row["window"] for row in rows] == [
        "infusion 1", "infusion 2", "infusion 3", "from one infusion to the next"]  # fmt: skip
    estimates = [row["estimate"] for row in rows]
    assert estimates[3] == pytest.approx((estimates[2] - estimates[0]) / 2, abs=1e-6)
    assert rows[3]["ci_low"] < -2.0 < rows[3]["ci_high"]
    assert rows[3]["contrast"] == "k - m"
    assert rows[3]["n"] == 40


def test_a_missed_infusion_is_allowed_and_order_does_not_matter(data):
    fewer = data.drop(data.index[[4, 11]])
    options = {"treated": "ketamine", "control": "midazolam"}
    one = effect_by_infusion(fewer, **options)
    other = effect_by_infusion(fewer.sample(frac=1, random_state=3), **options)
    assert one[3]["estimate"] == pytest.approx(other[3]["estimate"], abs=1e-6)
    assert one[3]["n"] == 40


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda d: d.assign(change=np.nan), {}, "must be complete"),
        (lambda d: pd.concat([d, d.head(1)]), {}, "two rows"),
        (lambda d: d[d["infusion"] == 1], {}, "one infusion"),
        (lambda d: d.assign(infusion=d["infusion"] + 0.5), {}, "whole numbers"),
        (lambda d: d, {"treated": "ketamine"}, "both arms"),
        (lambda d: d, {"treated": "ketamine", "control": "saline"}, "must be 'ketamine'"),
        (
            lambda d: d.drop(columns="arm"),
            {"treated": "ketamine", "control": "midazolam"},
            "no column 'arm'",
        ),
    ],
)
def test_refusals_are_sentences(data, change, options, message):
    with pytest.raises(ValueError, match=message):
        effect_by_infusion(change(data), **options)
