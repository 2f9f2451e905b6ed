"""Conditional mean imputation with jackknife and bootstrap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from analysis.estimates.missing import STRATEGIES, Trial, conditional_mean, resampled
from analysis.estimates.missing.analysis_model import ancova_of
from analysis.estimates.missing.conditional_mean import ConditionalMean
from analysis.estimates.missing.imputation_model import fitted, imputed, parameters_of

# rbmi prints placebo minus drug, its reference mean being the drug's.
PRINTED = (("trt", 0, -1.0), ("lsm_alt", 1, 1.0), ("lsm_ref", 2, 1.0))
DIGITS = 5.1e-4


@pytest.fixture(scope="module")
def jump(antidepressant_trial: Trial) -> ConditionalMean:
    return conditional_mean(antidepressant_trial, "JR")


def test_jump_to_reference_and_its_jackknife_are_what_rbmi_prints(
    jump: ConditionalMean, rbmi: dict[str, Any]
) -> None:
    listing = rbmi["conditional_mean_jackknife"]
    for name, quantity, sign in PRINTED:
        for place, visit in enumerate("4567"):
            estimate, se, _, _ = listing[f"{name}_{visit}"]
            assert sign * jump.estimates[quantity, place] == pytest.approx(estimate, abs=DIGITS)
            assert jump.se[quantity, place] == pytest.approx(se, abs=DIGITS)


def test_the_normal_interval_is_what_rbmi_prints(
    jump: ConditionalMean, rbmi: dict[str, Any]
) -> None:
    rows = {row["window"]: row for row in jump.rows(df=math.inf)}
    for visit in "4567":
        _, _, low, high = rbmi["conditional_mean_jackknife"][f"trt_{visit}"]
        assert -rows[visit]["ci_high"] == pytest.approx(low, abs=DIGITS)
        assert -rows[visit]["ci_low"] == pytest.approx(high, abs=DIGITS)


def test_the_information_anchored_error_is_what_rbmi_prints(
    antidepressant_trial: Trial, jump: ConditionalMean, rbmi: dict[str, Any]
) -> None:
    at_random = conditional_mean(antidepressant_trial, "MAR")
    shift = jump.filled - at_random.filled
    anchored = conditional_mean(antidepressant_trial, "MAR", shift=shift)
    np.testing.assert_allclose(anchored.estimates, jump.estimates, atol=1e-9)
    listing = rbmi["information_anchored_jackknife"]
    for name, quantity, _ in (PRINTED[0], PRINTED[2]):
        for place, visit in enumerate("4567"):
            printed = listing[f"{name}_{visit}"][1]
            assert anchored.se[quantity, place] == pytest.approx(printed, abs=DIGITS)


def test_strategies_stand_in_the_published_order(antidepressant_trial: Trial) -> None:
    refits = resampled(antidepressant_trial)
    last = [
        conditional_mean(antidepressant_trial, strategy, refits=refits).estimates[0, 3]
        for strategy in ("MAR", "CIR", "CR", "JR")
    ]
    assert last == sorted(last)


def test_missing_at_random_gives_the_mixed_model_back(small_trial: Trial) -> None:
    fit, labels = fitted(small_trial)
    parameters = parameters_of(fit, small_trial, labels)
    filled = imputed(small_trial, "MAR", parameters)
    found = ancova_of(filled, small_trial.design)[0]
    np.testing.assert_allclose(found, parameters.coefficients[-1], atol=1e-9)
    assert (filled[~small_trial.missing] == small_trial.score[~small_trial.missing]).all()


@pytest.mark.parametrize("same", [True, False])
def test_the_jackknife_is_an_analysis_of_the_rows_without_the_person(
    small_trial: Trial, same: bool
) -> None:
    found = conditional_mean(small_trial, "CIR", same_covariance=same)
    for person in (0, 9, 29):
        keep = np.arange(30) != person
        rest = Trial(
            small_trial.score[keep],
            small_trial.covariates[keep],
            small_trial.treated[keep],
            small_trial.visits,
        )
        fit, labels = fitted(rest, "CIR", same_covariance=same)
        filled = imputed(rest, "CIR", parameters_of(fit, rest, labels))
        np.testing.assert_allclose(
            found.replicates[person][:, :3], ancova_of(filled, rest.design), atol=1e-4
        )


def test_a_person_without_any_score_counts_in_the_analysis_alone() -> None:
    rng = np.random.default_rng(3)
    baseline, treated = rng.normal(30, 5, 24), np.arange(24) % 2 == 0
    score = baseline[:, None] + rng.normal(0, 4, (24, 2)) - 5.0 * treated[:, None]
    with_one = score.copy()
    with_one[4] = np.nan
    found = conditional_mean(Trial(with_one, baseline, treated, ("a", "b")), "JR")
    without = np.delete(np.arange(24), 4)
    other = conditional_mean(
        Trial(score[without], baseline[without], treated[without], ("a", "b")), "JR"
    )
    assert found.replicates.shape == (24, 3, 3)
    # A treated person of whom nothing is known is expected to do as the reference does.
    assert abs(found.estimates[0, 0]) < abs(other.estimates[0, 0])


def test_shared_refits_change_nothing(small_trial: Trial) -> None:
    refits = resampled(small_trial)
    for strategy in ("MAR", "LMCF"):
        one = conditional_mean(small_trial, strategy)
        two = conditional_mean(small_trial, strategy, refits=refits)
        np.testing.assert_array_equal(one.replicates, two.replicates)


def test_the_bootstrap_error_is_near_the_jackknife_s(small_trial: Trial) -> None:
    jackknife = conditional_mean(small_trial, "JR")
    bootstrap = conditional_mean(small_trial, "JR", resampling="bootstrap", resamples=200, seed=1)
    np.testing.assert_allclose(bootstrap.se[0], jackknife.se[0], rtol=0.25)
    np.testing.assert_array_equal(bootstrap.estimates, jackknife.estimates)


def test_neither_order_nor_names_of_people_matter(small_trial: Trial) -> None:
    order = np.random.default_rng(5).permutation(30)
    other = Trial(
        small_trial.score[order],
        small_trial.covariates[order],
        small_trial.treated[order],
        small_trial.visits,
    )
    for resampling in ("jackknife", "bootstrap"):
        one, two = (
            conditional_mean(trial, "CR", resampling=resampling, resamples=20, seed=2)
            for trial in (small_trial, other)
        )
        np.testing.assert_array_equal(one.se, two.se)


def test_scores_after_the_event_are_analysed_but_teach_the_model_nothing(
    small_trial: Trial,
) -> None:
    event = np.where(np.arange(30) < 4, 2, small_trial.event)
    event = np.minimum(event, small_trial.event)
    seen = Trial(
        small_trial.score, small_trial.covariates, small_trial.treated, small_trial.visits, event
    )
    wild = np.where(
        (np.arange(3) >= seen.event[:, None]) & ~seen.missing, seen.score + 40.0, seen.score
    )
    other = replace_score(seen, wild)
    params = [parameters_of(*_fit(trial, "JR")).coefficients for trial in (seen, other)]
    np.testing.assert_allclose(params[0], params[1], atol=1e-9)
    filled = imputed(other, "JR", parameters_of(*_fit(other, "JR")))
    assert (filled[~other.missing] == other.score[~other.missing]).all()


def replace_score(trial: Trial, score: np.ndarray) -> Trial:
    return Trial(score, trial.covariates, trial.treated, trial.visits, trial.event)


def _fit(trial: Trial, strategy: str) -> tuple[Any, Trial, list[str]]:
    fit, labels = fitted(trial, strategy)
    return fit, trial, labels


def test_rows_name_the_strategy_the_visit_and_the_method(small_trial: Trial) -> None:
    rows = conditional_mean(small_trial, "CR").rows(means=True, claim="onset")
    assert len(rows) == 12
    assert {row["claim"] for row in rows} == {"onset"}
    assert rows[0]["estimand"] == "difference, copy reference"
    assert [row["window"] for row in rows[:4]] == ["1 h", "4 h", "day 1", "mean of the visits"]
    assert rows[0]["df"] == 27
    assert rows[0]["ci_low"] < rows[0]["estimate"] < rows[0]["ci_high"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_missing_makes_every_strategy_the_same(strategy: str) -> None:
    rng = np.random.default_rng(8)
    baseline, treated = rng.normal(30, 5, 20), np.arange(20) % 2 == 0
    score = baseline[:, None] + rng.normal(0, 4, (20, 2))
    trial = Trial(score, baseline, treated, ("a", "b"))
    found = conditional_mean(trial, strategy)
    np.testing.assert_allclose(found.estimates[:, :2], ancova_of(score, _design(baseline, treated)))


def _design(baseline: np.ndarray, treated: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(baseline)), baseline, treated])


def test_what_cannot_be_answered_is_refused_in_words(small_trial: Trial) -> None:
    with pytest.raises(ValueError, match="not 'LOCF'"):
        conditional_mean(small_trial, "LOCF")
    with pytest.raises(ValueError, match="jackknife or bootstrap"):
        conditional_mean(small_trial, "MAR", resampling="permutation")
    early = small_trial.score.copy()
    early[3] = np.nan
    nobody = Trial(early, small_trial.covariates, small_trial.treated, small_trial.visits)
    with pytest.raises(ValueError, match="no mean to carry forward"):
        conditional_mean(nobody, "LMCF")
    blank = small_trial.covariates.copy()
    blank[0] = np.nan
    with pytest.raises(ValueError, match="1 of 30 people lack a covariate"):
        Trial(small_trial.score, blank, small_trial.treated, small_trial.visits)
    with pytest.raises(ValueError, match="three people"):
        Trial(small_trial.score, small_trial.covariates, np.arange(30) < 2, small_trial.visits)
    with pytest.raises(ValueError, match="Nobody of an arm"):
        Trial(
            np.where(small_trial.treated[:, None] & (np.arange(3) == 2), np.nan, small_trial.score),
            small_trial.covariates,
            small_trial.treated,
            small_trial.visits,
        )
    with pytest.raises(ValueError, match="one column for each"):
        Trial(small_trial.score, small_trial.covariates, small_trial.treated, ("a",))
    with pytest.raises(ValueError, match="from 0 to 3"):
        replace_event(small_trial, np.full(30, 4))


@pytest.mark.parametrize("arms", [["drug", ""] * 15, [1.0, np.nan] * 15, [1, 2] * 15])
def test_an_arm_that_is_not_told_is_refused(small_trial: Trial, arms: list[object]) -> None:
    with pytest.raises(ValueError, match="True or 1"):
        Trial(small_trial.score, small_trial.covariates, np.array(arms), small_trial.visits)


def replace_event(trial: Trial, event: np.ndarray) -> Trial:
    return Trial(trial.score, trial.covariates, trial.treated, trial.visits, event)
