"""Figures of published evidence draw the rows they are given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures import evidence
from tests.figures.tables_drawn import intervals


def test_speeds_run_over_a_logarithmic_axis():
    rows = pd.DataFrame(
        {
            "treatment": ["ketamine", "therapy", "therapy"],
            "hours": [24.0, 900.0, 120.0],
            "estimate": [-0.3, -1.0, -1.2],
            "ci_low": [-0.6, -1.4, -2.0],
            "ci_high": [0.0, -0.6, -0.4],
        }
    )
    ax = evidence.speed(rows)
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(ax.containers[1].lines[0].get_xydata(), [[120, -1.2], [900, -1.0]])
    np.testing.assert_allclose(intervals(ax)[0, :, 1], [-0.6, 0.0])
    assert len(ax.containers) == 2
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["ketamine", "therapy"]


def test_falls_stand_beside_the_line_of_one():
    rows = pd.DataFrame(
        {
            "study_id": ["A2020", "B2021", "C2022"],
            "arm": ["ketamine", "midazolam", "ketamine_open"],
            "instrument": ["PCL-5", "IES-R", "PCL-5"],
            "hours": [24.0, 24.0, np.nan],
            "ratio_low": [0.5, 3.5, np.nan],
            "ratio_high": [2.0, 3.5, np.nan],
        }
    )
    ax = evidence.look_back(rows)
    low, high = ax.get_lines()[:2]
    np.testing.assert_allclose(low.get_xydata(), [[0.5, 1], [3.5, 0]])
    np.testing.assert_allclose(high.get_xydata(), [[2.0, 1], [3.5, 0]])
    assert len(ax.get_yticklabels()) == 2
    assert ax.get_lines()[2].get_xdata()[0] == 1
