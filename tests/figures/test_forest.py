"""The forest of estimates."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis import figures
from tests.figures.tables_drawn import intervals


def test_forest_runs_from_top_to_bottom():
    rows = pd.DataFrame(
        {
            "who": ["first", "second, which has a name that needs two lines", "third"],
            "estimate": [-1.0, -2.0, 0.5],
            "ci_low": [-2.0, -5.0, math.nan],
            "ci_high": [0.0, 1.0, math.nan],
        }
    )
    ax = figures.forest(rows, label="who", xlabel="points", title="Differences")
    np.testing.assert_allclose(ax.containers[0].lines[0].get_xydata(), [[-1, 2], [-2, 1]])
    np.testing.assert_allclose(intervals(ax)[:, :, 0], [[-2, 0], [-5, 1]])
    # Without an interval: a hollow mark, no bar.
    hollow = next(line for line in ax.get_lines() if line.get_markerfacecolor() == "white")
    np.testing.assert_allclose(hollow.get_xydata(), [[0.5, 0]])
    assert hollow.get_markerfacecolor() == "white"
    labels = {label.get_position()[1]: label.get_text() for label in ax.get_yticklabels()}
    assert labels[2] == "first"
    assert labels[1].replace("\n", " ") == rows["who"][1]
    assert "\n" in labels[1]
    assert ax.get_ylim() == (-0.6, 2.6)
    assert ax.get_title(loc="left") == "Differences"


def test_numbers_stand_beside_each_row_and_what_counts_is_a_line():
    rows = pd.DataFrame(
        {"who": ["a", "b"], "n": [30, 28], "estimate": [-7.76, -1.0], "ci_low": [-11.6, math.nan],
         "ci_high": [-3.93, math.nan]}
    )  # fmt: skip
    ax = figures.forest(rows, label="who", xlabel="points", title="t", bars={"bound": 2.25})
    beside = {text.xy[1]: text.get_text() for text in ax.texts}
    assert beside == {1: "−7.76 (−11.60 to −3.93), n 30", 0: "−1.00, n 28"}
    (line,) = [line for line in ax.get_lines() if line.get_label() == "bound"]
    assert list(line.get_xdata()) == [-2.25, -2.25]
