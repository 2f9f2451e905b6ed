"""The axis of time that figures share: log hours to scale, with the ticks a clinician counts in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from analysis.describe.hours import FIRST_HOUR, LAST_HOUR, TICKS, gaps, reach

__all__ = ["shade_gaps", "time_axis"]

# Of a decade: a narrower stretch has no room for words along it, or for any.
ALONG, ANY = 0.55, 0.09


def time_axis(
    ax: Axes,
    hours: Iterable[float],
    *,
    name: str,
    first: float = FIRST_HOUR,
    last: float = LAST_HOUR,
) -> None:
    """Set x to log hours from the first hour on, with ticks where people count them.

    Parameters
    ----------
    ax : Axes
    hours : iterable of float
        Hours of what is drawn; missing ones and zero are left out.
    name : str
        Since what the hours count.
    first, last : float
        The axis begins at the first at the latest, and reaches the last at least.
    """
    left, right = reach(hours, first, last)
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    shown = [hour for hour in TICKS if left <= hour <= right]
    ax.set_xticks(shown, [TICKS[hour] for hour in shown])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(f"{name} (log scale)")


def shade_gaps(ax: Axes, spans: Iterable[tuple[float, float]]) -> None:
    """Shade the stretches of a time axis in which nothing was measured, and say so in them."""
    for low, high in gaps(spans, *ax.get_xlim()):
        ax.axvspan(low, high, facecolor="0.94", edgecolor="0.84", hatch="///", linewidth=0,
                   zorder=0)  # fmt: skip
        decades = np.log10(high / low)
        if decades > ANY:
            ax.text(
                np.sqrt(low * high), 0.02, "no data here", transform=ax.get_xaxis_transform(),
                rotation=0 if decades > ALONG else 90, ha="center", va="bottom", fontsize=9,
                color="0.35", zorder=1.5,
            )  # fmt: skip
