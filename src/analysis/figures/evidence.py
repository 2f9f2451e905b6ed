"""Published evidence: differences over hours and weeks, and falls beyond literal recall."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.describe.hours import told
from analysis.figures.common.base import error_bars, finish, legend_above, lines_at, new_axes, style
from analysis.figures.common.time_axis import time_axis

__all__ = ["look_back", "speed"]

NO_BREAK = "\u00a0"


def speed(
    table: pd.DataFrame, *, bars: Mapping[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Standardised differences with intervals over time, to scale on log hours.

    Parameters
    ----------
    table : DataFrame
        treatment (a series each), hours, estimate, ci_low, ci_high.
    bars : mapping of str to float, optional
        Words to the size of a benefit that counts, SD: a line at minus it.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    for index, (name, rows) in enumerate(table.groupby("treatment", sort=False)):
        ordered = rows.sort_values("hours")
        ax.errorbar(ordered["hours"], ordered["estimate"], yerr=error_bars(ordered), capsize=3,
                    label=str(name), zorder=3, **style(index))  # fmt: skip
    ax.axhline(0, color="0.3", linewidth=1)
    lines_at(ax, bars)
    time_axis(ax, table["hours"], name="since the first infusion, or since randomisation")
    title = "Difference from any control over time"
    finish(ax, f"{title}\nPTSD scales (ask about the past week or month)", synthetic=False,
           y="difference, SD\n(down: fewer symptoms)")  # fmt: skip
    legend_above(ax)
    return ax


def look_back(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Falls over the largest literal ones, a row an arm; beyond 1 no literal answer could go.

    Parameters
    ----------
    table : DataFrame
        study_id, arm, instrument, hours, ratio_low, ratio_high; rows without hours are left out.
    ax : Axes, optional
    """
    known = table[table["ratio_low"].notna()]
    names = known[["study_id", "arm", "instrument"]].astype(str).to_numpy()
    labels = [
        # A number and its unit stay on one line.
        textwrap.fill(
            f"{study}, {arm.replace('_', ' ')}, {scale} at {told(hours).replace(' ', NO_BREAK)}", 34
        )
        for (study, arm, scale), hours in zip(names, known["hours"].astype(float), strict=True)
    ]
    ax = new_axes(ax, 1.4 + 0.33 * len(known))
    y = np.arange(len(known))[::-1]
    low, high = (known[f"ratio_{end}"].to_numpy(float) for end in ("low", "high"))
    ax.hlines(y, low, high, color="C0", linewidth=2, zorder=2)
    for ends, mark in ((low, "o"), (high, "s")):
        ax.plot(ends, y, mark, color="C0", zorder=3)
    ax.axvline(1, color="0.3", linewidth=1)
    ax.set_yticks(y, labels, fontsize=8.5)
    ax.set_xlim(0, None)
    ax.grid(visible=False, axis="y")
    for place, ends in zip(y, np.stack([low, high], axis=1), strict=True):
        shown = " to ".join(dict.fromkeys(f"{end:.1f}" for end in ends))
        ax.annotate(shown, (1, place), (6, 0), xycoords=("axes fraction", "data"), va="center",
                    textcoords="offset points", fontsize=9, annotation_clip=False)  # fmt: skip
    ax.annotate("beyond this line\nno literal answer goes", (1, 0.03), (6, 0), fontsize=9,
                xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip
    return finish(
        ax, "Did scores fall further than the scale can literally show?\nScales named at the left",
        synthetic=False,
        x="observed fall ÷ largest of a literal answer (circle:\n"
          "shortest version of the scale, square: longest)",
    )  # fmt: skip
