"""A short run of the simulated coverage; the long one is `make estimates-characteristics`."""

from __future__ import annotations

import pytest

from benchmarks.estimates import missing

pytestmark = pytest.mark.simulates


def test_intervals_of_imputed_trials_hold_the_truth_about_as_often_as_they_say() -> None:
    # The jackknife refits a model for each person: it has its own check, against rbmi.
    rows = missing.run(180, seed=3, cells=[("skewed, bounded", 10)], jackknife=False)
    assert len(rows) == 3
    for row in rows:
        assert row["replicates"] == 15
        # Too wide is allowed where an interval is known to be; too narrow nowhere.
        if row["quantity"] == "coverage":
            assert row["mc_high"] >= row["nominal"], row["estimator"]
        else:
            assert row["mc_low"] <= row["nominal"], row["estimator"]


def test_strategies_that_share_the_jackknife_s_refits_hold_their_truths_too() -> None:
    rows = missing.run(96, seed=3, cells=[("skewed, bounded", 10)])
    refitted = [row for row in rows if row["estimator"].endswith(("reference", "forward"))
                and "jump" not in row["estimator"]]  # fmt: skip
    assert sorted(row["quantity"] for row in refitted) == ["coverage"] * 3 + ["level"] * 3
    for row in refitted:
        kept = row["mc_high"] >= 0.95 if row["quantity"] == "coverage" else row["mc_low"] <= 0.05
        assert kept, row["estimator"]


def test_the_closer_to_the_reference_the_smaller_the_truth() -> None:
    """Copying the reference gives up what was gained; keeping the gain is missing at random."""
    strategies = ("JR", "CR", "CIR", "LMCF", "MAR")
    for kind in ("normal", "skewed, bounded"):
        jump, copy, increments, carried, random = (
            missing._truth(kind, strategy, missing.EFFECT) for strategy in strategies
        )
        assert random < copy < jump < 0
        # Nothing changes after the first visit in either arm: its gain is kept by both.
        assert [increments, carried] == pytest.approx([random, random], abs=0.1)


def test_the_truth_under_jump_to_reference_lies_between_none_and_everyone_s() -> None:
    for kind in ("normal", "skewed, bounded"):
        everyone = missing._truth(kind, "MAR", missing.EFFECT)
        jumped = missing._truth(kind, "JR", missing.EFFECT)
        assert everyone < jumped < 0.75 * everyone
    assert missing._truth("normal", "MAR", missing.EFFECT) == missing.EFFECT
