"""The one theme, and what every figure shares: axes, styles, titles, PNG."""

from __future__ import annotations

import io
import textwrap
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
    "legend_below",
    "new_axes",
    "png",
    "set_theme",
    "show",
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


def legend_below(ax: Axes, columns: int, gap: float = 0.2) -> None:
    """Put the legend under the axes, so that it hides nothing."""
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
