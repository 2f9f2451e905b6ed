"""The primary analysis: identities with what it must equal, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.claims.primary_analysis import (
    NUMBERS,
    ONE_ARM,
    Scores,
    primary_analyses,
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
def test_with_every_score_seen_it_is_the_ancova_of_the_mean(k):
    given = scores(k=k)
    found = primary_analysis(given)
    change = (given.score - given.baseline[:, None]).mean(axis=1)
    design = np.column_stack([np.ones(len(change)), given.baseline, given.treated])
    ols = sm.OLS(change, design).fit()
    assert found.estimate == pytest.approx(ols.params[2], abs=1e-8)
    assert found.se == pytest.approx(ols.bse[2], rel=1e-7)
    assert found.df == pytest.approx(ols.df_resid, rel=1e-6)
    assert found.n == 20


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
