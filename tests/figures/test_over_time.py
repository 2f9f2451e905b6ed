"""The picture that answers: hours to scale, what would count, what was never measured."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from analysis.describe.answer.over_time import BOUND, SMALLEST, OverTime
from analysis.describe.display import number
from analysis.describe.hours import TICKS
from analysis.figures.over_time import BACKWARDS, picture_over_time

ROWS = pd.DataFrame(
    [
        ("2 to 6 h", 4.0, 2.0, 6.0, True, -7.75, -11.6, -3.93, "30", "29"),
        ("about 24 h", 24.0, 6.0, 30.0, False, -6.44, -11.1, -1.80, "28", "27"),
        ("about 7 days", 168.0, 144.0, 216.0, False, -2.77, -7.83, 2.29, "27", "25"),
    ],
    columns=["window", "hours", "hours_low", "hours_high", "marked", "estimate", "ci_low",
             "ci_high", "ketamine", "midazolam"],
)  # fmt: skip
KINDS = {True: "decides", False: "shown beside"}


def drawn(recall: float = 0.0, **changes) -> OverTime:
    rows = ROWS.assign(recall_hours=recall, numbers=ROWS["estimate"].map(number))
    made = OverTime(rows, ("ketamine", "midazolam"), {BOUND: 2.25, SMALLEST: 3.75}, KINDS,
                    "Difference over time", "points", "PCL-5-now: difference", "points",
                    True)  # fmt: skip
    return replace(made, **changes)


def points(ax: Axes) -> np.ndarray:
    """Hours and estimates of all marks, in the order of time."""
    marks = np.vstack([c.lines[0].get_xydata() for c in ax.containers if hasattr(c, "has_yerr")])
    return marks[np.argsort(marks[:, 0])]


def lines_across(ax: Axes) -> dict[str, float]:
    return {line.get_label(): line.get_ydata()[0] for line in ax.get_lines()
            if list(line.get_xdata()) == [0, 1]}  # fmt: skip


def shaded(ax: Axes, colour: str) -> list[tuple[float, float]]:
    """Begin and end of each span of a colour."""
    spans = [patch for patch in ax.patches if to_hex(patch.get_facecolor()) == colour]
    return [(span.get_x(), span.get_x() + span.get_width()) for span in spans]


def test_points_stand_at_their_hours_on_a_log_axis_with_ticks_that_people_count_in():
    ax = picture_over_time(drawn())
    assert ax.get_xscale() == "log"
    assert points(ax) == pytest.approx(ROWS[["hours", "estimate"]].to_numpy())
    ticks = dict(zip(ax.get_xticks(), [t.get_text() for t in ax.get_xticklabels()], strict=True))
    assert ticks == {hour: TICKS[hour] for hour in (1, 2, 5, 24, 72, 168)}


def test_the_bound_and_the_smallest_difference_are_lines_at_minus_their_values():
    found = lines_across(picture_over_time(drawn()))
    assert (found[BOUND], found[SMALLEST]) == (-2.25, -3.75)
    assert set(lines_across(picture_over_time(drawn(bars={})))) & {BOUND, SMALLEST} == set()


def test_the_number_of_people_of_each_arm_stands_under_each_point():
    ax = picture_over_time(drawn())
    under = {(text.xy[0], text.get_text()) for text in ax.texts
             if getattr(text, "xycoords", None) == ("data", "axes fraction")}  # fmt: skip
    assert under == {(hours, n) for arm in ("ketamine", "midazolam")
                     for hours, n in zip(ROWS["hours"], ROWS[arm], strict=True)}  # fmt: skip


def test_what_no_window_covers_is_shaded_and_says_so():
    ax = picture_over_time(drawn())
    left, right = ax.get_xlim()
    empty = [(left, 2.0), (30.0, 144.0), (216.0, right)]
    assert shaded(ax, "#f0f0f0") == [pytest.approx(span) for span in empty]
    assert [text.get_text() for text in ax.texts].count("no data here") == 2


def test_a_form_about_the_past_week_reaches_back_before_the_infusion():
    ax = picture_over_time(drawn(recall=168.0))
    back = [text for text in ax.texts if text.get_text() == "before the infusion"]
    assert len(back) == 1
    behind = next(c for c in ax.collections if c.get_label() == "what the scale asks about")
    begins = [segment[0] for segment in behind.get_segments()]
    strip = ax.get_xlim()[0]
    # At 7 days its week begins with the infusion, at the left end of the axis itself.
    assert [x for x, _ in begins] == pytest.approx([strip, strip, 0.8])
    arrows = [line for line in ax.get_lines() if line.get_marker() == "<"]
    assert to_hex(arrows[0].get_color()) == to_hex(BACKWARDS)
    assert list(arrows[0].get_ydata()) == ROWS["estimate"].tolist()[:2]


def test_a_form_about_now_reaches_nowhere():
    ax = picture_over_time(drawn())
    assert ax.get_xlim()[0] == pytest.approx(0.8)
    assert "before the infusion" not in [text.get_text() for text in ax.texts]


def test_the_alternative_text_has_the_numbers_that_are_drawn():
    told = drawn(recall=168.0)
    ax = picture_over_time(told)
    spoken = [part for part in told.alt.split(". ") if "points (" in part]
    read = [float(re.search(r"(−?[\d.]+) points", part)[1].replace("−", "-")) for part in spoken]
    assert read == pytest.approx(points(ax)[:, 1].tolist(), rel=5e-3)
    lines = lines_across(ax)
    for words in (BOUND, SMALLEST):
        assert f"{words}: line at {number(lines[words])} points".lower() in told.alt.lower()
    assert told.alt.startswith("Synthetic data: ")
    assert "no data from 0.8 h to 2 h, 1.25 d to 6 d and 9 d to 9.45 d" in told.alt.lower()
