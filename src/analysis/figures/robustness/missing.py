"""Missing scores: the tipping point, on a line and over both arms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.common.base import HATCHES, finish, legend_above, lines_at, new_axes, titled

__all__ = ["tipping_line", "tipping_map"]


def tipping_line(
    curve: pd.DataFrame,
    *,
    point: float,
    smallest: float | None,
    conclusion: str,
    of: str = "",
    bars: Mapping[str, float] | None = None,
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
    of : str
        Instrument and window, for the title.
    bars : mapping of str to float, optional
        Words to the size of a benefit that counts: a line at minus it.
    synthetic : bool
        Whether to label the figure synthetic.
    ax : Axes, optional
    """
    ax = new_axes(ax, 4.8)
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
    lines_at(ax, bars)
    top = float(high.max())
    if x[0] < point < x[-1]:
        ax.axvline(point, color="C3", linewidth=1.6)
        _label(ax, point, top, f"tips at {point:.1f}")
    if smallest is not None and x[0] < smallest < x[-1]:
        ax.axvline(smallest, color="0.3", linewidth=1.4, linestyle=":")
        _label(ax, smallest, top, f"gate robustness\nasks for {smallest:.1f}")
    ax.set_xlim(x[0], x[-1])
    finish(
        ax, titled("How much worse must the missing be? 95 % interval", of), synthetic,
        x="points added to each missing score on ketamine (right is worse)",
        y="difference, points\n(below 0: better on ketamine)",
    )  # fmt: skip
    legend_above(ax)
    return ax


def _label(ax: Axes, x: float, y: float, words: str) -> None:
    ax.annotate(
        words, (x, y), xytext=(5, -2), textcoords="offset points", ha="left", va="top",
        fontsize=10, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
    )  # fmt: skip


def tipping_map(
    grid: pd.DataFrame,
    *,
    conclusion: str,
    bias: float | None,
    smallest: float | None,
    of: str = "",
    synthetic: bool,
    limit: float = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """What is left of the conclusion when the missing of both arms are shifted.

    Parameters
    ----------
    grid : DataFrame
        Columns treated, reference, estimate, ci_high, as
        :func:`analysis.estimates.missing.tipping_grid` gives them.
    conclusion : str
    bias, smallest : float or None
        Bound on bias, which the interval must exceed, and smallest difference that matters, which
        the estimate must reach, points.
    of : str
        Instrument and window, for the title.
    synthetic : bool
        Whether to label the figure synthetic.
    limit : float
        The conclusion holds where the interval lies below it, points.
    ax : Axes, optional
    """
    ax = new_axes(ax, 5.6)
    wide = grid.pivot(index="reference", columns="treated", values="estimate")
    high = grid.pivot(index="reference", columns="treated", values="ci_high").to_numpy(float)
    x, y = wide.columns.to_numpy(float), wide.index.to_numpy(float)
    beyond = limit if bias is None else min(limit, -bias)
    steps = (
        (-np.inf, beyond, "C0", 0.55, "", f"{conclusion}, beyond what bias alone could do (B)"),
        (beyond, limit, "C0", 0.22, "", f"{conclusion}, but bias alone could do it"),
        (limit, np.inf, "C3", 0.3, HATCHES[1], f"{conclusion} fails"),
    )
    lowest, highest = float(high.min()) - 1, float(high.max()) + 1
    for low, top, colour, alpha, hatch, words in steps:
        if ((high > low) & (high <= top)).any():
            ax.contourf(x, y, high, levels=[max(low, lowest), min(top, highest)], colors=[colour],
                        alpha=alpha, hatches=[hatch])  # fmt: skip
            ax.fill_between([], [], [], color=colour, alpha=alpha, hatch=hatch, label=words)
    if high.min() < limit < high.max():
        ax.contour(x, y, high, levels=[limit], colors="0.1", linewidths=2)
    if smallest is not None and wide.to_numpy().min() < -smallest < wide.to_numpy().max():
        ax.contour(x, y, wide.to_numpy(), levels=[-smallest], colors="0.1", linestyles=":")
        ax.plot([], [], ":", color="0.1", label="estimate at the minimal important difference")
    ax.plot(0, 0, marker="o", color="0.1", markersize=8, linestyle="none")
    _label(ax, float(np.ptp(x)) / 60, 0, "as imputed")
    ax.grid(visible=False)
    finish(
        ax, titled("How much worse must the missing of both arms be?", of), synthetic,
        x="points added to the missing on ketamine",
        y="points added to the missing on the comparator",
    )  # fmt: skip
    legend_above(ax, 1)
    return ax
