"""Tables of what missing scores could change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.case import Case
from analysis.claims.primary_analysis import Scores
from analysis.describe.robustness import missing
from analysis.estimates.missing import Trial, multiple_imputation, posterior
from analysis.estimates.missing.imputation_model import by_visit
from analysis.estimates.table import COLUMNS
from analysis.mmrm import mmrm


@pytest.fixture(scope="module")
def trial(case: Case) -> Trial:
    return missing.randomised_trial(case)


def test_everyone_allocated_is_in_the_trial_seen_or_not(case: Case, trial: Trial) -> None:
    assert trial.n == len(case.people_scored)
    seen = {case.definitions.windows[name].label: len(case.people(name)) for name in
            ("hours_early", "day", "day_7")}  # fmt: skip
    for label, people in seen.items():
        assert (~trial.missing[:, trial.visits.index(label)]).sum() == people


def test_the_hours_alone_give_the_unadjusted_estimate_back(case: Case) -> None:
    hours = missing.randomised_trial(case, ("hours_early", "hours_late"))
    rows = missing.by_strategy(
        case, hours, posterior(hours, draws=2, sweeps=1), visits=["mean of the visits"]
    )
    own = rows[rows["estimand"] == "difference, missing at random"].iloc[0]
    # Adjusted for the baseline alone, and one covariance for both arms.
    assert own["estimate"] == pytest.approx(with_one_covariance(case.scores.unadjusted), abs=1e-9)


def with_one_covariance(scores: Scores) -> float:
    """The difference averaged over the visits, by the mixed model on rows."""
    n, k = scores.score.shape
    rows = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n), k),
            "visit": np.tile([f"v{place}" for place in range(k)], n),
            "baseline": np.repeat(scores.baseline, k),
            "treated": np.repeat(scores.treated.astype(float), k),
            "change": (scores.score - scores.baseline[:, None]).ravel(),
        }
    )
    fit = mmrm("change ~ baseline * visit + treated * visit", rows,
               subject="subject", visit="visit")  # fmt: skip
    return float(by_visit(fit.params, [f"v{place}" for place in range(k)])[-1].mean())


def test_a_strategy_that_cannot_be_had_says_so(case: Case) -> None:
    """Someone without any score within hours has no mean to be carried forward."""
    hours = missing.randomised_trial(case, ("hours_early", "hours_late"))
    score = hours.score.copy()
    score[np.flatnonzero(hours.treated)[0]] = np.nan
    hours = Trial(score, hours.covariates, hours.treated, hours.visits)
    rows = missing.by_strategy(
        case, hours, posterior(hours, draws=2, sweeps=1), visits=["mean of the visits"]
    ).set_index("estimand")
    last = rows.loc["difference, last mean carried forward"]
    assert np.isnan(last["estimate"])
    assert last["method"].startswith("not given")


def test_missing_people_are_counted_and_few_are_not_told(
    case: Case, real: Case, trial: Trial
) -> None:
    shown = missing.missing_by_window(case, trial)
    counts = shown.drop(columns="participants").astype(int).sum(axis=0)
    assert counts.tolist() == trial.missing.sum(axis=0).tolist()
    told = missing.missing_by_window(real, trial).drop(columns="participants").to_numpy()
    small = (shown.drop(columns="participants").astype(int) < real.design.minimum_cell).to_numpy()
    assert small.any()
    assert (told[small] == "<10").all()


def test_every_strategy_is_given_two_ways(case: Case, trial: Trial) -> None:
    visit = trial.visits[-1]
    drawn = posterior(trial, draws=20, seed=1, sweeps=10)
    rows = missing.by_strategy(case, trial, drawn, visits=[visit])
    assert list(rows) == list(COLUMNS)
    assert len(rows) == 10
    assert rows["window"].unique().tolist() == [visit]
    assert rows["contrast"].unique().tolist() == ["ketamine - midazolam"]
    with pytest.raises(ValueError, match="none of about 3 h"):
        missing.by_strategy(case, trial, drawn, visits=["day 9"])


def test_a_stricter_conclusion_tips_no_later(case: Case, trial: Trial) -> None:
    imputations = multiple_imputation(trial, "MAR", draws=20, seed=1, sweeps=10)
    conclusions = {"benefit": missing.benefit, "gate 5": missing.gate_5(case)}
    found = pd.concat(
        missing.tipping_shifts(case, imputations, conclusions, visit=visit)
        for visit in trial.visits
    )
    shifts = found["estimate"].to_numpy().reshape(-1, 2)
    assert (shifts[:, 1] <= shifts[:, 0]).all()
    # Where no treated score is missing, no shift tips anything.
    lost = trial.missing[trial.treated].any(axis=0)
    np.testing.assert_array_equal(np.isfinite(shifts), np.column_stack([lost, lost]))
    assert shifts[lost][0, 1] > case.smallest_difference[0]


def test_few_people_lose_their_numbers(real: Case, trial: Trial) -> None:
    few = np.arange(trial.n) % 10 == 0
    few |= np.arange(trial.n) < 3
    tiny = Trial(trial.score[few][:, :2], trial.covariates[few], trial.treated[few],
                 trial.visits[:2])  # fmt: skip
    assert tiny.n < real.design.minimum_cell
    imputations = multiple_imputation(tiny, "MAR", draws=2, sweeps=1)
    found = missing.tipping_shifts(real, imputations, {"benefit": missing.benefit},
                                   visit=tiny.visits[0])  # fmt: skip
    assert found["estimate"].isna().all()


def test_a_study_without_a_comparator_is_refused(case: Case) -> None:
    study = case.checked.study
    design = replace(study.design, comparator_arm=None)
    alone = Case(replace(case.checked, study=replace(study, design=design)), case.definitions)
    with pytest.raises(ValueError, match="no comparator"):
        missing.randomised_trial(alone)
