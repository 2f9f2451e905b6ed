"""Satterthwaite against lmerTest, SAS and nlme."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.mmrm import r_listings as r
from tests.mmrm.inference.r_tables import NAMES, Fitted, rows_of, table_of


@pytest.mark.parametrize("name", NAMES)
def test_satterthwaite_is_that_of_lmertest(fitted: Fitted, name: str) -> None:
    table, ours = r.listing("lmer", name), fitted(name, "cs", "satterthwaite")
    coefficients, df = table_of(ours), table.terms("cs", "REML", "satterthwaite df")
    se = table.terms("cs", "REML", "satterthwaite se")
    np.testing.assert_allclose(coefficients["se"][df.index], se, rtol=1e-6)
    # lmerTest's Hessian is numeric.
    np.testing.assert_allclose(coefficients["df"][df.index], df, rtol=1e-5)
    statistics = table.values("cs", "REML", "satterthwaite F")
    denominators = table.values("cs", "REML", "satterthwaite F df")
    for label in statistics.index:
        test = ours.wald(rows_of(ours, label))
        assert test["f"] == pytest.approx(statistics[label], rel=1e-6)
        assert test["df2"] == pytest.approx(denominators[label], rel=1e-5)


def test_where_the_sas_listing_stops_short_nlme_is_with_us(
    fitted: Fitted, sas: dict[str, Any]
) -> None:
    """The difference at the second visit is listed as 3.7322 and is 3.73232 at the maximum."""
    ours = fitted("fev", "us", "satterthwaite").differences("ARMCD", by="AVISIT")
    nlme = r.listing("gls", "fev").values("us", "REML", "difference estimate").to_numpy()
    listed = np.array(sas["satterthwaite"]["differences"])
    gap = np.abs(ours["estimate"].to_numpy() - nlme)
    assert gap.max() < 5e-5
    assert abs(listed[1] - nlme[1]) > 1e-4
