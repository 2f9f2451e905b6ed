"""What the forms of a study could tell: shares of recall windows, and when visits took place."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.common.base import finish, new_axes, stacked_bars, style
from analysis.figures.common.time_axis import time_axis

__all__ = ["recall_shares", "visit_times"]


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
    time_axis(ax, table["hours"], name="time since the infusion started")
    ax.set_ylim(-3, 103)
    return finish(
        ax, "How much of what a scale asks about was before the infusion", False,
        y="% of the time asked about", columns=2, gap=0.15,
    )  # fmt: skip


def visit_times(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """How many forms stand in each phase, by instrument, as stacked bars, top to bottom.

    Parameters
    ----------
    table : DataFrame
        Index instrument, one column a phase, counts; one that is withheld has no bar.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 1.9 + 0.5 * len(table))
    y = stacked_bars(ax, table.apply(pd.to_numeric, errors="coerce").fillna(0))
    ax.set_yticks(y, [textwrap.fill(str(name), 22) for name in table.index])
    return finish(ax, "When participants were assessed", synthetic, x="forms", columns=4)
