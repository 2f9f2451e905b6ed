"""A short run of the simulated coverage; the long one is `make estimates-characteristics`."""

from __future__ import annotations

from benchmarks.estimates import missing


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


def test_the_truth_under_jump_to_reference_lies_between_none_and_everyone_s() -> None:
    for kind in ("normal", "skewed, bounded"):
        everyone = missing._truth(kind, "MAR", missing.EFFECT)
        jumped = missing._truth(kind, "JR", missing.EFFECT)
        assert everyone < jumped < 0.75 * everyone
    assert missing._truth("normal", "MAR", missing.EFFECT) == missing.EFFECT
