"""Figures: what was drawn is what the table says; labels, alt text, bytes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis import figures
from analysis.disclosure.figure import shareable_figure
from analysis.errors import ReliefError
from analysis.estimates.table import row, table
from analysis.figures.scores import change
from tests.figures.tables_drawn import intervals, series


def test_mean_change_draws_the_estimates_at_their_hours_with_intervals_and_people(changes, hours):
    ax = figures.mean_change(changes, hours=hours, synthetic=False, unit="points")
    drawn = series(ax)
    assert list(drawn) == ["ketamine", "midazolam"]
    np.testing.assert_allclose(drawn["ketamine"][:, 1], [-9, -7.5])
    np.testing.assert_allclose(intervals(ax)[:, :, 1], [[-11, -6], [-9.5, -4.5]])
    # Side by side, each a few per cent from its hour.
    assert ax.get_xscale() == "log"
    assert (drawn["ketamine"][:, 0] < drawn["midazolam"][:, 0]).all()
    for name in drawn:
        np.testing.assert_allclose(drawn[name][:, 0], [3, 24], rtol=0.04)
    under = {(text.xy[0], text.get_text()) for text in ax.texts if text.get_text() == "30"}
    assert under == {(3.0, "30"), (24.0, "30")}
    assert "lower is better" in ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ketamine", "midazolam"]


def test_mean_change_copes_with_a_missing_window_and_many_series():
    rows = [
        row(contrast=f"arm {i}", window="day", estimate=-i, ci_low=-i - 1, ci_high=-i + 1)
        for i in range(8)
    ]
    rows.append(
        row(contrast="arm 0", window="later", estimate=-1, ci_low=math.nan, ci_high=math.nan)
    )
    ax = figures.mean_change(table(rows), hours={"day": 24.0, "later": 168.0}, synthetic=False)
    assert len(series(ax)) == 8
    assert len(series(ax)["arm 0"]) == 2


def test_courses_are_a_line_a_person_without_a_label_and_are_not_for_others():
    seen = [("ketamine", 0, "day", -9), ("ketamine", 0, "later", -4), ("ketamine", 1, "later", -2),
            ("midazolam", 2, "day", 3)]  # fmt: skip
    lines = pd.DataFrame(seen, columns=["contrast", "line", "window", "change"])
    hours = {"day": 24.0, "later": 168.0}
    ax = change.courses(lines, hours=hours, synthetic=True, of="PCL-5 (asks about now)")
    panels = ax.get_figure(root=True).axes
    drawn = [line for panel in panels for line in panel.get_lines() if line.get_alpha()]
    assert [line.get_ydata().tolist() for line in drawn] == [[0, -9, -4], [0, -2], [0, 3]]
    # Time is to scale; what was before stands at the left end.
    assert drawn[0].get_xdata().tolist() == pytest.approx([ax.get_xlim()[0], 24, 168])
    assert ax.get_xticklabels()[0].get_text() == "before"
    assert [set(series(panel)) for panel in panels] == [{"ketamine, mean"}, {"midazolam, mean"}]
    under = [text.get_text() for text in ax.texts]
    assert under == ["n", "1", "2"]
    title = ax.get_figure(root=True).get_suptitle().split("\n")
    assert "synthetic data" in title[0]
    assert title[1] == "PCL-5 (asks about now)"
    with pytest.raises(ReliefError):
        shareable_figure(ax.get_figure(root=True))


def test_an_interval_the_wrong_way_round_is_not_drawn():
    wrong = table([row(contrast="a", window="day", estimate=-1, ci_low=2, ci_high=-3)])
    with pytest.raises(ValueError, match="negative"):
        figures.mean_change(wrong, hours={"day": 24.0}, synthetic=False)


def test_ecdf_draws_shares_at_the_counted_points(shares):
    ax = figures.ecdf_of_change(shares, synthetic=False, thresholds={"reliable": 18})
    drawn = series(ax)
    np.testing.assert_allclose(drawn["ketamine"], [[-8, 25], [-2, 75]])
    np.testing.assert_allclose(drawn["midazolam"], [[-4, 50]])
    assert [-18, -18] in [list(line.get_xdata()) for line in ax.get_lines()]
    assert "reliable" in [text.get_text().strip() for text in ax.texts]
    assert ax.get_ylim() == (0, 100)


def test_ecdf_of_too_few_people_says_so(shares):
    ax = figures.ecdf_of_change(shares.head(0), synthetic=False)
    assert [text.get_text() for text in ax.texts] == ["too few participants to show"]
    assert ax.get_legend() is None
