"""Change of one study: means over the windows, and its cumulative shares."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import finish, legend_above, new_axes, series_by_visit, style

__all__ = ["courses", "cumulative", "ecdf_of_change", "mean_change"]


def mean_change(
    table: pd.DataFrame,
    *,
    hours: Mapping[str, float],
    synthetic: bool,
    unit: str = "points",
    ax: Axes | None = None,
) -> Axes:
    """Mean change over time, to scale, with intervals and people, one series a contrast.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates, of one instrument, which stands in the title.
    hours : mapping of str to float
        Hours after the end of the infusion by window.
    synthetic : bool
        Whether to label the figure synthetic.
    unit : str
        Unit of the estimate.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.6)
    since = "time since the end of the infusion"
    series_by_visit(ax, table, series="contrast", visit="window", hours=hours, since=since)
    ax.axhline(0, color="0.3", linewidth=1)
    form = ", ".join(name for name in dict.fromkeys(table.get("instrument", [])) if name)
    finish(ax, f"{form + ': ' if form else ''}mean change from before, 95 % intervals", synthetic,
           y=f"change, {unit} (lower is better)")  # fmt: skip
    legend_above(ax, 3)
    return ax


def courses(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """One thin, unlabelled line a person, the arms side by side, and the mean of those seen.

    Parameters
    ----------
    table : DataFrame
        Columns contrast (arm), line, window (in the order of first appearance) and change
        (points), as :func:`analysis.describe.change.individual_courses` gives them.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.3)
    windows = {name: place for place, name in enumerate(table["window"].unique(), start=1)}
    ticks: dict[float, str] = {}
    for index, (arm, rows) in enumerate(table.groupby("contrast", sort=True)):
        start, look = index * (len(windows) + 1.5), style(index)
        people = rows.assign(place=rows["window"].map(windows)).pivot(
            index="place", columns="line", values="change"
        )
        people.loc[0] = 0.0
        people = people.sort_index()
        x = start + people.index.to_numpy(float)
        for _, one in people.items():
            seen = one.notna().to_numpy()
            ax.plot(x[seen], one[seen], color=look["color"], linewidth=0.7, alpha=0.4)
        ax.plot(x, people.mean(axis=1), label=f"{arm}, mean", zorder=3, **look)
        ticks |= {start: "before"} | {start + place: name for name, place in windows.items()}
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xticks(list(ticks), [textwrap.fill(name, 8) for name in ticks.values()], fontsize=8)
    finish(
        ax, "Change of each participant, unlabelled", synthetic, columns=3, gap=0.24,
        x="after the end of the infusion", y="change, points (lower is better)",
    )  # fmt: skip
    # No aggregates: this one is never passed on.
    ax.set_gid(None)
    return ax


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
