"""The mixture against R, profiling, the binomial, and its own refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from scipy.special import expit

from analysis.estimates.onset.mixture import MEDIAN, SHARE, compare_crossing, crossing_model

REFERENCE = Path(__file__).parents[2] / "reference" / "estimates"
GRID = np.array([0, 3, 5, 24, 72, 168, np.inf])
LISTING = pd.read_csv(REFERENCE / "mixture.csv", comment="#").to_dict("records")


def intervals(name: str) -> tuple[np.ndarray, np.ndarray]:
    made = pd.read_csv(REFERENCE / "mixture_intervals.csv").query("data == @name")
    people = made.loc[made.index.repeat(made["n"])]
    return people["left"].to_numpy(float), people["right"].to_numpy(float)


def placed(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    place = np.searchsorted(GRID, times)
    return GRID[place - 1], GRID[place]


@pytest.mark.parametrize("seen", LISTING, ids=lambda r: f"{r['data']}, {r['family']}, {r['cured']}")
def test_r_gives_the_same(seen):
    fit = crossing_model(*intervals(seen["data"]), horizon=168, family=seen["family"],
                         cured=seen["cured"] == "yes")  # fmt: skip
    assert fit.loglik == pytest.approx(seen["loglik"], abs=1e-6)
    # A mixture in which next to nobody is left over is flat: R stops where it stops.
    if seen["share"] < 0.99 or seen["cured"] == "no":
        found = [fit.share, fit.shape, fit.scale]
        assert found == pytest.approx([seen["share"], seen["shape"], seen["scale"]], rel=2e-4)


def test_the_limits_are_those_of_the_profile_likelihood():
    """The share within follow-up as a parameter: maximised over the rest on each side."""
    fit = crossing_model(*intervals("some never cross"), horizon=168)
    estimate, low, high = fit.interval(SHARE)

    def lost(limit: float) -> float:
        def minus(rest: np.ndarray) -> float:
            shape, log_scale = rest
            among = -np.expm1(-np.exp(np.exp(shape) * (np.log(168) - log_scale)))
            share = min(limit / among, 1 - 1e-12)
            return -fit._loglik(np.array([shape, log_scale, np.log(share / (1 - share))]))

        tight = {"xatol": 1e-8, "fatol": 1e-10}
        least = optimize.minimize(minus, fit.theta[:2], method="Nelder-Mead", options=tight)
        return fit.loglik + least.fun

    half = stats.chi2.ppf(0.95, 1) / 2
    assert lost(estimate) == pytest.approx(0.0, abs=1e-6)
    assert [lost(low), lost(high)] == pytest.approx([half, half], abs=1e-3)


def test_limits_of_the_median_lie_on_the_likelihood_contour():
    fit = crossing_model(*intervals("some never cross"), horizon=168)
    estimate, low, high = fit.interval(MEDIAN)
    rng = np.random.default_rng(1)
    draws = fit.theta + rng.normal(0, 0.35, (6000, 3))
    kept = [
        theta for theta in draws if fit._loglik(theta) >= fit.loglik - stats.chi2.ppf(0.95, 1) / 2
    ]
    medians = np.exp([fit._log_median(theta) for theta in kept])
    # No parameter the test keeps lies outside, and some come close.
    assert low <= medians.min() <= 1.1 * low
    assert 0.9 * high <= medians.max() <= high
    among = fit._cdf(fit.theta, np.array([estimate, 168.0]))
    assert among[0] / among[1] == pytest.approx(0.5)


def test_with_everybody_followed_to_the_end_the_share_is_near_the_share_seen():
    rng = np.random.default_rng(4)
    times = np.where(rng.random(400) < 0.6, 20 * rng.weibull(0.9, 400), np.inf)
    left, right = placed(times)
    estimate, low, high = crossing_model(left, right, horizon=168).interval(SHARE)
    crossed = np.isfinite(right).mean()
    exact = stats.binomtest(int(np.isfinite(right).sum()), 400).proportion_ci()
    assert estimate == pytest.approx(crossed, abs=0.005)
    assert [low, high] == pytest.approx([exact.low, exact.high], abs=0.01)


def test_nothing_is_said_beyond_the_follow_up():
    fit = crossing_model(*intervals("some never cross"), horizon=168)
    assert np.isnan(fit.crossed_by(np.array([169.0])))[0]
    assert fit.crossed_by(np.array([168.0]))[0] == pytest.approx(fit.interval(SHARE)[0])


def test_order_of_people_does_not_matter():
    left, right = intervals("some never cross")
    order = np.random.default_rng(2).permutation(len(left))
    one, other = (
        crossing_model(a, b, horizon=168) for a, b in ((left, right), (left[order], right[order]))
    )
    assert one.theta.tolist() == other.theta.tolist()


def test_two_arms_are_compared_and_turn_with_their_order():
    rng = np.random.default_rng(5)
    fits = []
    for share in (0.7, 0.3):
        times = np.where(rng.random(60) < share, 20 * rng.weibull(1, 60), np.inf)
        fits.append(crossing_model(*placed(times), horizon=168))
    share, ratio = compare_crossing(*fits)
    back, inverse = compare_crossing(*fits[::-1])
    assert share["ci_low"] > 0
    assert share["estimate"] == pytest.approx(-back["estimate"])
    assert share["ci_low"] == pytest.approx(-back["ci_high"])
    assert ratio["ci_low"] == pytest.approx(1 / inverse["ci_high"])
    assert ratio["ci_low"] < 1 < ratio["ci_high"]


@pytest.mark.parametrize("other", [{"horizon": 72}, {"family": "log-logistic"}, {"cured": False}])
def test_models_that_assume_something_else_are_not_compared(other):
    left, right = np.array([0.0, 3, 5, 72]), np.array([3.0, 5, 24, np.inf])
    fits = [crossing_model(left, right, **{"horizon": 168} | words) for words in ({}, other)]
    with pytest.raises(ValueError, match="same family, the same horizon"):
        compare_crossing(*fits)


@pytest.mark.parametrize(
    ("left", "right", "options", "message"),
    [
        ([0, 3], [3, 5], {"family": "normal"}, "family is one of"),
        ([3, 3], [3, 5], {}, r"\(left, right\]"),
        ([-1, 3], [3, 5], {}, r"\(left, right\]"),
        ([0, np.nan], [3, 5], {}, r"\(left, right\]"),
        ([0, 3], [3, np.inf], {}, "Fewer than two"),
        ([0, 3], [3, 200], {}, "horizon"),
        ([0, 3, 169], [3, 5, np.inf], {}, "horizon"),
    ],
)
def test_refusals_are_sentences(left, right, options, message):
    with pytest.raises(ValueError, match=message):
        crossing_model(np.array(left, float), np.array(right, float), horizon=168, **options)


def test_expit_of_the_box_is_everybody():
    """The box lets the share reach 1 to six digits, so no cure is inside the mixture."""
    left, right = intervals("all cross")
    plain = crossing_model(left, right, horizon=168, cured=False)
    mixed = crossing_model(left, right, horizon=168)
    assert mixed.loglik >= plain.loglik - 1e-4
    assert expit(15.0) == pytest.approx(1.0, abs=1e-6)
