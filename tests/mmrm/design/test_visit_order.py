"""Visits stand in natural or declared order."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.mmrm import MMRM
from tests.mmrm.conftest import trial
from tests.mmrm.fits import fit


def test_visits_are_in_natural_order(result: MMRM) -> None:
    assert list(result.covariance.index) == ["VIS8", "VIS9", "VIS10", "VIS11"]
    assert list(result.lsmeans("visit")["visit"]) == ["VIS8", "VIS9", "VIS10", "VIS11"]


def test_visits_are_in_declared_order() -> None:
    data = trial()
    order = ["VIS11", "VIS8", "VIS9", "VIS10"]
    data["visit"] = pd.Categorical(data["visit"], categories=order, ordered=True)
    assert list(fit(data).covariance.columns) == order


def test_numeric_visits_are_a_factor() -> None:
    data = trial()
    data["visit"] = data["visit"].str[3:].astype(int)
    one, two = fit(data, "y ~ arm * visit"), fit(trial(), "y ~ arm * visit")
    assert one.loglik == pytest.approx(two.loglik, rel=1e-12)
