"""Published evidence: differences over hours and weeks, and falls beyond literal recall."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import error_bars, finish, new_axes, style

__all__ = ["look_back", "speed"]

_TICKS = {24: "1 day", 72: "3 days", 168: "1 week", 504: "3 weeks", 2160: "3 months"}


def speed(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Standardised differences with intervals over a logarithmic axis of time.

    Parameters
    ----------
    table : DataFrame
        treatment (a series each), hours, estimate, ci_low, ci_high.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    for index, (name, rows) in enumerate(table.groupby("treatment", sort=False)):
        ordered = rows.sort_values("hours")
        ax.errorbar(ordered["hours"], ordered["estimate"], yerr=error_bars(ordered), capsize=3,
                    label=str(name), zorder=3, **style(index))  # fmt: skip
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xscale("log")
    ax.set_xticks(list(_TICKS), list(_TICKS.values()))
    ax.minorticks_off()
    ax.set_xlim(6, 4000)
    return finish(
        ax, "Difference from control over time", synthetic=False,
        x="time since the first infusion, or since randomisation",
        y="SD (down: fewer symptoms)", columns=1,
    )  # fmt: skip


def look_back(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Falls over the largest literal ones, a row an arm; beyond 1 no literal answer could go.

    Parameters
    ----------
    table : DataFrame
        study_id, arm, instrument, hours, ratio_low, ratio_high; rows without hours are left out.
    ax : Axes, optional
    """
    known = table[table["ratio_low"].notna()]
    labels = [
        textwrap.fill(
            f"{r.study_id}, {str(r.arm).replace('_', ' ')}, {r.instrument} at {r.hours:g} h", 27
        )
        for r in known.itertuples()
    ]
    ax = new_axes(ax, 1.4 + 0.42 * len(known))
    y = np.arange(len(known))[::-1]
    low, high = (known[f"ratio_{end}"].to_numpy(float) for end in ("low", "high"))
    ax.hlines(y, low, high, color="C0", linewidth=2, zorder=2)
    for ends, mark in ((low, "o"), (high, "s")):
        ax.plot(ends, y, mark, color="C0", zorder=3)
    ax.axvline(1, color="0.3", linewidth=1)
    ax.set_yticks(y, labels, fontsize=8.5)
    ax.set_xlim(0, None)
    return finish(
        ax, "Observed fall over\nthe largest literal one", synthetic=False,
        x="times (circle: for the shortest form\nof the scale, square: for the longest)",
    )  # fmt: skip
