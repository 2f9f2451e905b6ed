"""Kenward-Roger against pbkrtest, which uses the expected information of the covariance
parameters where SAS and we use the observed; with the expected one put in, ours prints the same.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted, rows_of, table_of


@pytest.mark.parametrize("name", NAMES)
def test_kenward_roger_with_expected_information_is_that_of_pbkrtest(
    fitted: Fitted, name: str
) -> None:
    table = r.listing("lmer", name)
    theta = r.listed_parameters(table, "cs", "REML")
    ours = r.at(fitted(name, "cs", "kenward-roger"), theta, expected=True)
    coefficients, df = table_of(ours), table.terms("cs", "REML", "kenward-roger df")
    matrix = table.matrix("cs", "REML", "kenward-roger vcov")
    np.testing.assert_allclose(coefficients["se"][df.index], np.sqrt(np.diag(matrix)), rtol=1e-9)
    np.testing.assert_allclose(coefficients["df"][df.index], df, rtol=1e-9)
    statistics = table.values("cs", "REML", "kenward-roger F")
    denominators = table.values("cs", "REML", "kenward-roger F df")
    for label in statistics.index:
        test = ours.wald(rows_of(ours, label))
        assert test["f"] == pytest.approx(statistics[label], rel=1e-9)
        assert test["df2"] == pytest.approx(denominators[label], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_kenward_roger_with_observed_information_is_near_that_of_pbkrtest(
    fitted: Fitted, name: str
) -> None:
    table, ours = r.listing("lmer", name), fitted(name, "cs", "kenward-roger")
    df = table.terms("cs", "REML", "kenward-roger df")
    # With complete data the two informations are the same at the maximum.
    close = 1e-7 if name == "complete" else 0.1
    np.testing.assert_allclose(table_of(ours)["df"][df.index], df, rtol=close)
