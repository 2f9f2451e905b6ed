"""Figures: what was drawn is what the table says; labels, alt text, bytes."""

from __future__ import annotations

import io
import math

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from analysis import figures
from analysis.estimates.table import row, table
from analysis.figures.base import DPI, MARKERS, WIDTH


@pytest.fixture
def changes() -> pd.DataFrame:
    """Mean changes of two arms in two windows."""
    return table(
        [
            row(contrast=arm, window=window, estimate=e, ci_low=e - 2, ci_high=e + 3)
            for arm, shift in (("ketamine", -9), ("midazolam", -2))
            for window, e in (("about 3 h", shift), ("about 24 h", shift + 1.5))
        ]
    )


@pytest.fixture
def recall() -> pd.DataFrame:
    rows = [("month", h, 1 - h / 720) for h in (1, 24)] + [("now", h, 0.0) for h in (1, 24)]
    return pd.DataFrame(rows, columns=["form", "hours", "share_before"])


@pytest.fixture
def counts() -> pd.DataFrame:
    return pd.DataFrame({"before": [5, 3], "hours": [4, 0]}, index=["PCL-5-now", "IES-R"])


@pytest.fixture
def shares() -> pd.DataFrame:
    rows = [("ketamine", -8.0, 0.25), ("ketamine", -2.0, 0.75), ("midazolam", -4.0, 0.5)]
    return pd.DataFrame(rows, columns=["arm", "change", "share"])


def series(ax: Axes) -> dict[str, np.ndarray]:
    """Named points of every series: error bars by their container, lines by their label."""
    found = {
        c.get_label(): c.lines[0].get_xydata() for c in ax.containers if hasattr(c, "has_yerr")
    }
    lines = {line.get_label(): line.get_xydata() for line in ax.get_lines()}
    return found | {name: points for name, points in lines.items() if not name.startswith("_")}


def intervals(ax: Axes, container: int = 0) -> np.ndarray:
    """Ends of the error bars of one container, a row each."""
    bars = ax.containers[container].lines[2][0].get_segments()
    return np.array(bars)


def test_mean_change_draws_the_estimates_with_their_intervals(changes):
    ax = figures.mean_change(changes, synthetic=False, unit="points")
    drawn = series(ax)
    assert list(drawn) == ["ketamine", "midazolam"]
    np.testing.assert_allclose(drawn["ketamine"][:, 1], [-9, -7.5])
    np.testing.assert_allclose(intervals(ax)[:, :, 1], [[-11, -6], [-9.5, -4.5]])
    # Side by side, each within its window.
    assert (drawn["ketamine"][:, 0] < drawn["midazolam"][:, 0]).all()
    assert np.round(drawn["midazolam"][:, 0]).tolist() == [0, 1]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["about 3 h", "about 24 h"]
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
    ax = figures.mean_change(table(rows), synthetic=False)
    assert len(series(ax)) == 8
    assert len(series(ax)["arm 0"]) == 2


def test_an_interval_the_wrong_way_round_is_not_drawn():
    wrong = table([row(contrast="a", window="day", estimate=-1, ci_low=2, ci_high=-3)])
    with pytest.raises(ValueError, match="negative"):
        figures.mean_change(wrong, synthetic=False)


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
    hollow = ax.get_lines()[-2]
    np.testing.assert_allclose(hollow.get_xydata(), [[0.5, 0]])
    assert hollow.get_markerfacecolor() == "white"
    labels = {label.get_position()[1]: label.get_text() for label in ax.get_yticklabels()}
    assert labels[2] == "first"
    assert labels[1].replace("\n", " ") == rows["who"][1]
    assert "\n" in labels[1]
    assert ax.get_ylim() == (-0.6, 2.6)
    assert ax.get_title(loc="left") == "Differences"


def test_recall_shares_are_drawn_in_percent(recall):
    ax = figures.recall_shares(recall)
    drawn = series(ax)
    np.testing.assert_allclose(drawn["month"], [[1, 100 * 719 / 720], [24, 100 * 29 / 30]])
    np.testing.assert_allclose(drawn["now"][:, 1], 0)
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "24"]
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
    assert [text.get_text() for text in ax.texts] == ["too few people to show"]
    assert ax.get_legend() is None


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_data_are_labelled_in_the_title_and_across_the_picture(
    synthetic, changes, counts, shares
):
    forest = changes.assign(label=changes["contrast"])
    for ax in (
        figures.mean_change(changes, synthetic=synthetic),
        figures.visit_times(counts, synthetic=synthetic),
        figures.ecdf_of_change(shares, synthetic=synthetic),
        figures.forest(forest, label="label", xlabel="x", title="t", synthetic=synthetic),
    ):
        assert ("synthetic data" in ax.get_title(loc="left")) is synthetic
        assert ("SYNTHETIC" in [text.get_text() for text in ax.texts]) is synthetic


def test_series_differ_by_more_than_colour(changes, recall, shares):
    for ax in (
        figures.mean_change(changes, synthetic=False),
        figures.recall_shares(recall),
        figures.ecdf_of_change(shares, synthetic=False),
    ):
        lines = [line for line in ax.get_lines() if line.get_marker() in MARKERS]
        assert len({line.get_marker() for line in lines}) == len(lines) == 2
        assert len({line.get_linestyle() for line in lines}) == 2
        assert len({to_hex(line.get_color()) for line in lines}) == 2


def test_an_axes_of_ones_own_is_used(changes):
    own = Figure().subplots()
    assert figures.mean_change(changes, synthetic=False, ax=own) is own


def test_figures_leave_nothing_open_and_change_no_input(changes):
    from matplotlib import pyplot as plt

    before = changes.copy()
    figures.mean_change(changes, synthetic=True)
    assert plt.get_fignums() == []
    pd.testing.assert_frame_equal(changes, before)


def test_the_font_comes_with_matplotlib(changes):
    ax = figures.mean_change(changes, synthetic=False)
    assert ax.title.get_fontfamily() == ["DejaVu Sans"]
    found = mpl.font_manager.findfont(ax.title.get_fontproperties(), fallback_to_default=False)
    assert found.startswith(mpl.get_data_path())


def shown(monkeypatch: pytest.MonkeyPatch, ax: Axes, alt: str) -> tuple[dict, dict]:
    caught = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: caught.append((data, more)))
    figures.show(ax, alt=alt)
    return caught[0]


def test_show_gives_the_same_bytes_twice_with_alt_text_and_no_date(monkeypatch, changes):
    pictures = []
    for _ in range(2):
        ax = figures.mean_change(changes, synthetic=True)
        data, more = shown(monkeypatch, ax, "Mean change by window.")
        pictures.append(data["image/png"])
        assert more["metadata"] == {"image/png": {"alt": "Mean change by window."}}
        assert data["text/plain"] == "<figure: Mean change by window.>"
    assert pictures[0] == pictures[1]
    image = Image.open(io.BytesIO(pictures[0]))
    assert set(image.info) <= {"dpi"}
    assert image.width == pytest.approx(WIDTH * DPI, abs=1)


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_figure_without_alt_text_is_refused(monkeypatch, changes, alt):
    with pytest.raises(ValueError, match="alternative text"):
        shown(monkeypatch, figures.mean_change(changes, synthetic=False), alt)


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
        figures.mean_change(changes, synthetic=True),
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
