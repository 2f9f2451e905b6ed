"""Figures of onset: who had responded when, sustained response, since when the arms differ."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.describe.display import number
from analysis.figures.common.base import (
    as_percent,
    error_bars,
    finish,
    legend_above,
    lines_at,
    new_axes,
    people_of,
    people_under,
    shares_in_rows,
    style,
    words_beside,
)
from analysis.figures.common.time_axis import time_axis

__all__ = ["backward_stepping", "crossing_curves", "crossing_dots"]


def crossing_curves(
    regions: pd.DataFrame,
    *,
    visits: Sequence[float],
    title: str,
    synthetic: bool,
    ax: Axes | None = None,
) -> Axes:
    """Turnbull's estimate by arm over log hours: a mark where it is known, a band between.

    Between two visits nobody was asked, so that the share may be anywhere in the band.

    Parameters
    ----------
    regions : DataFrame
        Columns arm, n, hours_low, hours_high, share_low, share_high, as
        :func:`analysis.describe.onset.crossing.crossing_regions` gives them.
    visits : sequence of float
        Scheduled hours of all visits.
    title : str
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.6)
    time_axis(ax, visits, name="time since the end of the infusion")
    start = ax.get_xlim()[0]
    people = {}
    for index, (arm, rows) in enumerate(regions.groupby("arm", sort=False)):
        look = style(index)
        begin = rows["hours_low"].clip(lower=start).to_numpy(float)
        end = rows["hours_high"].to_numpy(float)
        low, high = (100 * rows[f"share_{side}"].to_numpy(float) for side in ("low", "high"))
        for box in zip(begin, end, low, high, strict=True):
            ax.fill_between(box[:2], *box[2:], color=look["color"], alpha=0.2, linewidth=0)
        # The latest that the data allow: everybody just before the next visit.
        ax.plot(np.append(begin, end[-1]), np.append(low, low[-1]), zorder=3, color=look["color"],
                drawstyle="steps-post", linestyle=look["linestyle"], linewidth=1.8)  # fmt: skip
        seen = rows["hours_low"].to_numpy(float) > 0
        ax.plot(begin[seen], low[seen], linestyle="none", marker=look["marker"], markersize=8,
                color=look["color"], zorder=4)  # fmt: skip
        ax.plot([], [], label=str(arm), **look)
        if "n" in rows:
            people[str(arm)] = {float(visits[-1]): f"{rows['n'].iloc[0]:g}"}
    ax.fill_between([], [], [], color="0.5", alpha=0.3, label="between visits: not known")
    ax.set_ylim(0, 100)
    people_under(ax, people)
    finish(ax, title, synthetic, y="% of participants with a response")
    legend_above(ax, 3)
    return ax


def crossing_dots(
    table: pd.DataFrame,
    *,
    synthetic: bool,
    title: str = "First response, and sustained response",
    ax: Axes | None = None,
) -> Axes:
    """Share crossed by threshold, unsustained (hollow) and sustained (filled), by arm.

    Parameters
    ----------
    table : DataFrame
        Rows of single arms with threshold and sustained, as
        :func:`analysis.describe.onset.crossing.crossing_at_the_end` gives them; a share whose
        number is withheld or not known is left out, and its interval stays where there is one.
    synthetic : bool
        Whether to label the figure synthetic.
    title : str
    ax : Axes, optional
    """
    names, arms = list(dict.fromkeys(table["threshold"])), list(dict.fromkeys(table["contrast"]))
    ax = new_axes(ax, 1.8 + 0.85 * len(names))
    y = {name: len(names) - 1 - index for index, name in enumerate(names)}
    for index, arm in enumerate(arms):
        for sustained in (False, True):
            rows = table[(table["contrast"] == arm) & (table["sustained"] == sustained)]
            aside = 0.3 - 0.4 * index - 0.16 * sustained
            places = [y[name] + aside for name in rows["threshold"]]
            limits = rows[["estimate", "ci_low", "ci_high"]].to_numpy(float)
            words_beside(ax, [as_percent(*ends) for ends in limits], places)
            people = f" (n = {people_of(rows)})" if "n" in rows else ""
            shares_in_rows(
                ax, rows, places, index, capsize=2.5,
                markerfacecolor=style(index)["color"] if sustained else "white",
                linewidth=1.6 if sustained else 1.0,
                label=f"{arm}, {'sustained' if sustained else 'first'}{people}",
            )  # fmt: skip
    ax.set_yticks(list(y.values()), [textwrap.fill(name, 20) for name in y])
    ax.set_xlim(0, 100)
    return finish(ax, title, synthetic, x="% of participants, 95 % intervals", columns=2, gap=0.16)


def backward_stepping(
    steps: pd.DataFrame,
    *,
    synthetic: bool,
    title: str = "Since when do the arms differ, and for good?",
    bars: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The difference over log hours; the stretch from which on every window shows a benefit.

    Read from the right: a window counts where it and all later ones show a benefit.

    Parameters
    ----------
    steps : DataFrame
        Rows of differences in the order of time with hours, n, shows_benefit and counts, as
        :meth:`analysis.describe.onset.mean_course.MeanCourse.steps` gives them.
    synthetic : bool
        Whether to label the figure synthetic.
    title : str
    bars : mapping of str to float, optional
        Words to the size of a benefit that counts: a line at minus it.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.6)
    hours = steps["hours"].to_numpy(float)
    time_axis(ax, hours, name="time since the end of the infusion")
    lengths, estimate = error_bars(steps), steps["estimate"].to_numpy(float)
    shows, counts = steps["shows_benefit"].to_numpy(bool), steps["counts"].to_numpy(bool)
    kinds = {
        "benefit here and in all later windows": (counts, "C0", "C0", "o"),
        "benefit here, but not in a later one": (shows & ~counts, "C0", "white", "o"),
        "no benefit shown": (~shows, "C3", "white", "X"),
    }
    for label, (own, colour, face, marker) in kinds.items():
        if own.any():
            ax.errorbar(
                hours[own], estimate[own], lengths[:, own], fmt=marker, color=colour,
                markerfacecolor=face, markersize=8, capsize=3, label=label, zorder=3,
            )  # fmt: skip
    if counts.any():
        ax.axvspan(hours[counts].min(), hours.max(), color="C0", alpha=0.08, linewidth=0,
                   label="the stretch that counts")  # fmt: skip
    ax.axhline(0, color="0.3", linewidth=1)
    lines_at(ax, bars)
    if "n" in steps:
        people_under(ax, {"both arms": dict(zip(hours.tolist(), map(number, steps["n"]),
                                                strict=True))})  # fmt: skip
    finish(ax, title, synthetic, y="difference, points\n(below 0: better on ketamine)")
    legend_above(ax, 1)
    return ax
