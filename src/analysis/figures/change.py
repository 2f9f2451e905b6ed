"""Change of one study: means over the windows, and its cumulative shares."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import (
    entitle,
    error_bars,
    legend_below,
    new_axes,
    style,
)

__all__ = ["ecdf_of_change", "mean_change"]


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
    windows = list(dict.fromkeys(table["window"]))
    groups = list(dict.fromkeys(table["contrast"]))
    for index, name in enumerate(groups):
        rows = table[table["contrast"] == name]
        # Side by side, or the intervals would cover one another.
        aside = (index - (len(groups) - 1) / 2) * 0.16
        x = np.array([windows.index(window) for window in rows["window"]]) + aside
        ax.errorbar(
            x,
            rows["estimate"],
            yerr=error_bars(rows),
            capsize=3,
            label=name,
            zorder=3,
            **style(index),
        )
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xticks(range(len(windows)), [textwrap.fill(window, 12) for window in windows])
    ax.set_xlabel("after the end of the infusion")
    ax.set_ylabel(f"change, {unit} (lower is better)")
    legend_below(ax, 3, 0.24)
    entitle(ax, "Mean change from baseline, 95 % intervals", synthetic)
    return ax


def ecdf_of_change(
    table: pd.DataFrame,
    *,
    synthetic: bool,
    thresholds: dict[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Cumulative share of people by change, one series an arm; marks are what was counted.

    Parameters
    ----------
    table : DataFrame
        Columns arm, change (points) and share (0 to 1), as
        :func:`analysis.describe.cumulative_change` gives them.
    synthetic : bool
        Whether to label the figure synthetic.
    thresholds : dict, optional
        Name to size of a fall, points, drawn as lines.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for index, (arm, rows) in enumerate(table.groupby("arm", sort=True)):
        ax.plot(rows["change"], 100 * rows["share"], label=str(arm), zorder=3, **style(index))
    ax.axvline(0, color="0.3", linewidth=1)
    for name, fall in (thresholds or {}).items():
        ax.axvline(-fall, color="0.3", linewidth=1, linestyle=":")
        ax.text(-fall, 98, f" {name}", fontsize=9, ha="left", va="top")
    ax.set_ylim(0, 100)
    ax.set_xlabel("change from baseline, points (lower is better)")
    ax.set_ylabel("% of people with this change\nor a larger fall")
    if table.empty:
        ax.text(0.5, 0.3, "too few people to show", transform=ax.transAxes, ha="center")
    else:
        ax.legend(loc="lower right", frameon=True)
    entitle(ax, "How change is spread over people", synthetic)
    return ax
