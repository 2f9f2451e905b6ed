"""Sandwich covariances against clubSandwich."""

from __future__ import annotations

import numpy as np
import pytest

from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted, table_of


@pytest.mark.parametrize("vcov", ["CR0", "CR2", "CR3"])
@pytest.mark.parametrize("kind", ["us", "cs"])
@pytest.mark.parametrize("name", NAMES)
def test_sandwich_is_that_of_clubsandwich(fitted: Fitted, name: str, kind: str, vcov: str) -> None:
    table, ours = r.listing("gls", name), fitted(name, kind, "satterthwaite", vcov)
    ours = r.at(ours, r.listed_parameters(table, kind, "REML"))
    coefficients = table_of(ours)
    se = table.terms(kind, "REML", f"{vcov} se")
    np.testing.assert_allclose(coefficients["se"][se.index], se, rtol=1e-9)
    df = table.terms(kind, "REML", f"{vcov} df")
    np.testing.assert_allclose(coefficients["df"][df.index], df, rtol=1e-9)
