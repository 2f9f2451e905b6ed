"""A prepared model gives the numbers of a model whose formula is read anew."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from formulaic import Formula

from analysis.mmrm import mmrm, prepare
from tests.mmrm.prepared_data import FORMULA, ROLES, data


@pytest.mark.parametrize(
    "options",
    [{}, {"group": "arm"}, {"weights": "w"}, {"covariance": "sp_exp", "time": "hours"}],
    ids=str,
)
@pytest.mark.parametrize("formula", [FORMULA, "y ~ bs(baseline, df=4) + arm * visit"])
def test_a_prepared_model_gives_the_same_fit(formula: str, options: dict[str, Any]) -> None:
    spec = prepare(formula, data(), **ROLES, **options)
    one, two = spec.fit(data()), mmrm(formula, data(), **ROLES, **options)
    assert one.loglik == two.loglik
    pd.testing.assert_frame_equal(one.coefficients(), two.coefficients())
    pd.testing.assert_frame_equal(
        one.differences("arm", by="visit"), two.differences("arm", by="visit")
    )


def test_other_data_are_fitted_as_by_themselves() -> None:
    spec = prepare(FORMULA, data(), **ROLES)
    one, two = spec.fit(data(seed=8)), mmrm(FORMULA, data(seed=8), **ROLES)
    pd.testing.assert_frame_equal(one.coefficients(), two.coefficients())


def test_the_formula_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = prepare(FORMULA, data(), **ROLES)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("formulaic was called")

    monkeypatch.setattr("formulaic.materializers.base.FormulaMaterializer.__init__", refuse)
    monkeypatch.setattr("formulaic.Formula", refuse)
    fit = spec.fit(data(seed=4))
    assert len(fit.differences("arm", by="visit")) == 4
    assert len(fit.predict(data())) == 160


def test_knots_are_those_of_the_data_it_was_prepared_on() -> None:
    formula = "y ~ bs(baseline, df=4) + arm + visit"
    spec = prepare(formula, data(), **ROLES, method="ml", df="satterthwaite")
    some = data()[lambda t: t["subject"] != "s0"]
    fit = spec.fit(some)
    assert fit.loglik != mmrm(formula, some, **ROLES, method="ml", df="satterthwaite").loglik
    twice = spec.fit(pd.concat([data(), data().assign(subject=lambda t: t["subject"] + "b")]))
    np.testing.assert_allclose(twice.predict(data()), spec.fit(data()).predict(data()), rtol=1e-6)


def test_a_level_that_was_not_there_is_refused_and_one_may_be_lacking() -> None:
    spec = prepare("y ~ C(dose) + visit", data(), **ROLES)
    assert spec.fit(data()[lambda t: t["dose"] < 2]).aliased == ("C(dose)[T.2.0]",)
    with pytest.raises(ValueError, match=r"'dose' has 1\d\d value\(s\) that are not among"):
        spec.fit(data().assign(dose=7)[:128])


def test_a_prepared_model_travels() -> None:
    spec = pickle.loads(pickle.dumps(prepare(FORMULA, data(), **ROLES)))
    assert spec.formula == FORMULA
    assert spec.fit(data()).loglik == mmrm(FORMULA, data(), **ROLES).loglik


def test_a_covariate_that_changes_within_subjects() -> None:
    table = data()
    table["dose"] = np.random.default_rng(0).normal(size=len(table))
    formula = "y ~ dose * visit + baseline * dose + arm * visit"
    used = table.dropna()
    used["visit"] = pd.Categorical(used["visit"], categories=["VIS8", "VIS9", "VIS10", "VIS11"])
    theirs = Formula(formula).rhs.get_model_matrix(used)
    fit = mmrm(formula, table, **ROLES, covariance="cs", df="residual", method="reml")
    v = fit.covariance.to_numpy()
    at = {name: i for i, name in enumerate(fit.covariance.index)}
    information = np.zeros((theirs.shape[1],) * 2)
    for _, rows in used.groupby("subject"):
        x = theirs.loc[rows.index].to_numpy()
        k = [at[name] for name in rows["visit"]]
        information += x.T @ np.linalg.solve(v[np.ix_(k, k)], x)
    order = [list(theirs.columns).index(name) for name in fit.params.index]
    expected = np.linalg.inv(information)[np.ix_(order, order)]
    np.testing.assert_allclose(fit.vcov, expected, rtol=1e-8, atol=1e-12)


def test_a_model_is_prepared_on_a_table() -> None:
    with pytest.raises(ValueError, match="A model is prepared on a DataFrame"):
        prepare(FORMULA, [data()], **ROLES)
