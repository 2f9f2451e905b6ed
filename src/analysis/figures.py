"""What people look at. Each function draws a table, computes nothing, and returns the Axes."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "ecdf_of_change",
    "forest",
    "mean_change",
    "recall_shares",
    "set_theme",
    "show",
    "treatment_means",
    "visit_times",
]

DPI = 110
MARKERS = ("o", "s", "^", "D", "v", "P")
SYNTHETIC = "synthetic data"


def set_theme() -> None:
    """The one theme: seaborn's, colour-blind safe, the font that ships with matplotlib."""
    import seaborn as sns

    # STIX and other fonts differ between machines; DejaVu comes with matplotlib itself.
    sns.set_theme(style="whitegrid", palette="colorblind", font="DejaVu Sans")
    mpl.rcParams.update(
        {"figure.dpi": DPI, "savefig.dpi": DPI, "axes.titlelocation": "left", "axes.titlesize": 11}
    )


def _axes(ax: Axes | None, size: tuple[float, float] = (7.2, 4.0)) -> Axes:
    if ax is not None:
        return ax
    set_theme()
    # A Figure of its own, unknown to pyplot: nothing is shown twice or left open.
    return Figure(figsize=size, layout="constrained").subplots()


def _title(ax: Axes, title: str, synthetic: bool) -> None:
    ax.set_title(f"{title} ({SYNTHETIC})" if synthetic else title)
    if synthetic:
        ax.text(0.5, 0.5, "SYNTHETIC", transform=ax.transAxes, ha="center", va="center", fontsize=34,
                color="0.5", alpha=0.15, rotation=20, zorder=0)  # fmt: skip


def show(ax: Axes, *, alt: str) -> None:
    """Display a figure in a notebook as a PNG with its alternative text.

    Parameters
    ----------
    ax : Axes
    alt : str
        What the figure shows, for someone who cannot see it.
    """
    from IPython.display import display

    if not alt.strip():
        raise ValueError("A figure needs an alternative text that says what it shows.")
    buffer = io.BytesIO()
    figure = ax.get_figure(root=True)
    # No Software entry: the version of matplotlib is no part of the picture.
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    display(
        {"image/png": buffer.getvalue(), "text/plain": f"<figure: {alt}>"},
        raw=True,
        metadata={"image/png": {"alt": alt}},
    )


def mean_change(
    table: pd.DataFrame, *, synthetic: bool, unit: str = "points", ax: Axes | None = None
) -> Axes:
    """Mean change by window, with intervals, one series a contrast.

    ``table``: rows of the table of estimates; windows in the order of first appearance.
    """
    ax = _axes(ax)
    windows = list(dict.fromkeys(table["window"]))
    groups = list(dict.fromkeys(table["contrast"]))
    for index, name in enumerate(groups):
        rows = table[table["contrast"] == name]
        x = (
            np.array([windows.index(w) for w in rows["window"]])
            + (index - (len(groups) - 1) / 2) * 0.16
        )
        spread = np.abs(rows[["ci_low", "ci_high"]].to_numpy().T - rows["estimate"].to_numpy())
        ax.errorbar(
            x, rows["estimate"], yerr=spread, marker=MARKERS[index], capsize=3, label=name, zorder=3
        )
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xticks(range(len(windows)), windows)
    ax.set_xlabel("after the end of the infusion")
    ax.set_ylabel(f"change, {unit} (lower is better)")
    ax.legend(frameon=True)
    _title(ax, "Mean change from baseline, 95 % intervals", synthetic)
    return ax


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

    ``table``: columns estimate, ci_low, ci_high and the column named by ``label``.
    """
    ax = _axes(ax, (7.6, 0.9 + 0.42 * len(table)))
    y = np.arange(len(table))[::-1]
    estimate = table["estimate"].to_numpy(float)
    spread = np.abs(table[["ci_low", "ci_high"]].to_numpy(float).T - estimate)
    ax.errorbar(estimate, y, xerr=np.nan_to_num(spread), fmt="s", color="C0", capsize=3, zorder=3)
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set_yticks(y, table[label])
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlabel(xlabel)
    _title(ax, title, synthetic)
    return ax


def recall_shares(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Share of each form's window before the infusion, against hours since its start.

    ``table``: columns form, hours, share_before (0 to 1).
    """
    ax = _axes(ax)
    for index, (name, rows) in enumerate(table.groupby("form", sort=False)):
        ax.plot(
            rows["hours"],
            100 * rows["share_before"],
            marker=MARKERS[index % len(MARKERS)],
            label=name,
        )
    ax.axvspan(2, 6, color="0.85", zorder=0)
    ax.text(2.2, 3, "within hours", fontsize=8, color="0.25")
    ax.set_xscale("log")
    ticks = sorted(set(table["hours"]))
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_ylim(-3, 103)
    ax.set_xlabel("hours since the infusion started")
    ax.set_ylabel("% of the window before the infusion")
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _title(ax, "What a form asks about", False)
    return ax


def visit_times(table: pd.DataFrame, *, synthetic: bool, ax: Axes | None = None) -> Axes:
    """How many forms stand in each phase, by instrument, as stacked bars.

    ``table``: index instrument, one column a phase, counts.
    """
    ax = _axes(ax)
    left = np.zeros(len(table))
    hatches = ("", "//", "..", "xx", "\\\\", "++", "oo")
    for index, phase in enumerate(table.columns):
        counts = table[phase].to_numpy(float)
        ax.barh(
            table.index,
            counts,
            left=left,
            label=phase,
            hatch=hatches[index % len(hatches)],
            edgecolor="white",
        )
        left += counts
    ax.set_xlabel("forms")
    ax.legend(title="phase", fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _title(ax, "When the forms were filled in", synthetic)
    return ax


def ecdf_of_change(
    table: pd.DataFrame,
    *,
    synthetic: bool,
    thresholds: dict[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Cumulative share of people by change, one step line an arm.

    ``table``: columns arm, change (a grid of points) and share (0 to 1).
    """
    ax = _axes(ax)
    for index, (arm, rows) in enumerate(table.groupby("arm", sort=True)):
        ax.step(
            rows["change"],
            100 * rows["share"],
            where="post",
            label=arm,
            linestyle=("-", "--", ":")[index % 3],
        )
    ax.axvline(0, color="0.3", linewidth=1)
    for name, value in (thresholds or {}).items():
        ax.axvline(-value, color="0.3", linewidth=1, linestyle=":")
        ax.text(-value, 101, name, fontsize=8, ha="center", va="bottom")
    ax.set_xlabel("change from baseline, points (lower is better)")
    ax.set_ylabel("% of people with this change or a larger fall")
    ax.legend()
    _title(ax, "How change is spread over people", synthetic)
    return ax


def treatment_means(table: pd.DataFrame, *, unit: str, title: str, ax: Axes | None = None) -> Axes:
    """Means with intervals by treatment, one series a day.

    ``table``: columns treatment, day, estimate, ci_low, ci_high.
    """
    ax = _axes(ax)
    order = list(dict.fromkeys(table["treatment"]))
    for index, (day, rows) in enumerate(table.groupby("day", sort=True)):
        x = np.array([order.index(t) for t in rows["treatment"]]) + 0.12 * index
        spread = np.abs(rows[["ci_low", "ci_high"]].to_numpy().T - rows["estimate"].to_numpy())
        ax.errorbar(
            x,
            rows["estimate"],
            yerr=spread,
            marker=MARKERS[index],
            capsize=3,
            linestyle="none",
            label=str(day),
        )
    ax.set_xticks(range(len(order)), order)
    ax.set_xlim(-0.5, len(order) - 0.3)
    ax.set_ylabel(unit)
    ax.legend()
    _title(ax, title, False)
    return ax


def drawn(ax: Axes) -> dict[str, Any]:
    """What was drawn, for tests: labels and the data of lines and error bars."""
    return {
        "title": ax.get_title(loc="left"),
        "xlabel": ax.get_xlabel(),
        "ylabel": ax.get_ylabel(),
        "lines": {line.get_label(): line.get_xydata() for line in ax.get_lines()},
    }
