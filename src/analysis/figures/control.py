"""Least squares means over the visits, with intervals, one series an arm."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.base import LINES, MARKERS, WIDTH, entitle, set_theme

__all__ = ["lsmeans_by_visit"]

# Of the distance between two visits: side by side, or the intervals would cover one another.
ASIDE = 0.16


def lsmeans_by_visit(
    means: pd.DataFrame,
    *,
    arm: str,
    visit: str,
    ylabel: str,
    synthetic: bool,
    level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Least squares means with intervals over the visits, one series an arm.

    Parameters
    ----------
    means : DataFrame
        What ``fit.lsmeans(arm, by=visit)`` gives: columns arm, visit, estimate, ci_low,
        ci_high. Visits in the order of first appearance; a mean that cannot be estimated
        leaves a gap.
    arm, visit : str
        Names of the two columns.
    ylabel : str
        What is measured, its unit and its direction.
    synthetic : bool
        Whether to label the figure synthetic.
    level : float
        Confidence level of the intervals, for the title.
    ax : Axes, optional

    Raises
    ------
    ValueError
        When a column is missing, or an arm has two means for a visit.
    """
    for name in (arm, visit, "estimate", "ci_low", "ci_high"):
        if name not in means:
            raise ValueError(f"The table of means has no column '{name}'.")
    if means.duplicated([arm, visit]).any():
        raise ValueError(f"Some {arm} has two means for a {visit}: the grid has another factor.")
    if ax is None:
        set_theme()
        ax = Figure(figsize=(WIDTH, 4.3), layout="constrained").subplots()
    visits, arms = list(dict.fromkeys(means[visit])), list(dict.fromkeys(means[arm]))
    for index, name in enumerate(arms):
        rows = means[means[arm] == name]
        aside = (index - (len(arms) - 1) / 2) * ASIDE
        estimate = rows["estimate"].to_numpy(float)
        bars = np.abs(rows[["ci_low", "ci_high"]].to_numpy(float).T - estimate)
        ax.errorbar(
            np.array([visits.index(value) for value in rows[visit]]) + aside,
            estimate,
            yerr=bars,
            capsize=3,
            label=str(name),
            zorder=3,
            color=f"C{index}",
            marker=MARKERS[index % len(MARKERS)],
            linestyle=LINES[index % len(LINES)],
        )
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xticks(range(len(visits)), [textwrap.fill(str(value), 12) for value in visits])
    ax.set_ylabel(ylabel)
    ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False)
    entitle(ax, f"Least squares means, {100 * level:.0f} % intervals", synthetic)
    return ax
