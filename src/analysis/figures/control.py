"""Least squares means over the visits, with intervals, one series an arm."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.base import finish, new_axes, series_by_visit

__all__ = ["lsmeans_by_visit"]


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
    ax = new_axes(ax, 4.3)
    visits = series_by_visit(ax, means, series=arm, visit=visit)
    ax.axhline(0, color="0.3", linewidth=1)
    ax.set_xticks(range(len(visits)), [textwrap.fill(str(value), 12) for value in visits])
    title = f"Least squares means, {100 * level:.0f} % intervals"
    return finish(ax, title, synthetic, y=ylabel, columns=3)
