"""Who they were before the infusion and what they were given, by arm."""

from __future__ import annotations

import re

import numpy as np
import pytest

from analysis.describe.participants import baselines_by_arm, routes, treatment_by_arm
from tests.describe.explanations.changed_case import with_study


def test_baselines_are_means_and_sds_of_the_scores_before_by_arm(case):
    rows = baselines_by_arm(case)
    assert rows["instrument"].iloc[0] == "PCL-5-now, ad-hoc"
    own = case.on_primary_form(case.baselines)
    scores = own.loc[own["subject"].map(case.arms) == "ketamine", "baseline"]
    mean, sd = rows["estimate"].iloc[:2]
    assert (mean, sd) == pytest.approx((scores.mean(), scores.std(ddof=1)))
    assert rows["n"].iloc[0] == len(scores)
    assert rows["p_value"].isna().all()
    assert set(rows["contrast"]) == {"ketamine", "midazolam"}


def test_dose_and_length_are_of_the_first_infusion(case):
    infusions = case.checked.study.infusions
    doubled = infusions.assign(infusion=2, dose_mg_per_kg=9.0)
    both = with_study(case, infusions=type(infusions)(np.vstack([infusions, doubled]),
                      columns=infusions.columns).astype(infusions.dtypes.to_dict()))  # fmt: skip
    for own in (case, both):
        rows = treatment_by_arm(own).set_index(["estimand", "contrast"])["estimate"]
        given = infusions["dose_mg_per_kg"].astype(float)
        mean = given[infusions["subject"].map(case.arms) == "ketamine"].mean()
        assert rows["dose (mg/kg)", "ketamine"] == pytest.approx(mean)
        assert 20 < rows["length (minutes)", "ketamine"] < 90


def test_routes_are_counted_and_small_counts_are_not_for_others(case, real):
    infusions = case.checked.study.infusions
    route = np.where(np.arange(len(infusions)) < 3, "subcutaneous", "intravenous")
    told = routes(with_study(case, infusions=infusions.assign(route=route)))
    counts = [int(n) for text in told.values() for n in re.findall(r"\d+", text)]
    assert sum(counts) == len(infusions)
    others = routes(with_study(real, infusions=infusions.assign(route=route)))
    assert "subcutaneous <10" in " ".join(others.values())
    assert not re.search(r"subcutaneous \d", " ".join(others.values()))
    assert routes(with_study(case, infusions=infusions.assign(route=None))) == {}
