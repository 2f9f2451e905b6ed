"""What the tests of this room share."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes


def series(ax: Axes) -> dict[str, np.ndarray]:
    """Named points of every series: error bars by their container, lines by their label."""
    found = {
        c.get_label(): c.lines[0].get_xydata() for c in ax.containers if hasattr(c, "has_yerr")
    }
    lines = {line.get_label(): line.get_xydata() for line in ax.get_lines()}
    return found | {name: points for name, points in lines.items() if not name.startswith("_")}


def intervals(ax: Axes, container: int = 0) -> np.ndarray:
    """Ends of the error bars of one container, a row each."""
    bars = ax.containers[container].lines[2][0].get_segments()
    return np.array(bars)
