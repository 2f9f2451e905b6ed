"""First and last response: an identity, what coupling makes of nothing, and level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.estimates.responders.first_session import first_and_last_response
from analysis.simulate.people.sessions import ERROR_SD, FIRST_SD, LAST_SD, sessions
from benchmarks.estimates import who as benchmark
from tests.estimates.who_reference import keeps
from tests.length import seed, trials


def course(n: int, seed: int, relation: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = sessions(n, np.random.default_rng(seed), relation=relation)
    before = table[["before_1", "before_2"]].to_numpy()
    return before, table["first"].to_numpy(), table["end"].to_numpy()


def test_it_is_the_mean_of_both_splits_with_their_jackknife():
    before, first, end = course(20, 1, 0.5)

    def z(kept: np.ndarray) -> float:
        a, b = before[kept].T
        pairs = ((first[kept] - a, end[kept] - b), (first[kept] - b, end[kept] - a))
        return float(np.mean([np.arctanh(stats.pearsonr(x, y).statistic) for x, y in pairs]))

    everyone = np.arange(20)
    without = np.array([z(np.delete(everyone, i)) for i in everyone])
    se = np.sqrt(19 / 20 * ((without - without.mean()) ** 2).sum())
    split, coupled = first_and_last_response(before, first, end, window="end")
    assert np.arctanh(split["estimate"]) == pytest.approx(z(everyone))
    assert np.arctanh(split["ci_high"]) == pytest.approx(z(everyone) + stats.t.ppf(0.975, 19) * se)
    mean = before.mean(axis=1)
    assert coupled["estimate"] == pytest.approx(stats.pearsonr(first - mean, end - mean).statistic)
    assert "not evidence" in coupled["method"]
    assert np.isnan(coupled["ci_low"])


def test_the_same_ratings_twice_give_the_coupled_correlation():
    before, first, end = course(30, 2, 0.0)
    once = before[:, [0, 0]]
    split, coupled = first_and_last_response(once, first, end)
    assert split["estimate"] == pytest.approx(coupled["estimate"])


def test_in_many_people_it_finds_nothing_where_nothing_is_and_a_relation_where_one_is():
    none = first_and_last_response(*course(20_000, 3, 0.0))
    assert none[0]["ci_low"] < 0 < none[0]["ci_high"]
    assert none[1]["estimate"] > 0.15
    there = first_and_last_response(*course(20_000, 3, 0.8))[0]
    # What errors of measurement leave of 0.8, before scores are stopped at 0 and 56.
    spread = (FIRST_SD**2 + 2 * ERROR_SD**2) * (LAST_SD**2 + 2 * ERROR_SD**2)
    assert there["estimate"] == pytest.approx(0.8 * FIRST_SD * LAST_SD / spread**0.5, abs=0.03)


def test_order_of_people_changes_nothing():
    before, first, end = course(15, 4, 0.3)
    turned = np.random.default_rng(1).permutation(15)
    one = first_and_last_response(before, first, end)[0]
    other = first_and_last_response(before[turned], first[turned], end[turned])[0]
    assert other["ci_low"] == pytest.approx(one["ci_low"])


def test_one_rating_before_is_refused_and_so_is_what_is_missing():
    before, first, end = course(10, 5, 0.0)
    with pytest.raises(ValueError, match="Two ratings before the first session"):
        first_and_last_response(before[:, 0], first, end)
    with pytest.raises(ValueError, match="the same people"):
        first_and_last_response(before, first[1:], end)
    with pytest.raises(ValueError, match="Every score must be there"):
        first_and_last_response(before, np.where(first == first[0], np.nan, first), end)
    with pytest.raises(ValueError, match="at least six people"):
        first_and_last_response(before[:5], first[:5], end[:5])
    with pytest.raises(ValueError, match="same in everybody"):
        first_and_last_response(before, before[:, 0] - 5, end)
    with pytest.raises(ValueError, match="one and the same"):
        first_and_last_response(before[:, [0, 0]], end, end)


def test_split_keeps_its_level_where_the_coupled_correlation_does_not():
    split = benchmark.run(
        trials(short=150, long=400), seed(3), names=("first and last response, split",)
    )
    assert [(r["scores"], r["n_per_arm"], r["value"]) for r in split if not keeps(r)] == []
    coupled = benchmark.run(200, 3, names=("first and last response, coupled",))
    assert min(r["mc_low"] for r in coupled) > 0.15
