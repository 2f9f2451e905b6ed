"""How often the procedure is wrong: shares of simulated trials by world, and against bias."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.common.base import finish, new_axes, shares_in_rows, style, words_beside

__all__ = ["against_size", "by_world", "over_worlds"]

NOT_YET = "not counted yet"
PENDING = "pending"


def by_world(
    table: pd.DataFrame,
    *,
    series: str,
    labels: Mapping[object, str],
    title: str,
    xlabel: str,
    line: float,
    line_label: str,
    most: float = 1.0,
    ax: Axes | None = None,
) -> Axes:
    """A row a world, a mark a series: share of trials with its Monte Carlo limits.

    Parameters
    ----------
    table : DataFrame
        title (of the world), the series, value, mc_low, mc_high (shares); NaN where a cell is
        not counted, or where ``pending`` (bool, may be left out) says that it no longer holds.
        Rows are drawn from above in the order of the table.
    series : str
        Column that tells the marks apart.
    labels : mapping
        Value of that column to its name, in the order of the legend.
    title, xlabel : str
        Short: the names of the worlds take a third of the width.
    line : float
        Share at which a dashed line stands.
    line_label : str
    most : float
        Largest share of the axis; it grows where a limit lies beyond.
    ax : Axes, optional
    """
    names = list(dict.fromkeys(table["title"]))
    tall = len(names) * 0.4
    ax = new_axes(ax, 1.6 + tall)
    place = {name: len(names) - 1 - row for row, name in enumerate(names)}
    spread = np.linspace(0.24, -0.24, len(labels)) if len(labels) > 1 else [0.0]
    size = 6.5 if len(labels) < 4 else 5.5
    for index, (key, label) in enumerate(labels.items()):
        own = table[(table[series] == key) & table["value"].notna()]
        y = [place[name] + spread[index] for name in own["title"]]
        shares_in_rows(
            ax, own, y, index, columns=("value", "mc_low", "mc_high"), label=label,
            markersize=size, markeredgecolor="white", markeredgewidth=0.6, elinewidth=1.6,
        )  # fmt: skip
    for name in names[1::2]:
        ax.axhspan(place[name] - 0.5, place[name] + 0.5, color="0.5", alpha=0.08, linewidth=0)
    right = max(100 * most, 105 * float(np.nan_to_num(table["mc_high"]).max()))
    for name, rows in table.groupby("title"):
        if rows["value"].isna().all():
            waits = "pending" in rows and rows["pending"].any()
            told = PENDING if waits else NOT_YET
            ax.text(right / 2, place[str(name)], told, ha="center", va="center", color="0.45",
                    fontsize=9.5, style="italic")  # fmt: skip
    _limit(ax, line, line_label, right)
    ax.set_yticks(list(place.values()), [textwrap.fill(name, 40) for name in names], fontsize=8.5)
    ax.set_ylim(-0.6, len(names) - 0.6 + 0.3 / tall * len(names))
    ax.set_xlim(-right / 60, right)
    ax.grid(axis="y", visible=False)
    columns = 3 if len(labels) < 4 else 2
    # Simulated trials are nobody's data: the title says so, no mark is needed.
    return finish(ax, title, synthetic=False, x=xlabel, columns=columns, gap=0.55 / tall)


def _limit(ax: Axes, line: float, label: str, right: float) -> None:
    """A dashed line at a share, its label on the side that has room; the axis ends at right."""
    ax.axvline(100 * line, color="0.2", linestyle="--", linewidth=1.4)
    left = 200 * line > right
    ax.annotate(
        label, (100 * line, 1), xycoords=("data", "axes fraction"),
        xytext=(-4 if left else 4, -3), textcoords="offset points",
        ha="right" if left else "left", va="top", fontsize=9.5, color="0.2",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )  # fmt: skip


def over_worlds(
    table: pd.DataFrame,
    *,
    series: str,
    title: str,
    xlabel: str,
    line: float,
    line_label: str,
    ax: Axes | None = None,
) -> Axes:
    """A row an analysis, a mark a world, and from which share to which they reach.

    Parameters
    ----------
    table : DataFrame
        The series, value (share); NaN where a cell is not counted, or where ``pending`` (bool, may
        be left out) says that it no longer holds.
    series : str
        Column that names the rows, from above in the order of the table.
    title, xlabel : str
    line : float
        Share at which a dashed line stands.
    line_label : str
    """
    names = list(dict.fromkeys(table[series]))
    ax = new_axes(ax, 1.7 + 0.55 * len(names))
    y = np.arange(len(names))[::-1]
    told = []
    for index, (place, name) in enumerate(zip(y, names, strict=True)):
        shares = 100 * np.sort(table.loc[table[series] == name, "value"].dropna().to_numpy(float))
        # Neighbours alternate about the row, so that few cover one another.
        aside = 0.13 * ((np.arange(len(shares)) % 3) - 1)
        ax.plot(shares, place + aside, linestyle="none", marker=style(index)["marker"],
                color=style(index)["color"], markersize=5.5, alpha=0.7, zorder=3,
                label=str(name))  # fmt: skip
        waits = "pending" in table and table.loc[table[series] == name, "pending"].any()
        none = PENDING if waits else NOT_YET
        told.append(f"{shares[0]:.1f} to {shares[-1]:.1f} %" if len(shares) else none)
    words_beside(ax, told, y.tolist())
    ax.set_ylim(-0.6, len(names) - 0.2)
    _limit(ax, line, line_label, 100)
    ax.set_yticks(y, [textwrap.fill(str(name), 24) for name in names])
    ax.set_xlim(-2, 102)
    ax.grid(visible=False, axis="y")
    return finish(ax, title, synthetic=False, x=xlabel)


def against_size(
    curve: pd.DataFrame,
    *,
    line: float,
    bound: float | None,
    title: str,
    xlabel: str,
    ylabel: str,
    most: float = 1.0,
    absent: str = NOT_YET,
    ax: Axes | None = None,
) -> Axes:
    """Share of trials called supported against a bias or an effect, a line a size of trial.

    Parameters
    ----------
    curve : DataFrame
        n_per_arm, size, value, mc_low, mc_high, sorted, as
        :func:`analysis.describe.calibration.rates.bias_curve` gives them.
    line : float
        Share at which a dashed line stands; where a curve first crosses it there is a drop line.
    bound : float or None
        Size up to which the background is shaded: the bound on bias.
    title, xlabel, ylabel : str
    most : float
        Least height of the axis, a share.
    absent : str
        What stands in the figure of an empty curve.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    if bound is not None:
        ax.axvspan(0, bound, color="0.5", alpha=0.15, linewidth=0)
        ax.annotate("within\nthe bound", (bound / 2, 0.97), xycoords=("data", "axes fraction"),
                    ha="center", va="top", fontsize=9.5, color="0.25")  # fmt: skip
    for index, (n, own) in enumerate(curve.groupby("n_per_arm")):
        look = style(index)
        x = own["size"].to_numpy(float)
        y = 100 * own[["value", "mc_low", "mc_high"]].to_numpy(float)
        ax.fill_between(x, y[:, 1], y[:, 2], color=look["color"], alpha=0.2, linewidth=0)
        ax.plot(x, y[:, 0], label=f"{n} per arm", linewidth=2, zorder=3, clip_on=False, **look)
    ax.axhline(100 * line, color="0.2", linestyle="--", linewidth=1.4)
    ax.annotate(f"{100 * line:g} %", (1, 100 * line), xycoords=("axes fraction", "data"),
                xytext=(-3, 3), textcoords="offset points", ha="right", va="bottom",
                fontsize=10, color="0.2")  # fmt: skip
    if curve.empty:
        ax.text(0.5, 0.5, absent, transform=ax.transAxes, ha="center", color="0.45",
                style="italic")  # fmt: skip
    highest = 0.0 if curve.empty else float(curve["mc_high"].max())
    widest = 0.0 if curve.empty else float(curve["size"].max())
    ax.set_ylim(0, 100 * max(most, 1.05 * highest) if highest < 0.95 else 100)
    ax.set_xlim(0, max(1.5 if bound is None else 1.1, widest))
    legend = 0 if curve.empty else 3
    return finish(ax, title, synthetic=False, x=xlabel, y=ylabel, columns=legend)
