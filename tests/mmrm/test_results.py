"""Tables of a fit: their columns, coefficients that cannot be told, information criteria."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.fits import COLUMNS, fit


def test_tables_have_the_declared_columns(result: MMRM) -> None:
    assert list(result.lsmeans("arm", by="visit")) == ["arm", "visit", *COLUMNS]
    assert list(result.differences("arm", by="visit")) == ["visit", "contrast", *COLUMNS]
    assert list(result.differences("arm")) == ["contrast", *COLUMNS]
    assert list(result.contrast({"baseline": 1.0}).index) == COLUMNS
    assert list(result.wald({"baseline": 1.0}).index) == ["f", "df1", "df2", "p_value"]
    assert list(result.bse.index) == list(result.params.index) == list(result.vcov.columns)


def test_a_rank_deficient_design_is_said_and_estimates_what_it_can() -> None:
    data = trial(40, 3, seed=22)
    data["twin"] = 2 * data["baseline"] + 1
    full = fit(data, "y ~ baseline + arm * visit")
    result = fit(data, "y ~ baseline + twin + arm * visit")
    assert result.aliased == ("twin",)
    assert "aliased and left out: twin" in result.summary()
    assert result.loglik == pytest.approx(full.loglik, rel=1e-10)
    ours, theirs = (r.differences("arm", by="visit") for r in (result, full))
    np.testing.assert_allclose(ours[COLUMNS], theirs[COLUMNS], rtol=1e-6)
    with pytest.raises(ValueError, match="cannot estimate this contrast"):
        result.contrast({"twin": 1.0})
    assert np.isnan(result.lsmeans("arm", at={"twin": 0.0})["estimate"]).all()


def test_information_criteria_count_fixed_effects_under_ml_only() -> None:
    data = trial(30, 3, seed=26)
    reml = fit(data, "y ~ arm * visit")
    ml = fit(data, "y ~ arm * visit", method="ml", df="satterthwaite")
    assert reml.aic == pytest.approx(-2 * reml.loglik + 2 * 6)
    assert ml.aic == pytest.approx(-2 * ml.loglik + 2 * 12)
    assert ml.bic == pytest.approx(-2 * ml.loglik + 12 * np.log(30))


def test_the_example_of_the_docstring() -> None:
    import doctest

    from analysis.mmrm import model

    outcome = doctest.testmod(model)
    assert outcome.attempted > 0
    assert outcome.failed == 0
