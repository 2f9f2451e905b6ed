"""For whom: shares three ways and at thresholds, the spread of change, a decision curve."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.describe.display import number
from analysis.figures.common.base import (
    AGGREGATES,
    LINES,
    WIDTH,
    as_percent,
    entitle_whole,
    error_bars,
    finish,
    legend_above,
    legend_below,
    new_axes,
    numbers_beside,
    people_of,
    people_under,
    set_theme,
    shares_in_rows,
    style,
    words_beside,
)
from analysis.figures.common.time_axis import time_axis
from analysis.figures.scores.change import cumulative

__all__ = ["change_bands", "cluster_courses", "decision_curve", "intervals",
           "shares_by_threshold", "three_ways"]  # fmt: skip

SHARES = ("estimate", "ci_low", "ci_high")


def three_ways(
    table: pd.DataFrame, *, synthetic: bool, title: str = "", ax: Axes | None = None
) -> Axes:
    """Improved, unchanged and worse: a row each, a mark an arm, with intervals and numbers.

    A bar of shares that add up would hide how little a share of nobody rules out.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates, three an arm that add up to 1; a share that is
        withheld leaves its mark out.
    synthetic : bool
        Whether to label the figure synthetic.
    title : str
    ax : Axes, optional
    """
    title = title or "Beyond measurement error: improved, unchanged, worse"
    return shares_by_threshold(table, synthetic=synthetic, title=title, ax=ax)


def shares_by_threshold(
    table: pd.DataFrame, *, synthetic: bool, title: str, ax: Axes | None = None
) -> Axes:
    """Share of each arm that meets each threshold, with intervals, one line a threshold.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates, a share an arm (``contrast``) and threshold
        (``estimand``), top to bottom in the order of the table.
    synthetic : bool
        Whether to label the figure synthetic.
    title : str
    ax : Axes, optional
    """
    thresholds = list(dict.fromkeys(table["estimand"]))
    arms = list(dict.fromkeys(table["contrast"]))
    ax = new_axes(ax, 1.6 + 0.62 * len(thresholds))
    places = {name: len(thresholds) - 1 - index for index, name in enumerate(thresholds)}
    for index, arm in enumerate(arms):
        own = table[table["contrast"] == arm]
        # Side by side, or the intervals would cover one another.
        y = np.array([places[name] for name in own["estimand"]]) + 0.12 - 0.24 * index
        shares_in_rows(ax, own, y, index, capsize=3, label=f"{arm} (n = {people_of(own)})")
        told = [as_percent(*ends) for ends in own[list(SHARES)].to_numpy(float)]
        words_beside(ax, told, y.tolist())
    ax.set_yticks(list(places.values()), [textwrap.fill(name, 22) for name in places])
    ax.set_xlim(-2, 102)
    ax.grid(visible=False, axis="y")
    finish(ax, title, synthetic, x="% of participants, 95 % intervals")
    legend_above(ax)
    return ax


def cluster_courses(
    table: pd.DataFrame, *, hours: Mapping[str, float], title: str, synthetic: bool
) -> Axes:
    """Differences in clusters of symptoms over log hours, a small panel a cluster.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates with ``cluster``.
    hours : mapping of str to float
        Hours after the end of the infusion by window.
    title : str
    synthetic : bool
        Whether to label the figure synthetic.

    Returns
    -------
    Axes
        The first panel; the others lie beside and below it in the same figure.
    """
    set_theme()
    names = list(dict.fromkeys(table["cluster"]))
    lines = -(-len(names) // 2)
    figure = Figure(figsize=(WIDTH, 0.9 + 2.0 * lines), layout="constrained")
    panels = list(figure.subplots(lines, 2, sharex=True, sharey=True, squeeze=False).flat)
    for panel, name in zip(panels, names, strict=False):
        rows = table[table["cluster"] == name]
        at = rows["window"].map(hours).to_numpy(float)
        panel.errorbar(at, rows["estimate"], yerr=error_bars(rows), fmt="o", color="C0", capsize=3,
                       zorder=3, label=name)  # fmt: skip
        panel.axhline(0, color="0.3", linewidth=1)
        time_axis(panel, table["window"].map(hours), name="", first=12)
        panel.set_xlabel("")
        panel.set_title(name, fontsize=10.5)
        if "n" in rows:
            people_under(panel, {"": dict(zip(at.tolist(), map(number, rows["n"]),
                                                       strict=True))}, start=26)  # fmt: skip
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    first: Axes = figure.axes[0]
    for panel in figure.axes:
        panel.set_gid(AGGREGATES)
        panel.label_outer()
    figure.supxlabel("time since the end of the infusion (log scale)", fontsize=11)
    figure.supylabel("difference, points\n(below 0: better on ketamine)", fontsize=11)
    entitle_whole(figure, title, synthetic)
    return first


def change_bands(
    table: pd.DataFrame, *, synthetic: bool, title: str, ax: Axes | None = None
) -> Axes:
    """Cumulative share of participants by change, with the band that holds at every point.

    Parameters
    ----------
    table : DataFrame
        Columns arm, change (points), share, low, high (0 to 1), as
        :func:`analysis.describe.scores.responders.change_bands` gives them.
    synthetic : bool
        Whether to label the figure synthetic.
    title : str
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.3)
    for index, (arm, rows) in enumerate(table.groupby("arm", sort=True)):
        x, low, high = (rows[name].to_numpy(float) for name in ("change", "low", "high"))
        ax.plot(x, 100 * rows["share"], label=str(arm), zorder=3, **style(index))
        # Between two points the true share lies between the lower limit of the one before and
        # the upper limit of the one after, since it can only rise.
        stairs = np.repeat(x, 2)[1:-1]
        ax.fill_between(
            stairs,
            100 * np.repeat(low[:-1], 2),
            100 * np.repeat(high[1:], 2),
            color=f"C{index}",
            alpha=0.18,
            linewidth=0,
        )
    if not table.empty:
        legend_below(ax, 2, 0.18)
    return cumulative(ax, table, title, synthetic)


def intervals(
    table: pd.DataFrame,
    *,
    label: str,
    xlabel: str,
    title: str,
    reference: float = 0.0,
    synthetic: bool,
    ax: Axes | None = None,
) -> Axes:
    """Broad intervals with their middle, one line each: where single values will lie.

    Parameters
    ----------
    table : DataFrame
        Columns estimate, ci_low, ci_high and the one named by ``label``.
    label, xlabel, title : str
    reference : float
        Where the vertical line stands.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    labels = [textwrap.fill(str(text), 24) for text in table[label]]
    ax = new_axes(ax, 1.3 + 0.55 * len(labels))
    y = np.arange(len(table))[::-1]
    width = table["ci_high"] - table["ci_low"]
    ax.barh(y, width, left=table["ci_low"], height=0.42, color="C0", alpha=0.3, zorder=2)
    ax.plot(table["estimate"], y, "D", color="C0", zorder=3)
    ax.axvline(reference, color="0.3", linewidth=1, zorder=4)
    ax.set_yticks(y, labels)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.use_sticky_edges = False
    ax.margins(x=0.05)
    numbers_beside(ax, table, y.tolist())
    return finish(ax, title, synthetic, x=textwrap.fill(xlabel, 52))


def decision_curve(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """Net benefit of each way of choosing whom to go on with, over threshold probabilities.

    Parameters
    ----------
    table : DataFrame
        Columns strategy, threshold (probability), net_benefit (share of all people).
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    for index, (name, rows) in enumerate(table.groupby("strategy", sort=False)):
        ax.plot(
            100 * rows["threshold"],
            100 * rows["net_benefit"],
            color=f"C{index}",
            linestyle=LINES[index % len(LINES)],
            linewidth=2.2 - 0.3 * index,
            label=str(name),
            zorder=3,
        )
    # Far below 0 a strategy is only bad; how bad would flatten all the others.
    top = 100 * table["net_benefit"].max()
    ax.set_ylim(-0.25 * top, 1.08 * top)
    return finish(
        ax, "Is it worth choosing by the first session?", synthetic, columns=2, gap=0.18,
        x="stop below this chance of responding, %", y="net benefit,\nresponders per 100",
    )  # fmt: skip
