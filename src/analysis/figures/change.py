"""Change of one study: means over the windows, and its cumulative shares."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import finish, new_axes, series_by_visit, style

__all__ = ["cumulative", "ecdf_of_change", "mean_change"]


def mean_change(
    table: pd.DataFrame, *, synthetic: bool, unit: str = "points", ax: Axes | None = None
) -> Axes:
    """Mean change by window, with intervals, one series a contrast.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates; windows in the order of first appearance.
    synthetic : bool
        Whether to label the figure synthetic.
    unit : str
        Unit of the estimate.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.3)
    windows = series_by_visit(ax, table, series="contrast", visit="window")
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xticks(range(len(windows)), [textwrap.fill(window, 12) for window in windows])
    return finish(
        ax, "Mean change from baseline, 95 % intervals", synthetic, columns=3, gap=0.24,
        x="after the end of the infusion", y=f"change, {unit} (lower is better)",
    )  # fmt: skip


def ecdf_of_change(
    table: pd.DataFrame,
    *,
    synthetic: bool,
    thresholds: dict[str, float] | None = None,
    title: str = "How change is distributed",
    ax: Axes | None = None,
) -> Axes:
    """Cumulative share of participants by change, one series an arm; marks are what was counted.

    Parameters
    ----------
    table : DataFrame
        Columns arm, change (points) and share (0 to 1), as
        :func:`analysis.describe.cumulative_change` gives them.
    synthetic : bool
        Whether to label the figure synthetic.
    thresholds : dict, optional
        Name to size of a fall, points, drawn as lines.
    title : str
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for index, (arm, rows) in enumerate(table.groupby("arm", sort=True)):
        ax.plot(rows["change"], 100 * rows["share"], label=str(arm), zorder=3, **style(index))
    for name, fall in (thresholds or {}).items():
        ax.axvline(-fall, color="0.3", linewidth=1, linestyle=":")
        ax.text(-fall, 98, f" {name}", fontsize=9, ha="left", va="top")
    if not table.empty:
        ax.legend(loc="lower right", frameon=True)
    return cumulative(ax, table, title, synthetic)


def cumulative(ax: Axes, table: pd.DataFrame, title: str, synthetic: bool) -> Axes:
    """What every figure of cumulative shares of change has besides its curves."""
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set_ylim(0, 100)
    if table.empty:
        ax.text(0.5, 0.3, "too few participants to show", transform=ax.transAxes, ha="center")
    return finish(
        ax, title, synthetic, x="change from baseline, points (lower is better)",
        y="% of participants with this change\nor a larger fall",
    )  # fmt: skip
