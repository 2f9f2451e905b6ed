"""Figures of onset: regions between visits, sustained crossings, the difference stepped back."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import HATCHES, error_bars, finish, new_axes, shares_in_rows, style

__all__ = ["backward_stepping", "crossing_curves", "crossing_dots"]


def crossing_curves(
    regions: pd.DataFrame,
    *,
    visits: Sequence[float],
    title: str,
    synthetic: bool,
    ax: Axes | None = None,
) -> Axes:
    """Turnbull's estimate by arm: shaded where visits do not tell when the step came.

    Parameters
    ----------
    regions : DataFrame
        Columns arm, hours_low, hours_high, share_low, share_high, as
        :func:`analysis.describe.onset.crossing.crossing_regions` gives them.
    visits : sequence of float
        Scheduled hours of all visits.
    title : str
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    hours = sorted({0.0, *visits})
    place = {hour: index for index, hour in enumerate(hours)}
    for index, (arm, rows) in enumerate(regions.groupby("arm", sort=False)):
        look = style(index)
        numbers = rows[["hours_low", "hours_high", "share_low", "share_high"]].to_numpy(float)
        for begin, end, low, high in numbers.tolist():
            across = [place[begin], place[end]]
            low, high = 100 * low, 100 * high
            ax.fill_between(across, low, high, color=look["color"], alpha=0.22, linewidth=0,
                            hatch=HATCHES[index + 1], edgecolor=look["color"])  # fmt: skip
            # The two extremes: everybody late in the region, everybody early.
            line = {"color": look["color"], "linestyle": look["linestyle"], "zorder": 3}
            ax.plot([across[0], across[1], across[1]], [low, low, high], linewidth=1.8, **line)
            ax.plot([across[0], across[0], across[1]], [low, high, high], linewidth=0.8, **line)
        known = [place[hour] for hour in rows["hours_low"].tolist()]
        ax.plot(known, 100 * rows["share_low"], zorder=4, clip_on=False, color=look["color"],
                marker=look["marker"], linestyle="none")  # fmt: skip
        ax.plot([], [], label=str(arm), **look)
    ax.set_xticks(range(len(hours)), [f"{hour:g} h" for hour in hours])
    ax.set_ylim(0, 100)
    return finish(
        ax, title, synthetic,
        x="visit, hours after the end of the infusion (not to scale)",
        y="% of participants with a response", columns=2,
    )  # fmt: skip


def crossing_dots(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """Share crossed by threshold, unsustained (hollow) and sustained (filled), by arm.

    Parameters
    ----------
    table : DataFrame
        Rows of single arms with threshold and sustained, as
        :func:`analysis.describe.onset.crossing.crossing_at_the_end` gives them; a share whose
        number is withheld or not known is left out, and its interval stays where there is one.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    names, arms = list(dict.fromkeys(table["threshold"])), list(dict.fromkeys(table["contrast"]))
    ax = new_axes(ax, 1.8 + 0.85 * len(names))
    y = {name: len(names) - 1 - index for index, name in enumerate(names)}
    for index, arm in enumerate(arms):
        for sustained in (False, True):
            rows = table[(table["contrast"] == arm) & (table["sustained"] == sustained)]
            aside = 0.3 - 0.4 * index - 0.16 * sustained
            shares_in_rows(
                ax, rows, [y[name] + aside for name in rows["threshold"]], index, capsize=2.5,
                markerfacecolor=style(index)["color"] if sustained else "white",
                linewidth=1.6 if sustained else 1.0,
                label=f"{arm}, {'sustained' if sustained else 'unsustained'}",
            )  # fmt: skip
    ax.set_yticks(list(y.values()), [textwrap.fill(name, 20) for name in y])
    ax.set_xlim(0, 100)
    title = "First response, and sustained response"
    return finish(ax, title, synthetic, x="% of participants, 95 % intervals", columns=2, gap=0.16)


def backward_stepping(steps: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """The difference by window with the backward steps: from the right until one fails.

    Parameters
    ----------
    steps : DataFrame
        Rows of differences in the order of time with shows_benefit and counts, as
        :func:`analysis.estimates.onset.onset_of_mean_difference.backward_steps` gives them.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.3)
    x = np.arange(len(steps))
    bars = error_bars(steps)
    shows, counts = steps["shows_benefit"].to_numpy(bool), steps["counts"].to_numpy(bool)
    estimate = steps["estimate"].to_numpy(float)
    kinds = {
        "shown, and at all later windows: counts": (counts, "C0", "C0", "o"),
        "shown by itself, but a later one is not": (shows & ~counts, "C0", "white", "o"),
        "not shown": (~shows, "C3", "white", "X"),
    }
    for label, (own, colour, face, marker) in kinds.items():
        if own.any():
            ax.errorbar(
                x[own], estimate[own], bars[:, own], fmt=marker, color=colour,
                markerfacecolor=face, markersize=8, capsize=3, label=label, zorder=3,
            )  # fmt: skip
    ax.axhline(0, color="0.3", linewidth=1)
    # One arrow a step taken, above the intervals; the walk ends at the first window that fails.
    low, high = ax.get_ylim()
    at_height, last = high + 0.06 * (high - low), len(steps) - 1
    ax.set_ylim(low, high + 0.22 * (high - low))
    walked = len(steps) if counts.all() else int(np.argmin(counts[::-1])) + 1
    for place in range(last, last - walked, -1):
        arrow = {"arrowstyle": "->", "color": "C0" if counts[place] else "C3", "linewidth": 1.8}
        ends = (place - 0.4, at_height), (place + 0.4, at_height)
        ax.annotate("", *ends, arrowprops=arrow)
    words = "reaches the first" if counts.all() else "stops here"
    ax.text(last - walked + 1, at_height + 0.03 * (high - low), words, ha="center", va="bottom",
            fontsize=10, color="0.25")  # fmt: skip
    ax.set_xticks(x, [textwrap.fill(str(window), 12) for window in steps["window"]])
    ax.set_xlim(-0.6, last + 0.6)
    return finish(
        ax, "Stepping backward from the last window", synthetic,
        x="after the end of the infusion",
        y="difference, points (lower is better)", columns=1, gap=0.2,
    )  # fmt: skip
