"""The common analyses against the packages that people use for them."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.claims.calibration.common_analyses import COMMON, relief_by_common_analyses
from analysis.claims.calibration.pieces import trial_of
from analysis.claims.calibration.random_intercepts import random_intercepts
from analysis.claims.calibration.trial import scores_of
from analysis.claims.definitions import load_definitions
from analysis.claims.primary_analysis import Scores

RULES = load_definitions()


def drawn(seed: int, n: int, *, rounded: bool) -> tuple[SimpleNamespace, Scores]:
    """A trial with lost scores, with ties where rounded, and an effect near what is seen."""
    rng = np.random.default_rng(seed)
    baseline = rng.normal(30, 6, n)
    treated = np.arange(n) % 2 == 0
    totals = 0.5 * baseline[:, None] + rng.normal(12, 5, (n, 1)) + rng.normal(0, 3, (n, 5))
    totals[treated] -= rng.uniform(0, 6)
    if rounded:
        baseline, totals = baseline.round(), totals.round()
    totals[rng.random((n, 5)) < 0.15] = np.nan
    score = Scores(totals[:, :2], baseline, treated, ("about 3 h", "about 5 h"))
    return SimpleNamespace(totals=totals, baseline=baseline, treated=treated), score


def as_frame(trial: SimpleNamespace) -> pd.DataFrame:
    """A table of totals by person and visit, in pandas' own way of carrying forward."""
    return pd.DataFrame(trial.totals)


def test_each_says_what_scipy_says():
    several = [drawn(seed, 4 + seed % 37, rounded=seed % 2 == 0) for seed in range(300)]
    trials_drawn, scores_drawn = zip(*several, strict=True)
    found = relief_by_common_analyses(trials_drawn, scores_drawn)
    for trial, scores, relief in zip(trials_drawn, scores_drawn, found, strict=True):
        assert list(relief) == list(COMMON)
        assert_as_scipy(trial, scores, relief)


def assert_as_scipy(trial: SimpleNamespace, scores: Scores, found: dict[str, bool]) -> None:
    mean = pd.DataFrame(scores.score).mean(axis=1) - scores.baseline
    one, two = (mean[arm].dropna() for arm in (trial.treated, ~trial.treated))
    if len(one) > 2 and len(two) > 1 and one.nunique() > 1:
        paired = stats.ttest_1samp(one, 0, alternative="less").pvalue
        ranks = stats.mannwhitneyu(one, two, alternative="less", method="asymptotic").pvalue
        assert found["paired t"] == (paired < 0.025)
        assert found["Mann-Whitney"] == (ranks < 0.025)
    last = as_frame(trial).ffill(axis=1).iloc[:, -1] - trial.baseline
    one, two = (last[arm].dropna() for arm in (trial.treated, ~trial.treated))
    if min(one.nunique(), two.nunique()) > 1:
        carried = stats.ttest_ind(one, two, alternative="less").pvalue
        assert found["LOCF"] == (carried < 0.025)


@pytest.mark.parametrize("seed", range(8))
def test_the_random_intercept_is_that_of_mixedlm(seed):
    _, scores = drawn(seed, 30, rounded=True)
    change = scores.score - scores.baseline[:, None]
    (estimate,), (se,) = random_intercepts([scores])
    person, visit = np.nonzero(np.isfinite(change))
    table = pd.DataFrame({"change": change[person, visit], "visit": visit, "person": person,
                          "baseline": scores.baseline[person],
                          "treated": scores.treated[person].astype(float)})  # fmt: skip
    model = smf.mixedlm("change ~ treated + baseline + C(visit)", table, groups="person")
    with warnings.catch_warnings():
        # Its own start values may lie on the border; the fit they lead to does not.
        warnings.simplefilter("ignore")
        fit = model.fit(reml=True)
    assert fit.converged
    assert estimate == pytest.approx(fit.params["treated"], rel=1e-3, abs=1e-3)
    # The usual error, as lme4 has it: least squares given the variances. MixedLM's own also
    # holds what estimating the variances adds, and is larger by a little.
    together = person[:, None] == person
    sigma = fit.scale * np.eye(len(person)) + float(fit.cov_re.iloc[0, 0]) * together
    usual = np.linalg.inv(model.exog.T @ np.linalg.solve(sigma, model.exog))
    arm = model.exog_names.index("treated")
    assert se == pytest.approx(usual[arm, arm] ** 0.5, rel=1e-3)
    assert se == pytest.approx(fit.bse["treated"], rel=5e-3)


def test_without_a_difference_between_people_it_is_least_squares():
    """Residuals of a person that cancel: the variance between people is estimated as none."""
    rng = np.random.default_rng(1)
    n = 24
    treated, baseline = np.arange(n) % 2 == 0, rng.normal(30, 6, n)
    wiggle = rng.normal(0, 3, n)
    change = -3.0 * treated[:, None] - 0.2 * baseline[:, None] + np.stack([wiggle, -wiggle], 1)
    table = pd.DataFrame({
        "y": change.ravel(), "arm": treated.repeat(2).astype(float),
        "before": baseline.repeat(2), "visit": np.tile([0.0, 1.0], n),
    })  # fmt: skip
    least = smf.ols("y ~ arm + before + visit", table).fit()
    scores = Scores(change + baseline[:, None], baseline, treated, ("a", "b"))
    (estimate,), (se,) = random_intercepts([scores])
    assert estimate == pytest.approx(least.params["arm"], abs=1e-6)
    assert se == pytest.approx(least.bse["arm"], rel=1e-3)


def test_two_people_or_constant_scores_give_no_relief_and_no_error():
    flat = np.full((8, 5), 20.0)
    treated = np.arange(8) % 2 == 0
    trial = SimpleNamespace(totals=flat, baseline=np.full(8, 20.0), treated=treated)
    scores = Scores(flat[:, :2], np.full(8, 20.0), treated, ("a", "b"))
    assert not any(relief_by_common_analyses([trial], [scores])[0].values())
    nobody = SimpleNamespace(totals=np.full((8, 5), np.nan), baseline=np.full(8, 20.0),
                             treated=treated)  # fmt: skip
    lost = Scores(nobody.totals[:, :2], nobody.baseline, treated, ("a", "b"))
    assert not any(relief_by_common_analyses([nobody], [lost])[0].values())


def test_trials_of_any_size_together_get_what_each_gets_by_itself():
    several = [drawn(seed, n, rounded=True)[1] for seed, n in ((1, 12), (2, 30), (3, 17), (4, 4))]
    together = np.array(random_intercepts(several))
    each = np.hstack([random_intercepts([scores]) for scores in several])
    np.testing.assert_allclose(together, each, rtol=1e-6)


def test_where_the_drug_works_all_of_them_mostly_see_it():
    counts = dict.fromkeys(COMMON, 0)
    drawn_trials = [trial_of("effect-1.50", 30, number, seed=5) for number in range(12)]
    several = [scores_of(trial, RULES) for trial in drawn_trials]
    for relief in relief_by_common_analyses(drawn_trials, several):
        for name, found in relief.items():
            counts[name] += found
    # The last score within a week comes late: by then the effect has mostly gone.
    assert min(counts[name] for name in COMMON if name != "LOCF") >= 10
