"""Figures of when forms were filled in and what they ask about."""

from __future__ import annotations

import numpy as np

from analysis import figures
from tests.figures.tables_drawn import series


def test_recall_shares_are_drawn_in_percent(recall):
    ax = figures.recall_shares(recall)
    drawn = series(ax)
    np.testing.assert_allclose(drawn["month"], [[1, 100 * 719 / 720], [24, 100 * 29 / 30]])
    np.testing.assert_allclose(drawn["now"][:, 1], 0)
    assert ax.get_xscale() == "log"
    ticks = dict(zip([text.get_text() for text in ax.get_xticklabels()], ax.get_xticks(),
                     strict=True))  # fmt: skip
    assert (ticks["1 h"], ticks["1 d"]) == (1, 24)
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (2, 4)


def test_visit_times_stack_the_counts(counts):
    ax = figures.visit_times(counts, synthetic=False)
    bars = [(b.get_x(), b.get_width(), b.get_y() + b.get_height() / 2) for b in ax.patches]
    # Two forms of the first phase, then two of the second that begin where the first end.
    assert bars == [(0, 5, 1), (0, 3, 0), (5, 4, 1), (3, 0, 0)]
    labels = {label.get_position()[1]: label.get_text() for label in ax.get_yticklabels()}
    assert labels == {1: "PCL-5-now", 0: "IES-R"}
    assert len({patch.get_hatch() for patch in ax.patches}) == 2
    assert counts["before"].tolist() == [5, 3]
