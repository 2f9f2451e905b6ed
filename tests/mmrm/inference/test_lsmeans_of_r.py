"""LS means and differences against emmeans."""

from __future__ import annotations

import numpy as np
import pytest

from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted


@pytest.mark.parametrize("kind", ["us", "cs", "csh", "ar1", "ar1h"])
@pytest.mark.parametrize("name", NAMES)
def test_ls_means_are_those_of_emmeans(fitted: Fitted, name: str, kind: str) -> None:
    table, ours = r.listing("gls", name), fitted(name, kind, "satterthwaite")
    arm, visit = r.STUDIES[name].arm, r.STUDIES[name].visit
    means = ours.lsmeans(arm, by=visit)
    means.index = means[arm].astype(str) + "/" + means[visit].astype(str)
    differences = ours.differences(arm, by=visit)
    differences.index = "difference/" + differences[visit].astype(str)
    for what, mine in (("lsmean", means), ("difference", differences)):
        listed = table.values(kind, "REML", f"{what} estimate")
        se = table.values(kind, "REML", f"{what} se")
        mine = mine.loc[listed.index]
        assert ((mine["estimate"] - listed) / se).abs().max() < 1e-4
        np.testing.assert_allclose(mine["se"], se, rtol=1e-4)
        # gls stops short of the maximum, and the derivatives of R are numeric.
        df = table.values(kind, "REML", f"{what} df")
        np.testing.assert_allclose(mine["df"], df, rtol=2e-4)
        # As emmeans prints them: with the covariance of parameters that nlme finds coarsely.
        printed = table.values(kind, "REML", f"{what} df of emmeans")
        np.testing.assert_allclose(mine["df"], printed, rtol=0.06)
