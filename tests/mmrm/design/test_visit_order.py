"""Visits stand in natural or declared order."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.mmrm.conftest import trial
from tests.mmrm.fits import fit


def test_visits_are_in_natural_order() -> None:
    result = fit(trial(40, 4, seed=20).astype({"visit": str}))
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


def test_unordered_categories_keep_their_order_and_may_hold_visits_nobody_had() -> None:
    order = ["VIS11", "never", "VIS8", "VIS9", "VIS10"]
    data = trial().assign(visit=lambda d: pd.Categorical(d["visit"], order))
    assert list(fit(data).covariance.columns) == ["VIS11", "VIS8", "VIS9", "VIS10"]


def test_visits_as_lengths_of_time_are_hours() -> None:
    data = trial().assign(visit=lambda d: pd.to_timedelta(d["hours"], "h"))
    assert list(fit(data).covariance.index) == [0, 2, 4, 6]
    assert fit(data).loglik == pytest.approx(fit(trial()).loglik, rel=1e-12)
    half = data.assign(visit=data["visit"] / 4)
    assert list(fit(half).lsmeans("visit")["visit"]) == [0.0, 0.5, 1.0, 1.5]
