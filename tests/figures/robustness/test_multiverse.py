"""The specification curve draws the table it is given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from analysis.disclosure.figure import shareable_figure
from analysis.figures.robustness.multiverse import GAP, specification_curve

CHOICES = {"When": ["3 h", "day"], "Estimator": ["model", "t"]}


@pytest.fixture
def ax() -> Axes:
    table = pd.DataFrame(
        {
            "When": ["3 h", "3 h", "day"],
            "Estimator": ["model", "t", "t"],
            "estimate": [-9.0, -6.0, -7.0],
            "ci_low": [-12.0, -11.0, -13.0],
            "ci_high": [-6.0, -1.0, -1.5],
            "word": ["supported", "not decided", "not decided"],
            "may_decide": [True, True, False],
            "primary": [True, False, False],
        }
    )
    return specification_curve(table, choices=CHOICES, smallest=4.0, bias=2.0, synthetic=True)


def bars(ax: Axes) -> list[np.ndarray]:
    return [line for one in ax.collections if isinstance(one, LineCollection)
            for line in one.get_segments()]  # fmt: skip


def test_each_interval_is_drawn_those_that_cannot_decide_apart(ax: Axes) -> None:
    drawn = bars(ax)
    assert [tuple(bar[:, 1]) for bar in drawn] == [(-12, -6), (-11, -1), (-13, -1.5)]
    assert [bar[0, 0] for bar in drawn] == [0, 1, 2 + GAP]


def test_the_matrix_marks_each_choice_under_its_title(ax: Axes) -> None:
    below = ax.figure.axes[1]
    names = [label.get_text() for label in below.get_yticklabels()]
    assert names == ["When", "3 h", "day", "Estimator", "model", "t"]
    marks = {(bar[0, 0], names[round(bar[:, 1].mean())]) for bar in bars(below)}
    assert marks == {(0, "3 h"), (1, "3 h"), (9, "day"), (0, "model"), (1, "t"), (9, "t")}


def test_the_primary_and_the_bars_of_gate_5_are_marked(ax: Axes) -> None:
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["primary analysis"].get_xydata().tolist() == [[0, -9]]
    assert set(lines["bound on bias"].get_ydata()) == {-2}
    assert set(lines["minimal important difference"].get_ydata()) == {-4}


def test_the_title_counts_what_may_decide_and_says_synthetic(ax: Axes) -> None:
    title = " ".join(ax.figure.get_suptitle().split())
    assert title.startswith("2 analyses that may decide: 1 supported, 1 not decided")
    assert title.endswith("(synthetic data)")


def test_the_figure_may_be_released(ax: Axes) -> None:
    assert shareable_figure(ax.figure).startswith(b"\x89PNG")
