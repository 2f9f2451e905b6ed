"""Change of one study: means over the windows, and its cumulative shares."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.describe.hours import FIRST_HOUR, TICKS
from analysis.figures.common.base import (
    WIDTH,
    entitle_whole,
    finish,
    legend_above,
    new_axes,
    people_under,
    series_by_visit,
    set_theme,
    style,
    titled,
)
from analysis.figures.common.time_axis import time_axis

__all__ = ["courses", "cumulative", "ecdf_of_change", "mean_change"]


def mean_change(
    table: pd.DataFrame,
    *,
    hours: Mapping[str, float],
    synthetic: bool,
    unit: str = "points",
    of: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Mean change over time, to scale, with intervals and people, one series a contrast.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates, of one instrument.
    hours : mapping of str to float
        Hours after the end of the infusion by window.
    synthetic : bool
        Whether to label the figure synthetic.
    unit : str
        Unit of the estimate.
    of : str
        Instrument and what it asks about, for the title; the table's unless given.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.6)
    since = "time since the end of the infusion"
    series_by_visit(ax, table, series="contrast", visit="window", hours=hours, since=since)
    ax.axhline(0, color="0.3", linewidth=1)
    form = ", ".join(name for name in dict.fromkeys(table.get("instrument", [])) if name)
    finish(ax, titled("Mean change from before, 95 % intervals", of or form), synthetic,
           y=f"change, {unit} (lower is better)")  # fmt: skip
    legend_above(ax, 3)
    return ax


def courses(
    table: pd.DataFrame, *, hours: Mapping[str, float], synthetic: bool, of: str = ""
) -> Axes:
    """One thin, unlabelled line a person over log hours, a panel an arm, and the mean.

    Parameters
    ----------
    table : DataFrame
        Columns contrast (arm), line, window and change (points), as
        :func:`analysis.describe.scores.change.individual_courses` gives them.
    hours : mapping of str to float
        Hours after the end of the infusion by window.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and what it asks about, for the title.

    Returns
    -------
    Axes
        The first panel; the other arms lie beside it in the same figure.
    """
    set_theme()
    arms = {str(arm): rows for arm, rows in table.groupby("contrast", sort=True)}
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    panels = list(figure.subplots(1, len(arms), sharey=True, squeeze=False).flat)
    for index, (ax, (arm, rows)) in enumerate(zip(panels, arms.items(), strict=True)):
        look = style(index)
        people = rows.assign(hour=rows["window"].map(hours)).pivot(
            index="hour", columns="line", values="change"
        )
        seen_at = people.notna().sum(axis=1).tolist()
        counts = dict(zip(people.index.to_numpy(float).tolist(), map(str, seen_at), strict=True))
        time_axis(ax, people.index, name="")
        # What was before has no place on a log axis: it stands at the left end, and is named so.
        before = ax.get_xlim()[0]
        people.loc[before] = 0.0
        people = people.sort_index()
        x = people.index.to_numpy(float)
        for _, one in people.items():
            seen = one.notna().to_numpy()
            ax.plot(x[seen], one[seen], color=look["color"], linewidth=0.7, alpha=0.4)
        ax.plot(x, people.mean(axis=1), label=f"{arm}, mean", zorder=3, **look)
        ax.axhline(0, color="0.3", linewidth=1)
        shown = [hour for hour in ax.get_xticks() if hour > FIRST_HOUR * 2]
        ax.set_xticks([before, *shown], ["before", *(TICKS[hour] for hour in shown)], fontsize=9)
        ax.set_title(f"{arm}: thick line the mean", fontsize=10.5)
        ax.set_xlabel("")
        people_under(ax, {"": counts}, start=26)
    figure.supxlabel("time since the end of the infusion (log scale)", fontsize=11)
    panels[0].set_ylabel("change, points (lower is better)")
    entitle_whole(figure, titled("Change of each participant, unlabelled", of), synthetic)
    return panels[0]


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
