"""The one theme, and what every figure shares: axes, styles, titles, numbers beside and below."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.describe.answer.over_time import SMALLEST
from analysis.describe.display import DASH, estimate_numbers, number
from analysis.figures.common.output import DPI, SCREEN
from analysis.figures.common.time_axis import time_axis

__all__ = [
    "AGGREGATES",
    "HATCHES",
    "LINES",
    "MARKERS",
    "SYNTHETIC",
    "WIDTH",
    "as_percent",
    "entitle",
    "entitle_whole",
    "error_bars",
    "finish",
    "legend_above",
    "legend_below",
    "lines_at",
    "new_axes",
    "numbers_beside",
    "people_of",
    "people_under",
    "series_by_visit",
    "set_theme",
    "shares_in_rows",
    "stacked_bars",
    "style",
    "titled",
    "words_beside",
]

# The mark of axes that were drawn from a table of aggregates; a PNG does not hold it.
AGGREGATES = "aggregates"
# Narrow, so that the letters stay readable when a phone shrinks the picture to its width.
WIDTH = 6.2
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":")
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
SYNTHETIC = "synthetic data"
TIED = SYNTHETIC.replace(" ", "\xa0")
# Between two series at one hour, as a factor of the hour: their intervals would cover one another.
ASIDE = 1.07
# Points from the axis to the first line of words under its label, and between two of them.
UNDER, LINE = 44, 12.5
# Width of a digit as a share of the width of the axes.
DIGIT = 0.015
# Per cent; a narrower part of a bar has no room for its number.
WIDE_ENOUGH = 8


def set_theme() -> None:
    """The one theme: seaborn's, colour-blind safe, the font that ships with matplotlib."""
    import seaborn as sns

    # STIX and other fonts differ between machines; DejaVu comes with matplotlib itself.
    sns.set_theme(style="whitegrid", palette="colorblind", font="DejaVu Sans")
    mpl.rcParams.update(
        {
            "figure.dpi": SCREEN,
            "savefig.dpi": DPI,
            # Solid, so that a page in dark mode shows it as a sheet of paper, black on white.
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
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


def series_by_visit(
    ax: Axes,
    table: pd.DataFrame,
    *,
    series: str,
    visit: str,
    hours: Mapping[str, float],
    since: str,
) -> None:
    """Estimates with intervals at the hours of their visits, log scale, one series each.

    Where the table has ``n``, the number of people of each series stands under each point. Two
    series at one hour stand a few per cent of it aside.
    """
    names = list(dict.fromkeys(table[series]))
    at = table[visit].map(hours).astype(float)
    time_axis(ax, at, name=since)
    for index, name in enumerate(names):
        own = table[series] == name
        rows, aside = table[own], ASIDE ** (index - (len(names) - 1) / 2)
        estimate = rows["estimate"].to_numpy(float)
        x = at[own].to_numpy(float) * aside
        ax.errorbar(x, estimate, yerr=error_bars(rows), capsize=3, label=str(name), zorder=3,
                    **style(index))  # fmt: skip
    if "n" in table:
        people_under(ax, {str(name): dict(zip(at[table[series] == name].tolist(),
                                              map(number, table.loc[table[series] == name, "n"]),
                                              strict=True))
                          for name in names})  # fmt: skip


def people_under(
    ax: Axes, people: Mapping[str, Mapping[float, str]], *, start: float = UNDER
) -> None:
    """The number of people of each series under each place on x, turned where places are close."""
    # Asked for, the limits are those of what is drawn so far.
    ax.get_xlim()
    to_axes = ax.transData + ax.transAxes.inverted()
    places = sorted({x for own in people.values() for x in own})
    across = [float(to_axes.transform((x, 0))[0]) for x in places]
    longest = max((len(n) for own in people.values() for n in own.values()), default=0)
    closest = min(np.diff(across), default=np.inf)
    turned = bool(closest < DIGIT * (longest + 0.8))
    down: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 8.5}
    for line, (name, own) in enumerate(people.items()):
        y = -start - line * LINE * (1.3 if turned else 1) - 3 * turned
        ax.annotate(
            f"n, {name}" if name else "n",
            (0, 0),
            (-6, y),
            xycoords="axes fraction",
            ha="right",
            **down,
        )
        for x, n in own.items():
            ax.annotate(n, (x, 0), (0, y), xycoords=("data", "axes fraction"), ha="center",
                        rotation=90 if turned else 0, annotation_clip=False, **down)  # fmt: skip


def lines_at(ax: Axes, bars: Mapping[str, float] | None, *, across: bool = True) -> None:
    """Lines at minus the size of each benefit that counts, in the legend by its words."""
    draw = ax.axhline if across else ax.axvline
    for words, value in (bars or {}).items():
        # The difference that matters is dotted in every figure.
        dashes = ":" if words == SMALLEST else "--"
        draw(-value, color="0.15", linewidth=1.5, linestyle=dashes, zorder=2.5, label=words)


def numbers_beside(ax: Axes, table: pd.DataFrame, y: Sequence[float]) -> None:
    """Estimate and interval of each row right of the axes, and n where the table has it."""
    words = []
    for row in table.to_dict("records"):
        told = estimate_numbers({str(name): value for name, value in row.items()})
        limits = f" ({told['ci_low']} to {told['ci_high']})" if told["interval"] else ""
        people = f", n {told['n']}" if "n" in table and np.isfinite(row["n"]) else ""
        words.append(f"{told['estimate']}{limits}{people}")
    words_beside(ax, words, y)


def words_beside(ax: Axes, told: Sequence[str], y: Sequence[float]) -> None:
    """Words right of the axes, a line at each place of y."""
    for place, words in zip(y, told, strict=True):
        ax.annotate(words, (1, place), (6, 0), xycoords=("axes fraction", "data"), va="center",
                    textcoords="offset points", fontsize=9, annotation_clip=False)  # fmt: skip


def as_percent(share: float, low: float, high: float) -> str:
    """A share with its limits, whole per cent; a dash for one withheld or not known."""
    if np.isnan(share) and np.isnan(low):
        return ""
    told = f"{DASH} " if np.isnan(share) else f"{100 * share:.0f} % "
    limits = "" if np.isnan(low) else f"({100 * low:.0f} to {100 * high:.0f})"
    return (told + limits).strip()


def people_of(table: pd.DataFrame) -> str:
    """How many people rows of one arm are about, for a legend."""
    n = table["n"].dropna()
    return f"{n.iloc[0]:g}" if len(n) else "withheld"


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
    """Set the title; over a figure of made-up people it says so, once and outside the data.

    What stands after a line break, the form and its window, begins a line of its own. It also
    marks the axes as drawn from aggregates, which alone may be shared.
    """
    labels = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    # It begins with the axes, which long labels of rows push to the right.
    beside = max(map(len, labels), default=0)
    wide = max(30, min(62, 66 - round(0.85 * beside)))
    ax.set_title(_in_lines(words, synthetic, wide))
    ax.set_gid(AGGREGATES)


def entitle_whole(figure: Figure, words: str, synthetic: bool) -> None:
    """The same over a figure of several panels, whose marks its maker sets."""
    figure.suptitle(_in_lines(words, synthetic, 62), x=0.02, ha="left", fontsize=12)


def titled(words: str, of: str) -> str:
    """A title, and under it the instrument and window that it is of."""
    return f"{words}\n{of}" if of else words


def _in_lines(words: str, synthetic: bool, wide: int) -> str:
    """A title in lines of that many letters; a number stays with its unit."""
    first, *more = words.split("\n")
    first = f"{first} ({TIED})" if synthetic else first
    tied = (re.sub(r"(?<=\d) (?=(h|d|days|SD|points)\b|%)", "\xa0", one) for one in (first, *more))
    told = "\n".join(textwrap.fill(one, wide, break_on_hyphens=False) for one in tied)
    return told.replace("\xa0", " ")


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


def legend_above(ax: Axes, columns: int = 2) -> None:
    """Put the legend between title and axes, where what stands under the axis leaves no room."""
    found = len(ax.get_legend_handles_labels()[0])
    if found:
        ax.legend(ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=9,
                  borderaxespad=0.2, handlelength=1.8)  # fmt: skip
        ax.set_title(ax.get_title(loc="left"), pad=8 + 14 * -(-found // columns))
