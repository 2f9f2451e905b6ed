"""What every figure keeps: labels, colours and shapes, no message, the same bytes."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import figures
from analysis.figures.common.base import MARKERS
from tests.figures.conftest import HOURS


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_are_labelled_once_and_outside_the_data(synthetic, changes, counts, shares):
    forest = changes.assign(label=changes["contrast"])
    for ax in (
        figures.mean_change(changes, hours=HOURS, synthetic=synthetic),
        figures.visit_times(counts, synthetic=synthetic),
        figures.ecdf_of_change(shares, synthetic=synthetic),
        figures.forest(forest, label="label", xlabel="x", title="t", synthetic=synthetic),
    ):
        assert ("synthetic data" in ax.get_title(loc="left").replace("\n", " ")) is synthetic
        assert not [text for text in ax.texts if "synthetic" in text.get_text().lower()]


def test_series_differ_by_more_than_colour(changes, recall, shares):
    for ax in (
        figures.mean_change(changes, hours=HOURS, synthetic=False),
        figures.recall_shares(recall),
        figures.ecdf_of_change(shares, synthetic=False),
    ):
        lines = [line for line in ax.get_lines() if line.get_marker() in MARKERS]
        assert len({line.get_marker() for line in lines}) == len(lines) == 2
        assert len({line.get_linestyle() for line in lines}) == 2
        assert len({to_hex(line.get_color()) for line in lines}) == 2


def test_an_axes_of_ones_own_is_used(changes):
    own = Figure().subplots()
    assert figures.mean_change(changes, hours=HOURS, synthetic=False, ax=own) is own


def test_figures_leave_nothing_open_and_change_no_input(changes):
    from matplotlib import pyplot as plt

    before = changes.copy()
    figures.mean_change(changes, hours=HOURS, synthetic=True)
    assert plt.get_fignums() == []
    pd.testing.assert_frame_equal(changes, before)


def test_the_font_comes_with_matplotlib(changes):
    ax = figures.mean_change(changes, hours=HOURS, synthetic=False)
    assert ax.title.get_fontfamily() == ["DejaVu Sans"]
    found = mpl.font_manager.findfont(ax.title.get_fontproperties(), fallback_to_default=False)
    assert found.startswith(mpl.get_data_path())


def tick_labels(ax: Axes) -> list:
    """Labels of the ticks in view; matplotlib keeps some beyond the axis, undrawn."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    across = [text for text in ax.get_xticklabels() if left <= text.get_position()[0] <= right]
    return across + [text for text in ax.get_yticklabels() if low <= text.get_position()[1] <= high]


def overlaps(ax: Axes, texts: list) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes meet."""
    canvas = FigureCanvasAgg(ax.get_figure(root=True))
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [
        (text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_text()
    ]
    return [
        (a, b) for i, (a, one) in enumerate(boxes) for b, two in boxes[i + 1 :] if one.overlaps(two)
    ]


def test_labels_neither_overlap_nor_leave_the_picture(changes, recall, counts):
    long = [f"a study with quite a long name and an instrument, {h} h" for h in (24, 168)]
    forest = changes.head(2).assign(label=long)
    for ax in (
        figures.mean_change(changes, hours=HOURS, synthetic=True),
        figures.recall_shares(recall),
        figures.visit_times(counts, synthetic=True),
        figures.forest(
            forest,
            label="label",
            xlabel="points, ketamine minus midazolam (left: fewer symptoms)",
            title="t",
        ),
    ):
        legend = ax.get_legend().get_texts() if ax.get_legend() else []
        texts = [*tick_labels(ax), ax.xaxis.label, ax.yaxis.label, *legend]
        assert overlaps(ax, texts) == []
        figure = ax.get_figure(root=True)
        for text in filter(Text.get_text, [*texts, ax.title]):
            box = text.get_window_extent()
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert box.x1 <= figure.bbox.x1 + 1
