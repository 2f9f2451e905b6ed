"""Units of estimates, by what they estimate."""

from __future__ import annotations

import pytest

from analysis.describe.units import unit_of


@pytest.mark.parametrize(
    ("estimand", "unit"),
    [
        ("mean change", "points"),
        ("mean score before", "points"),
        ("SD of scores", "points"),
        ("adjusted difference, mixed model over all windows", "points"),
        ("difference by the primary analysis", "points"),
        ("within-person treatment effect, adjusted for period", "points"),
        ("indirect effect, if the errors correlated by -0.3", "points"),
        ("bias that would bring the estimate to zero (points)", "points"),
        ("bias that would bring the estimate to zero (SD of baseline)", "SD"),
        ("standardised difference", "SD"),
        ("d_z", "SD"),
        ("30 % of baseline or more", "share"),
        ("difference in any fall", "share"),
        ("reliably improved", "share"),
        ("difference in share reliably worse", "share"),
        ("worse by 18 points or more", "share"),
        ("variance ratio", "ratio"),
        ("ratio of median hours to crossing, of those who cross within the follow-up", "ratio"),
        ("median hours to crossing, of those who cross within the follow-up", "hours"),
        ("number needed to treat, benefit (NNTB)", "people"),
        ("probability that a participant's change is lower than another's", "probability"),
        ("Bang index, interval as published", ""),
        ("correlation of first and last response, baseline split", ""),
    ],
)
def test_an_estimand_names_its_unit_and_an_index_has_none(estimand, unit):
    assert unit_of(estimand) == unit
