"""Clusters against R's manova and lm, critical values at their known ends, and level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.responders.cluster_profile import (
    profile_contrast,
    simultaneous_critical_value,
)
from benchmarks.estimates import who as benchmark
from tests.estimates.who_reference import cases, clusters, keeps

NAMES = ["intrusion", "avoidance", "mood", "arousal"]
ITEMS = dict(zip(NAMES, (5, 2, 7, 6), strict=True))


def parts() -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    data = clusters()
    before, after = (
        data[[f"{when}_{name}" for name in NAMES]].set_axis(NAMES, axis=1)
        for when in ("before", "after")
    )
    return after, before, data["treated"].to_numpy() == 1


def contrast(**words) -> list[dict]:
    after, before, treated = parts()
    return profile_contrast(after, before, treated, items=ITEMS, draws=20_000, seed=1, **words)


@pytest.mark.parametrize(("place", "case"), [(0, "clusters all"), (1, "clusters parallel")])
def test_joint_tests_are_those_of_r(place, case):
    found, expected = contrast()[place], cases()[case]
    assert found["p_value"] == pytest.approx(expected["p"], abs=1e-9)
    assert found["df"] == expected["df"]
    assert f"{expected['F']:.3g}" in found["method"]


def test_each_difference_is_that_of_a_linear_model():
    for name, found in zip(NAMES, contrast()[2:], strict=True):
        expected = cases()[f"cluster {name}"]
        assert (found["estimate"], found["se"]) == pytest.approx(
            (expected["estimate"], expected["se"]), abs=1e-9
        )


def test_limits_and_p_values_tell_one_story():
    rows = contrast(window="about 24 h")[2:]
    reach = [(r["ci_high"] - r["estimate"]) / r["se"] for r in rows]
    assert np.ptp(reach) < 1e-9
    df = rows[0]["df"]
    single, worst = stats.t.ppf(0.975, df), stats.t.ppf(1 - 0.025 / 4, df)
    assert single < reach[0] < worst + 0.02
    for r in rows:
        assert (r["p_value"] <= 0.05) == (abs(r["estimate"] / r["se"]) >= reach[0])
        assert r["p_value"] >= 2 * stats.t.sf(abs(r["estimate"] / r["se"]), df) - 0.01
    assert {r["window"] for r in rows} == {"about 24 h"}


@pytest.mark.parametrize("df", [10, 24])
def test_critical_values_at_both_ends(df):
    """Independent subscales: Šidák. Identical ones: Student."""
    for correlation, expected in (
        (np.eye(4), stats.t.ppf((1 + 0.95**0.25) / 2, df)),
        (np.ones((4, 4)), stats.t.ppf(0.975, df)),
    ):
        found = simultaneous_critical_value(correlation, df, seed=3)
        assert found == pytest.approx(expected, abs=0.03)


def test_critical_value_between_the_ends_is_that_of_wishart_draws():
    correlation, df, rng = np.full((3, 3), 0.6) + 0.4 * np.eye(3), 12, np.random.default_rng(5)
    z = rng.multivariate_normal(np.zeros(3), correlation, 40_000)
    squares = np.diagonal(
        stats.wishart.rvs(df, correlation, size=40_000, random_state=rng), axis1=1, axis2=2
    )
    expected = np.quantile(np.abs(z / np.sqrt(squares / df)).max(axis=1), 0.95)
    assert simultaneous_critical_value(correlation, df, seed=3) == pytest.approx(expected, abs=0.04)


def test_order_of_people_and_of_subscales_changes_no_estimate():
    after, before, treated = parts()
    turned = np.random.default_rng(1).permutation(len(after))
    again = profile_contrast(
        after.iloc[turned], before.iloc[turned], treated[turned], items=ITEMS, draws=20_000, seed=1
    )
    for one, other in zip(contrast(), again, strict=True):
        assert other["p_value"] == pytest.approx(one["p_value"], abs=1e-3)
        assert other["estimate"] == pytest.approx(one["estimate"], nan_ok=True)


def test_what_is_no_profile_is_refused():
    after, before, treated = parts()
    wrong = {
        "same subscales": (after, before[NAMES[::-1]], treated, ITEMS),
        "one value a person": (after, before, treated[:-1], ITEMS),
        "there before and after": (after.replace(7.0, np.nan), before, treated, ITEMS),
        "need more than": (after[:9], before[:9], treated[:9], ITEMS),
        "at least two subscales": (after[["mood"]], before[["mood"]], treated, {"mood": 7}),
        "did not vary before": (after, before.assign(mood=3.0), treated, ITEMS),
        "no residual of their own": (
            after.assign(mood=after["arousal"]), before, treated, ITEMS,
        ),
    }  # fmt: skip
    for words, (late, early, who, items) in wrong.items():
        with pytest.raises(ValueError, match=words):
            profile_contrast(late, early, who, items=items, seed=1)


def test_the_joint_test_and_the_intervals_keep_their_level():
    names = ("clusters, joint test", "clusters, simultaneous")
    rows = benchmark.run(120, 3, names=names, sizes=(10, 15), kinds=benchmark.KINDS[1:])
    assert [(r["estimator"], r["value"]) for r in rows if not keeps(r)] == []


def test_people_in_another_order_after_than_before_are_refused():
    after, before, treated = parts()
    with pytest.raises(ValueError, match="same people in the same order"):
        profile_contrast(after, before.iloc[::-1], treated, items=ITEMS, seed=1)
