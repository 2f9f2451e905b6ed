"""The difference from control: by baseline, by stratum, against control arms of other trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import describe
from analysis.describe.explanations import expectancy
from analysis.describe.scores import control
from analysis.estimates.table import COLUMNS
from tests.describe.explanations.changed_case import with_study


def test_difference_by_baseline_at_points_that_are_nobodys(case):
    table = control.difference_by_baseline(case, window="hours")
    at = table["estimand"].str.extract(r"at baseline (\d+)$")[0].dropna().astype(int)
    assert (at % 2 == 0).all()
    assert list(table) == list(COLUMNS)


def test_strata_of_one_site_are_refused_and_two_are_pooled(case):
    with pytest.raises(ValueError, match="Strata must be known"):
        control.difference_by_stratum(case, window="hours")
    subjects = case.checked.study.subjects
    tiny = with_study(case, subjects=subjects.assign(site=np.where(subjects.index < 4, "a", "b")))
    with pytest.raises(ValueError, match="fewer than 5 participants in an arm; merge small ones"):
        control.difference_by_stratum(tiny, window="hours")
    sites = np.where(subjects["subject"] % 2 == 0, "north", "south")
    table = control.difference_by_stratum(
        with_study(case, subjects=subjects.assign(site=sites)), window="hours"
    )
    assert table["contrast"].tolist()[:2] == [
        "ketamine - midazolam, north",
        "ketamine - midazolam, south",
    ]
    assert "difference pooled, random effects" in set(table["estimand"])


def test_external_control_uses_the_treated_arm_alone(case):
    published = pd.DataFrame({"mean_change": [-9.3], "sd_change": [9.9], "n": [13]})
    form = {"window": "day_7", "instrument": "PCL-5", "version": "past-week"}
    table, sentence = control.external_control(case, published, **form)
    people = case.people(*form.values())
    change = people.loc[people["arm"] == "ketamine", "change"]
    assert table["estimate"][1] == pytest.approx(change.mean() + 9.3)
    assert table["n"][1] == len(change)
    assert "no evidence that the infusion caused" in sentence


def test_a_study_without_a_comparator_is_refused(case):
    design = replace(case.design, comparator_arm=None)
    with pytest.raises(ValueError, match="no comparator"):
        expectancy.primary_difference(with_study(case, design=design), window="hours")


def test_difference_by_window_has_the_contrast_as_ketamine_minus_comparator(case):
    table = describe.difference_by_window(case, windows=("hours",))
    assert set(table["contrast"]) == {"ketamine - midazolam"}
    own = case.people("hours").groupby("arm")["change"].mean()
    crude = own["ketamine"] - own["midazolam"]
    assert table["estimate"][0] == pytest.approx(crude, abs=2.0)
    assert table["estimate"][0] < 0
