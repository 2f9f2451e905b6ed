"""The multiverse: its rows are the analyses that they name, and chance makes no curve."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from analysis.checks import check
from analysis.claims import primary_analysis as primary_module
from analysis.claims.calibration.trial import scores_of
from analysis.claims.case import Case
from analysis.claims.definitions import load_definitions
from analysis.claims.gates.robustness import try_on_other_cases
from analysis.claims.gates.robustness_of_scores import doubt_missing_scores
from analysis.claims.ledger import SUPPORTED
from analysis.claims.primary_analysis import Scores, primary_analysis
from analysis.claims.sensitivity.estimators import redealt
from analysis.claims.sensitivity.multiverse import multiverse, rerandomised
from analysis.claims.sensitivity.specifications import Choice, Grid, load_grid, specifications
from analysis.estimates.missing import Trial, conditional_mean
from analysis.estimates.robustness.rerandomised import Curve, deals
from analysis.simulate import trial, world
from analysis.studies import load_study
from tests import length

PRIMARY = {
    "window": "2 to 6 h, two visits",
    "baseline": "mean of ratings",
    "missing": "scores as seen (at random)",
    "estimator": "mixed model",
    "exclusion": "nobody left out",
}
DEFINITIONS = load_definitions()
NUMBERS = ["n", "estimate", "ci_low", "ci_high", "p_value"]


@pytest.fixture(scope="module")
def case() -> Case:
    return Case(check(load_study("example")), DEFINITIONS)


@pytest.fixture(scope="module")
def found(case: Case) -> pd.DataFrame:
    return multiverse(case)


def of(found: pd.DataFrame, **labels: str) -> pd.Series:
    """The one row with these choices, the others as in the primary analysis."""
    wanted = PRIMARY | {"instrument": "primary scale"} | labels
    own = found[np.all([found[name] == label for name, label in wanted.items()], axis=0)]
    assert len(own) == 1
    return own.iloc[0]


def thinned(grid: Grid, **kept: list[str]) -> Grid:
    """The grid with these keys alone in the dimensions named."""
    parts = {name: {key: grid.of(name)[key] for key in keys} for name, keys in kept.items()}
    return grid.model_copy(update=parts)


SMALL = thinned(
    load_grid(), baseline=["mean"], missing=["at_random"], exclusion=["nobody"],
    instrument=["primary"],
)  # fmt: skip


def test_the_first_row_is_the_primary_analysis_to_the_last_digit(
    case: Case, found: pd.DataFrame
) -> None:
    first, primary = found.iloc[0], case.primary
    assert [first[name] for name in NUMBERS] == [primary.row()[name] for name in NUMBERS]
    assert first["word"] == case.bars.word(primary)
    assert of(found).name == 0
    assert first["may_decide"]


def test_every_combination_has_one_row(found: pd.DataFrame) -> None:
    # 5 windows, 3 baselines, 4 rules for missing data with 4 estimators and 1 with one.
    crossed = found[(found["exclusion"] == "nobody left out") & (found["detail"] == "")]
    assert len(crossed) == 5 * 3 * (4 * 4 + 1)
    keys = [*PRIMARY, "instrument", "detail"]
    assert not found.duplicated(keys).any()


def test_ancova_of_one_visit_from_another_days_rating_recomputed(
    case: Case, found: pd.DataFrame
) -> None:
    forms = case.checked.forms
    own = forms[(forms["instrument"] == "PCL-5-now") & forms["total"].notna()]
    early = own[(own["phase"] == "before") & (own["hours_high"] <= -12)]
    at_3h = own[(own["since_end_low"] >= 2) & (own["since_end_high"] < 4)]
    people = pd.DataFrame(
        {
            "before": early.groupby("subject")["total"].mean(),
            "after": at_3h.groupby("subject")["total"].mean(),
            "arm": case.checked.study.subjects.set_index("subject")["arm"],
        }
    ).dropna()
    people["ketamine"] = (people["arm"] == "ketamine").astype(float)
    fit = smf.ols("after ~ before + ketamine", people).fit(cov_type="HC3", use_t=True)
    row = of(found, window="about 3 h only", baseline="another day's alone",
             estimator="ANCOVA, HC3")  # fmt: skip
    assert row["n"] == len(people)
    assert row["estimate"] == pytest.approx(fit.params["ketamine"], abs=1e-9)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        list(fit.conf_int().loc["ketamine"]), abs=1e-9
    )


def test_trimmed_means_of_completers_from_the_last_rating_recomputed(
    case: Case, found: pd.DataFrame
) -> None:
    forms = case.checked.forms
    own = forms[(forms["instrument"] == "PCL-5-now") & forms["total"].notna()]
    last = (
        own[own["phase"] == "before"].sort_values("hours_high").groupby("subject")["total"].last()
    )
    spans = {"early": (2, 4), "late": (4, 6), "day": (6, 30.000001), "week": (144, 216)}
    after = {
        name: own[(own["since_end_low"] >= low) & (own["since_end_high"] < high)]
        .groupby("subject")["total"]
        .mean()
        for name, (low, high) in spans.items()
    }
    table = pd.DataFrame({"last": last, **after}).dropna()
    change = (table["early"] + table["late"]) / 2 - table["last"]
    arm = case.checked.study.subjects.set_index("subject")["arm"].reindex(change.index)
    ours = np.sort(change[arm == "ketamine"].to_numpy())
    theirs = np.sort(change[arm == "midazolam"].to_numpy())
    # Yuen 1974, written out.
    parts = []
    for values in (ours, theirs):
        n, cut = len(values), int(0.2 * len(values))
        kept = n - 2 * cut
        winsorised = np.clip(values, values[cut], values[-cut - 1])
        spread = winsorised.var(ddof=1) * (n - 1) / (kept * (kept - 1))
        parts.append((values[cut:-cut].mean(), spread, kept))
    (mine, a, h), (other, b, k) = parts
    df = (a + b) ** 2 / (a**2 / (h - 1) + b**2 / (k - 1))
    reach = stats.t.ppf(0.975, df) * np.sqrt(a + b)
    row = of(found, baseline="last rating", missing="completers alone",
             estimator="20 % trimmed means")  # fmt: skip
    assert row["n"] == len(change)
    assert row["estimate"] == pytest.approx(mine - other, abs=1e-9)
    assert row["ci_low"] == pytest.approx(mine - other - reach, abs=1e-9)


@contextmanager
def one_covariance() -> Iterator[None]:
    """The primary analysis with one covariance for both arms."""
    own = primary_module.model_of

    def of_both(visits: tuple[str, ...], covariates: tuple[str, ...], by_arm: bool = True) -> Any:
        return own(visits, covariates, by_arm=False)

    with patch.object(primary_module, "model_of", of_both):
        yield


def test_jump_to_reference_is_that_of_imputation_and_gate_6_reads_it(
    case: Case, found: pd.DataFrame
) -> None:
    """With a covariance an arm gate 6 moves the model's own difference, which is another."""
    scores = case.scores
    covariates = np.column_stack(list(scores.covariates.values()))
    change = scores.score - scores.baseline[:, None]
    imputed = Trial(change, covariates, scores.treated, scores.visits)
    own, alike = (conditional_mean(imputed, "JR", same_covariance=same).estimates[0, -1]
                  for same in (False, True))  # fmt: skip
    assert of(found, missing="jump to reference")["estimate"] == pytest.approx(own, abs=1e-9)
    with one_covariance():
        primary = primary_analysis(scores)
    gate = doubt_missing_scores(scores, primary, case.bars.holds(SUPPORTED))
    assert gate.jump_to_reference == pytest.approx(alike, abs=1e-9)


def test_groups_are_those_of_gate_6(case: Case, found: pd.DataFrame) -> None:
    rows = found[found["exclusion"] == "a flagged group left out"].set_index("detail")
    tried = {one.what: one for one in try_on_other_cases(case, case.bars)}
    assert len(rows)
    for group, row in rows.iterrows():
        assert row["estimate"] == tried[str(group)].primary.estimate
        assert row["word"] == tried[str(group)].word


def test_a_listed_group_put_back_has_a_row_and_blank_items_have_a_rule_of_their_own(
    case: Case,
) -> None:
    # Nobody was set aside by this rule: putting them back changes nothing.
    aside = frozenset({"form.incomplete", "form.sent-again"})
    more = replace(case, checked=replace(case.checked, set_aside=aside))
    exclusion = SMALL.exclusion | {"put_back": load_grid().exclusion["put_back"]}
    grid = SMALL.model_copy(update={"exclusion": exclusion})
    rows = multiverse(more, grid)
    rows = rows[rows["exclusion"] == "a group re-included"]
    assert rows["detail"].tolist() == ["with assessments sent again (form.sent-again) re-included"]
    assert rows["repeats"].all()
    assert rows["estimate"].iloc[0] == case.primary.estimate


def test_carrying_forward_keeps_everyone_and_completers_lose_some(found: pd.DataFrame) -> None:
    people = {label: of(found, missing=label, estimator="ANCOVA, HC3", window="about 24 h")["n"]
              for label in found["missing"].unique() if label != "jump to reference"}  # fmt: skip
    assert people["last score carried forward"] == 60
    assert people["completers alone"] < people["scores as seen (at random)"] < 60


def test_the_next_day_and_other_forms_never_decide(found: pd.DataFrame) -> None:
    shown = (found["window"] == "about 24 h") | (found["instrument"] != "primary scale")
    assert shown.any()
    assert not found.loc[shown, "may_decide"].any()
    assert (found.loc[shown, "why"] != "").all()
    week = found[found["detail"] == "PCL-5"].iloc[0]
    assert "168 h" in week["why"]
    assert week["word"] == ""


def test_a_specification_that_repeats_another_has_its_numbers(found: pd.DataFrame) -> None:
    # Within hours each visit has one form: the mean of two visits is that of the window.
    pair = [of(found, window=window, estimator="t test of change")
            for window in ("2 to 6 h, two visits", "2 to 6 h, one window")]  # fmt: skip
    assert [bool(row["repeats"]) for row in pair] == [False, True]
    assert [pair[0][name] for name in NUMBERS] == [pair[1][name] for name in NUMBERS]


def test_adding_a_specification_changes_no_other(case: Case) -> None:
    few = multiverse(case, SMALL)
    windows = SMALL.window | {"third_day": Choice(label="day 3", visits=("day_3",), decides=False)}
    more = multiverse(case, SMALL.model_copy(update={"window": windows}))
    added = more["window"] == "day 3"
    assert added.sum() == 4
    pd.testing.assert_frame_equal(more[~added].reset_index(drop=True), few)


def test_people_in_another_order_have_the_same_multiverse(case: Case) -> None:
    forms = case.checked.forms.sample(frac=1, random_state=3)
    shuffled = replace(case, checked=replace(case.checked, forms=forms))
    one, other = multiverse(case, SMALL), multiverse(shuffled, SMALL)
    pd.testing.assert_frame_equal(one, other, rtol=1e-7)


def test_the_curve_in_other_deals_is_that_of_its_own_rows(case: Case, found: pd.DataFrame) -> None:
    curve = rerandomised(case, number=19)
    own = found[found["may_decide"] & ~found["repeats"]]
    assert curve.estimates.shape == (20, len(own))
    exact = (own["estimator"] != "mixed model").to_numpy()
    assert curve.estimates[0, exact] == pytest.approx(own["estimate"][exact].to_numpy(), abs=1e-9)
    # The mixed model takes one covariance, of a fit without the arms, and so weighs both alike.
    with one_covariance():
        alike = multiverse(case).loc[own.index, "estimate"]
    assert curve.estimates[0] == pytest.approx(alike.to_numpy(), abs=0.1)
    same = (own["estimator"] != "mixed model").to_numpy()
    assert curve.p_values[0, same] == pytest.approx(own["p_value"][same].to_numpy(), rel=1e-6)


def test_a_strong_effect_is_beyond_every_deal_and_the_seed_fixes_the_rest(case: Case) -> None:
    one, again = (rerandomised(case, SMALL, number=99, seed=4) for _ in range(2))
    assert one.table().loc["median estimate", "p_value"] == 0.01
    assert one.table()["p_value"].max() <= 0.03
    assert one.table().loc["share with benefit and p < 0.05", "observed"] == 1
    np.testing.assert_array_equal(one.estimates, again.estimates)


def test_arms_are_dealt_within_sites(case: Case) -> None:
    study = case.checked.read
    alone = study.subjects.assign(site=study.subjects["arm"])
    read = replace(study, subjects=alone)
    by_arm = replace(case, checked=replace(case.checked, read=read))
    with pytest.raises(ValueError, match="cannot be re-randomised"):
        rerandomised(by_arm, SMALL)


def test_without_a_comparator_there_is_no_multiverse(case: Case) -> None:
    study = case.checked.study
    design = replace(study.design, comparator="none", comparator_arm=None)
    alone = replace(case, checked=replace(case.checked, study=replace(study, design=design)))
    for refuses in (multiverse, rerandomised):
        with pytest.raises(ValueError, match="no comparator"):
            refuses(alone)


def test_a_form_that_looks_back_decides_nothing(case: Case) -> None:
    study = case.checked.study
    design = replace(study.design, primary="PCL-5")
    week = replace(case, checked=replace(case.checked, study=replace(study, design=design)))
    rows = multiverse(week, SMALL)
    assert rows["estimate"].notna().any()
    assert not rows["may_decide"].any()
    with pytest.raises(ValueError, match="No specification may decide"):
        rerandomised(week, SMALL)


def test_what_cannot_be_estimated_says_why(case: Case) -> None:
    forms = case.checked.forms
    late = (forms["since_end_low"] >= 4) & (forms["since_end_high"] < 6)
    none_late = replace(case, checked=replace(case.checked, forms=forms[~late]))
    rows = multiverse(none_late, SMALL)
    lost = rows[rows["window"] == "about 5 h only"]
    assert lost["estimate"].isna().all()
    assert (lost["why"] != "").all()
    assert not lost["may_decide"].any()
    kept = rows[rows["window"] == "about 3 h only"]
    assert kept["estimate"].notna().all()


@pytest.mark.parametrize(
    "changes",
    [
        {"baseline": ["last", "mean"]},
        {"estimator": ["ancova", "mixed_model"]},
    ],
)
def test_a_grid_that_does_not_begin_with_the_primary_is_refused(changes: dict) -> None:
    grid = thinned(load_grid(), **changes)
    with pytest.raises(ValueError, match="must be the primary"):
        Grid.model_validate(grid.model_dump())


def test_a_grid_of_other_visits_is_refused(case: Case) -> None:
    grid = thinned(load_grid(), window=["one_window", "two_visits"])
    with pytest.raises(ValueError, match="hours_early, hours_late"):
        specifications(case, grid)


def null_curve(seed: int, *, n_per_arm: int, number: int) -> Curve:
    """A small curve of a trial in which the drug does nothing."""
    rng = np.random.default_rng(seed)
    made, definitions = trial(world("null"), n_per_arm, rng), DEFINITIONS
    both = scores_of(made, definitions)
    last = made.baseline_forms.copy()
    last[np.isfinite(last[:, 1]), 0] = np.nan
    from_last = scores_of(replace(made, baseline_forms=last), definitions)
    visits = [
        Scores(one.score[:, [visit]], one.baseline, one.treated, ("one visit",))
        for visit, one in enumerate((from_last, both))
    ]
    choices = [{"missing": "at_random", "estimator": name}
               for name in ("mixed_model", "ancova", "t_test", "trimmed")]  # fmt: skip
    jump = {"missing": "jump_to_reference", "estimator": "mixed_model"}
    strata = np.zeros(len(both.treated), int)
    arms = deals(both.treated, strata, number, rng)
    pairs = [*itertools.product([both, *visits], choices), (both, jump)]
    found = [redealt(scores, arms, chosen) for scores, chosen in pairs]
    return Curve(*(np.column_stack(part) for part in zip(*found, strict=True)))


def rejections(trials: int, *, n_per_arm: int, number: int) -> pd.Series:
    """How many null trials each statistic rejects at 5 %."""
    p = pd.DataFrame(
        [null_curve(length.seed(seed), n_per_arm=n_per_arm, number=number).table()["p_value"]
         for seed in range(trials)]
    )  # fmt: skip
    return (p <= 0.05 + 1e-12).sum()


def test_a_null_world_is_rejected_as_often_as_the_test_says() -> None:
    count = length.trials(short=40, long=100)
    found = rejections(count, n_per_arm=12, number=39)
    low, high = stats.binom.ppf([0.0005, 0.9995], count, 0.05)
    assert low <= found["median estimate"] <= high
    # The share ties at zero in most deals, which makes its test conservative.
    assert found["share with benefit and p < 0.05"] <= high


def test_words_are_those_of_gate_5(case: Case, found: pd.DataFrame) -> None:
    own = found[found["word"] != ""]
    supported = (own["ci_high"] < -case.bars.bias) & (own["estimate"] <= -case.bars.smallest)
    assert (supported == (own["word"] == SUPPORTED)).all()
