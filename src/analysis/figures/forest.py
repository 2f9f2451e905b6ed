"""A forest: any estimates with their intervals, a row each."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import error_bars, finish, new_axes

__all__ = ["forest"]


def forest(
    table: pd.DataFrame,
    *,
    label: str,
    xlabel: str,
    title: str,
    synthetic: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Estimates with intervals, one row each, top to bottom in the order of the table.

    Parameters
    ----------
    table : DataFrame
        Columns estimate, ci_low, ci_high and the one named by ``label``. An estimate
        without an interval is a hollow mark without a bar.
    label, xlabel, title : str
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    labels = [textwrap.fill(str(text), 26) for text in table[label]]
    lines = sum(1 + text.count("\n") for text in labels)
    ax = new_axes(ax, 1.2 + 0.2 * len(labels) + 0.2 * lines)
    y = np.arange(len(table))[::-1]
    estimate, bars = table["estimate"].to_numpy(float), error_bars(table)
    given = np.isfinite(bars).all(axis=0)
    ax.errorbar(
        estimate[given], y[given], xerr=bars[:, given], fmt="s", color="C0", capsize=3, zorder=3
    )
    ax.plot(estimate[~given], y[~given], "s", color="C0", markerfacecolor="white", zorder=3)
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set_yticks(y, labels)
    ax.set_ylim(-0.6, len(table) - 0.4)
    return finish(ax, title, synthetic, x=textwrap.fill(xlabel, 48))
