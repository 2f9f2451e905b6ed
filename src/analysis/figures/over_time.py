"""The picture that answers: a difference over hours and days, beside what would count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.describe.answer.over_time import OverTime
from analysis.figures.common.base import (
    LINE,
    UNDER,
    error_bars,
    finish,
    legend_above,
    lines_at,
    new_axes,
    people_under,
)
from analysis.figures.common.time_axis import shade_gaps, time_axis

__all__ = ["picture_over_time"]

BACKWARDS = "C1"
LOOKS: dict[bool, dict[str, Any]] = {
    False: {"fmt": "o", "markersize": 6, "markerfacecolor": "white", "elinewidth": 1.6},
    True: {"fmt": "D", "markersize": 8, "elinewidth": 2.6},
}
# What lies before the infusion has no place on a log axis; its strip is this share of the width.
STRIP = 0.12


def picture_over_time(drawn: OverTime, *, ax: Axes | None = None) -> Axes:
    """Estimates with intervals at their hours, log scale, and what each form asked about behind.

    The bound on bias and the minimal important difference are lines at their values, what
    nobody measured is shaded, and the people and numbers of each point stand under the axis.

    Parameters
    ----------
    drawn : OverTime
        As :func:`analysis.describe.answer.over_time.over_time` gives it.
    ax : Axes, optional
    """
    rows = drawn.rows
    below = len(drawn.people) + len(rows) + 1
    ax = new_axes(ax, 4.2 + below * LINE / 72)
    time_axis(ax, rows["hours"], name=f"time since {drawn.since}")
    shade_gaps(ax, zip(rows["hours_low"], rows["hours_high"], strict=True))
    seen = rows[rows["estimate"].notna()]
    _recall(ax, seen)
    for marked, look in LOOKS.items():
        own = seen[seen["marked"] == marked]
        if len(own):
            ax.errorbar(own["hours"], own["estimate"], yerr=error_bars(own), capsize=3,
                        color="C0", label=drawn.kinds[marked], zorder=4, **look)  # fmt: skip
    ax.axhline(0, color="0.3", linewidth=1, zorder=2)
    lines_at(ax, drawn.bars)
    people_under(ax, {arm: dict(zip(rows["hours"], rows[arm], strict=True))
                      for arm in drawn.people})  # fmt: skip
    _numbers(ax, rows, UNDER + LINE * (len(drawn.people) - (not drawn.people) + 0.5))
    ax.grid(visible=False, axis="x")
    finish(ax, drawn.title, drawn.synthetic, y=drawn.ylabel)
    legend_above(ax)
    return ax


def _recall(ax: Axes, rows: pd.DataFrame) -> None:
    """A bar behind each point over the time that its form asks about.

    Where that begins before the infusion, it goes on into a strip at the left.
    """
    looks = rows[rows["recall_hours"] > 0]
    if looks.empty:
        return
    left, right = ax.get_xlim()
    before = looks["recall_hours"] > looks["hours"]
    strip = left * (left / right) ** STRIP if before.any() else left
    begins = np.where(before, strip, np.maximum(looks["hours"] - looks["recall_hours"], left))
    ax.hlines(looks["estimate"], begins, looks["hours"], color=BACKWARDS, alpha=0.28, linewidth=7,
              zorder=2.5, label="what the scale asks about")  # fmt: skip
    if not before.any():
        return
    ax.set_xlim(strip, right)
    ax.axvspan(strip, left, facecolor=BACKWARDS, alpha=0.15, linewidth=0, zorder=0.5)
    ax.axvline(left, color="0.2", linewidth=1.5, zorder=3)
    ax.plot(np.full(before.sum(), strip), looks.loc[before, "estimate"], linestyle="none",
            marker="<", color=BACKWARDS, clip_on=False, zorder=5)  # fmt: skip
    ax.text(
        np.sqrt(strip * left), 0.98, "before the infusion", transform=ax.get_xaxis_transform(),
        rotation=90, ha="center", va="top", fontsize=9, color="0.2", zorder=5,
    )  # fmt: skip


def _numbers(ax: Axes, rows: pd.DataFrame, start: float) -> None:
    """Window and numbers of each point, a line each, under the axis."""
    one = rows["marked"].sum() == 1
    told = zip(rows["window"], rows["numbers"], rows["marked"] & one, strict=True)
    down: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
    for line, (window, numbers, marked) in enumerate(told):
        down |= {"va": "center", "fontsize": 9, "weight": "bold" if marked else "normal"}
        y = -start - LINE * (line + 1)
        ax.annotate(window, (0.4, 0), (-6, y), ha="right", **down)
        ax.annotate(numbers, (0.4, 0), (6, y), ha="left", **down)
