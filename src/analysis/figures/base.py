"""The one theme, and what every figure shares: axes, styles, titles, PNG."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.errors import require

__all__ = [
    "AGGREGATES",
    "HATCHES",
    "LINES",
    "MARKERS",
    "SYNTHETIC",
    "WIDTH",
    "entitle",
    "error_bars",
    "finish",
    "legend_below",
    "new_axes",
    "png",
    "series_by_visit",
    "set_theme",
    "shares_in_rows",
    "show",
    "stacked_bars",
    "style",
]

DPI = 110
# The mark of axes that were drawn from a table of aggregates; a PNG does not hold it.
AGGREGATES = "aggregates"
# Narrow, so that the letters stay readable when a phone shrinks the picture to its width.
WIDTH = 6.2
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
SYNTHETIC = "synthetic data"
# Of the distance between two visits.
ASIDE = 0.16
# Per cent; a narrower part of a bar has no room for its number.
WIDE_ENOUGH = 8


def set_theme() -> None:
    """The one theme: seaborn's, colour-blind safe, the font that ships with matplotlib."""
    import seaborn as sns

    # STIX and other fonts differ between machines; DejaVu comes with matplotlib itself.
    sns.set_theme(style="whitegrid", palette="colorblind", font="DejaVu Sans")
    mpl.rcParams.update(
        {
            "figure.dpi": DPI,
            "savefig.dpi": DPI,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "axes.labelsize": 11,
            "xtick.labelsize": 10.5,
            "ytick.labelsize": 10.5,
            "legend.fontsize": 10,
            "legend.title_fontsize": 10,
            "grid.color": "0.88",
        }
    )


def new_axes(ax: Axes | None, height: float = 3.8) -> Axes:
    """The axes given, or new ones in the theme, as wide as every figure; height in inches."""
    if ax is not None:
        return ax
    set_theme()
    # A Figure of its own, unknown to pyplot: nothing is shown twice or left open.
    return Figure(figsize=(WIDTH, height), layout="constrained").subplots()


def style(index: int) -> dict[str, Any]:
    """Colour, marker and line style of a series: never colour alone."""
    return {
        "color": f"C{index}",
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": LINES[index % len(LINES)],
    }


def error_bars(table: pd.DataFrame) -> np.ndarray:
    """Lengths of the error bars below and above, none where a limit is missing."""
    estimate = table["estimate"].to_numpy(float)
    limits = table[["ci_low", "ci_high"]].to_numpy(float)
    return np.stack([estimate - limits[:, 0], limits[:, 1] - estimate])


def series_by_visit(ax: Axes, table: pd.DataFrame, *, series: str, visit: str) -> list[Any]:
    """Estimates with intervals over the visits, one series each; the visits in their order."""
    visits, names = (list(dict.fromkeys(table[column])) for column in (visit, series))
    for index, name in enumerate(names):
        rows = table[table[series] == name]
        # Side by side, or the intervals would cover one another.
        aside = (index - (len(names) - 1) / 2) * ASIDE
        x = np.array([visits.index(value) for value in rows[visit]]) + aside
        estimate = rows["estimate"].to_numpy(float)
        ax.errorbar(x, estimate, yerr=error_bars(rows), capsize=3, label=str(name),
                    zorder=3, **style(index))  # fmt: skip
    return visits


def shares_in_rows(
    ax: Axes,
    rows: pd.DataFrame,
    y: Any,
    index: int,
    *,
    columns: Sequence[str] = ("estimate", "ci_low", "ci_high"),
    **look: Any,
) -> None:
    """Shares with intervals as per cent along x, a mark a row of the figure, one series."""
    share, low, high = 100 * rows[list(columns)].to_numpy(float).T
    # The exact limits of 0 and of all lie on the estimate but for the last digit.
    bars = np.stack([share - low, high - share]).clip(0)
    usual = {"fmt": style(index)["marker"], "color": style(index)["color"], "zorder": 3}
    ax.errorbar(share, y, xerr=bars, **usual | look)


def stacked_bars(
    ax: Axes,
    parts: pd.DataFrame,
    *,
    colours: Sequence[str] = (),
    text: dict[str, Any] | None = None,
    **bar: Any,
) -> np.ndarray:
    """A bar a row of the table, from the top, its columns side by side; the places of the bars.

    With ``text``, the look of a number, parts wide enough for it have theirs in per cent.
    """
    y, left = np.arange(len(parts))[::-1], np.zeros(len(parts))
    for index, name in enumerate(parts):
        width = parts[name].to_numpy(float)
        ax.barh(
            y, width, left=left, label=str(name), edgecolor="white",
            color=colours[index] if colours else f"C{index}",
            hatch=HATCHES[index % len(HATCHES)], **bar,
        )  # fmt: skip
        for at, start, length in zip(y, left, width, strict=True):
            if text is not None and length >= WIDE_ENOUGH:
                ax.text(start + length / 2, at, f"{length:.0f} %", ha="center", va="center", **text)
        left += width
    ax.grid(visible=False, axis="y")
    return y


def entitle(ax: Axes, words: str, synthetic: bool) -> None:
    """Set the title; over a figure of made-up people it says so, and the figure too.

    It also marks the axes as drawn from aggregates, which alone may be shared.
    """
    text = f"{words} ({SYNTHETIC})" if synthetic else words
    ax.set_title(textwrap.fill(text, 60))
    ax.set_gid(AGGREGATES)
    if synthetic:
        ax.text(
            0.5, 0.5, "SYNTHETIC", transform=ax.transAxes, ha="center", va="center",
            fontsize=34, color="0.4", alpha=0.16, rotation=20, zorder=5,
        )  # fmt: skip


def finish(
    ax: Axes,
    title: str,
    synthetic: bool,
    *,
    x: str = "",
    y: str = "",
    columns: int = 0,
    gap: float = 0.2,
) -> Axes:
    """Name both axes, put a legend of so many columns below (none for 0), set the title."""
    if x:
        ax.set_xlabel(x)
    if y:
        ax.set_ylabel(y)
    if columns:
        legend_below(ax, columns, gap)
    entitle(ax, title, synthetic)
    return ax


def legend_below(ax: Axes, columns: int, gap: float = 0.2) -> None:
    """Put the legend under the axes, so that it hides nothing; none where nothing was drawn."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(ncols=columns, loc="upper center", bbox_to_anchor=(0.5, -gap), frameon=False)


def png(ax: Axes) -> bytes:
    """The figure of an Axes as a PNG without date or version: equal figures, equal bytes.

    Raises
    ------
    ValueError
        When the axes belong to no figure.
    """
    buffer = io.BytesIO()
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("The axes belong to no figure, so there is nothing to show.")
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def show(ax: Axes, *, alt: str) -> None:
    """Display a figure in a notebook as a PNG with its alternative text.

    The same figure gives the same bytes: the file holds no date and no version.

    Parameters
    ----------
    ax : Axes
    alt : str
        What the figure shows, for someone who cannot see it.

    Raises
    ------
    ValueError
        When the alternative text is empty.
    """
    require("notebooks", "IPython", what="Showing a figure")
    from IPython.display import display

    if not alt.strip():
        raise ValueError("A figure needs an alternative text that says what it shows.")
    display(
        {"image/png": png(ax), "text/plain": f"<figure: {alt}>"},
        raw=True,
        metadata={"image/png": {"alt": alt}},
    )
