"""Dissociation: its course, what it may carry, what is left without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.case import Case
from analysis.describe.explanations import dissociation, harms
from analysis.describe.scores.control import difference_by_window


def test_dissociation_rises_on_ketamine_and_everyone_is_back_by_five_hours(case):
    course = dissociation.dissociation_course(case)
    peak = course[(course["window"] == "0 to 1 h") & (course["estimand"] == "mean score")]
    assert peak.set_index("contrast")["estimate"].idxmax() == "ketamine"
    back = dissociation.return_to_baseline(case)
    assert (back["lower"] <= back["upper"]).all()
    assert back.groupby("arm")["lower"].last().tolist() == pytest.approx([1, 1])
    sides = back["n"].to_numpy()[:, None] * np.stack(
        [back["lower"], back["upper"], 1 - back["lower"], 1 - back["upper"]], axis=1
    )
    assert ((sides < 1e-6) | (sides >= 5 - 1e-6)).all()
    for _, rows in back.groupby("arm"):
        assert rows["lower"].is_monotonic_increasing


def test_without_cadss_it_is_said(case):
    forms = case.checked.forms
    bare = Case(
        replace(case.checked, forms=forms[forms["instrument"] != "CADSS"]), case.definitions
    )
    with pytest.raises(ValueError, match="no CADSS score"):
        dissociation.dissociation_course(bare)
    table = harms.harms_table(bare).set_index("estimand")
    assert table.loc["dissociation not resolved by 4 h", "method"] == "not recorded"


def by_covariance(case):
    """The difference of the whole window by analysis of covariance."""
    return difference_by_window(case, windows=("hours",))["estimate"].iloc[0]


def test_mediation_is_of_the_peak_and_reproducible(case):
    one, other = (
        dissociation.mediated_by_dissociation(case, window="hours", seed=7, resamples=50)
        for _ in range(2)
    )
    assert one.n == 60
    assert one.rows()[0]["estimate"] == pytest.approx(by_covariance(case))
    pd.testing.assert_frame_equal(one.sensitivity(), other.sensitivity())


def test_residual_effects_start_from_the_same_difference(case):
    table = dissociation.residual_effects(case, window="hours")
    assert table["estimate"][0] == pytest.approx(by_covariance(case))
    assert table["n"].tolist()[::2] == [60, 60]
    assert table["n"][1] < 60
