"""The tipping point: how much worse missing scores must be for a conclusion to fail."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.estimates.missing import (
    Trial,
    by_visit,
    conditional_mean,
    multiple_imputation,
    robustness_to_missing,
    tipping_curve,
    tipping_grid,
    tipping_point,
)
from analysis.estimates.missing.imputation_model import fitted
from analysis.estimates.missing.tipping import smallest_failing
from tests.parallel_trial import made_up


def falls(estimate: float, low: float, high: float) -> bool:
    return high < 0


@pytest.fixture(scope="module")
def trial() -> Trial:
    return made_up(60, seed=21)


def test_the_conclusion_holds_just_below_the_point_and_fails_at_it(trial: Trial) -> None:
    imputations = multiple_imputation(trial, "MAR", draws=50, seed=1, sweeps=20)
    found = tipping_point(imputations, falls)
    assert 0 < found.shift < 200
    assert found.at.columns["ci_high"] == pytest.approx(0.0, abs=1e-3)
    below = imputations.difference(treated=found.shift * 0.999).columns
    assert below["ci_high"] < 0 <= found.at.columns["ci_high"]
    row = found.row(claim="onset")
    assert row["estimate"] == found.shift
    assert math.isnan(row["se"])


def test_the_fast_rule_of_gate_6_is_near_the_pooled_one(trial: Trial) -> None:
    imputations = multiple_imputation(trial, "MAR", draws=400, seed=2, sweeps=20)

    def still(shift: float) -> bool:
        found = imputations.difference(treated=shift, reference=-shift).columns
        return falls(*(found[name] for name in ("estimate", "ci_low", "ci_high")))

    pooled = smallest_failing(still, 10.0)
    fit, labels = fitted(trial)
    contrast = {"treated": 1.0} | {f"treated:visit[T.{name}]": 1 / 3 for name in labels[1:]}
    found = fit.contrast(contrast)
    fast = robustness_to_missing(
        trial.score,
        trial.covariates[:, :1],
        trial.treated,
        coefficients=by_visit(fit.params, labels, terms=("x0", "treated")),
        covariance=np.stack([np.asarray(fit.covariance)] * 2),
        se=found["se"],
        df=found["df"],
        holds=falls,
    )
    assert fast.tipping_shift == pytest.approx(pooled, rel=0.15)
    jumped = conditional_mean(trial, "JR").estimates[0, -1]
    assert fast.jump_to_reference == pytest.approx(jumped, abs=1e-8)


def test_the_fast_error_of_a_shift_is_near_the_jackknife_s(trial: Trial) -> None:
    # The jackknife takes the share that misses as random too; 20 points is a wild shift.
    shift = np.where(trial.treated[:, None], 20.0, 0.0)
    plain = conditional_mean(trial, "MAR")
    shifted = conditional_mean(trial, "MAR", shift=shift)
    share = trial.missing[trial.treated].mean(axis=1)
    rule = math.sqrt(plain.se[0, -1] ** 2 + 20.0**2 * share.var(ddof=1) / len(share))
    assert shifted.se[0, -1] == pytest.approx(rule, rel=0.2)
    assert shifted.se[0, -1] > plain.se[0, -1]


def test_nothing_missing_never_tips() -> None:
    imputations = multiple_imputation(made_up(40, 3, lost=0.0), "MAR", draws=2, sweeps=1)
    assert tipping_point(imputations, falls).shift == math.inf


def test_a_visit_where_nobody_treated_is_missing_never_tips(trial: Trial) -> None:
    imputations = multiple_imputation(trial, "MAR", draws=5, sweeps=2)
    assert tipping_point(imputations, falls, visit="1 h").shift == math.inf
    assert tipping_point(imputations, falls, visit="day 1").shift < math.inf


def test_a_conclusion_that_does_not_hold_tips_at_zero(trial: Trial) -> None:
    imputations = multiple_imputation(trial, "MAR", draws=5, sweeps=2)
    found = tipping_point(imputations, lambda e, low, high: low > 0)
    assert found.shift == 0.0
    assert found.at == found.unshifted


def test_the_curve_fails_from_the_point_on_and_the_grid_holds_the_curve(trial: Trial) -> None:
    imputations = multiple_imputation(trial, "MAR", draws=20, seed=3, sweeps=5)
    shift = tipping_point(imputations, falls).shift
    shifts = [0.0, 0.5 * shift, 0.99 * shift, 1.01 * shift, 2 * shift]
    curve = tipping_curve(imputations, shifts, falls)
    assert curve["holds"].tolist() == [True, True, True, False, False]
    steps = np.diff(curve["estimate"]) / np.diff(curve["shift"])
    np.testing.assert_allclose(steps, steps[0])
    grid = tipping_grid(imputations, shifts, falls)
    assert len(grid) == 25
    alone = grid[grid["reference"] == 0].rename(columns={"treated": "shift"})
    np.testing.assert_allclose(alone["estimate"], curve["estimate"])


def test_what_never_fails_has_no_smallest_failing_shift() -> None:
    assert smallest_failing(lambda shift: True, 1.0) == math.inf
    assert smallest_failing(lambda shift: False, 1.0) == 0.0
    assert smallest_failing(lambda shift: shift < 7.25, 1.0) == pytest.approx(7.25, abs=2e-6)
