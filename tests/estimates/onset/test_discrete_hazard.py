"""The grouped hazard model against statsmodels' GLM, the life table and its own refusals."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.estimates.onset.discrete_hazard import discrete_hazard

GRID = np.array([0, 3, 5, 24, 72, 168, np.inf])


@pytest.fixture
def people() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """80 people, two arms, every visit attended up to a random end of follow-up."""
    rng = np.random.default_rng(7)
    treated = np.arange(80) % 2 == 0
    times = rng.exponential(np.where(treated, 40, 110))
    end = rng.integers(2, 6, 80)
    place = np.searchsorted(GRID, times)
    seen = place <= end
    left = np.where(seen, GRID[place - 1], GRID[end])
    return left, np.where(seen, GRID[place], np.inf), treated


def person_periods(left, right, treated):
    """One row a person and visit until crossing or end: the textbook data set."""
    rows = []
    for a, b, arm in zip(left, right, treated, strict=True):
        last = b if np.isfinite(b) else a
        for j, visit in enumerate(GRID[1:-1]):
            if visit <= last:
                rows.append((j, float(arm), float(visit == b)))
    return np.array(rows)


def test_without_missed_visits_it_is_the_glm_of_statsmodels(people):
    periods = person_periods(*people)
    design = np.column_stack([periods[:, 0][:, None] == np.arange(5), periods[:, 1]])
    family = sm.families.Binomial(sm.families.links.CLogLog())
    glm = sm.GLM(periods[:, 2], design.astype(float), family=family).fit(tol=1e-12)
    fit = discrete_hazard(*people)
    assert fit.loglik == pytest.approx(glm.llf, abs=1e-8)
    assert fit.theta == pytest.approx(glm.params, abs=1e-5)
    without = sm.GLM(periods[:, 2], design[:, :5].astype(float), family=family).fit(tol=1e-12)
    row = fit.rows()[0]
    assert row["p_value"] == pytest.approx(stats.chi2.sf(2 * (glm.llf - without.llf), 1), rel=1e-4)
    assert row["estimate"] == pytest.approx(np.exp(glm.params[5]), rel=1e-5)


def test_limits_are_where_the_likelihood_ratio_test_turns(people):
    periods = person_periods(*people)
    design = (periods[:, 0][:, None] == np.arange(5)).astype(float)
    family = sm.families.Binomial(sm.families.links.CLogLog())
    fit = discrete_hazard(*people)
    row = fit.rows()[0]
    for limit in (row["ci_low"], row["ci_high"]):
        fixed = sm.GLM(periods[:, 2], design, family=family, offset=np.log(limit) * periods[:, 1])
        lost = fit.loglik - fixed.fit(tol=1e-12).llf
        assert lost == pytest.approx(stats.chi2.ppf(0.95, 1) / 2, abs=1e-3)


def test_one_arm_is_the_life_table(people):
    left, right, _ = people
    fit = discrete_hazard(left, right)
    last = np.where(np.isfinite(right), right, left)
    table = [(right == v).sum() / (last >= v).sum() for v in GRID[1:-1]]
    assert fit.hazard == pytest.approx(table, abs=1e-6)


def test_a_wide_interval_is_the_chance_of_crossing_in_any_of_its_periods():
    """By hand: hazards h1, h2; one person crossed at 1 or 2, two at 1, one at 2, one never."""
    left, right = np.array([0, 0, 0, 1, 2.0]), np.array([2, 1, 1, 2, np.inf])
    # 1 - (1-h1)(1-h2) for the first; the maximum by a fine grid over both.
    h = np.linspace(0.001, 0.999, 999)
    one, two = np.meshgrid(h, h, indexing="ij")
    value = np.log(1 - (1 - one) * (1 - two)) + 2 * np.log(one)
    value += np.log((1 - one) * two) + np.log((1 - one) * (1 - two))
    best = np.unravel_index(value.argmax(), value.shape)
    fit = discrete_hazard(left, right)
    assert fit.hazard == pytest.approx([h[best[0]], h[best[1]]], abs=2e-3)


def test_an_arm_in_which_nobody_crosses_sets_no_lower_limit():
    left = np.array([0, 0, 3, 3, 5, 5, 5, 5.0])
    right = np.array([3, 3, 5, 5, np.inf, np.inf, np.inf, np.inf])
    row = discrete_hazard(left, right, np.array([0, 0, 0, 0, 1, 1, 1, 1])).rows()[0]
    assert row["estimate"] == 0.0
    assert row["ci_low"] == 0.0
    assert 0 < row["ci_high"] < 1
    turned = discrete_hazard(left, right, np.array([1, 1, 1, 1, 0, 0, 0, 0])).rows()[0]
    assert turned["ci_high"] == np.inf
    assert turned["ci_low"] == pytest.approx(1 / row["ci_high"], rel=1e-3)
    assert turned["p_value"] == pytest.approx(row["p_value"], abs=1e-6)


@pytest.mark.parametrize(
    ("left", "right", "arm", "message"),
    [
        ([3, 0], [3, 5], None, r"\(left, right\]"),
        ([3, 0], [np.inf, np.inf], None, "Nobody"),
        ([3, 0], [5, 5], [1, 1], "Both arms"),
        ([3, 0], [5, 5], [1], "same people"),
        ([3, 0], [5, 5], ["ketamine", "saline"], "True or 1"),
        ([3, 0], [5, 5], [1, np.nan], "True or 1"),
    ],
)
def test_refusals_are_sentences(left, right, arm, message):
    with pytest.raises(ValueError, match=message):
        discrete_hazard(np.array(left, float), np.array(right, float),
                        None if arm is None else np.array(arm))  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([0] * 6, [4] * 6),  # all in one period
        ([0, 0, 2, 2, 0, 2], [4, 4, 4, 9, np.inf, 4]),  # one period fits all
        ([0, 0, 0, 0, 4, 9], [np.inf] * 3 + [4, 9, 15]),  # an arm never seen
        ([0, 0, 0, 0, 4, 9], [15] * 3 + [4, 9, 15]),  # an arm seen only when all had crossed
    ],
)
def test_a_ratio_that_nothing_tells_is_refused(left, right):
    fit = discrete_hazard(np.array(left, float), np.array(right, float), np.arange(6) < 3)
    with pytest.raises(ValueError, match="Every hazard ratio fits"):
        fit.rows()


def test_two_people_can_tell_a_ratio():
    """One crossed at each of two visits, an arm each: the ratio is wide, and endless above."""
    row = discrete_hazard(np.array([0.0, 3]), np.array([3.0, 5]), np.array([True, False])).rows()[0]
    assert row["estimate"] == np.inf
    assert 0 < row["p_value"] < 1


def test_one_arm_has_no_ratio():
    with pytest.raises(ValueError, match="two arms"):
        discrete_hazard(np.array([0.0]), np.array([3.0])).rows()
