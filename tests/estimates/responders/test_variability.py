"""Variance ratio against Bonett's own example, prediction limits against R, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.estimates.responders.variability import next_person, variance_ratio
from benchmarks.estimates import who as benchmark
from tests.estimates.who_reference import cases, keeps
from tests.length import seed, trials

# Example of ci.ratio.sd2 in the manual of the R package statpsych: ratio of the SDs and limits.
Y1 = np.array([32.0, 39, 26, 35, 43, 27, 40, 37, 34, 29])
Y2 = np.array([36.0, 44, 47, 42, 49, 39, 46, 31, 33, 48])
BONETT = (0.8854257, 0.486279, 1.728396)
CHANGE = np.array([-21.0, -14, -14, -11, -9, -7, -3, -2, 0, 1, 4, 6])


def test_bonetts_own_example():
    ratio, log_ratio = variance_ratio(Y1, Y2)
    found = (ratio["estimate"], ratio["ci_low"], ratio["ci_high"])
    assert found == pytest.approx([value**2 for value in BONETT], rel=5e-6)
    assert (log_ratio["ci_low"], log_ratio["ci_high"]) == pytest.approx(
        (math.log(ratio["ci_low"]), math.log(ratio["ci_high"]))
    )


def test_the_ratio_turns_with_the_arms_and_ignores_level_and_unit():
    ratio, turned = variance_ratio(Y1, Y2)[0], variance_ratio(Y2, Y1)[0]
    assert turned["ci_low"] == pytest.approx(1 / ratio["ci_high"], rel=1e-9)
    other = variance_ratio(3 * Y1 - 7, 3 * Y2[::-1] + 50)[0]
    assert other["ci_low"] == pytest.approx(ratio["ci_low"], rel=1e-9)


def test_what_has_no_variance_ratio_is_refused():
    with pytest.raises(ValueError, match="at least five participants"):
        variance_ratio(Y1[:4], Y2)
    with pytest.raises(ValueError, match="same value"):
        variance_ratio(np.ones(10), Y2)
    # The variance of seven times 0.1 is 2e-34, not 0.
    with pytest.raises(ValueError, match="same value"):
        variance_ratio(np.full(7, 0.1), Y2)
    with pytest.raises(ValueError, match="same value"):
        variance_ratio(Y1, np.full(7, -7.3))
    with pytest.raises(ValueError, match="One finite value a person"):
        variance_ratio(np.append(Y1, np.nan), Y2)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_next_person_as_r_foretells_them(level):
    expected = cases()[f"next {level:g}"]
    found = next_person(CHANGE, level=level)[0]
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(
        (expected["low"], expected["high"]), abs=1e-8
    )


@pytest.mark.parametrize(
    ("n", "level", "rank"), [(9, 0.8, 1), (19, 0.8, 2), (39, 0.95, 1), (30, 0.8, 3)]
)
def test_order_statistics_hold_the_next_with_their_probability(n, level, rank):
    found = next_person(np.random.default_rng(1).permutation(np.arange(n * 1.0)), level=level)[1]
    assert (found["ci_low"], found["ci_high"]) == (rank - 1, n - rank)
    assert (n + 1 - 2 * rank) / (n + 1) >= level - 1e-9


def test_too_few_people_have_no_limit_without_a_distribution():
    found = next_person(CHANGE, level=0.95)[1]
    assert (found["ci_low"], found["ci_high"]) == (-math.inf, math.inf)
    assert "too few participants" in found["method"]


def test_one_person_foretells_nobody():
    with pytest.raises(ValueError, match="at least two people"):
        next_person(CHANGE[:1])


def test_intervals_of_spread_and_of_the_next_keep_their_level():
    names = tuple(name for name, *_ in benchmark.CELLS if "variance" in name or "next" in name)
    rows = benchmark.run(
        trials(short=150, long=400), seed(3), names=names, sizes=(10, 15), kinds=benchmark.KINDS[1:]
    )
    assert len(rows) == 6
    assert [(r["estimator"], r["value"]) for r in rows if not keeps(r)] == []
