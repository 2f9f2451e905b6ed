"""For whom: shares three ways and at thresholds, the spread of change, a decision curve."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import HATCHES, LINES, MARKERS, entitle, legend_below, new_axes, style

__all__ = ["change_bands", "decision_curve", "intervals", "shares_by_threshold", "three_ways"]


def three_ways(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """Improved, unchanged and worse as one bar an arm, the shares written into it.

    Parameters
    ----------
    table : DataFrame
        Rows of the table of estimates, three an arm that add up to 1; a share that is
        withheld leaves its bar out.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    arms = list(dict.fromkeys(table["contrast"]))
    ways = list(dict.fromkeys(table["estimand"]))
    ax = new_axes(ax, 1.9 + 0.55 * len(arms))
    y = np.arange(len(arms))[::-1]
    left = np.zeros(len(arms))
    for index, way in enumerate(ways):
        own = table[table["estimand"] == way].set_index("contrast").reindex(arms)
        share = 100 * own["estimate"].fillna(0.0).to_numpy(float)
        ax.barh(
            y,
            share,
            left=left,
            label=way,
            color=("C2", "0.8", "C3")[index],
            hatch=HATCHES[index],
            edgecolor="white",
        )
        for at, start, width in zip(y, left, share, strict=True):
            # A narrow part has no room for its number.
            if width >= 8:
                ax.text(
                    start + width / 2, at, f"{width:.0f} %", ha="center", va="center", fontsize=10,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
                )  # fmt: skip
        left += share
    ax.set_yticks(y, [f"{arm}\n(n = {_people(table, arm)})" for arm in arms])
    ax.grid(visible=False, axis="y")
    ax.set_xlim(0, 100)
    ax.set_xlabel("% of people with a score")
    legend_below(ax, 3, 0.32)
    entitle(ax, "Beyond measurement error: improved, unchanged, worse", synthetic)
    return ax


def _people(table: pd.DataFrame, arm: str) -> str:
    n = table.loc[table["contrast"] == arm, "n"].dropna()
    return f"{int(n.iloc[0])}" if len(n) else "withheld"


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
        estimate = 100 * own["estimate"].to_numpy(float)
        limits = 100 * own[["ci_low", "ci_high"]].to_numpy(float)
        ax.errorbar(
            estimate,
            y,
            xerr=np.stack([estimate - limits[:, 0], limits[:, 1] - estimate]),
            fmt=MARKERS[index],
            color=f"C{index}",
            capsize=3,
            label=arm,
            zorder=3,
        )
    ax.set_yticks(list(places.values()), [textwrap.fill(name, 24) for name in places])
    ax.set_xlim(-2, 102)
    ax.set_xlabel("% of people, exact 95 % intervals")
    legend_below(ax, 2, 0.16)
    entitle(ax, title, synthetic)
    return ax


def change_bands(
    table: pd.DataFrame, *, synthetic: bool, title: str, ax: Axes | None = None
) -> Axes:
    """Cumulative share of people by change, with the band that holds at every point.

    Parameters
    ----------
    table : DataFrame
        Columns arm, change (points), share, low, high (0 to 1), as
        :func:`analysis.describe.change_bands` gives them.
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
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set_ylim(0, 100)
    ax.set_xlabel("change from baseline, points (lower is better)")
    ax.set_ylabel("% of people with this change\nor a larger fall")
    if table.empty:
        ax.text(0.5, 0.3, "too few people to show", transform=ax.transAxes, ha="center")
    else:
        legend_below(ax, 2, 0.18)
    entitle(ax, title, synthetic)
    return ax


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
    ax.set_xlabel(textwrap.fill(xlabel, 52))
    entitle(ax, title, synthetic)
    return ax


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
    ax.set_xlabel("stop below this chance of responding, %")
    ax.set_ylabel("net benefit,\nresponders in 100 people")
    legend_below(ax, 2, 0.18)
    entitle(ax, "Is it worth choosing by the first session?", synthetic)
    return ax
