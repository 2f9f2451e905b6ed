"""Change beyond measurement error by each author's formula, against sums written out one by one."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest

from analysis import instruments
from analysis.instruments.facts import Measurement
from analysis.instruments.measurement import METHODS, index_of_change, jacobson_truax, ways
from analysis.instruments.own import own_scales
from analysis.outcomes.reliable_change import has_reliable_change, ways_of_change

BEFORE = [30.0, 22.0, 27.0, 35.0, 18.0, 25.0, 31.0, 24.0]
AFTER = [12.0, 21.0, 19.0, 33.0, 24.0, 25.0, 20.0, 13.0]
R, R_AFTER = 0.8, 0.6


def measured(method: str, **told: float) -> Measurement:
    after = R_AFTER if method == "nunnally-kotsch" else None
    return Measurement(R, told.get("sd"), told.get("mean"), method, after, "made up")


def by_hand(method: str, before: float, after: float) -> float:
    """One person's index, as the authors write it."""
    m, s = statistics.mean(BEFORE), statistics.stdev(BEFORE)
    error, predicted = s * math.sqrt(1 - R), s * math.sqrt(1 - R**2)
    true = m + R * (before - m)
    if method == "jacobson-truax":
        return (after - before) / math.sqrt(2 * error**2)
    if method == "gulliksen-lord-novick":
        return ((after - m) - R * (before - m)) / predicted
    if method == "hsu-linn-lord":
        return ((after - statistics.mean(AFTER)) - R * (before - m)) / predicted
    if method == "edwards-nunnally":
        return (after - true) / error
    if method == "nunnally-kotsch":
        return (after - true) / math.sqrt(R**2 * s**2 * (1 - R) + s**2 * (1 - R_AFTER))
    t, r = statistics.stdev(AFTER), statistics.correlation(BEFORE, AFTER)
    one, two = 1 - error**2 / s**2, 1 - error**2 / t**2
    both = s**2 + t**2 - 2 * s * t * r
    d = (s**2 * one + t**2 * two - 2 * s * t * r) / both
    drift = (statistics.mean(AFTER) - m) * (1 - d)
    return ((after - before) * d + drift) / (math.sqrt(d) * math.sqrt(2 * error**2))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_its_authors_formula(method):
    found = index_of_change(measured(method), np.array(BEFORE), np.array(AFTER))
    wanted = [by_hand(method, *pair) for pair in zip(BEFORE, AFTER, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_score_is_no_word_and_changes_nobody_else(method):
    whole = ways(measured(method), np.array(BEFORE), np.array(AFTER))
    more = ways(measured(method), np.array([*BEFORE, 40.0]), np.array([*AFTER, np.nan]))
    assert more.tolist() == [*whole.tolist(), ""]


def test_a_declared_mean_and_sd_take_the_place_of_the_sample_s():
    told = measured("edwards-nunnally", sd=5.0, mean=26.0)
    (found,) = index_of_change(told, np.array([30.0]), np.array([20.0]))
    assert found == pytest.approx((20 - (26 + R * 4)) / (5 * math.sqrt(1 - R)))


def test_jacobson_and_truax_by_points_and_by_index_agree():
    points = jacobson_truax(0.8, statistics.stdev(BEFORE))
    change = np.array(AFTER) - np.array(BEFORE)
    words = ways(measured("jacobson-truax"), np.array(BEFORE), np.array(AFTER))
    assert ((words == "improved") == (change <= -points)).all()
    assert ((words == "worse") == (change >= points)).all()


def test_a_change_of_just_the_critical_size_counts():
    one = measured("jacobson-truax", sd=5.0)
    points = jacobson_truax(R, 5.0)
    found = ways(one, np.array([30.0, 30.0]), np.array([30.0 - points, 30.0 + points]))
    assert found.tolist() == ["improved", "worse"]


def test_a_scale_uses_the_method_that_its_study_declares():
    block = {"construct": "depression", "totals": [0, 50], "higher_is": "worse",
             "recall_hours": 168, "source": "made up"}  # fmt: skip
    way = {"reliability": R, "method": "edwards-nunnally"}
    scale = own_scales({"moods": block | {"reliable_change": way}})["moods"]
    assert has_reliable_change(scale)
    found = ways_of_change(scale, pd.Series(BEFORE), pd.Series(AFTER))
    wanted = ways(measured("edwards-nunnally"), np.array(BEFORE), np.array(AFTER))
    assert found.tolist() == wanted.tolist()
    with pytest.raises(ValueError, match="none is made up"):
        ways_of_change(instruments.get("IES-R"), pd.Series(BEFORE), pd.Series(AFTER))
