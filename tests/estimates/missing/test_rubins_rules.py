"""Rubin's rules with the degrees of freedom of Barnard and Rubin."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimates.missing import pool

LISTING = Path(__file__).parents[2] / "reference" / "estimates" / "rubin.csv"


def cases() -> list[dict[str, str]]:
    lines = LISTING.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"df {case['df_complete']}")
def test_equals_the_listing_of_mice(case: dict[str, str]) -> None:
    estimates, variances = (
        np.array([float(word) for word in case[name].split()])
        for name in ("estimates", "variances")
    )
    found = pool(estimates, variances, float(case["df_complete"]))
    assert found.estimate == pytest.approx(float(case["qbar"]), rel=1e-10)
    assert found.within == pytest.approx(float(case["ubar"]), rel=1e-10)
    assert found.between == pytest.approx(float(case["b"]), rel=1e-10)
    assert found.se**2 == pytest.approx(float(case["t"]), rel=1e-10)
    assert found.df == pytest.approx(float(case["df"]), rel=1e-9)
    assert found.fraction_missing == pytest.approx(float(case["fmi"]), rel=1e-9)


def test_imputations_that_agree_lose_no_information() -> None:
    found = pool(np.full(5, -2.0), np.full(5, 1.5), 169)
    assert found.se == pytest.approx(np.sqrt(1.5))
    assert found.fraction_missing == 0.0
    assert found.df == pytest.approx(169 * 170 / 172)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=20),
    st.floats(0.1, 10),
    st.floats(3, 500),
)
def test_the_pooled_error_is_at_least_that_of_one_imputation(
    estimates: list[float], variance: float, df: float
) -> None:
    found = pool(np.array(estimates), np.full(len(estimates), variance), df)
    assert found.se**2 >= variance * (1 - 1e-12)
    assert 0 < found.df <= df
    assert 0 <= found.fraction_missing <= 1


def test_what_cannot_be_pooled_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least two imputations"):
        pool(np.array([1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="at least two imputations"):
        pool(np.array([1.0, 2.0]), np.array([1.0]))
    for variance in (0.0, np.nan):
        with pytest.raises(ValueError, match="positive variance"):
            pool(np.array([1.0, 2.0]), np.array([1.0, variance]))
