"""What the mixed model refuses, or says, before and after a fit, each in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.mmrm import MMRM, ConvergenceError, FitWarning, mmrm
from tests.mmrm.conftest import trial


def fit(data: pd.DataFrame, formula: str = "y ~ baseline + arm * visit", **options: Any):
    return mmrm(formula, data, subject="subject", visit="visit", **options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"fallback": "cs"}, "fallback must be True, False, or the structures that may replace"),
        ({"fallback": ("cs", "none")}, "fallback must be True, False, or the structures"),
        ({"covariance": "ar2"}, "covariance must be one of us, toep"),
        ({"method": "mle"}, "method must be one of reml, ml, not 'mle'"),
        ({"df": "kr"}, "df must be one of kenward-roger"),
        ({"vcov": "HC3"}, "vcov must be one of model, CR0, CR2, CR3"),
        ({"covariance": "sp_exp"}, "needs the times of the visits"),
        ({"covariance": "us", "time": "hours"}, "time is used by covariance 'sp_exp' only"),
        ({"method": "ml"}, "Kenward-Roger needs method 'reml'"),
        ({"vcov": "CR2"}, "choose df='satterthwaite'"),
        ({"formula": "y ~ arm + (1 | subject)"}, "A random effect in the formula"),
        ({"formula": "y ~ arm + offset(baseline)"}, "An offset in the formula"),
        ({"formula": "arm * visit"}, "must read 'outcome ~ terms'"),
        ({"formula": "y ~ dose"}, "no column 'dose'"),
        ({"formula": "arm ~ visit"}, "must be one numeric column"),
        ({"formula": "y + baseline ~ visit"}, "must be one numeric column"),
        ({"formula": "y ~ offset (baseline)"}, "An offset in the formula"),
        ({"formula": "y ~ ."}, "write out every term"),
        ({"formula": "y ~ `arm`"}, "rename a column that is not a plain word"),
        ({"formula": "y ~ 0"}, "has no term: write 'outcome ~ 1' for a mean"),
        ({"formula": "y ~ "}, "has no term"),
        ({"formula": "y ~ (arm"}, "cannot be read: Could not find"),
        ({"formula": None}, "must be text such as"),
        ({"formula": "y ~ spline(baseline)"}, "calls 'spline', which is neither a function"),
        ({"formula": "y ~ np.log(baseline - 30)"}, "cannot be evaluated"),
        ({"formula": "y ~ y + visit"}, "fits the outcome 'y' exactly"),
        ({"group": "site"}, "no column 'site'"),
        ({"weights": "w"}, "no column 'w'"),
        ({"covariance": "sp_exp", "time": "clock"}, "no column 'clock'"),
    ],
)
def test_options_and_formulas(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        fit(trial(), **options)


def test_two_rows_of_a_subject_at_a_visit() -> None:
    data = pd.concat([trial(missing=0), trial(missing=0).iloc[:2]])
    with pytest.raises(ValueError, match=r"2 row\(s\) repeat a pair of 'subject' and 'visit'"):
        fit(data)


def test_a_declared_visit_seen_by_nobody() -> None:
    data = trial()
    order = ["VIS8", "VIS9", "VIS10", "VIS11", "VIS12"]
    data["visit"] = pd.Categorical(data["visit"], categories=order, ordered=True)
    with pytest.raises(ValueError, match="No row that can be used has visit VIS12"):
        fit(data)


def test_fewer_subjects_at_a_visit_than_parameters_of_its_mean() -> None:
    data = trial(20)
    late = (data["visit"] == "VIS11") & ~data["subject"].isin(["s1", "s2"])
    data.loc[late, "y"] = np.nan
    with pytest.raises(ValueError, match=r"Visit VIS11 was seen by 2 subject\(s\)"):
        fit(data)
    with pytest.raises(ValueError, match="'cs' lets visits share one variance"):
        fit(data, covariance="ar1h")


def test_constant_outcome() -> None:
    with pytest.raises(ValueError, match="'y' is constant"):
        fit(trial().assign(y=4.0))


def test_outcome_that_the_model_fits_exactly() -> None:
    data = trial(missing=0)
    with pytest.raises(ValueError, match="fits the outcome 'y' exactly"):
        fit(data.assign(y=2 * data["baseline"] + 1))


def test_infinite_values() -> None:
    data = trial()
    data.loc[3, "baseline"] = np.inf
    with pytest.raises(ValueError, match=r"'baseline' has 1 infinite value\(s\)"):
        fit(data)


def test_no_complete_row() -> None:
    with pytest.raises(ValueError, match="there is nothing to fit"):
        fit(trial().assign(baseline=np.nan))


def test_weights_must_be_positive() -> None:
    with pytest.raises(ValueError, match="that are not positive"):
        fit(trial().assign(w=0.0), weights="w")


def test_the_group_of_a_covariance_is_constant_within_subject() -> None:
    data = trial(missing=0)
    with pytest.raises(ValueError, match="changes within 40 subject"):
        fit(data.assign(half=np.arange(len(data)) % 2), group="half")


def test_two_visits_at_the_same_time() -> None:
    with pytest.raises(ValueError, match="two visits at the same time"):
        fit(trial(missing=0).assign(hours=1.0), covariance="sp_exp", time="hours")


def test_unseen_level_in_prediction() -> None:
    data = trial()
    new = data.head(4).assign(arm="placebo")
    with pytest.raises(ValueError, match=r"'arm' has 4 value\(s\) that are not among the levels"):
        fit(data).predict(new)


def test_no_structure_converges() -> None:
    # Two visits perfectly correlated: the likelihood has no maximum.
    data = trial(20, 2, missing=0)
    first = data.loc[data["visit"] == "VIS8", "y"].to_numpy()
    data["y"] = np.repeat(first, 2) * np.where(data["visit"] == "VIS9", 2.0, 1.0)
    with pytest.raises(ConvergenceError, match="No maximum was found with covariance us, csh"):
        fit(data, "y ~ visit", fallback=("csh",))


@pytest.mark.parametrize("covariance", ["us", "ar1h", "cs"])
@pytest.mark.parametrize("cut", [False, True], ids=["table", "chunks"])
def test_a_visit_where_the_outcome_is_constant_is_refused_by_name(
    covariance: str, cut: bool
) -> None:
    data = trial(30, 3)
    data["y"] = data["y"].mask((data["visit"] == "VIS9") & data["y"].notna(), 40.1)
    n = int((data["y"] == 40.1).sum())
    sentence = f"At visit VIS9 the outcome 'y' is the same for all {n} subjects"
    with pytest.raises(ValueError, match=sentence):
        fit([data.iloc[:45], data.iloc[45:]] if cut else data, covariance=covariance)


@pytest.mark.parametrize("covariance", ["us", "toeph", "cs"])
@pytest.mark.parametrize("cut", [False, True], ids=["table", "chunks"])
def test_two_visits_that_differ_by_a_number_are_refused_by_name(covariance: str, cut: bool) -> None:
    data = trial(30, 3)
    before = data.loc[data["visit"] == "VIS9", "y"].to_numpy()
    data.loc[data["visit"] == "VIS10", "y"] = before + 1.1
    sentence = "Visits VIS9 and VIS10 differ by the same number in 'y' for all"
    with pytest.raises(ValueError, match=sentence):
        fit([data.iloc[:45], data.iloc[45:]] if cut else data, covariance=covariance)
    # What few had, and the model's terms fit exactly whatever it is, is no such thing.
    few = data["subject"].isin(["s0", "s1"]) | (data["visit"] != "VIS10")
    assert fit(data[few], covariance="cs").n_subjects == 30


def test_a_structure_that_fails_is_replaced_and_named() -> None:
    # Two disjoint sets of subjects: the covariance of early and late visits has no information.
    data = trial(24, 4, missing=0, seed=3)
    early = data["subject"].str[1:].astype(int) < 12
    gone = np.where(
        early, data["visit"].isin(["VIS10", "VIS11"]), data["visit"].isin(["VIS8", "VIS9"])
    )
    with pytest.warns(FitWarning, match="us, toeph did not converge: ar1h was used instead"):
        result = fit(data[~gone], "y ~ visit")
    assert result.fallbacks == ("us", "toeph")
    assert result.covariance_type == "ar1h"
    assert not result.converged
    assert "did not converge: us" in result.summary()
    # A ladder written out was declared beforehand: nothing to warn of.
    declared = fit(data[~gone], "y ~ visit", fallback=("toeph", "ar1h"))
    assert declared.loglik == result.loglik
    with pytest.raises(ConvergenceError, match="covariance us"):
        fit(data[~gone], "y ~ visit", fallback=False)


def test_arguments_are_not_changed() -> None:
    data = trial()
    before = data.copy(deep=True)
    fit(data)
    pd.testing.assert_frame_equal(data, before)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.assign(y=d["y"].astype(str)), "outcome 'y' must be one numeric column"),
        (lambda d: d.assign(y=d["y"] + 1j), "outcome 'y' must be one numeric column"),
        (lambda d: d.assign(y=np.nan), "there is nothing to fit"),
        (lambda d: d.iloc[:0], "there is nothing to fit"),
        (lambda d: pd.concat([d, d[["arm"]]], axis=1), "2 columns named 'arm': keep one"),
        (lambda d: [1, 2], "Every chunk must be a DataFrame, not a int"),
        (lambda d: d["y"], "data must be a DataFrame"),
        (lambda d: d.rename(columns={"visit": "week"}), "no column 'visit'"),
        (lambda d: d.assign(subject="a"), "repeat a pair of 'subject' and 'visit'"),
    ],
)
def test_data_that_are_none(change: Callable[[pd.DataFrame], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        fit(change(trial()))


def test_subject_and_visit_are_different_columns() -> None:
    with pytest.raises(ValueError, match="must be different columns, not both 'visit'"):
        mmrm("y ~ arm", trial(), subject="visit", visit="visit")


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (lambda f, d: f.lsmeans("baseline"), "Write C(baseline) to make it one"),
        (lambda f, d: f.lsmeans(["arm", "visit"]), "is not a factor of the formula"),
        (lambda f, d: f.lsmeans("arm", at={"baseline": "high"}), "takes one finite value"),
        (lambda f, d: f.lsmeans("arm", at={"baseline": [20, 30]}), "takes one finite value"),
        (lambda f, d: f.lsmeans("arm", at={"baseline": np.nan}), "takes one finite value"),
        (lambda f, d: f.lsmeans("arm", at={"visit": []}), "no level of 'visit' is given"),
        (lambda f, d: f.differences("visit", at={"visit": "VIS8"}), "has one level only, 'VIS8'"),
        (lambda f, d: f.predict({"arm": ["drug"]}), "must be a DataFrame, not a dict"),
        (lambda f, d: f.predict(d.drop(columns="arm")), "no column 'arm'"),
        (lambda f, d: f.predict(d.assign(baseline="a")), "'baseline' of the new data must be num"),
        (lambda f, d: f.predict(d.assign(baseline=np.inf)), "has an infinite value"),
        (lambda f, d: f.contrast({}), "has no weight on any term"),
        (lambda f, d: f.contrast("arm"), "Weights must be numbers, or a dict"),
        (lambda f, d: f.simulate(0, 1), "n must be at least 1, not 0"),
        (lambda f, d: f.bootstrap(-1, 1), "n must be at least 1, not -1"),
        (lambda f, d: f.bootstrap(None, 1), "n must be at least 1, not None"),
        (lambda f, d: f.simulate(2.5, 1), "n must be at least 1, not 2.5"),
        (lambda f, d: f.simulate(3, "seed"), "rng must be a seed (a whole number) or a generator"),
        (lambda f, d: f.lsmeans("arm", level="high"), "level must be between 0 and 1, not high"),
        (lambda f, d: f.coefficients(level=None), "level must be between 0 and 1, not None"),
        (lambda f, d: f.covariance_parameters(level="a"), "level must be between 0 and 1, not a"),
        (lambda f, d: f.lsmeans("arm", at=["drug"]), "at is a dict of variable to value"),
        (lambda f, d: f.contrast({"baseline": "x"}), "The weight of 'baseline' must be a finite"),
        (lambda f, d: f.contrast({"baseline": np.inf}), "The weight of 'baseline' must be a fin"),
        (lambda f, d: f.wald([[np.nan] * 9]), "Weights must be finite numbers"),
    ],
)
def test_odd_questions_to_a_fit(use: Callable[[MMRM, pd.DataFrame], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        use(fit(trial()), trial().head(3))


DAY = pd.Timestamp("2024-01-01")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.assign(baseline=DAY), "'baseline' holds dates, and a date is no number"),
        (lambda d: d.assign(baseline=DAY.date()), "'baseline' holds dates"),
        (lambda d: d.assign(y=DAY), "'y' holds dates"),
        (lambda d: d.assign(visit=DAY + pd.to_timedelta(d["hours"], "h")), "'visit' holds dates"),
        (lambda d: d.assign(arm=DAY.date()), "'arm' holds dates"),
        (lambda d: d.assign(arm=[["drug"]] * len(d)), "'arm' holds lists or other collections"),
        (lambda d: d.assign(subject=[[1]] * len(d)), "'subject' holds lists or other"),
        (
            lambda d: d.assign(baseline=d["baseline"].round(1).astype(str)),
            "most of which read as numbers: convert it, data['baseline'] = pandas.to_numeric",
        ),
        (lambda d: d.assign(arm="at " + d["subject"]), "'arm' is text with 40 different values"),
    ],
)
def test_what_is_no_number_and_no_level(change: Callable[..., Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        fit(change(trial()))


def test_a_text_column_of_numbers_may_be_meant_as_a_factor() -> None:
    data = trial(60).assign(site=lambda d: (d["subject"].str[1:].astype(int) % 7).astype(str))
    with pytest.raises(ValueError, match=r"or write C\(site\)"):
        fit(data, "y ~ site + arm * visit")
    assert len(fit(data, "y ~ C(site) + arm * visit").params) == 6 + 8


def test_prediction_outside_the_domain_of_an_expression() -> None:
    result = fit(trial(), "y ~ np.log(baseline) + arm * visit")
    with pytest.raises(ValueError, match="cannot be evaluated on every row"):
        result.predict(trial().head(3).assign(baseline=-1.0))
