"""Interval-censored onset: published examples, R, Kaplan-Meier, optimality, and level."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimates.onset.interval_censored import (
    likelihood_interval,
    turnbull,
)
from analysis.estimates.onset.interval_censored.turnbull import _regions
from benchmarks.turnbull import plain_em, visits
from tests.estimates.onset.interval_censored.times import arm, listing

GRID = np.array([0.0, 2.0, 4.0, 24.0, 72.0, 168.0])


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


def test_a_share_is_read_off_at_an_hour():
    for t in (np.inf, np.nan):
        with pytest.raises(ValueError, match="read off at an hour"):
            likelihood_interval(np.zeros(4), np.full(4, 4.0), t)
