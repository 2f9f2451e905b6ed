"""The specification curve: every analysis sorted by its estimate, over the choices that made it."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.common.base import (
    AGGREGATES,
    WIDTH,
    entitle_whole,
    finish,
    new_axes,
    set_theme,
    shares_in_rows,
    titled,
)

__all__ = ["operating_characteristics", "specification_curve"]

# Blue, grey and red can be told apart by those who see no red; the legend counts each besides.
COLOURS = {"supported": "C0", "not decided": "0.45", "contradicted": "C3", "": "0.45"}
# Empty columns between the specifications that may decide and those that are only shown.
GAP = 7
# Inches: what is left of a screen for the matrix.
TALLEST = 3.6


def specification_curve(
    table: pd.DataFrame,
    *,
    choices: dict[str, list[str]],
    smallest: float | None,
    bias: float | None,
    synthetic: bool,
    of: str = "",
) -> Axes:
    """Estimates with 95 % intervals above a matrix of the choices behind each.

    Parameters
    ----------
    table : DataFrame
        Rows in the order to be drawn: estimate, ci_low, ci_high (points), word, may_decide,
        primary, and one column of labels a dimension. Those that may decide come first.
    choices : dict
        Those columns, and the labels in each, in the order of the matrix.
    smallest, bias : float or None
        Smallest difference that matters and bound on bias, points, drawn as lines.
    synthetic : bool
        Whether to label the figure synthetic.
    of : str
        Instrument and what it asks about, for the title.

    Returns
    -------
    Axes
        The upper ones; the matrix lies below them in the same figure.
    """
    set_theme()
    rows = sum(1 + len(labels) for labels in choices.values())
    heights = [2.1, min(0.19, TALLEST / rows) * rows]
    figure = Figure(figsize=(WIDTH, sum(heights) + 1.1), layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=heights)
    at = np.arange(len(table)) + GAP * (~table["may_decide"].to_numpy(bool))
    colours = [COLOURS[word] for word in table["word"]]
    _estimates(above, table, at, colours, smallest, bias)
    _matrix(below, table, at, colours, choices)
    above.set_xlim(at[0] - 3, at[-1] + 3)
    counts = table.loc[table["may_decide"], "word"].value_counts()
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if word)
    title = titled(f"{int(counts.sum())} analyses that may decide: {told}", of)
    entitle_whole(figure, title, synthetic)
    above.set_gid(AGGREGATES)
    return above


def _estimates(
    ax: Axes,
    table: pd.DataFrame,
    at: np.ndarray,
    colours: list[str],
    smallest: float | None,
    bias: float | None,
) -> None:
    ax.vlines(at, table["ci_low"], table["ci_high"], colors=colours, linewidth=1.1, alpha=0.45)
    for word in dict.fromkeys(table["word"]):
        own = (table["word"] == word).to_numpy()
        ax.plot(
            at[own], table.loc[own, "estimate"], linestyle="none", marker=".", markersize=4,
            color=COLOURS[word], zorder=3, label=word or None,
        )  # fmt: skip
    ax.axhline(0, color="0.2", linewidth=1)
    lines = ((bias, "bound on bias", "--"), (smallest, "minimal important difference", ":"))
    for value, words, style in lines:
        if value is not None:
            ax.axhline(-value, color="0.2", linewidth=1.2, linestyle=style, label=words)
    own = table["primary"].to_numpy(bool)
    ax.plot(
        at[own], table.loc[own, "estimate"], marker="D", markersize=9, color="C1",
        markeredgecolor="0.1", linestyle="none", zorder=4, label="primary analysis",
    )  # fmt: skip
    shown = at[~table["may_decide"].to_numpy(bool)]
    if len(shown):
        ax.axvspan(shown[0] - GAP / 2, shown[-1] + 3, color="0.5", alpha=0.13, linewidth=0)
        ax.text(
            shown.mean(), 0.02, "shown,\ncannot decide", transform=ax.get_xaxis_transform(),
            ha="center", va="bottom", fontsize=9, color="0.25",
        )  # fmt: skip
    ax.set_ylabel("difference, points\n(below 0: better)")
    ax.tick_params(labelbottom=False)
    ax.grid(visible=False, axis="x")
    ax.legend(
        ncols=3, loc="lower right", bbox_to_anchor=(1.02, -0.22), frameon=False, fontsize=9.5,
        handlelength=1.6, columnspacing=1.0, handletextpad=0.5, borderaxespad=0,
    )  # fmt: skip


def _matrix(
    ax: Axes,
    table: pd.DataFrame,
    at: np.ndarray,
    colours: list[str],
    choices: dict[str, list[str]],
) -> None:
    names: list[str] = []
    titles: list[int] = []
    for title, labels in choices.items():
        titles.append(len(names))
        names.append(title)
        for label in labels:
            mine = (table[title] == label).to_numpy()
            y = len(names)
            own = [colour for colour, one in zip(colours, mine, strict=True) if one]
            ax.vlines(at[mine], y - 0.36, y + 0.36, colors=own, linewidth=1.3)
            names.append(label)
    shown = at[~table["may_decide"].to_numpy(bool)]
    if len(shown):
        ax.axvspan(shown[0] - GAP / 2, shown[-1] + 3, color="0.5", alpha=0.13, linewidth=0)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    for y in titles:
        ax.get_yticklabels()[y].set_fontweight("bold")
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xticks([])
    ax.grid(visible=False)
    ax.set_xlabel("each column one analysis, sorted by its estimate")
    ax.set_gid(AGGREGATES)


def operating_characteristics(
    table: pd.DataFrame, *, quantity: str, scores: str, ax: Axes | None = None
) -> Axes:
    """Simulated coverage or level of each estimator by participants per arm, with Monte Carlo bars.

    Parameters
    ----------
    table : DataFrame
        docs/operating_characteristics.csv: estimator, quantity, scores, n_per_arm, value,
        mc_low, mc_high, nominal.
    quantity : {"coverage", "level"}
    scores : str
        Kind of scores.
    ax : Axes, optional
    """
    rows = table[(table["quantity"] == quantity) & (table["scores"] == scores)]
    names = list(dict.fromkeys(rows["estimator"]))[::-1]
    ax = new_axes(ax, 1.6 + 0.42 * len(names))
    for index, (n, own) in enumerate(rows.groupby("n_per_arm", sort=True)):
        y = np.array([names.index(name) for name in own["estimator"]]) + 0.2 * (1 - index)
        shares_in_rows(
            ax, own, y, index, columns=("value", "mc_low", "mc_high"), label=f"{n} per arm",
            markersize=4.5, linewidth=1.2, zorder=2,
        )  # fmt: skip
    for nominal in rows["nominal"].dropna().unique():
        ax.axvline(100 * nominal, color="0.2", linewidth=1, linestyle="--")
    ax.set_yticks(range(len(names)), [textwrap.fill(name, 34) for name in names], fontsize=9)
    # Simulated trials are nobody's data: the title says so, no mark is needed.
    return finish(
        ax, f"{quantity.capitalize()} when the truth is known, {scores} scores", synthetic=False,
        x="% of simulated trials, limits of chance", columns=3,
        gap=0.9 / (1.6 + 0.42 * len(names)),
    )  # fmt: skip
