"""The primary analysis: identities with what it must equal, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize_scalar

from analysis.claims.primary_analyses import primary_analyses
from analysis.claims.primary_analysis import (
    NUMBERS,
    ONE_ARM,
    Scores,
    primary_analysis,
)


def scores(n=20, k=2, effect=-5.0, seed=1):
    rng = np.random.default_rng(seed)
    baseline = rng.normal(32, 8, n)
    treated = np.arange(n) % 2 == 0
    person = rng.normal(0, 4, n)
    score = baseline[:, None] * 0.6 + person[:, None] + rng.normal(0, 3, (n, k))
    score[treated] += effect
    return Scores(score, baseline, treated, tuple(f"visit {a}" for a in range(k)))


@pytest.mark.parametrize("k", [1, 2])
def test_with_the_same_baselines_in_both_arms_it_is_the_difference_of_the_mean_changes(k):
    given = scores(k=k)
    given.baseline[::2] = given.baseline[1::2]
    change = (given.score - given.baseline[:, None]).mean(axis=1)
    plain = change[given.treated].mean() - change[~given.treated].mean()
    found = primary_analysis(given)
    assert found.estimate == pytest.approx(plain, abs=1e-8)
    assert found.n == 20


def weighed(given: Scores, ratio: float) -> tuple[float, Any]:
    """Least squares with the treated's residual variance so many times the comparator's.

    With it, minus twice the restricted log-likelihood, up to a constant.
    """
    change = (given.score - given.baseline[:, None])[:, 0]
    design = np.column_stack([np.ones(len(change)), given.baseline, given.treated])
    weights = np.where(given.treated, 1 / ratio, 1.0)
    fit = sm.WLS(change, design, weights=weights).fit()
    information = np.linalg.slogdet(design.T @ (weights[:, None] * design))[1]
    return fit.df_resid * np.log(fit.scale) - np.log(weights).sum() + information, fit


def test_each_arm_is_weighed_by_its_own_variance():
    """One visit: the weighted least squares at the variances that REML finds."""
    given = scores(n=30, k=1, seed=3)
    given.score[given.treated] += 3 * (given.score - 0.6 * given.baseline[:, None])[given.treated]
    best = minimize_scalar(lambda log: weighed(given, np.exp(log))[0], bounds=(-3, 5),
                           method="bounded", options={"xatol": 1e-9})  # fmt: skip
    ratio = float(np.exp(best.x))
    assert ratio > 4
    found = primary_analysis(given)
    assert found.covariance[1].item() / found.covariance[0].item() == pytest.approx(ratio, rel=1e-4)
    assert found.estimate == pytest.approx(weighed(given, ratio)[1].params[2], rel=1e-5)
    # One variance for both arms would say something else.
    assert abs(found.estimate - weighed(given, 1.0)[1].params[2]) > 0.01


def test_a_form_of_the_same_symptoms_and_the_site_are_adjusted_for():
    """The same difference, told more narrowly; who lacks the form is not left out."""
    given = scores(n=60, k=1)
    rng = np.random.default_rng(5)
    usual, site = rng.normal(40, 10, 60), np.arange(60) % 3
    given.score[:] += (usual - 40)[:, None] + 6 * (site == 2)[:, None]
    usual[:4] = np.nan
    plain = primary_analysis(given)
    found = primary_analysis(replace(given, same_symptoms=usual, site=site))
    assert found.n == 60
    assert found.se < 0.7 * plain.se
    assert found.adjusted_for == "baseline, a scale of the same symptoms and site"
    assert (plain.adjusted_for, plain.n) == ("baseline", 60)


def test_which_number_a_site_has_changes_nothing():
    given = replace(scores(n=40), site=np.arange(40) // 2 % 3)
    other = replace(given, site=(given.site + 1) % 3)
    assert primary_analysis(other).estimate == pytest.approx(primary_analysis(given).estimate)


def test_who_missed_one_visit_still_counts_and_who_missed_all_does_not():
    given = scores()
    given.score[0, 1] = np.nan
    given.score[3] = np.nan
    assert primary_analysis(given).n == 19


def test_the_order_of_people_changes_nothing():
    given = scores()
    given.score[4, 0] = np.nan
    shuffled = given.keep(np.random.default_rng(0).permutation(20))
    assert primary_analysis(shuffled).estimate == pytest.approx(
        primary_analysis(given).estimate, abs=1e-9
    )


def test_swapping_the_arms_turns_the_sign():
    given = scores()
    other = Scores(given.score, given.baseline, ~given.treated, given.visits)
    assert primary_analysis(other).estimate == pytest.approx(-primary_analysis(given).estimate)


def test_an_arm_without_scores_is_refused_in_words():
    given = scores()
    given.score[given.treated] = np.nan
    with pytest.raises(ValueError, match="One arm has no score within hours"):
        primary_analysis(given)


def test_a_baseline_that_tells_the_arms_apart_exactly_is_refused_in_words():
    given = scores()
    apart = Scores(given.score, given.treated.astype(float), given.treated, given.visits)
    with pytest.raises(ValueError, match="cannot estimate"):
        primary_analysis(apart)


def test_many_at_once_get_what_each_gets_by_itself():
    """Trials of other sizes and visits, and one that has no difference to estimate."""
    several = [scores(n=n, seed=n) for n in (30, 41, 24)]
    one_visit = Scores(several[0].score[:, :1], several[0].baseline, several[0].treated, ("hours",))
    one_arm = several[1].keep(several[1].treated)
    found = primary_analyses([several[0], one_visit, several[1], one_arm, several[2]])
    assert found.pop(3) == ONE_ARM
    for ours, given in zip(found, [several[0], one_visit, *several[1:]], strict=True):
        own = primary_analysis(given)
        for name in NUMBERS:
            assert getattr(ours, name) == pytest.approx(getattr(own, name), rel=1e-8)
        np.testing.assert_allclose(ours.coefficients, own.coefficients, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(ours.covariance, own.covariance, rtol=1e-7)
        assert (ours.n, ours.method) == (own.n, own.method)
