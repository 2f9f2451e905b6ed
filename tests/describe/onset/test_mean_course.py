"""The mean difference by visit."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.describe import forms
from analysis.describe.onset import mean_course


def test_the_covariance_of_the_differences_is_that_of_their_standard_errors(case):
    course = mean_course.mean_course(case)
    assert np.sqrt(np.diag(course.covariance)) == pytest.approx(course.differences["se"].tolist())
    assert course.half_life(since=5.0)["ci_low"] > 0
    assert course.steps()["hours"].tolist() == [3, 5, 24, 72, 168]


def test_a_week_leaves_no_room_for_hours(case):
    bound = forms.recall_bound(case, instrument="PCL-5", version="past-week")
    assert bound.loc["about 5 h", "largest_fall"] < 0.05
    assert bound.loc["about 7 days", "largest_fall"] > 0.9
    with pytest.raises(ValueError, match="asks about now"):
        forms.recall_bound(case, instrument="PCL-5-now", version="ad-hoc")
