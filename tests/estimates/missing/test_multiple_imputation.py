"""Bayesian multiple imputation, held against conditional means and published results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimates.missing import Imputations, Trial, conditional_mean, multiple_imputation
from analysis.estimates.missing.multiple_imputation import inverse_wishart
from tests.parallel_trial import made_up

DRAWS = 300


@pytest.mark.parametrize("strategy", ["MAR", "JR", "CR", "CIR", "LMCF"])
def test_the_draws_average_to_the_conditional_mean(
    antidepressant_trial: Trial, strategy: str
) -> None:
    found = multiple_imputation(antidepressant_trial, strategy, draws=DRAWS, seed=1, sweeps=20)
    exact = conditional_mean(antidepressant_trial, strategy).estimates[0]
    for place, visit in enumerate("4567"):
        pooled = found.difference(visit)
        allowed = 4 * np.sqrt(pooled.between / DRAWS) + 1e-9
        # The posterior mean of a covariance is not its REML estimate: a little is left.
        assert pooled.estimate == pytest.approx(exact[place], abs=allowed + 0.01)


def test_rubins_interval_under_jump_to_reference_is_near_rbmis(
    antidepressant_trial: Trial, rbmi: dict[str, Any]
) -> None:
    listing = rbmi["bayesian"]
    found = multiple_imputation(antidepressant_trial, "JR", draws=DRAWS, seed=2, sweeps=20)
    for visit in "4567":
        pooled = found.difference(visit)
        estimate, se, _, _ = listing[f"trt_{visit}"]
        noise = np.sqrt(pooled.between * (1 / DRAWS + 1 / listing["draws"]))
        assert -pooled.estimate == pytest.approx(estimate, abs=4 * noise + 0.01)
        assert pooled.se == pytest.approx(se, rel=0.03)
    # Nothing is missing at the first visit: no draw, no noise.
    first = found.difference("4").columns
    np.testing.assert_allclose(
        [-first["estimate"], first["se"], -first["ci_high"], -first["ci_low"]],
        listing["trt_4"],
        rtol=1e-6,
    )


def test_order_and_size_across_strategies_are_the_published_ones(
    antidepressant: pd.DataFrame, rbmi: dict[str, Any]
) -> None:
    listing = rbmi["strategies_with_gender"]
    covariates = np.column_stack(
        [antidepressant["BASVAL"], (antidepressant["GENDER"] == "F").astype(float)]
    )
    trial = Trial(
        antidepressant[[4, 5, 6, 7]].to_numpy(),
        covariates,
        (antidepressant["THERAPY"] == "DRUG").to_numpy(),
        ("4", "5", "6", "7"),
    )
    found = {}
    for strategy in ("MAR", "CIR", "CR", "JR"):
        pooled = multiple_imputation(trial, strategy, draws=DRAWS, seed=3, sweeps=20)
        found[strategy] = pooled.difference("7")
        estimate, se = listing[strategy][:2]
        # Here gender has its own effect at every visit, there one effect for all.
        noise = np.sqrt(found[strategy].between / DRAWS)
        assert found[strategy].estimate == pytest.approx(estimate, abs=3 * noise + 0.02)
        assert found[strategy].se == pytest.approx(se, rel=0.03)
    values = [pooled.estimate for pooled in found.values()]
    assert values == sorted(values)


def test_the_start_is_forgotten(small_trial: Trial) -> None:
    short = multiple_imputation(small_trial, "MAR", draws=400, seed=4, sweeps=25)
    long = multiple_imputation(small_trial, "MAR", draws=400, seed=5, sweeps=80)
    one, two = short.difference(), long.difference()
    noise = np.sqrt((one.between + two.between) / 400)
    assert one.estimate == pytest.approx(two.estimate, abs=4 * noise)
    # Each variance of 400 draws has a relative error of 7 %.
    assert one.between == pytest.approx(two.between, rel=0.4)


def test_an_arm_may_have_its_own_covariance() -> None:
    trial = made_up(200, seed=1)
    wide = np.where(trial.treated[:, None], 30 + 3 * (trial.score - 30), trial.score)
    trial = Trial(wide, trial.covariates, trial.treated, trial.visits)
    pooled = multiple_imputation(trial, "MAR", draws=100, seed=6, sweeps=20)
    apart = multiple_imputation(trial, "MAR", draws=100, seed=6, sweeps=20, same_covariance=False)
    spread = {}
    for name, found in (("pooled", pooled), ("apart", apart)):
        lost = trial.missing[:, 2]
        drawn = found.filled[:, lost, 2] - found.filled[:, lost, 2].mean(axis=0)
        spread[name] = [drawn[:, trial.treated[lost] == arm].std() for arm in (False, True)]
    assert spread["pooled"][1] == pytest.approx(spread["pooled"][0], rel=0.1)
    assert spread["apart"][1] > 2 * spread["apart"][0]


def test_scores_seen_are_never_changed_and_the_seed_decides(small_trial: Trial) -> None:
    one, two, three = (
        multiple_imputation(small_trial, "JR", draws=5, seed=seed, sweeps=3) for seed in (1, 1, 2)
    )
    assert (one.filled[:, ~small_trial.missing] == small_trial.score[~small_trial.missing]).all()
    np.testing.assert_array_equal(one.filled, two.filled)
    assert (one.filled != three.filled).any()


def test_a_shift_reaches_the_imputed_scores_of_its_arm_alone(small_trial: Trial) -> None:
    found = multiple_imputation(small_trial, "MAR", draws=10, seed=7, sweeps=3)
    by_hand = np.where(
        small_trial.missing & small_trial.treated[:, None], found.filled + 5.0, found.filled
    )
    shifted = Imputations(small_trial, "MAR", by_hand)
    assert found.difference("day 1", treated=5.0).estimate == pytest.approx(
        shifted.difference("day 1").estimate
    )
    both = found.difference(treated=5.0, reference=5.0).estimate
    assert found.difference(reference=5.0).estimate < both < found.difference(treated=5.0).estimate


def test_rows_say_how_they_were_made(small_trial: Trial) -> None:
    found = multiple_imputation(small_trial, "JR", draws=4, seed=8, sweeps=2)
    rows = found.rows(treated=2.0, claim="onset")
    assert [row["window"] for row in rows] == ["1 h", "4 h", "day 1", "mean of the visits"]
    assert rows[0]["estimand"] == "difference, jump to reference, shifted by 2/0"
    assert rows[0]["method"].startswith("4 imputations")
    with pytest.raises(ValueError, match="none of 1 h, 4 h, day 1"):
        found.difference("day 9")


def test_too_few_people_for_a_covariance_are_refused() -> None:
    trial = made_up(10, seed=2, lost=0.0)
    with pytest.raises(ValueError, match="at least 6 people"):
        multiple_imputation(trial, "MAR", same_covariance=False)


def test_the_inverse_wishart_is_scipys() -> None:
    rng = np.random.default_rng(9)
    scale = np.array([[4.0, 1.0], [1.0, 2.0]])
    drawn = inverse_wishart(9, np.repeat(scale[None], 20000, axis=0), rng)
    theirs = stats.invwishart(df=9, scale=scale)
    np.testing.assert_allclose(drawn.mean(axis=0), theirs.mean(), atol=0.02)
    np.testing.assert_allclose(drawn.var(axis=0), theirs.var(), rtol=0.15)
