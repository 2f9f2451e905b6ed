"""Change in a person against SciPy, R, brute force and known truths."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimates.change.paired import (
    difference_of_trimmed_means,
    hodges_lehmann,
    paired_change,
    sign_test,
    trimmed_change,
)
from analysis.estimates.change.resampling import bca_change, sign_flip
from analysis.estimates.change.standardised import standardised_changes
from analysis.estimates.intervals import median_interval
from analysis.estimates.table import table
from benchmarks.estimates import paired as characteristics
from tests import length
from tests.estimates.r_listing import PAIRS, listed, pairs

EVERY = (
    paired_change,
    sign_test,
    trimmed_change,
    difference_of_trimmed_means,
    hodges_lehmann,
    standardised_changes,
    sign_flip,
    lambda before, after, **words: bca_change(before, after, seed=1, **words),
)


def rows(function, *scores: np.ndarray, **words: str) -> list[dict]:
    found = function(*scores, **words)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("n", [3, 15, 60])
def test_paired_t_is_scipys(n):
    rng = np.random.default_rng(n)
    before = rng.integers(0, 57, n).astype(float)
    after = np.clip(before - rng.integers(-5, 15, n), 0, 56)
    (row,) = paired_change(before, after, window="2 to 6 h")
    theirs = stats.ttest_rel(after, before)
    interval = theirs.confidence_interval(0.95)
    assert row["estimate"] == pytest.approx((after - before).mean())
    assert row["p_value"] == pytest.approx(theirs.pvalue)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert (row["n"], row["df"], row["window"]) == (n, n - 1, "2 to 6 h")


@pytest.mark.parametrize("case", PAIRS)
def test_every_estimate_is_that_of_r(case):
    r, scores = listed(case), pairs(case)
    (t,) = paired_change(*scores)
    assert (t["ci_low"], t["ci_high"], t["p_value"]) == pytest.approx(
        (r["t_low"], r["t_high"], r["t_p"]), rel=1e-9
    )
    assert sign_test(*scores)["p_value"] == pytest.approx(r["sign_p"], rel=1e-9)
    trimmed = trimmed_change(*scores)
    assert (trimmed["estimate"], trimmed["se"]) == pytest.approx(
        (r["trimmed"], r["trimmed_se"]), rel=1e-9
    )
    yuen = difference_of_trimmed_means(*scores)
    assert (yuen["estimate"], yuen["se"], yuen["df"]) == pytest.approx(
        (r["yuen_diff"], r["yuen_se"], r["yuen_df"]), rel=1e-9
    )
    assert hodges_lehmann(*scores)["p_value"] == pytest.approx(r["wilcoxon_p"], rel=1e-9)


def test_the_wilcoxon_interval_without_ties_is_that_of_r():
    r, row = listed("no ties"), hodges_lehmann(*pairs("no ties"))
    found = row["estimate"], row["ci_low"], row["ci_high"]
    expected = r["wilcoxon_estimate"], r["wilcoxon_low"], r["wilcoxon_high"]
    assert found == pytest.approx(expected, abs=1e-9)
    assert "unchanged" not in row["method"]


def test_ties_and_zeros_are_said_plainly():
    method = hodges_lehmann(*pairs("ties and zeros"))["method"]
    assert "3 unchanged: in the estimate and interval, not in the test" in method
    assert "tied changes share their mean rank" in method
    assert "3 unchanged and not in the test" in sign_test(*pairs("ties and zeros"))["method"]


whole = st.lists(st.integers(-4, 4), min_size=3, max_size=9)


@settings(max_examples=40, deadline=None)
@given(whole.filter(lambda values: len(set(values)) > 1))
def test_the_signed_rank_test_is_the_share_of_all_sign_patterns(values):
    """Brute force over 2^n patterns of the mean ranks of the people who changed."""
    change = np.array(values, float)
    moved = change[change != 0]
    ranks = stats.rankdata(np.abs(moved))
    sums = [np.dot(s, ranks) for s in itertools.product([-1, 1], repeat=len(moved))]
    seen = abs(np.sign(moved) @ ranks)
    expected = np.mean([abs(total) >= seen - 1e-9 for total in sums])
    found = hodges_lehmann(np.zeros(len(change)), change)
    assert found["p_value"] == pytest.approx(expected)
    averages = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(change, 2)]
    assert found["estimate"] == pytest.approx(np.median(averages))


def test_few_people_have_no_wilcoxon_interval_and_many_have_one_quickly():
    rng = np.random.default_rng(3)
    few = hodges_lehmann(np.zeros(5), rng.normal(size=5))
    assert (few["ci_low"], few["ci_high"]) == (-math.inf, math.inf)
    many = rng.normal(-1, 2, 200)
    row = hodges_lehmann(np.zeros(200), many)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    # SciPy's exact test stops at no size without ties.
    assert row["p_value"] == pytest.approx(stats.wilcoxon(many, method="exact").pvalue, rel=1e-6)


def test_the_median_keeps_the_interval_of_medians():
    before, after = pairs("thirty")
    row, expected = sign_test(before, after), median_interval(after - before)
    for name in ("n", "estimate", "ci_low", "ci_high"):
        assert row[name] == expected[name]


def test_a_trimmed_mean_forgets_one_wild_change():
    rng = np.random.default_rng(5)
    before, after = rng.normal(35, 6, 20), rng.normal(30, 6, 20)
    wild = after.copy()
    wild[np.argmin(after - before)] -= 1000
    calm, moved = trimmed_change(before, after), trimmed_change(before, wild)
    assert moved["estimate"] == pytest.approx(calm["estimate"])
    assert moved["ci_low"] == pytest.approx(calm["ci_low"])


@pytest.mark.parametrize("function", EVERY)
def test_swapping_before_and_after_turns_every_sign(function):
    rng = np.random.default_rng(4)
    before, after = rng.normal(30, 9, 20), rng.normal(25, 9, 20)
    exact = function is not EVERY[-1]  # the bootstrap's limits are drawn
    for one, other in zip(
        rows(function, before, after), rows(function, after, before), strict=True
    ):
        assert one["estimate"] == pytest.approx(-other["estimate"])
        if exact:
            assert one["ci_low"] == pytest.approx(-other["ci_high"])
            assert one["p_value"] == pytest.approx(other["p_value"], nan_ok=True)


@pytest.mark.parametrize("function", EVERY)
def test_order_of_people_does_not_matter_and_words_pass_through(function):
    rng = np.random.default_rng(6)
    before = rng.integers(0, 57, 18).astype(float)
    after = before + rng.integers(-12, 5, 18)
    mixed = rng.permutation(18)
    one = table(rows(function, before, after, instrument="PCL-5-now", window="day"))
    other = table(rows(function, before[mixed], after[mixed], instrument="PCL-5-now", window="day"))
    assert (one["window"] == "day").all()
    assert one["method"].tolist() == other["method"].tolist()
    numbers = ["n", "estimate", "se", "df", "ci_low", "ci_high", "p_value"]
    np.testing.assert_allclose(one[numbers], other[numbers], rtol=1e-9)


def test_no_two_estimands_are_confused():
    scores = pairs("ties and zeros")
    found = [(r["estimand"], r["method"]) for f in EVERY for r in rows(f, *scores)[:1]]
    assert len(set(found)) == len(found)
    points = {"paired t": "mean change", "sign": "mean change", "exact sign": "median change"}
    for start, estimand in points.items():
        assert any(m.startswith(start) and e == estimand for e, m in found)


REFUSED = [
    ([1, 2, 3], [1, 2], "same people"),
    ([[1, 2, 3]], [[1, 2, 3]], "same people"),
    ([1, 2, np.nan, 4], [1, 2, 3, 4], "1 of 4 people lack"),
    ([1, 2, np.inf, 4], [1, 2, 3, 4], "1 of 4 people lack"),
    ([1, 2], [2, 4], "at least (three|five)"),
    ([1, 2, 3, 4, 5], [2, 3, 4, 5, 6], "same amount"),
    ([0.1, 0.2, 0.7, 0.3, 0.8], [0.4, 0.5, 1.0, 0.6, 1.1], "same amount"),
]


@pytest.mark.parametrize("function", EVERY)
@pytest.mark.parametrize(("before", "after", "message"), REFUSED)
def test_refusals_are_sentences(function, before, after, message):
    with pytest.raises(ValueError, match=message):
        function(np.array(before, float), np.array(after, float))


@pytest.mark.parametrize("function", [trimmed_change, difference_of_trimmed_means])
def test_trimming_refuses_to_be_something_else(function):
    with pytest.raises(ValueError, match="at least five people"):
        function(np.zeros(4), np.arange(4.0))
    for trim in (0.0, 0.01, 0.49, 0.5, math.nan):
        with pytest.raises(ValueError, match="take somebody off"):
            function(np.zeros(10), np.arange(10.0), trim=trim)
    with pytest.raises(ValueError, match="kept by trimming"):
        function(np.zeros(10), np.array([0, 9.0, 3, 3, 3, 3, 3, 3, 3, -8]))


@pytest.mark.parametrize("cell", [("normal", 15), ("skewed, bounded", 10), ("skewed, bounded", 30)])
def test_coverage_and_level_are_as_documented(cell):
    """A short run of the long simulation, with Monte Carlo limits of 99.95 % about 1.5 % more."""
    assert cell in characteristics.CELLS
    for r in characteristics.run(
        replicates=length.trials(short=25, long=60), seed=length.seed(2), cells=[cell]
    ):
        hits, trials = r["value"] * r["replicates"], r["replicates"]
        if r["quantity"] == "coverage":
            expected = characteristics.LOWEST.get(r["estimator"], r["nominal"])
            assert hits >= stats.binom.ppf(0.0005, trials, expected - 0.015), r
        else:
            assert hits <= stats.binom.ppf(0.9995, trials, r["nominal"] + 0.015), r
