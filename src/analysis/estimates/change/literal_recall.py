"""How far a score that looks back can have fallen, if people answered for the window they read.

A form that averages its window still holds the time before the infusion: h hours after the start,
at most the share h / W of a window of W hours is new. A fall beyond that says that people answered
about now, or about what they expected; not that they recovered faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["largest_literal_fall"]


def largest_literal_fall(recall_hours: Any, hours: Any) -> Any:
    """Largest fall of a literal answer, as a share of baseline above the scale's least.

    Parameters
    ----------
    recall_hours : float or array-like
        Window in hours; 0 for a form about right now; NaN where unknown.
    hours : float or array-like
        Hours since the infusion's start.

    Returns
    -------
    float or array
        min(1, h / W): 1 for a form about right now, NaN where either is unknown.
    """
    window, since = np.asarray(recall_hours, float), np.asarray(hours, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(window == 0, 1.0, np.clip(since / window, 0.0, 1.0))
    found = np.where(np.isnan(window) | np.isnan(since), np.nan, share)
    return float(found) if found.ndim == 0 else found
