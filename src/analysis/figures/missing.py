"""Missing scores: the tipping point, on a line and over both arms."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import finish, new_axes

__all__ = ["tipping_line", "tipping_map"]


def tipping_line(
    curve: pd.DataFrame,
    *,
    point: float,
    smallest: float | None,
    conclusion: str,
    window: str,
    synthetic: bool,
    ax: Axes | None = None,
) -> Axes:
    """The difference and its interval as the missing treated scores get worse.

    Parameters
    ----------
    curve : DataFrame
        Columns shift, estimate, ci_low, ci_high, holds, as
        :func:`analysis.estimates.missing.tipping_curve` gives them.
    point : float
        The tipping shift, points; none is drawn where it is infinite or off the curve.
    smallest : float or None
        Smallest difference that matters, points: gate 6 asks for a shift of at least this.
    conclusion : str
        What holds left of the point, in a few words.
    window : str
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.4)
    x = curve["shift"].to_numpy(float)
    low, high = curve["ci_low"].to_numpy(float), curve["ci_high"].to_numpy(float)
    end = float(np.clip(point, x[0], x[-1]))
    before, after = x <= end, x >= end
    for part, colour, hatch, label in (
        (before, "C0", "", f"{conclusion} holds"),
        (after, "C3", "//", "no longer"),
    ):
        # The band changes at the point itself, not at the next shift of the curve.
        at = np.unique(np.append(x[part], end))
        if len(at) > 1:
            ax.fill_between(
                at, np.interp(at, x, low), np.interp(at, x, high),
                color=colour, alpha=0.28, hatch=hatch, edgecolor=colour, linewidth=0, label=label,
            )  # fmt: skip
    ax.plot(x, curve["estimate"], color="0.15", linewidth=2)
    ax.axhline(0, color="0.3", linewidth=1)
    top = float(high.max())
    if x[0] < point < x[-1]:
        ax.axvline(point, color="C3", linewidth=1.6)
        _label(ax, point, top, f"tips at {point:.1f}")
    if smallest is not None and x[0] < smallest < x[-1]:
        ax.axvline(smallest, color="0.3", linewidth=1.4, linestyle=":")
        _label(ax, smallest, top, f"matters:\n{smallest:.1f}")
    ax.set_xlim(x[0], x[-1])
    return finish(
        ax, f"How much worse must the missing be? Difference {window}, 95 %", synthetic,
        x="points added to each missing score on ketamine (right is worse)",
        y=textwrap.fill("difference, points (below 0 favours ketamine)", 30), columns=2, gap=0.17,
    )  # fmt: skip


def _label(ax: Axes, x: float, y: float, words: str) -> None:
    ax.annotate(
        words, (x, y), xytext=(5, -2), textcoords="offset points", ha="left", va="top",
        fontsize=10, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
    )  # fmt: skip


def tipping_map(
    grid: pd.DataFrame,
    *,
    conclusion: str,
    window: str,
    synthetic: bool,
    limit: float = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Where the conclusion holds when the missing of both arms are shifted.

    Parameters
    ----------
    grid : DataFrame
        Columns treated, reference, estimate, ci_high, as
        :func:`analysis.estimates.missing.tipping_grid` gives them.
    conclusion, window : str
    synthetic : bool
        Whether to label the figure synthetic.
    limit : float
        The conclusion holds where the interval lies below it, points.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.9)
    wide = grid.pivot(index="reference", columns="treated", values="estimate")
    high = grid.pivot(index="reference", columns="treated", values="ci_high").to_numpy(float)
    x, y = wide.columns.to_numpy(float), wide.index.to_numpy(float)
    reach = float(np.abs(wide.to_numpy()).max())
    mesh = ax.pcolormesh(x, y, wide.to_numpy(), cmap="RdBu_r", vmin=-reach, vmax=reach,
                         shading="gouraud")  # fmt: skip
    if high.min() < limit < high.max():
        ax.contourf(x, y, high, levels=[limit, high.max()], colors="none", hatches=["//"])
        ax.contour(x, y, high, levels=[limit], colors="0.1", linewidths=2)
    ax.plot(0, 0, marker="o", color="0.1", markersize=8, linestyle="none")
    _label(ax, float(np.ptp(x)) / 60, 0, "as imputed")
    figure = ax.get_figure(root=True)
    if figure is not None:
        bar = figure.colorbar(mesh, ax=ax, pad=0.02)
        bar.set_label("difference, points (blue favours ketamine)")
    ax.grid(visible=False)
    return finish(
        ax, f"Both arms shifted, {window}; hatched: {conclusion} fails", synthetic,
        x="points added to the missing on ketamine",
        y="points added to the missing on the comparator",
    )  # fmt: skip
