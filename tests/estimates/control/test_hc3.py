"""Least squares with HC3 standard errors: statsmodels to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.estimates.control.hc3 import least_squares_hc3


@pytest.mark.parametrize("n", [6, 30, 200])
def test_coefficients_and_covariance_are_statsmodels(n):
    rng = np.random.default_rng(n)
    arm = np.arange(n) % 2
    design = np.column_stack([np.ones(n), rng.normal(size=n), arm])
    score = 30 - 4 * arm + rng.normal(size=n) * (1 + arm)
    found = least_squares_hc3(design, score)
    fit = sm.OLS(score, design).fit(cov_type="HC3")
    np.testing.assert_allclose(found.coefficients, fit.params, rtol=1e-13)
    np.testing.assert_allclose(found.covariance, fit.cov_params(), rtol=1e-12)
    assert found.df == fit.df_resid
