"""Interval-censored onset: published examples, R, Kaplan-Meier, optimality, and level."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from analysis.estimates.onset.interval_censored import (
    bootstrap_difference,
    bootstrap_interval,
    likelihood_difference,
    likelihood_interval,
    rank_scores,
    rank_test,
    turnbull,
)
from analysis.estimates.onset.interval_censored.turnbull import _regions
from benchmarks.estimates import interval_censored as characteristics
from benchmarks.turnbull import plain_em, visits

REFERENCE = Path(__file__).parents[3] / "reference" / "estimates"
GRID = np.array([0.0, 2.0, 4.0, 24.0, 72.0, 168.0])


def listing(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / name, comment="#")


COSMESIS = listing("breast_cosmesis.csv")
VISITS = pd.DataFrame(
    {
        "left": [0, 0, 4, 4, 24, 0, 4, 72, 24, 168],
        "right": [4, 4, 24, 24, 72, 24, 72, 168, np.inf, np.inf],
        "arm": "visits",
    }
)


def arm(name: str) -> tuple[np.ndarray, np.ndarray]:
    chosen = pd.concat([COSMESIS, VISITS]).query("arm == @name")
    return chosen["left"].to_numpy(float), chosen["right"].to_numpy(float)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Up to 20 people on up to 8 times: between visits, never seen, or at a very time."""
    n, times = draw(st.integers(1, 20)), draw(st.integers(1, 8))
    left = np.array(draw(st.lists(st.integers(0, times), min_size=n, max_size=n)), float)
    wide = np.array(draw(st.lists(st.sampled_from([0, 1, 1, 2, 4, 99]), min_size=n, max_size=n)))
    return left, np.where(wide == 99, np.inf, left + wide)


@pytest.mark.parametrize("name", ["Rad", "RadChem"])
def test_published_estimate_to_four_digits(name):
    fit = turnbull(*arm(name))
    published = listing("breast_cosmesis_published.csv").query("arm == @name")
    carries = fit.mass > 1e-6
    assert fit.lo[carries].tolist() == published["lo"].tolist()
    assert fit.hi[carries].tolist() == published["hi"].tolist()
    assert fit.mass[carries].round(4).tolist() == published["probability"].tolist()


@pytest.mark.parametrize(("name", "compared"), [("Rad", 32), ("RadChem", 35), ("visits", 5)])
def test_estimate_of_r(name, compared):
    """R's survfit stops its EM early; its shares are true to 5e-4."""
    fit, theirs = turnbull(*arm(name)), listing("turnbull.csv").query("arm == @name")
    assert len(theirs) == compared
    for ends in (fit.lower, fit.upper):
        assert ends(theirs["time"]) == pytest.approx(theirs["share"].to_numpy(), abs=5e-4)


@given(intervals())
@settings(max_examples=150, deadline=None)
def test_conditions_of_the_maximum_hold(case):
    """By a matrix of people by times made here: no derivative over n, none below where mass is."""
    left, right = case
    fit = turnbull(left, right)
    # A person covers a region when a point of its inside is in the interval.
    inside = np.where(np.isinf(fit.hi), fit.lo + 1e-3, fit.hi)
    within = np.where((left == right)[:, None], inside == left[:, None], inside > left[:, None])
    covers = within & (inside <= right[:, None])
    likelihood = covers @ fit.mass
    derivative = (covers / likelihood[:, None]).sum(axis=0)
    assert fit.converged
    assert fit.mass.min() >= 0
    assert fit.mass.sum() == pytest.approx(1, abs=1e-12)
    assert derivative.max() <= len(left) * (1 + 1e-8)
    assert fit.mass @ derivative == pytest.approx(len(left), rel=1e-8)
    assert fit.log_likelihood == pytest.approx(np.log(likelihood).sum(), abs=1e-9)
    # The masses are the only ones: the condition of rank holds for every set of intervals.
    assert np.linalg.matrix_rank(covers) == len(fit.mass)
    assert (fit.lower(GRID) <= fit.upper(GRID)).all()


@given(st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_kaplan_meier_on_right_censored_times(case):
    time, seen = np.array(case, float).T
    seen = seen.astype(bool)
    fit = turnbull(time, np.where(seen, time, np.inf))
    theirs = stats.ecdf(stats.CensoredData(uncensored=time[seen], right=time[~seen])).cdf
    at = time[seen]
    assert fit.lower(at) == pytest.approx(theirs.evaluate(at), abs=1e-9)


def test_half_open_ends_are_not_the_closed_ones():
    """Onset by 4 h in half of the people, after it in the other half; nobody at 4 h itself."""
    left, right = np.repeat([0.0, 4.0], 5), np.repeat([4.0, 24.0], 5)
    fit = turnbull(left, right)
    assert fit.mass.tolist() == [0.5, 0.5]
    assert (fit.lower(4), fit.upper(4)) == (0.5, 0.5)
    # Closed ends let all ten share the time 4 h: everybody with onset by then, nobody later.
    closed = turnbull(left - 1e-6, right)
    assert closed.lower(4) == 1.0
    assert closed.log_likelihood == 0.0 > fit.log_likelihood


def test_envelope_between_visits():
    fit = turnbull([0, 0, 4, 24], [4, 4, 24, np.inf])
    times = [0, 2, 4, 10, 24, 100]
    assert fit.lower(times) == pytest.approx([0, 0, 0.5, 0.5, 0.75, 0.75])
    assert fit.upper(times) == pytest.approx([0, 0.5, 0.5, 0.75, 0.75, 1])
    rows = fit.rows([4, 10], instrument="SUDS")
    assert [row["estimand"] for row in rows] == [
        "share by 4 h", "share by 10 h, least", "share by 10 h, most",
    ]  # fmt: skip
    assert [row["estimate"] for row in rows] == pytest.approx([0.5, 0.5, 0.75])
    assert {row["instrument"] for row in rows} == {"SUDS"}


def test_exact_time_at_a_visit_belongs_to_the_interval_that_ends_there():
    fit = turnbull([4, 0, 4], [4, 4, 24])
    assert list(zip(fit.lo, fit.hi, strict=True)) == [(4, 4), (4, 24)]
    assert fit.mass == pytest.approx([2 / 3, 1 / 3])
    assert fit.upper(4) == pytest.approx(2 / 3)


@given(intervals(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_and_weights(case, random):
    left, right = case
    order = list(range(len(left)))
    random.shuffle(order)
    first, second = turnbull(left, right), turnbull(left[order], right[order])
    twice = turnbull(np.tile(left, 2), np.tile(right, 2))
    weighted = turnbull(left, right, np.full(len(left), 2.0))
    assert first.mass.tolist() == second.mass.tolist()
    assert twice.mass.tolist() == weighted.mass.tolist()
    assert twice.mass == pytest.approx(first.mass, abs=1e-7)


def test_agrees_with_plain_em_and_refuses_to_report_what_has_not_converged():
    left, right = visits(100)
    fit = turnbull(left, right)
    runs = _regions(left, right, np.ones(100))[2]
    mass, gap, steps = plain_em(runs, 1e-6, 10)
    assert gap <= 1e-6
    assert np.cumsum(mass) == pytest.approx(np.cumsum(fit.mass), abs=1e-3)
    assert 10 * fit.iterations < steps
    stopped = turnbull(left, right, max_iterations=1)
    assert not stopped.converged
    with pytest.raises(ValueError, match="allow more iterations"):
        stopped.rows(24)


@pytest.mark.parametrize(
    ("left", "right", "weights", "words"),
    [
        ([0, 4], [4], None, "one value per person"),
        ([], [], None, "somebody must count"),
        ([0, np.nan], [4, 24], None, "1 of 2 intervals lack a limit"),
        ([4, 0], [2, 4], None, "1 of 2 intervals hold no time"),
        ([np.inf], [np.inf], None, "hold no time"),
        ([0, 4], [4, 24], [1, -1], "none negative"),
        ([0, 4], [4, 24], [1, 1e-9], "lost in rounding"),
    ],
)
def test_refusals(left, right, weights, words):
    with pytest.raises(ValueError, match=words):
        turnbull(left, right, weights)


# Fay & Shaw 2010, section 4: the permutation form of three tests of the cosmesis data.
PUBLISHED = [
    ("sun", 9.141846, 2.6684, 0.007622),
    ("finkelstein", 9.944182, 2.6839, 0.007277),
    ("wilcoxon", 5.656724, 2.1672, 0.030223),
]


@pytest.mark.parametrize(("scores", "statistic", "z", "p_value"), PUBLISHED)
def test_published_rank_tests(scores, statistic, z, p_value):
    treated = (COSMESIS["arm"] == "RadChem").to_numpy()
    row = rank_test(
        COSMESIS["left"], COSMESIS["right"], treated, scores=scores, method="asymptotic"
    )
    assert row["estimate"] == pytest.approx(statistic, abs=1e-5)
    assert row["estimate"] / row["se"] == pytest.approx(z, abs=5e-5)
    assert row["p_value"] == pytest.approx(p_value, rel=1e-4)  # the last printed digit
    drawn = rank_test(
        COSMESIS["left"], COSMESIS["right"], treated, scores=scores, method="monte carlo", seed=1
    )
    assert drawn["p_value"] == pytest.approx(p_value, abs=4 * math.sqrt(p_value / 9999) + 1e-3)


def test_scores_are_those_of_the_log_rank_test_when_right_censored():
    """Onset (0 or 1) minus the Nelson-Aalen hazard up to the person's time."""
    time = np.array([3, 5, 5, 7, 8, 8, 10, 12.0])
    seen = np.array([1, 1, 0, 1, 1, 1, 0, 1], bool)
    hazard = [
        sum(
            seen[time == t].sum() / (time >= t).sum() for t in np.unique(time[seen & (time <= own)])
        )
        for own in time
    ]
    assert rank_scores(time, np.where(seen, time, np.inf)) == pytest.approx(seen - hazard, abs=1e-8)


def test_exact_form_is_mann_whitneys_for_exact_times():
    time = np.array([1.0, 4, 2, 9, 7, 12, 3, 15, 11])
    treated = np.arange(9) < 4
    row = rank_test(time, time, treated, scores="wilcoxon", method="exact")
    theirs = stats.mannwhitneyu(time[treated], time[~treated], method="exact")
    assert row["p_value"] == pytest.approx(theirs.pvalue)


def test_exact_form_against_scipy_and_monte_carlo():
    left = np.array([0, 0, 4, 24, 4, 72, 24, 168, 0, 72.0])
    right = np.array([4, 24, 24, 72, 24, np.inf, 72, np.inf, 4, 168])
    treated = np.tile([True, False], 5)
    scores = rank_scores(left, right)
    theirs = stats.permutation_test(
        (scores[treated], scores[~treated]), lambda a, b, axis: a.sum(axis=axis),
        vectorized=True, n_resamples=np.inf,
    )  # fmt: skip
    row = rank_test(left, right, treated, method="exact")
    assert row["p_value"] == pytest.approx(theirs.pvalue)
    assert "all 252 arrangements" in row["method"]
    drawn = rank_test(left, right, treated, method="monte carlo", seed=3)
    assert drawn["p_value"] == pytest.approx(theirs.pvalue, abs=0.02)
    order = np.random.default_rng(0).permutation(10)
    again = rank_test(left[order], right[order], treated[order], method="monte carlo", seed=3)
    assert again["p_value"] == drawn["p_value"]


def test_strata_are_compared_within():
    """All onset sooner in one site; arms alike within each, and all treated but one in a site."""
    left = np.array([0, 0, 0, 4, 72, 72, 72, 168.0])
    right = np.array([4, 4, 4, 24, 168, 168, 168, np.inf])
    site = np.repeat(["a", "b"], 4)
    treated = np.array([1, 1, 1, 0, 1, 0, 0, 0], bool)
    row = rank_test(left, right, treated, strata=site, method="exact")
    parts = [rank_test(left[site == s], right[site == s], treated[site == s], method="asymptotic")
             for s in "ab"]  # fmt: skip
    assert row["estimate"] == pytest.approx(sum(part["estimate"] for part in parts))
    assert row["se"] ** 2 == pytest.approx(sum(part["se"] ** 2 for part in parts))
    assert "all 16 arrangements, 2 strata" in row["method"]


def test_a_share_is_read_off_at_an_hour():
    for t in (np.inf, np.nan):
        with pytest.raises(ValueError, match="read off at an hour"):
            likelihood_interval(np.zeros(4), np.full(4, 4.0), t)


def test_rank_test_refusals():
    left, right = np.zeros(4), np.full(4, 4.0)
    treated = np.array([True, True, False, False])
    with pytest.raises(ValueError, match="All scores are equal"):
        rank_test(left, right, treated, method="exact")
    with pytest.raises(ValueError, match="people in both"):
        rank_test(left, right, treated | True, method="exact")
    with pytest.raises(ValueError, match="True \\(treated\\) or False"):
        rank_test(left, right, treated.astype(int), method="exact")
    with pytest.raises(ValueError, match="needs a seed"):
        rank_test(np.arange(4.0), np.arange(1.0, 5), treated, method="monte carlo")
    many = np.arange(30.0)
    with pytest.raises(ValueError, match="use monte carlo"):
        rank_test(many, many + 1, many < 15, method="exact")


def test_likelihood_interval_of_a_binomial_share():
    """Everybody seen at every visit: the share by 24 h is 8 of 20."""
    left, right = np.repeat([4.0, 24.0], [8, 12]), np.repeat([24.0, 72.0], [8, 12])
    row = likelihood_interval(left, right, 24)

    def beyond(p: float) -> float:
        ratio = 2 * (8 * math.log(0.4 / p) + 12 * math.log(0.6 / (1 - p)))
        return ratio - stats.chi2.ppf(0.95, 1)

    assert row["estimate"] == pytest.approx(0.4)
    assert row["ci_low"] == pytest.approx(optimize.brentq(beyond, 0.01, 0.4), abs=1e-7)
    assert row["ci_high"] == pytest.approx(optimize.brentq(beyond, 0.4, 0.99), abs=1e-7)


@pytest.mark.parametrize("t", [4, 10, 24, 72])
def test_likelihood_limits_by_constrained_optimisation(t):
    """SciPy's SLSQP over the masses between all times, the share by t held at the limit."""
    left, right = arm("visits")
    cells = np.unique(np.append(np.concatenate([left, right]), t))
    begin, end = cells[:-1], cells[1:]
    covers = ((begin >= left[:, None]) & (end <= right[:, None])).astype(float)
    best = turnbull(left, right).log_likelihood
    row = likelihood_interval(left, right, t)
    by_t = (end <= t).astype(float)
    for limit in (row["ci_low"], row["ci_high"]):
        assert 0 < limit < 1
        start = np.where(by_t > 0, limit / by_t.sum(), (1 - limit) / (1 - by_t).sum())
        held = optimize.minimize(
            lambda p: -np.log(covers @ p).sum(), start, method="SLSQP",
            jac=lambda p: -(covers / (covers @ p)[:, None]).sum(axis=0),
            bounds=[(1e-12, 1)] * len(begin), options={"ftol": 1e-14, "maxiter": 500},
            constraints=[{"type": "eq", "fun": lambda p, at=limit: by_t @ p - at},
                         {"type": "eq", "fun": lambda p: p.sum() - 1}],
        )  # fmt: skip
        assert 2 * (best + held.fun) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-4)


def test_intervals_at_the_ends_and_inside_a_region():
    left, right = np.zeros(10), np.full(10, 4.0)
    everybody = likelihood_interval(left, right, 4)
    assert (everybody["estimate"], everybody["ci_high"]) == (1, 1)
    # 2 * 10 * log(1 / p) = 3.84
    assert everybody["ci_low"] == pytest.approx(math.exp(-stats.chi2.ppf(0.95, 1) / 20), abs=1e-7)
    exact = likelihood_interval(right, right, 4)
    assert (exact["ci_low"], exact["ci_high"]) == pytest.approx((everybody["ci_low"], 1))
    inside = likelihood_interval(left, right, 2)
    assert math.isnan(inside["estimate"])
    assert "estimate between 0.0000 and 1.0000" in inside["method"]
    assert (inside["ci_low"], inside["ci_high"]) == (0, 1)


def test_bootstrap_of_a_binomial_share_and_difference():
    left, right = np.repeat([4.0, 24.0], [8, 12]), np.repeat([24.0, 72.0], [8, 12])
    row = bootstrap_interval(left, right, 24, resamples=499, seed=1)
    low, high = stats.binom.ppf([0.025, 0.975], 20, 0.4) / 20
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.051)
    assert bootstrap_interval(left[::-1], right[::-1], 24, resamples=499, seed=1) == row
    arms = (left, right), (left[4:], right[4:])
    by_draws = bootstrap_difference(*arms, 24, resamples=299, seed=1)
    by_likelihood = likelihood_difference(*arms, 24)
    assert by_draws["estimate"] == by_likelihood["estimate"] == pytest.approx(0.4 - 4 / 16)
    for end in ("ci_low", "ci_high"):
        assert by_draws[end] == pytest.approx(by_likelihood[end], abs=0.1)
    one, two = likelihood_interval(*arms[0], 24), likelihood_interval(*arms[1], 24)
    low = 0.15 - math.hypot(0.4 - one["ci_low"], two["ci_high"] - 0.25)
    assert by_likelihood["ci_low"] == pytest.approx(low, abs=1e-9)


def test_level_and_coverage_on_a_visit_grid():
    """A short version of the table of operating characteristics."""
    found = pd.DataFrame(characteristics.run(replicates=30, seed=20260405, sizes=(15,)))
    level = found[found["quantity"] == "level"]
    assert len(level) >= 2
    assert (level["mc_low"] <= 0.05).all()
    coverage = found[found["estimator"].str.contains("likelihood")]
    assert len(coverage) >= 2
    assert (coverage["mc_high"] >= 0.93).all()
