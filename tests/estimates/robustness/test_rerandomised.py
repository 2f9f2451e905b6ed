"""Arms re-randomised: each deal gives what the single analysis gives of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.control.ancova import ancova
from analysis.estimates.missing import Trial, conditional_mean
from analysis.estimates.robustness import rerandomised
from analysis.mmrm import mmrm


def made_up(n: int = 24, lost: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    baseline = rng.normal(40, 8, n)
    change = -0.3 * baseline[:, None] + rng.multivariate_normal([0, -2], [[30, 18], [18, 40]], n)
    change[rng.random(n) < lost, 1] = np.nan
    return change, baseline, np.arange(n) % 2 == 0


def dealt(treated: np.ndarray, number: int = 6) -> np.ndarray:
    strata = np.zeros(len(treated), int)
    return rerandomised.deals(treated, strata, number, np.random.default_rng(1))


def test_each_stratum_keeps_its_number_of_treated():
    treated = np.array([1, 1, 0, 0, 0, 1, 0, 0], bool)
    strata = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    arms = rerandomised.deals(treated, strata, 500, np.random.default_rng(2))
    np.testing.assert_array_equal(arms[0], treated)
    assert (arms[:, :4].sum(axis=1) == 2).all()
    assert (arms[:, 4:].sum(axis=1) == 1).all()
    # 6 x 4 different deals.
    assert len(np.unique(arms, axis=0)) == 24


def test_strata_of_one_arm_each_are_refused():
    treated = np.array([True, True, False])
    with pytest.raises(ValueError, match="cannot be re-randomised"):
        rerandomised.deals(treated, treated.astype(int), 9, np.random.default_rng(0))


def test_ancova_is_that_of_each_deal():
    change, baseline, treated = made_up()
    arms = dealt(treated)
    estimates, p_values = rerandomised.ancova(change[:, 0], baseline, arms)
    for arm, estimate, p_value in zip(arms, estimates, p_values, strict=True):
        people = pd.DataFrame({"score": change[:, 0], "baseline": baseline, "arm": arm.astype(str)})
        one = ancova(people, treated="True", control="False")[0]
        assert (estimate, p_value) == pytest.approx((one["estimate"], one["p_value"]))


@pytest.mark.parametrize("trim", [0.0, 0.2])
def test_t_tests_are_those_of_each_deal_with_arms_of_any_size(trim):
    change, _, treated = made_up()
    arms = dealt(treated)[:, :17]
    assert len(np.unique(arms.sum(axis=1))) > 1
    estimates, p_values = rerandomised.trimmed_means(change[:17, 0], arms, trim=trim)
    for arm, estimate, p_value in zip(arms, estimates, p_values, strict=True):
        ours, theirs = change[:17, 0][arm], change[:17, 0][~arm]
        one = stats.ttest_ind(ours, theirs, equal_var=False, trim=trim)
        assert p_value == pytest.approx(one.pvalue)
        assert estimate == pytest.approx(
            stats.trim_mean(ours, trim) - stats.trim_mean(theirs, trim)
        )


def long(change: np.ndarray, baseline: np.ndarray, arm: np.ndarray) -> pd.DataFrame:
    n, k = change.shape
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": pd.Categorical(np.tile([f"v{j}" for j in range(k)], n)),
            "baseline": np.repeat(baseline, k),
            "arm": np.repeat(arm.astype(float), k),
            "change": change.ravel(),
        }
    )


def test_with_complete_scores_the_estimate_is_the_mixed_models_whatever_the_covariance():
    change, baseline, treated = made_up()
    arms = dealt(treated, 3)
    estimates = rerandomised.mixed_model(
        change, baseline, arms, np.array([[9.0, 1.0], [1.0, 30.0]])
    )[0]
    for arm, estimate in zip(arms, estimates, strict=True):
        fit = mmrm("change ~ baseline * visit + arm * visit", long(change, baseline, arm),
                   subject="subject", visit="visit")  # fmt: skip
        one = fit.contrast({"arm": 1.0, "arm:visit[T.v1]": 0.5})["estimate"]
        assert estimate == pytest.approx(one, abs=1e-6)


def test_with_missing_scores_and_the_models_own_covariance_so_it_is():
    change, baseline, treated = made_up(lost=0.3)
    fit = mmrm("change ~ baseline * visit + arm * visit", long(change, baseline, treated),
               subject="subject", visit="visit")  # fmt: skip
    one = fit.contrast({"arm": 1.0, "arm:visit[T.v1]": 0.5})["estimate"]
    arms = treated[None, :]
    estimate = rerandomised.mixed_model(change, baseline, arms, np.asarray(fit.covariance))[0]
    assert estimate[0] == pytest.approx(one, abs=1e-6)


def test_jump_to_reference_with_the_models_own_covariance_is_the_conditional_mean():
    change, baseline, treated = made_up(lost=0.3)
    fit = mmrm("change ~ baseline * visit + arm * visit", long(change, baseline, treated),
               subject="subject", visit="visit")  # fmt: skip
    trial = Trial(change, baseline, treated, ("v0", "v1"))
    one = conditional_mean(trial, "JR").rows()[-1]["estimate"]
    covariance = np.asarray(fit.covariance)
    estimate = rerandomised.jump_to_reference(change, baseline, treated[None, :], covariance)[0]
    assert estimate[0] == pytest.approx(one, abs=1e-6)


def test_one_visit_is_least_squares_with_its_own_p_value():
    change, baseline, treated = made_up()
    x = np.column_stack([np.ones(24), baseline, treated])
    beta, rest, *_ = np.linalg.lstsq(x, change[:, 0], rcond=None)
    se = np.sqrt(rest[0] / 21 * np.linalg.inv(x.T @ x)[2, 2])
    found = rerandomised.mixed_model(change[:, :1], baseline, treated[None, :], np.eye(1))
    assert found[0][0] == pytest.approx(beta[2])
    assert found[1][0] == pytest.approx(2 * stats.t.sf(abs(beta[2] / se), 21))


def test_a_deal_that_leaves_an_arm_too_few_has_no_estimate():
    change, baseline, _ = made_up()
    few = np.zeros((1, 24), bool)
    few[0, 0] = True
    for found in (
        rerandomised.ancova(change[:, 0], baseline, few),
        rerandomised.trimmed_means(change[:, 0], few, trim=0.2),
        rerandomised.mixed_model(change, baseline, few, np.eye(2)),
    ):
        assert np.isnan(found).all()


def test_p_values_count_the_real_deal_and_ties():
    estimates = np.array([[-3.0, -1.0], [-3.0, -1.0], [0.0, 0.0], [1.0, -9.0]])
    curve = rerandomised.Curve(
        estimates, np.array([[0.01, 0.9], [0.01, 0.9], [0.5, 0.5], [0.9, 0.2]])
    )
    table = curve.table()
    # Medians -2, -2, 0, -4; shares 1/2, 1/2, 0, 0.
    assert table.loc["median estimate", "p_value"] == 3 / 4
    assert table.loc["share with benefit and p < 0.05", "p_value"] == 2 / 4
    assert table.loc["share with benefit and p < 0.05", "observed"] == 0.5


def test_a_deal_without_any_estimate_speaks_against_the_effect():
    curve = rerandomised.Curve(np.array([[-3.0], [np.nan]]), np.array([[0.01], [np.nan]]))
    assert curve.table().loc["median estimate", "p_value"] == 1
