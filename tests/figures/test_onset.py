"""Figures of onset: what the tables hold is drawn, and made-up people are labelled."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from analysis.figures import AGGREGATES, png
from analysis.figures.onset import backward_stepping, crossing_curves, crossing_dots

REGIONS = pd.DataFrame(
    [
        ("ketamine", 0.0, 3.0, 0.0, 0.5, 30),
        ("ketamine", 3.0, 72.0, 0.5, 0.7, 30),
        ("midazolam", 0.0, 72.0, 0.0, 0.2, 29),
    ],
    columns=["arm", "hours_low", "hours_high", "share_low", "share_high", "n"],
)
DOTS = pd.DataFrame(
    [
        (name, arm, held, 0.4, 0.2, 0.6)
        for name in ("30 %", "50 %")
        for arm in ("ketamine", "midazolam")
        for held in (True, False)
    ],
    columns=["threshold", "contrast", "sustained", "estimate", "ci_low", "ci_high"],
)


def steps(counts: list[bool]) -> pd.DataFrame:
    n = len(counts)
    return pd.DataFrame({"window": [f"window {j}" for j in range(n)], "estimate": -4.0, "n": 58,
                         "hours": [3.0, 24.0, 168.0][:n], "ci_low": -7.0, "ci_high": -1.0,
                         "shows_benefit": counts,
                         "counts": counts})  # fmt: skip


def curves(**words) -> Axes:
    return crossing_curves(REGIONS, visits=[3.0, 24.0, 72.0], title="Share crossed", **words)


DRAWN = {
    "curves": curves,
    "dots": lambda **words: crossing_dots(DOTS, **words),
    "steps": lambda **words: backward_stepping(steps([False, True, True]), **words),
}


def said(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("synthetic", [True, False])
def test_made_up_people_are_labelled_and_the_figure_may_be_shared(name, synthetic):
    ax = DRAWN[name](synthetic=synthetic)
    assert ax.get_gid() == AGGREGATES
    assert sum("synthetic" in text.lower() for text in said(ax)) == synthetic
    assert png(ax) == png(DRAWN[name](synthetic=synthetic))


def test_between_two_visits_the_share_may_lie_anywhere_from_the_one_to_the_other():
    ax = curves(synthetic=False)
    start = ax.get_xlim()[0]
    bands = [area.get_datalim(ax.transData) for area in ax.collections[:3]]
    assert [(band.x0, band.x1, band.y0, band.y1) for band in bands] == [
        pytest.approx(band) for band in ((start, 3, 0, 50), (3, 72, 50, 70), (start, 72, 0, 20))
    ]


def test_a_mark_stands_at_each_hour_at_which_the_share_is_known():
    ax = curves(synthetic=False)
    marks = [line.get_xydata().tolist() for line in ax.get_lines()
             if line.get_linestyle() == "None" and len(line.get_xdata())]  # fmt: skip
    assert marks == [[[3.0, 50.0]]]
    assert {text.get_text() for text in ax.texts} == {"n, ketamine", "30", "n, midazolam", "29"}


@pytest.mark.parametrize(
    ("counts", "since"),
    [([True, True, True], 3.0), ([False, True, True], 24.0), ([False, False, False], None)],
)
def test_the_stretch_that_counts_begins_with_the_first_window_from_which_all_show_a_benefit(
    counts, since
):
    ax = backward_stepping(steps(counts), synthetic=False, bars={"bound": 2.0})
    spans = [(span.get_x(), span.get_x() + span.get_width()) for span in ax.patches]
    assert spans == ([] if since is None else [(since, 168.0)])
    drawn = sorted(hour for c in ax.containers for hour in c.lines[0].get_xdata())
    assert drawn == [3.0, 24.0, 168.0]
    (line,) = [line for line in ax.get_lines() if line.get_label() == "bound"]
    assert set(line.get_ydata()) == {-2.0}
