"""Words and formulas of R and SAS are taken, or answered with the line to write."""

from __future__ import annotations

import re
from typing import Any

import pytest

from analysis.mmrm import MMRM, mmrm
from tests.mmrm.conftest import trial

FORMULA = "y ~ baseline + arm * visit"


def fit(formula: str = FORMULA, **options: Any) -> MMRM:
    return mmrm(formula, trial(30, 3), **{"subject": "subject", "visit": "visit"} | options)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"covariance": "UN"}, {"covariance": "us"}),
        ({"covariance": "AR(1)"}, {"covariance": "ar1"}),
        ({"covariance": "ARH(1)"}, {"covariance": "ar1h"}),
        ({"covariance": "TOEPH"}, {"covariance": "toeph"}),
        ({"method": "REML", "df": "Kenward-Roger-Linear"}, {"df": "kenward-roger"}),
        ({"method": "ML", "df": "Satterthwaite"}, {"method": "ml", "df": "satterthwaite"}),
        ({"df": "Between-Within"}, {"df": "between-within"}),
        ({"vcov": "Asymptotic", "df": "Residual"}, {"vcov": "model", "df": "residual"}),
        (
            {"vcov": "Empirical", "df": "Satterthwaite"},
            {"vcov": "CR0", "df": "satterthwaite"},
        ),
        (
            {"vcov": "Empirical-Jackknife", "df": "Satterthwaite"},
            {"vcov": "CR3", "df": "satterthwaite"},
        ),
    ],
    ids=lambda o: ", ".join(o.values()),
)
def test_words_of_r_and_sas_are_taken(theirs: dict[str, str], ours: dict[str, str]) -> None:
    one, two = fit(**theirs), fit(**ours)
    assert one.coefficients().equals(two.coefficients())
    assert (one.covariance_type, one.df, one.vcov_method) == (
        two.covariance_type,
        two.df,
        two.vcov_method,
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        # The same word with a capital is R's original form, and another number.
        ({"df": "Kenward-Roger"}, "write df='kenward-roger-original', or df='kenward-roger'"),
        ({"method": "Kenward-Roger"}, "write df= for 'Kenward-Roger'"),
        ({"vcov": "Kenward-Roger"}, "write df='kenward-roger-original'"),
        ({"vcov": "Empirical-Bias-Reduced"}, "write vcov='CR2' for that of clubSandwich"),
        (
            {"formula": f"{FORMULA} + us(visit | subject)"},
            f"write mmrm('{FORMULA}', data, subject='subject', visit='visit', covariance='us')",
        ),
        (
            {"formula": "y ~ ar1h(visit | arm / subject)", "subject": None, "visit": None},
            "write mmrm('y ~ 1', data, subject='subject', visit='visit', covariance='ar1h', "
            "group='arm')",
        ),
        (
            {"formula": "y ~ arm + sp_exp(a, b | id)"},
            "covariance='sp_exp', time=['a', 'b'])",
        ),
        ({"formula": "y ~ factor(arm) * visit"}, "R's factor(x) is C(x)"),
        ({"subject": None}, "Name the columns of the subjects and of the visits"),
        ({"weights": ["baseline"]}, "Name the columns"),
        ({"covariance": ["us"]}, "covariance must be one of us"),
    ],
)
def test_what_means_something_else_is_answered_with_the_line_to_write(
    options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        fit(**options)


def test_a_name_with_a_dot_is_answered_with_the_lines_to_write() -> None:
    data = trial(30, 3).rename(columns={"baseline": "base.line"})
    lines = (
        "write data = data.rename(columns={'base.line': 'base_line'}) and "
        "'y ~ base_line + np.log(base_line) + arm'."
    )
    with pytest.raises(ValueError, match=re.escape(lines)):
        mmrm("y ~ base.line + np.log(base.line) + arm", data, subject="subject", visit="visit")
