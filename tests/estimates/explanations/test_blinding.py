"""Blinding indices against the published trials, R, and what the indices must mean."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates.explanations.blinding import (
    bang_index,
    guess_counts,
    james_index,
)
from analysis.estimates.explanations.by_guess import difference_by_guess
from benchmarks.estimates import explanations as benchmark
from tests.estimates.explanations_reference import cases

ARMS = {"treated": "ketamine", "control": "midazolam"}
TRIALS = cases("blinding")


def table(trial: dict[str, float]) -> np.ndarray:
    """Counts with one row an arm: guessed treatment, guessed control, did not know."""
    return np.array(
        [[trial["tt"], trial["tc"], trial["ut"]], [trial["ct"], trial["cc"], trial["uc"]]]
    )


def limits(row: dict) -> list[float]:
    return [row["estimate"], row["se"], row["ci_low"], row["ci_high"]]


@pytest.mark.parametrize("name", TRIALS)
def test_indices_of_the_package_bi(name):
    trial = TRIALS[name]
    counts = table(trial).astype(int)
    parts = ("est", "se", "low", "high")
    assert limits(james_index(counts)) == pytest.approx([trial[f"james_{p}"] for p in parts])
    treated = bang_index(*counts[0])[1]
    control = bang_index(counts[1, 1], counts[1, 0], counts[1, 2])[1]
    assert limits(treated) == pytest.approx([trial[f"bang1_{p}"] for p in parts])
    assert limits(control) == pytest.approx([trial[f"bang2_{p}"] for p in parts])


def test_the_published_example_of_houweling():
    """Investigators of the trial, as the package BlindingIndex.jl prints them."""
    counts = np.array([[48, 4, 330], [22, 30, 319]])
    james, bang = james_index(counts), bang_index(48, 4, 330)[1]
    assert limits(james) == pytest.approx([0.896, 0.011, 0.875, 0.918], abs=5e-4)
    assert limits(bang) == pytest.approx([0.115, 0.018, 0.08, 0.15], abs=5e-4)


@pytest.mark.parametrize("name", cases("score"))
def test_score_interval_is_where_the_test_no_longer_rejects(name):
    case = cases("score")[name]
    more, fewer, n = (int(case[key]) for key in ("more", "fewer", "n"))
    row = bang_index(more, fewer, n - more - fewer)[0]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((case["low"], case["high"]), abs=1e-6)


@given(st.tuples(*[st.integers(0, 30)] * 3).filter(sum))
@settings(max_examples=60, deadline=None)
def test_the_interval_holds_the_index_and_agrees_with_its_test(counts):
    row, published = bang_index(*counts)
    assert -1 <= row["ci_low"] <= row["estimate"] <= row["ci_high"] <= 1
    assert -1 <= published["ci_low"] <= published["ci_high"] <= 1
    if abs(row["p_value"] - 0.05) > 1e-6:
        assert (row["p_value"] < 0.05) == (row["ci_low"] > 0 or row["ci_high"] < 0)
    mirrored = bang_index(counts[1], counts[0], counts[2])[0]
    assert mirrored["ci_low"] == pytest.approx(-row["ci_high"], abs=1e-9)


def test_everyone_right_still_leaves_doubt_in_a_small_arm():
    row, published = bang_index(15, 0, 0)
    assert (row["estimate"], row["ci_high"]) == (1, 1)
    assert row["ci_low"] < 0.7
    assert published["ci_low"] == published["ci_high"] == 1  # the published interval is a point


def test_coin_tossing_is_one_half_by_james_and_zero_by_bang():
    assert james_index([[10, 10, 0], [10, 10, 0]])["estimate"] == pytest.approx(0.5)
    assert bang_index(10, 10, 0)[0]["estimate"] == 0


@pytest.mark.parametrize(
    ("counts", "index"), [([[0, 0, 9], [0, 0, 9]], 1), ([[9, 0, 0], [0, 9, 0]], 0)]
)
def test_james_at_its_ends_has_no_interval(counts, index):
    row = james_index(counts)
    assert row["estimate"] == pytest.approx(index)
    assert math.isnan(row["ci_low"])


def test_counts_by_arm_whatever_the_words():
    arm = pd.Series(["ketamine", "midazolam", "ketamine", "midazolam"])
    guess = pd.Series(["Ketamine", "control", "unsure", "ketamine"])
    counts = guess_counts(arm, guess, **ARMS)
    assert counts.to_numpy().tolist() == [[1, 0, 1], [1, 1, 0]]


@pytest.mark.parametrize("guess", ["saline", None])
def test_what_is_no_guess_is_refused(guess):
    with pytest.raises(ValueError, match="Every guess must be 'ketamine', 'midazolam' or"):
        guess_counts(pd.Series(["ketamine", "midazolam"]), pd.Series([guess, "unsure"]), **ARMS)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="at least one person"):
        bang_index(0, 0, 0)
    with pytest.raises(ValueError, match="two arms, three guesses"):
        james_index([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="not defined"):
        james_index([[9, 0, 0], [0, 0, 9]])
    with pytest.raises(ValueError, match="two arms, three guesses"):
        james_index([[np.nan, 0, 3], [1, 0, 0]])


def by_guess(at_least: int = 2, **changed) -> list[dict]:
    people = pd.DataFrame(
        {
            "change": [-9.0, -7.0, -2.0, -4.0, 1.0, -8.0, -1.0],
            "arm": ["ketamine"] * 2 + ["midazolam"] * 3 + ["ketamine", "midazolam"],
            "guess": ["ketamine"] * 5 + ["unsure", "midazolam"],
        }
    ).assign(**changed)
    return difference_by_guess(
        people["change"], people["arm"], people["guess"], at_least=at_least, **ARMS
    )


def test_effect_by_guess_is_described_without_a_test():
    rows = by_guess()
    assert [row["contrast"] for row in rows] == [
        "ketamine, said ketamine",
        "midazolam, said ketamine",
        "ketamine - midazolam, said ketamine",
    ]
    assert [round(row["estimate"], 3) for row in rows] == [-8, -1.667, -6.333]
    assert all(math.isnan(row["p_value"]) and "descriptive" in row["estimand"] for row in rows)
    assert "groups formed after the infusion" in rows[-1]["method"]


def test_small_groups_of_guessers_have_no_row():
    assert [row["n"] for row in by_guess(at_least=3)] == [3]


@pytest.mark.filterwarnings("error")
def test_changes_that_are_all_equal_give_no_interval():
    """Two who fell by 8.1 points each say nothing of how much people differ."""
    rows = by_guess(change=[-8.1, -8.1, -2.0, -4.0, 1.0, -8.0, -1.0])
    assert [round(row["estimate"], 3) for row in rows] == [-8.1, -1.667, -6.433]
    assert [math.isnan(row["ci_low"]) for row in rows] == [True, False, True]
    assert [math.isnan(row["se"]) for row in rows] == [True, False, True]
    assert all("all changes of a group are equal" in rows[i]["method"] for i in (0, 2))
    assert all("groups formed after the infusion" in row["method"] for row in rows)


def test_an_unknown_change_is_refused():
    with pytest.raises(ValueError, match="Every change must be known"):
        by_guess(change=np.nan)


def test_people_without_a_guess_are_not_passed_over():
    arm, guess = pd.Series(["ketamine", "midazolam"]), pd.Series(["ketamine"])
    with pytest.raises(ValueError, match=r"same people.*; got 2 of 'arm', 1 of 'guess'"):
        guess_counts(arm, guess, **ARMS)
    with pytest.raises(ValueError, match=r"same people.*; got 1 of 'change', 2 of 'arm'"):
        difference_by_guess(pd.Series([-3.0]), arm, arm, **ARMS)


@pytest.mark.parametrize("n", [10, 15, 30])
def test_coverage_of_the_score_interval(n):
    """Three worlds of guessing; the interval as published covers less, above all at 10."""
    score, published = (
        trials(benchmark.COUNTED, n, 900, np.random.default_rng(n)).mean()
        for *_, trials in benchmark.CELLS[:2]
    )
    assert 0.92 <= score <= 0.995
    assert published < score
