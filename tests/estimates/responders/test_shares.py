"""Shares of people: published limits, R, Altman's example, bounds, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimates.responders.shares import (
    BENEFIT,
    HARM,
    WAYS,
    compare_shares,
    number_needed_to_treat,
    score_difference,
    share_who_benefit,
    three_way_shares,
)
from analysis.estimates.table import COLUMNS, row
from benchmarks.estimates import who as benchmark
from tests.estimates.who_reference import REFERENCE, cases, keeps
from tests.length import seed, trials

HALF_DIGIT = 0.5e-4 + 1e-9
PUBLISHED = list(pd.read_csv(REFERENCE / "newcombe_1998_difference_mn.csv").itertuples(index=False))


@pytest.mark.parametrize("case", PUBLISHED, ids=str)
def test_miettinen_nurminen_against_newcombes_table(case):
    found = score_difference((case.events_1, case.events_2), (case.n_1, case.n_2))
    assert found["estimate"] == pytest.approx(case.events_1 / case.n_1 - case.events_2 / case.n_2)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(
        (case.low, case.high), abs=HALF_DIGIT
    )


counts = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_the_score_interval_turns_with_the_arms_and_with_the_event(first, second):
    (a, n), (b, m) = first, second
    found = score_difference((a, b), (n, m))
    assert -1 <= found["ci_low"] <= found["estimate"] <= found["ci_high"] <= 1
    for other in (score_difference((b, a), (m, n)), score_difference((n - a, m - b), (n, m))):
        assert other["ci_low"] == pytest.approx(-found["ci_high"], abs=1e-7)
        assert other["ci_high"] == pytest.approx(-found["ci_low"], abs=1e-7)


def test_a_narrower_interval_lies_inside():
    wide, narrow = (score_difference((9, 3), (15, 15), level=level) for level in (0.95, 0.8))
    assert wide["ci_low"] < narrow["ci_low"] < narrow["ci_high"] < wide["ci_high"]


@pytest.mark.parametrize(("events", "n"), [(0, 26), (5, 15), (14, 15)])
def test_three_ways_have_the_exact_limits_of_r(events, n):
    expected = cases()[f"share {events} of {n}"]
    found = three_way_shares((events, n - events, 0))[0]
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(
        (expected["low"], expected["high"]), abs=1e-9
    )


def test_three_ways_add_up_and_are_named():
    rows = three_way_shares((4, 9, 2), contrast="ketamine")
    assert [r["estimand"] for r in rows] == list(WAYS)
    assert sum(r["estimate"] for r in rows) == pytest.approx(1)
    assert {r["contrast"] for r in rows} == {"ketamine"}
    assert all(set(r) == {*COLUMNS, "cell"} for r in rows)


@pytest.mark.parametrize("wrong", [(1, 2), (1, 2, 3, 4), (0, 0, 0), (3, -1, 2)])
def test_three_ways_refuses_what_is_no_split_of_people(wrong):
    with pytest.raises(ValueError, match="Three counts of people"):
        three_way_shares(wrong)


def difference(estimate: float, low: float, high: float) -> dict:
    return row(n=100, estimate=estimate, ci_low=low, ci_high=high, method="given")


def test_altmans_example_is_two_ranges_that_meet_at_infinity():
    """Altman 1998: 10 % (-5 % to 25 %) is NNTB 10, NNTB 4 to infinity to NNTH 20."""
    benefit, harm = number_needed_to_treat(difference(0.10, -0.05, 0.25))
    assert (benefit["estimand"], harm["estimand"]) == (BENEFIT, HARM)
    assert benefit["estimate"] == pytest.approx(10)
    assert (benefit["ci_low"], benefit["ci_high"]) == (pytest.approx(4), math.inf)
    assert (harm["ci_low"], harm["ci_high"]) == (pytest.approx(20), math.inf)
    assert math.isnan(harm["estimate"])
    assert benefit["method"].endswith("NNTB 4.0 to ∞ to NNTH 20.0")


def test_on_one_side_of_zero_it_is_one_range():
    (benefit,) = number_needed_to_treat(difference(0.2, 0.1, 0.5))
    assert (benefit["estimate"], benefit["ci_low"], benefit["ci_high"]) == pytest.approx((5, 2, 10))
    (harm,) = number_needed_to_treat(difference(-0.2, -0.5, -0.1))
    assert harm["estimand"] == HARM
    assert (harm["estimate"], harm["ci_low"], harm["ci_high"]) == pytest.approx((5, 2, 10))


def test_no_difference_has_no_number():
    rows = number_needed_to_treat(difference(0.0, -0.1, 0.1))
    assert [math.isnan(r["estimate"]) for r in rows] == [True, True]


def test_a_number_needed_to_treat_needs_an_interval():
    with pytest.raises(ValueError, match="with its interval"):
        number_needed_to_treat(difference(0.1, math.nan, math.nan))


def test_bounds_hold_whatever_joins_the_two_outcomes():
    """Any way of pairing 9 of 15 and 4 of 15 gives a share who benefit inside the bounds."""
    bounds, confident = share_who_benefit((9, 4), (15, 15))
    treated, control = np.arange(15) < 9, np.arange(15) < 4
    rng = np.random.default_rng(1)
    found = [(treated & ~rng.permutation(control)).mean() for _ in range(500)]
    found += [(treated & ~control).mean(), (treated & ~control[::-1]).mean()]
    assert min(found) == pytest.approx(bounds["ci_low"]) == pytest.approx(5 / 15)
    assert max(found) == pytest.approx(bounds["ci_high"]) == pytest.approx(9 / 15)
    assert confident["ci_low"] < bounds["ci_low"]
    assert confident["ci_high"] > bounds["ci_high"]


def test_compared_shares_are_one_story():
    improved = np.array([True] * 9 + [False] * 6 + [True] * 3 + [False] * 12)
    treated = np.arange(30) < 15
    rows = compare_shares(improved, treated, estimand="fell", names=("a", "b"), claim="c")
    assert [r["contrast"] for r in rows[:3]] == ["a", "b", "a - b"]
    assert [r["estimate"] for r in rows[:4]] == pytest.approx([0.6, 0.2, 0.4, 0.4])
    assert "Miettinen-Nurminen" in rows[2]["method"]
    assert "Newcombe" in rows[3]["method"]
    assert {r["claim"] for r in rows} == {"c"}
    turned = np.random.default_rng(1).permutation(30)
    again = compare_shares(
        improved[turned], treated[turned], estimand="fell", names=("a", "b"), claim="c"
    )
    assert pd.DataFrame(again).equals(pd.DataFrame(rows))


def test_compared_shares_refuse_missing_or_unpaired_marks():
    treated = np.arange(4) < 2
    with pytest.raises(ValueError, match="true or false"):
        compare_shares(np.array([1.0, np.nan, 0, 1]), treated, estimand="x", names=("a", "b"))
    with pytest.raises(ValueError, match="one value per person"):
        compare_shares(treated[:3], treated, estimand="x", names=("a", "b"))


def test_intervals_of_shares_keep_their_level():
    names = tuple(name for name, *_ in benchmark.CELLS if "share" in name)
    rows = benchmark.run(
        trials(short=150, long=400), seed(3), names=names, sizes=(10, 15), kinds=benchmark.KINDS[1:]
    )
    assert len(rows) == 8
    assert [r["estimator"] for r in rows if not keeps(r)] == []
