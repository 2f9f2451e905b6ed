"""Thirty studies on forms of short windows: none is wrongly refused, and none wrongly let through.

A form of the past day asked 5 h after an infusion reaches back before it and says nothing of
hours; from 24 h on its window lies wholly after the infusion.
"""

from __future__ import annotations

import pytest

from analysis import instruments
from tests.factory import Outcome, tables, write_study

# Scale, version, and window as administered.
FORMS = [
    ("PCL-5", "past-day", 24),
    ("PCL-5", "daily", 24),
    ("PCL-5-now", "ad-hoc", 0),
    ("PCL-5", "past-week", 24),
    ("PCL-5", "past-day", 0),
    ("PCL-5", "past-day", 4),
]
HOURS = [3, 5, 24.5, 72, 168]


@pytest.mark.parametrize("after", HOURS)
@pytest.mark.parametrize(("name", "version", "window"), FORMS)
def test_a_form_speaks_of_hours_only_where_its_window_lies_after_the_infusion(
    tmp_path, name, version, window, after
):
    numbers = instruments.get(name).item_numbers(version)
    content = tables(n_per_arm=3, numbers=numbers, hours_after_end=(after,))
    found = Outcome(write_study(tmp_path, content, instrument=name, version=version,
                                recall_hours=window))  # fmt: skip
    assert found.exit_code == 0
    within = after < 6
    # The infusion took 40 min, and a form comes some minutes later than planned.
    reaches_back = within and window > after + 0.7
    assert ("recall.reaches-back" in found.rules("STOP")) == reaches_back
    assert ("score.none-in-hours" in found.rules("STOP")) == (not within)
    # A shorter window than any of the version's is not what was validated.
    shorter = window < instruments.get(name).versions[version]
    assert ("recall.shorter-than-version" in found.rules()) == shorter
