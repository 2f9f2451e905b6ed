"""Two cells that say different numbers of one quantity are told; more estimates of it are not."""

from __future__ import annotations

import pytest

from analysis.describe.answer.verdicts import estimates_table
from analysis.estimates.table import row, table
from analysis.sections.section import Section
from tests.notebooks.cells import Shown
from tests.notebooks.one_answer import disagreements


def notebook(name, *estimates):
    what = {"estimand": "mean change", "contrast": "ketamine", "instrument": "PCL-5"}
    rows = [row(**what, window="day", n=20, estimate=one, ci_low=one - 2, ci_high=one + 2)
            for one in estimates]  # fmt: skip
    return Shown(name, [Section((estimates_table(table(rows)),))])


def test_other_numbers_of_one_quantity_are_told_with_both_places():
    (told,) = disagreements([notebook("03", -9.0), notebook("07", -8.0)])
    assert "mean change" in told
    assert all(place in told for place in ("03", "07"))


@pytest.mark.parametrize("estimates", [(-9.0,), (-9.0, -8.5)])
def test_the_same_or_more_of_it_is_none(estimates):
    assert disagreements([notebook("03", -9.0), notebook("06", *estimates)]) == []
