"""A forest: any estimates with their intervals, a row each."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.common.base import (
    error_bars,
    finish,
    legend_above,
    lines_at,
    new_axes,
    numbers_beside,
)

__all__ = ["forest"]


def forest(
    table: pd.DataFrame,
    *,
    label: str,
    xlabel: str,
    title: str,
    synthetic: bool = False,
    bars: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Estimates with intervals and their numbers, a row each, top to bottom as in the table.

    Parameters
    ----------
    table : DataFrame
        Columns estimate, ci_low, ci_high and the one named by ``label``; with ``n``, people
        stand beside. An estimate without an interval is a hollow mark without a bar.
    label, xlabel, title : str
    synthetic : bool
        Whether to label the figure synthetic.
    bars : mapping of str to float, optional
        Words to the size of a benefit that counts: a line at minus it.
    ax : Axes, optional
    """
    labels = [textwrap.fill(str(text), 24) for text in table[label]]
    lines = sum(1 + text.count("\n") for text in labels)
    ax = new_axes(ax, 1.4 + 0.16 * len(labels) + 0.18 * lines + 0.45 * bool(bars))
    y = np.arange(len(table))[::-1]
    estimate, lengths = table["estimate"].to_numpy(float), error_bars(table)
    given = np.isfinite(lengths).all(axis=0)
    ax.errorbar(
        estimate[given], y[given], xerr=lengths[:, given], fmt="s", color="C0", capsize=3, zorder=3
    )
    ax.plot(estimate[~given], y[~given], "s", color="C0", markerfacecolor="white", zorder=3)
    ax.axvline(0, color="0.3", linewidth=1)
    lines_at(ax, bars, across=False)
    numbers_beside(ax, table, y.tolist())
    ax.set_yticks(y, labels, fontsize=9.5)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.grid(visible=False, axis="y")
    finish(ax, title, synthetic, x=textwrap.fill(xlabel, 48))
    # One below the other: the axes are narrow between labels and numbers.
    legend_above(ax, 1)
    return ax
