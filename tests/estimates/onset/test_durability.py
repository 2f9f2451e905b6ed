"""Loss of response, share in response, half-life: by hand, by Fieller, by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.onset.durability import half_life, in_response, loss_intervals
from analysis.estimates.onset.interval_censored import turnbull
from tests.estimates.onset.test_time_to_response import course

INF = np.inf


def loss(seen: str, *args, **kwargs) -> tuple[float, float] | None:
    table = loss_intervals(course(seen, *args, **kwargs))
    return None if table.empty else (table["left"].iloc[0], table["right"].iloc[0])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("11111", (165, INF)),
        ("11000", (2, 21)),
        ("00110", (48, 144)),
        ("10111", (0, 2)),
        ("00001", (0, INF)),
        ("00000", None),
        # A missed visit widens; after dropout nothing is known.
        ("1-0--", (0, 21)),
        ("11-0-", (2, 69)),
        ("11---", (2, INF)),
    ],
)
def test_loss_by_hand(seen, expected):
    assert loss(seen) == expected


@pytest.mark.parametrize(
    ("hour", "strategy", "expected"),
    [
        (30, "composite", (21, 27)),
        (30, "treatment policy", (165, INF)),
        (30, "as missing", (21, INF)),
        (30, "while on treatment", (21, INF)),
        (2, "composite", None),
    ],
)
def test_rescue_is_loss_only_when_declared_so(hour, strategy, expected):
    assert loss("11111", [("rescue", hour)], rescue=strategy) == expected


def test_dropout_as_failure_is_a_loss_by_the_next_visit():
    assert loss("111--", dropout="composite") == (21, 69)


def states(seen: str, *args, **kwargs) -> list[tuple[float, bool]]:
    table = in_response(course(seen, *args, **kwargs))
    return list(zip(table["nominal"], table["responds"], strict=True))


def test_the_state_at_each_visit():
    assert states("1-0--") == [(3, True), (24, False)]
    rescued = [("rescue", 10)]
    failed = [(3, True), (5, True), (24, False), (72, False), (168, False)]
    assert states("11111", rescued) == failed
    assert states("11---", rescued) == failed
    assert states("11111", rescued, rescue="as missing") == failed[:2]
    assert states("11111", rescued, rescue="treatment policy") == [(t, True) for t, _ in failed]


def test_with_every_visit_attended_loss_is_kaplan_meiers():
    """People in response at 3 h, lost to follow-up or not: on the visits both estimates agree."""
    rng = np.random.default_rng(6)
    left, right = [], []
    for _ in range(60):
        held, followed = rng.integers(1, 6), rng.integers(2, 6)
        seen = ("1" * held + "0" * 5)[:followed] + "-" * (5 - followed)
        begin, end = loss(seen)
        left.append(begin)
        right.append(end)
    left, right = np.array(left), np.array(right)
    lost = np.isfinite(right)
    exact = stats.CensoredData(uncensored=right[lost], right=left[~lost])
    curve = stats.ecdf(exact).cdf
    fit = turnbull(left, right)
    visits = np.array([2.0, 21.0, 69.0, 165.0])
    assert fit.lower(visits) == pytest.approx(curve.evaluate(visits), abs=1e-6)


def test_two_windows_give_fiellers_interval():
    """Fieller for the ratio r = d2/d1, turned into half-lives: 48 h / log2(1/r)."""
    d, v = np.array([-8.0, -5.0]), np.array([[1.5, 0.6], [0.6, 1.2]])
    t2 = stats.t.ppf(0.975, 50) ** 2
    # (d2 - r d1)^2 = t2 (v22 - 2 r v12 + r^2 v11)
    roots = np.roots(
        [d[0] ** 2 - t2 * v[0, 0], -2 * (d[0] * d[1] - t2 * v[0, 1]), d[1] ** 2 - t2 * v[1, 1]]
    )
    low, high = np.sort(roots.real)
    assert 0 < low < high < 1
    found = half_life(np.array([24.0, 72.0]), d, v, df=50)
    assert found["estimate"] == pytest.approx(48 / np.log2(8 / 5), rel=1e-6)
    assert found["ci_low"] == pytest.approx(48 / -np.log2(low), rel=1e-6)
    assert found["ci_high"] == pytest.approx(48 / -np.log2(high), rel=1e-6)


def test_what_the_data_do_not_show_has_no_limit():
    hours, v = np.array([24.0, 72.0]), np.eye(2)
    steady = half_life(hours, np.array([-8.0, -7.5]), v)
    assert np.isinf(steady["ci_high"])
    assert steady["ci_low"] > 48
    growing = half_life(hours, np.array([-5.0, -8.0]), v)
    assert np.isinf(growing["estimate"])
    gone = half_life(hours, np.array([-8.0, -0.5]), v)
    assert gone["ci_low"] == 0.0
    assert np.isfinite(gone["ci_high"])
    nothing = half_life(hours, np.array([-0.1, 0.1]), v)
    assert (nothing["ci_low"], nothing["ci_high"]) == (0.0, INF)


def test_a_very_precise_decay_is_found_between_the_points_of_the_search():
    hours = np.array([5.0, 24, 72, 168])
    d = -8 * 2 ** (-(hours - 5) / 96.123)
    found = half_life(hours, d, 1e-12 * np.eye(4))
    assert found["estimate"] == pytest.approx(96.123, rel=1e-6)
    assert found["ci_low"] < 96.123 < found["ci_high"] < 96.2


def test_unit_of_points_and_sign_do_not_matter():
    hours, d = np.array([5.0, 24, 72]), np.array([-8.0, -6.5, -3.0])
    v = 0.5 + np.eye(3)
    one, other = half_life(hours, d, v), half_life(hours, -10 * d, 100 * v)
    for name in ("estimate", "ci_low", "ci_high"):
        assert one[name] == pytest.approx(other[name], rel=1e-6)


def test_coverage_of_the_half_life():
    """Known covariance, moderate effect: 95 % within Monte Carlo limits."""
    rng, hours = np.random.default_rng(8), np.array([5.0, 24, 72, 168])
    truth = -6 * 2 ** (-(hours - 5) / 96)
    v = 1.5 * (0.5 + 0.5 * np.eye(4))
    draws = rng.multivariate_normal(truth, v, 600)
    found = pd.DataFrame([half_life(hours, d, v) for d in draws])
    covered = ((found["ci_low"] <= 96) & (found["ci_high"] >= 96)).sum()
    low, high = stats.binomtest(int(covered), 600).proportion_ci(0.999, method="wilson")
    assert low <= 0.95 <= high


@pytest.mark.parametrize(
    ("hours", "d", "v", "message"),
    [
        ([5], [-1.0], np.eye(1), "at least two"),
        ([5, 24], [-1.0, np.nan], np.eye(2), "complete"),
        ([24, 5], [-1.0, -2.0], np.eye(2), "increase"),
        ([5, 24], [-1.0, -2.0], np.eye(3), "covariance"),
        ([5, 24], [-1.0, -2.0], np.ones((2, 2)), "positive definite"),
        ([5, 24], [-1.0, -2.0], np.array([[1.0, 2.0], [2.0, 1.0]]), "positive definite"),
        ([5, 24], [-1.0, -2.0], np.array([[1.0, 0.5], [0.1, 1.0]]), "symmetric"),
        ([5, 24], [-1.0, -2.0], np.diag([1.0, 0.0]), "positive definite"),
        ([5, 24], [-1.0, -2.0], -np.eye(2), "positive definite"),
        ([5, 24, 72], [-8.0, 0.1, 8.0], np.eye(3), "changes sign beyond its error"),
    ],
)
def test_refusals_are_sentences(hours, d, v, message):
    with pytest.raises(ValueError, match=message):
        half_life(np.array(hours, float), np.array(d), v)


@pytest.mark.parametrize("df", [0, -3, np.nan])
def test_degrees_of_freedom_are_positive(df):
    with pytest.raises(ValueError, match="Degrees of freedom"):
        half_life(np.array([5.0, 24]), np.array([-8.0, -4]), np.eye(2), df=df)


def test_an_effect_that_is_gone_may_come_out_on_the_other_side():
    """Within its error: refusing it would keep only the samples that happened to stay below 0."""
    found = half_life(np.array([5.0, 24, 72]), np.array([-8.0, -3, 1]), np.eye(3))
    assert found["ci_low"] < found["estimate"] < found["ci_high"] < 48
