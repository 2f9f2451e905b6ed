"""Formulas give the columns of formulaic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from formulaic import Formula

from analysis.mmrm.design.matrix import build_design
from tests.mmrm.prepared_data import FORMULA, ROLES, data

FORMULAS = [
    FORMULA,
    "y ~ 0 + arm:visit + baseline",
    "y ~ arm * visit * baseline",
    "y ~ C(visit, contr.sum) * arm + I(baseline**2)",
    "y ~ bs(baseline, df=4) * visit + scale(hours):arm",
    "y ~ C(dose) * arm + visit + dose:baseline",
    "y ~ C(baseline > 30) * arm + visit",
    "y ~ C(hours) + arm",
    "y ~ poly(baseline, 2) + arm + visit",
    "np.log(y) ~ arm + baseline",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_columns_are_those_of_formulaic(formula: str) -> None:
    """Products of looked-up values and expressions, against the materialiser itself."""
    design = build_design(formula, data(), **ROLES)
    used = data().dropna().reset_index(drop=True)
    for name, levels in design.template.recipe.levels.items():
        used[name] = pd.Categorical(used[name], categories=list(levels))
    theirs = Formula(formula).rhs.get_model_matrix(used)
    assert list(design.template.recipe.names) == list(theirs.columns)
    np.testing.assert_allclose(design.x[np.argsort(design.order)], theirs, rtol=1e-13)
