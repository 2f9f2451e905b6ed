"""Least squares means over the visits, with intervals, one series an arm."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.common.base import finish, legend_above, new_axes, series_by_visit, titled

__all__ = ["lsmeans_by_visit"]


def lsmeans_by_visit(
    means: pd.DataFrame,
    *,
    arm: str,
    visit: str,
    hours: Mapping[str, float],
    form: str = "",
    ylabel: str,
    synthetic: bool,
    level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Least squares means with intervals over time, to scale, one series an arm.

    Parameters
    ----------
    means : DataFrame
        What ``fit.lsmeans(arm, by=visit)`` gives: columns arm, visit, estimate, ci_low,
        ci_high; with ``n``, people stand under the points. A mean that cannot be estimated
        leaves a gap.
    arm, visit : str
        Names of the two columns.
    hours : mapping of str to float
        Hours after the end of the infusion by visit.
    form : str
        What the scores are on and what it asks about, for the title.
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
    ax = new_axes(ax, 4.6)
    since = "time since the end of the infusion"
    series_by_visit(ax, means, series=arm, visit=visit, hours=hours, since=since)
    ax.axhline(0, color="0.3", linewidth=1)
    title = f"Least squares mean change, {100 * level:.0f} % intervals"
    finish(ax, titled(title, form), synthetic, y=ylabel)
    legend_above(ax, 3)
    return ax
