"""Figures of one study, and the forest of any estimates."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import (
    HATCHES,
    entitle,
    error_bars,
    legend_below,
    new_axes,
    style,
)

__all__ = ["ecdf_of_change", "forest", "mean_change", "recall_shares", "visit_times"]


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


def forest(
    table: pd.DataFrame,
    *,
    label: str,
    xlabel: str,
    title: str,
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Estimates with intervals, one row each, top to bottom in the order of the table.

    Parameters
    ----------
    table : DataFrame
        Columns estimate, ci_low, ci_high and the one named by ``label``. An estimate
        without an interval is a hollow mark without a bar.
    label, xlabel, title : str
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    labels = [textwrap.fill(str(text), 26) for text in table[label]]
    lines = sum(1 + text.count("\n") for text in labels)
    ax = new_axes(ax, 1.2 + 0.2 * len(labels) + 0.2 * lines)
    y = np.arange(len(table))[::-1]
    estimate, bars = table["estimate"].to_numpy(float), error_bars(table)
    given = np.isfinite(bars).all(axis=0)
    ax.errorbar(
        estimate[given], y[given], xerr=bars[:, given], fmt="s", color="C0", capsize=3, zorder=3
    )
    ax.plot(estimate[~given], y[~given], "s", color="C0", markerfacecolor="white", zorder=3)
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set_yticks(y, labels)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlabel(textwrap.fill(xlabel, 48))
    entitle(ax, title, synthetic)
    return ax


def recall_shares(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Share of each form's window before the infusion, against hours since its start.

    Parameters
    ----------
    table : DataFrame
        Columns form, hours, share_before (0 to 1).
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.6)
    for index, (name, rows) in enumerate(table.groupby("form", sort=False)):
        # Forms with one window share a curve: the later mark lies inside the earlier one.
        ax.plot(
            rows["hours"],
            100 * rows["share_before"],
            markersize=max(4, 10 - 1.5 * index),
            linewidth=max(1.2, 2.4 - 0.3 * index),
            label=str(name),
            zorder=3,
            clip_on=False,
            **style(index),
        )
    ax.axvspan(2, 6, color="0.85", zorder=0)
    ax.text(2.2, 8, "2 to 6 h", fontsize=10, color="0.25")
    ax.set_xscale("log")
    ticks = sorted(set(table["hours"]))
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_ylim(-3, 103)
    ax.set_xlabel("hours since the infusion started")
    ax.set_ylabel("% of the window before the infusion")
    legend_below(ax, 2, 0.15)
    entitle(ax, "What a form asks about", False)
    return ax


def visit_times(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """How many forms stand in each phase, by instrument, as stacked bars, top to bottom.

    Parameters
    ----------
    table : DataFrame
        Index instrument, one column a phase, counts.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 1.9 + 0.5 * len(table))
    y = np.arange(len(table))[::-1]
    left = np.zeros(len(table))
    for index, phase in enumerate(table.columns):
        counts = table[phase].to_numpy(float)
        ax.barh(
            y,
            counts,
            left=left,
            label=str(phase),
            color=f"C{index}",
            hatch=HATCHES[index % len(HATCHES)],
            edgecolor="white",
        )
        left += counts
    ax.set_yticks(y, [textwrap.fill(str(name), 22) for name in table.index])
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("forms")
    legend_below(ax, 4)
    entitle(ax, "When the forms were filled in", synthetic)
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
